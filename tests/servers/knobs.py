"""What a test can turn at a simulated server while it runs."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.servers.view import tidy


@dataclass(slots=True, kw_only=True)
class Knobs:
    """The knobs of every product; seconds are the server's own, which runs `speed` times as fast."""

    token: str = "sim-token"
    #: The address to listen on, from the start on: other containers need another one than this.
    host: str = "127.0.0.1"
    speed: float = 1.0
    #: Answer only below this prefix, e.g. `/jellyfin`.
    base_path: str = ""
    #: What stands outside the prefix: `404`, `html` (200) or `redirect` (302 into it).
    outside: str = "404"

    #: Refuse connections.
    down: bool = False
    #: Answer 503 as the product does while it starts, for so long from when this is set.
    startup_s: float = 0.0
    #: Real seconds before each answer.
    latency: float = 0.0
    #: How often of 1.0 a request gets no answer at all.
    timeout_prob: float = 0.0
    #: Refuse every token.
    bad_token: bool = False
    #: The token is right but no administrator's.
    non_admin: bool = False
    #: A proxy in front answers 200 with its login page.
    proxy_login_page: bool = False
    #: A proxy in front sends everybody here.
    redirect: str = ""
    #: `length`: the connection ends in the middle of the body; `silent`: half a body that looks complete.
    truncate_body: str = ""
    #: Added to every time the server reports.
    clock_skew_s: float = 0.0

    #: All mounts are empty.
    mount_dropped: bool = False
    #: New files are visible so long after the server first looks for them.
    mount_lag_s: float = 0.0
    #: The server's file system is case-blind.
    case_insensitive: bool = False

    #: Seconds before a scan walks, per directory and file it reads, and per new item it looks up or probes.
    start_delay: float = 0.05
    per_dir: float = 0.01
    per_file: float = 0.001
    per_new_item: float = 0.01
    #: Paths (patterns) that scans never add, or never notice as gone, or file under another item.
    never_add: str = ""
    never_remove: str = ""
    mis_group: str = ""

    def update(self, changes: dict[str, Any]) -> None:
        """Set knobs by name; an unknown name raises `TypeError`."""
        unknown = set(changes) - {field.name for field in dataclasses.fields(self)}
        if unknown:
            raise TypeError(f"no such knob: {', '.join(sorted(unknown))}")
        for name, value in changes.items():
            setattr(self, name, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library as a test names it; each product has its own word for the type and its own id."""

    title: str
    #: `movies`, `tv`, `music`, `musicvideos`, `homevideos`, `books` or `mixed`.
    type: str
    #: Server paths.
    roots: tuple[str, ...]
    #: By default counted from 1 (Plex, Emby) or computed (Jellyfin).
    id: str = ""


def numbered(libraries: Sequence[Library]) -> tuple[Library, ...]:
    """Return libraries with ids counted from 1, where they have none, and roots without trailing separators."""
    return tuple(
        replace(library, id=library.id or str(number), roots=tuple(tidy(root) for root in library.roots))
        for number, library in enumerate(libraries, 1)
    )
