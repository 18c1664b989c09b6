"""What is said of media servers, whichever they are."""

from collections.abc import Callable
from dataclasses import dataclass

from autoscan.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library (Plex: a section) of one server."""

    id: str
    title: str
    #: The server's own word: `show`, `tvshows`, ...
    type: str
    #: Folders, as the server spells them.
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryState:
    """What a library is doing."""

    library_id: str
    #: It is being scanned, or known to wait for it.
    busy: bool
    #: Changes when a scan has run (Plex's `scannedAt`); `""` where the server has nothing of the kind.
    marker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What will be asked of a server for one folder of one library."""

    #: The folder that will be scanned, as the server spells it: the one wanted or one above it.
    path: str
    #: How: `refresh?path`, `item refresh`, `media updated`.
    label: str
    #: It is a whole root of the library.
    root: bool = False
    #: With the library's other roots, if that is a help: the file did not come by narrower scans.
    whole: bool = False
    #: For the target's `scan` alone, e.g. an item id.
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What a server says about itself."""

    version: str
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a target needs to know besides its server's settings."""

    clock: Clock
    #: Return the identity of this installation, `autoscan-<uuid>`; asked for at the first request.
    client_id: Callable[[], str]
    #: Return the base path that worked for a server last time (`/jellyfin`), by the server's name.
    prefix: Callable[[str], str | None] = lambda _: None
    #: Take note of the base path that works: the server's name, the path.
    remember: Callable[[str, str], None] = lambda _, __: None
    #: Called around each exchange: whoever waits for an answer is alive.
    heartbeat: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding of a self-check."""

    name: str
    #: None: cannot be told, or does not matter here.
    ok: bool | None
    text: str
    #: What to do next; `""` if nothing.
    advice: str = ""
