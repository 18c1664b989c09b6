"""Which mount a path lies on, and which mounts are left alone because they did not answer. Touches no media."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_ESCAPE = re.compile(r"\\([0-7]{3})")


def read_mountinfo() -> str:
    """Return `/proc/self/mountinfo`, or an empty text where the system has none."""
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return ""


def mount_points(text: str) -> tuple[str, ...]:
    r"""Return the mount points in `text` (proc(5), mountinfo: the fifth field, `\040` for a space)."""
    fields = (line.split(" ", 5) for line in text.split("\n"))
    return tuple(_ESCAPE.sub(_character, parts[4]) for parts in fields if len(parts) > 4)  # noqa: PLR2004 - the fifth


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


def mount_of(path: str, points: tuple[str, ...]) -> str:
    """Return the mount point `path` lies on: the longest that covers it, else its first component."""
    covering = [point for point in points if below(point, path)]
    return max(covering, key=len, default="/" + path.strip("/").split("/")[0])


def below(root: str, path: str) -> bool:
    """Tell whether `path` is `root` or below it, byte for byte, as the kernel compares."""
    return path == root or path.startswith(root.rstrip("/") + "/")


@dataclass(slots=True, kw_only=True)
class _Mute:
    """A mount that did not answer."""

    text: str
    #: On the clock's monotonic scale.
    until: float
    #: Symbolic links that lead onto it.
    links: set[str] = field(default_factory=set)
    #: Tell whether the helper that hung there is gone; while it hangs, so does the mount.
    freed: list[Callable[[], bool]] = field(default_factory=list)

    def over(self, now: float) -> bool:
        return now >= self.until and all(freed() for freed in self.freed)


class LeftAlone:
    """The mounts that did not answer, each until its time has passed and no helper hangs there any more."""

    def __init__(self) -> None:
        self._mutes: dict[str, _Mute] = {}

    def add(self, mount: str, *, text: str, until: float, link: str, freed: Callable[[], bool]) -> None:
        """Leave `mount` alone until `until`; `text` says why, `link` is the symbolic link that led there or ""."""
        mute = self._mutes.setdefault(mount, _Mute(text=text, until=until))
        mute.until = until
        mute.freed.append(freed)
        if link:
            mute.links.add(link)

    def why(self, path: str, mount: str, now: float) -> str:
        """Return why `path`, which lies on `mount`, must not be looked at now; "" if it may be."""
        self._mutes = {name: mute for name, mute in self._mutes.items() if not mute.over(now)}
        for name, mute in self._mutes.items():
            if name == mount or any(below(link, path) for link in mute.links):
                return mute.text
        return ""
