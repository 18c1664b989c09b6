"""What is said about a path: every step it would take, and what to do where it leads nowhere."""

from dataclasses import dataclass
from datetime import datetime

from autoscan.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUsed:
    """The line of a mapping table that changed a path."""

    #: Where the line stands: `SERVER_PATH_MAPPINGS`, `SOURCES.sonarr4k.PATH_MAPPINGS`, `plex: PATH_MAPPINGS`.
    setting: str
    #: The prefix as received, and what replaces it.
    source: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joins:
    """The waiting scan that a request for the path would join."""

    scan_id: int
    folder: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A mapping that is missing, as text to copy."""

    #: The key it belongs to: `SERVER_PATH_MAPPINGS`, or `PATH_MAPPINGS` of one server.
    setting: str
    #: JSON in the family's form, `{to: [from]}`.
    text: str
    #: Why there, and what it does.
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A library that would scan the path."""

    id: str
    title: str
    type: str
    #: The root that covers the path.
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtServer:
    """What one media server would do with the path."""

    server: str
    #: `plex`, `jellyfin` or `emby`.
    type: str
    #: The path and the folder that would be asked, as the server sees them.
    path: str
    folder: str
    rule: RuleUsed | None
    libraries: tuple[Match, ...]
    #: `ok`, `paused` (does not answer), `held` (paused by hand), or `unknown` (never heard of).
    state: str
    #: The state in a sentence; `""` if it is ok.
    about: str = ""
    #: Since when it is paused by hand; None if it is not.
    held_since: datetime | None = None
    #: When it is asked again whether it answers; None if it is not `paused`.
    next_probe_at: datetime | None = None
    #: Why no library matches, with the nearest; `""` if one does.
    problem: str = ""
    offer: Offer | None = None
    #: When the server told its libraries; None: never.
    told_at: datetime | None = None
    #: It was asked just now; else what is stored was used.
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A path from its reception to the servers; nothing of it is stored or asked for."""

    path: str
    source: str
    mapped: str
    rule: RuleUsed | None
    #: The pattern of `SERVER_IGNORE_LIST` that stops it here; `""` if none does.
    ignored_by: str
    kind: Kind
    #: The folder that is scanned, and whether all of it; `""` if the path is ignored.
    folder: str
    whole: bool
    priority: int
    #: Seconds from the request until it is due.
    delay: int
    #: Where this machine looks for it, and whether it is there; None: unknown (not looked, or no answer in time).
    local: str
    exists: bool | None
    joins: Joins | None
    servers: tuple[AtServer, ...]
