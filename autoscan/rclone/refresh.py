"""Have an rclone mount read a folder anew in which a file is missing, over its remote control (`RC_CACHE_REFRESH`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from autoscan.clock import Clock
from autoscan.errors import TargetError
from autoscan.http import Session
from autoscan.paths import Mappings, clean, components, covers, parent
from autoscan.settings import Secret

#: Seconds for one request; the dispatcher waits for it.
TIMEOUT = 5.0
#: Seconds for which an rclone that gave no answer at all is left alone.
LEFT_ALONE = 60.0
#: Characters.
_LONGEST_NOTE = 500


#: No answer at all, or no right: another request would get the same.
_USELESS = frozenset({0, 401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A folder as rclone calls it."""

    #: Below the root of the mount; `""` is the root itself.
    dir: str
    #: Which of several mounts; `""` where there is one only.
    fs: str = ""

    def __str__(self) -> str:
        """Return it as an operator would write it."""
        return "/".join(part for part in (self.fs, self.dir) if part) or "the root of the mount"


class CacheRefresher:
    """Asks one rclone; used by one thread at a time, and quick to fail: a note for the record is all that comes of it.

    The wire format is rclone's (https://rclone.org/rc/#vfs-refresh): JSON in, JSON out, `POST` for everything.
    """

    def __init__(
        self,
        url: str | Secret,
        mappings: Mapping[str, Sequence[str]],
        *,
        user: str = "",
        password: Secret | None = None,
        clock: Clock | None = None,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the address of the remote control, perhaps with user and password, and `{folder: [local path]}`.

        A folder that begins with a remote (`gdrive:Media/`) is below the mount of that remote, any other below the
        only mount. `heartbeat` is called around each request.
        """
        address = url.reveal() if isinstance(url, Secret) else url
        secret = password.reveal() if password else ""
        self._mappings = Mappings.from_config(mappings)
        self._clock = clock or Clock()
        self._until = 0.0
        self._silence = ""
        self._session = Session(
            _with_login(address, user, secret),
            name="rclone",
            token_headers={},
            timeout=TIMEOUT,
            secrets=[each for each in (secret, urlsplit(address).password) if each],
            heartbeat=heartbeat,
        )

    def refresh(self, local_path: str, climb: int = 0) -> str:
        """Have the folder of a missing file read anew, or the one `climb` folders above it, but none above the mount.

        Return what came of it, in a few words for the record; `""` for a path that no mapping covers. Never raises.
        """
        rule = self._mappings.apply(local_path).rule
        if rule is None:
            return ""
        folder = parent(clean(local_path))
        for _ in range(climb):
            folder = parent(folder) if covers(clean(rule.source), parent(folder)) else folder
        below = components(folder)[len(components(rule.source)) :]
        if self._clock.monotonic() < self._until:
            return self._silence
        try:
            return _tame(self._ask(self._place(rule.to, below)))
        except TargetError as error:
            if not error.status:
                self._silence, self._until = _advice(error), self._clock.monotonic() + LEFT_ALONE
            return _advice(error)

    def close(self) -> None:
        """Close the connections to rclone."""
        self._session.close()

    def _place(self, to: str, below: Sequence[str]) -> _Folder:
        start = to.strip("/") if ":" in to else to
        whole = "/".join([start.rstrip("/"), *below]) if start else "/".join(below)
        if ":" not in to and not to.startswith("/"):
            return _Folder(dir=whole.strip("/"))
        mount = max((name for name in self._mounts() if _is_below(name, whole)), key=len, default="")
        fs = mount or whole[: whole.find(":") + 1]
        return _Folder(fs=fs, dir=whole[len(fs) :].strip("/"))

    def _mounts(self) -> list[str]:
        answer = self._call("vfs/list", {})
        names = answer.get("vfses")
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def _ask(self, folder: _Folder) -> str:
        """Refresh; where that fails, at least have the folder forgotten."""
        try:
            trouble = self._refresh(folder)
        except TargetError as error:
            if error.status in _USELESS:
                raise
            trouble = _advice(error)
        if not trouble:
            return f"rclone read {folder} anew"
        self._call("vfs/forget", _arguments(folder))
        return f"rclone forgot {folder}, and could not read it anew: {trouble}"

    def _refresh(self, folder: _Folder) -> str:
        """Return what rclone says is wrong with the folder; it does so with a status of 200."""
        answer = self._call("vfs/refresh", {**_arguments(folder), "recursive": "false"})
        result = answer.get("result")
        if not isinstance(result, dict) or not all(isinstance(each, str) for each in result.values()):
            return "its answer is not that of rclone's remote control"
        return "; ".join(each for each in result.values() if each != "OK")

    def _call(self, command: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        answer = self._session.json("POST", command, json=dict(arguments))
        return answer if isinstance(answer, dict) else {}


def _arguments(folder: _Folder) -> dict[str, str]:
    """Return the arguments for a folder; the root is named by leaving `dir` out."""
    named = {"dir": folder.dir, "fs": folder.fs}
    return {name: value for name, value in named.items() if value}


def _tame(note: str) -> str:
    """Return a note as any database takes it, whatever rclone said: no lone surrogates, of sane length."""
    whole = note.encode(errors="replace").decode()
    return whole if len(whole) <= _LONGEST_NOTE else f"{whole[:_LONGEST_NOTE]}..."


def _is_below(mount: str, path: str) -> bool:
    """Tell whether `path` lies in `mount`, both in rclone's spelling: `remote:folder`."""
    return path == mount or path.startswith(mount if mount.endswith((":", "/")) else f"{mount}/")


def _with_login(url: str, user: str, password: str) -> str:
    """Return `url` with user and password in it, unless it has its own."""
    parts = urlsplit(url)
    if not user or "@" in parts.netloc:
        return url
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    return urlunsplit(parts._replace(netloc=login + parts.netloc))


def _advice(error: TargetError) -> str:
    text = str(error)
    if error.status in (401, 403):
        return "rclone refuses user or password: see RCLONE.RC_CACHE_REFRESH.RC_USER and RC_PASS"
    if "more than one VFS" in text:
        return f'{text} (write the remote into FILE_EXISTS_TO_REMOTE_MAPPINGS: "gdrive:Media/")'
    return text
