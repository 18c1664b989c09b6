"""The words of the trade as values: what is asked for, and how far it has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a path names."""

    FILE = "file"
    FOLDER = "folder"
    #: The event does not say; the file system decides when the scan is due, else the extension.
    UNKNOWN = "unknown"


class Change(StrEnum):
    """What happened to a path."""

    #: New, or changed in place.
    ADDED = "added"
    #: The new name of something renamed; the old name comes as a `REMOVED` of its own.
    RENAMED = "renamed"
    #: Gone, or, for a folder that stays, something below it is gone.
    REMOVED = "removed"

    @property
    def wants_presence(self) -> bool:
        """Tell whether the path should exist after the change."""
        return self is not Change.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the event knows about the item, to find it again in a server."""

    title: str = ""
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    #: By provider: `tvdb`, `tmdb`, `imdb`, `tvmaze`, `stash`; of artist or author `musicbrainz`, `goodreads`; of
    #: album or book `musicbrainz_album`, `goodreads_book`, `asin`, `isbn`. Never "0" or empty.
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """One changed path of one event, as the application spelt it."""

    path: str
    kind: Kind
    change: Change
    #: Bytes, where the event names them and the file is wanted present.
    size: int | None = None
    #: The event comes before the removal itself (series, movie, artist deletes): wait, bounded, until it is gone.
    announced: bool = False
    #: Seconds to wait at least, whatever the configured delay: an upgrade's delete comes before the new file.
    min_delay: int = 0
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a caller told, and the paths that follow from it."""

    #: `sonarr`, `radarr`, `lidarr`, `readarr`, `bazarr`, `manual`, or `unknown`.
    app: str
    #: The event type in the application's own spelling, e.g. `Download`; `""` where there is none.
    type: str
    requests: tuple[ScanRequest, ...] = ()
    #: Why nothing is to be scanned, in plain words; `""` where something is.
    note: str = ""
    #: False for an event type (or a body) that no parser knows.
    known: bool = True


class ScanState(StrEnum):
    """How far a scan of one folder has come."""

    #: Collects further requests for its folder until it is due.
    WAITING = "waiting"
    #: Due; looks whether its files are there, whole (or gone).
    CHECKING = "checking"
    #: Its deliveries are on their way to the servers.
    DELIVERING = "delivering"
    #: Every server took it, or had no library for it while another had.
    DONE = "done"
    #: It ended without a server having taken it, or one server refused; `reason` says why.
    FAILED = "failed"
    #: A wider scan that was waiting at the same time took over its files.
    ABSORBED = "absorbed"


class DeliveryState(StrEnum):
    """How far one scan has come at one server; all but the first ends it."""

    #: Under way: waits for its next try, a free slot, the server's return, or for the file to appear there.
    PENDING = "pending"
    #: A fresh look-up showed every file, or showed it gone, after the scan.
    VERIFIED = "verified"
    #: As `VERIFIED`, where everything that was expected was to be gone.
    VERIFIED_ABSENT = "verified_absent"
    #: A fresh look-up showed everything as it should be before any scan was asked.
    ALREADY_THERE = "already_there"
    #: The server accepted the scan request; with `VERIFY` off nobody looks further.
    ACCEPTED = "accepted"
    #: Scanned, but nothing of it can be seen in the server: a sidecar, an extra, an empty root, a lack of rights.
    DONE_UNVERIFIABLE = "done_unverifiable"
    #: Scanned; the server has a rule to ignore such files.
    IGNORED_BY_RULE = "ignored_by_rule"
    #: No library of this server holds the folder.
    NOT_HERE = "not_here"
    #: The server never saw the file on its disk.
    NOT_VISIBLE = "not_visible"
    #: The server still lists what is gone.
    STALE_ENTRY = "stale_entry"
    #: Asked again and again, and the file never came.
    UNVERIFIED = "unverified"
    #: The server refused five times; `error` is the last refusal.
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """Tell whether nobody has to do anything about it."""
        return self in _GOOD

    @staticmethod
    def worst(states: "Iterable[DeliveryState]") -> "DeliveryState":
        """Return what the whole has come to by what its parts have come to."""
        return min(states, key=_WORST_FIRST.index)


_GOOD = frozenset(
    {
        DeliveryState.VERIFIED,
        DeliveryState.VERIFIED_ABSENT,
        DeliveryState.ALREADY_THERE,
        DeliveryState.ACCEPTED,
        DeliveryState.DONE_UNVERIFIABLE,
        DeliveryState.IGNORED_BY_RULE,
    }
)


_WORST_FIRST = (
    DeliveryState.PENDING,
    DeliveryState.FAILED,
    DeliveryState.UNVERIFIED,
    DeliveryState.STALE_ENTRY,
    DeliveryState.NOT_VISIBLE,
    DeliveryState.IGNORED_BY_RULE,
    DeliveryState.VERIFIED,
    DeliveryState.ALREADY_THERE,
    DeliveryState.VERIFIED_ABSENT,
    DeliveryState.ACCEPTED,
    DeliveryState.DONE_UNVERIFIABLE,
    DeliveryState.NOT_HERE,
)


class Seen(StrEnum):
    """What a look into a server says of one path."""

    PRESENT = "present"
    #: Listed, but with another size than the event named.
    OTHER_SIZE = "other size"
    #: Listed, but marked as gone: Plex's trash, or a file that the server no longer finds.
    TRASHED = "trashed"
    #: A fresh reading of where it would stand does not show it.
    ABSENT = "absent"
    #: This look could not tell.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one look-up says of one path."""

    seen: Seen
    #: Which look-up: `P1` to `P4`, `J1` to `J4`, `Path=`, `ParentId=`.
    evidence: str
    #: What was seen, in a few words.
    saw: str = ""
    #: The item's id in the server, where it is listed.
    item: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One path below a scan's folder, and what it should look like afterwards. Paths are mapped ones."""

    path: str
    kind: Kind
    change: Change
    size: int | None = None
    announced: bool = False
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One folder to be scanned, with everything expected below it."""

    id: int
    #: The mapped path, i.e. after `SERVER_PATH_MAPPINGS`, before any server's own mapping.
    folder: str
    state: ScanState
    priority: int
    #: The source that asked last.
    source: str
    #: The id of the HTTP request that asked last.
    request_id: str
    #: When the first and the last request came in.
    requested_at: datetime
    last_requested_at: datetime
    due_at: datetime
    #: Looks at the files so far that count against `SERVER_MAX_FILE_CHECKS`.
    checks: int = 0
    #: When it became due and its checks began; None while waiting.
    claimed_at: datetime | None = None
    expectations: tuple[Expectation, ...] = ()
    reason: str = ""
    #: The folder itself was requested, not only something in it.
    whole: bool = False
    #: Why it failed, as a word: `file_missing`, `config_error` (no library anywhere), `refused`, `unverified` ...
    code: str = ""
    #: When it was done, failed or absorbed; None while it is open.
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One scan at one server."""

    id: int
    scan_id: int
    server: str
    #: The scan's mapped folder; a target's own mapping is applied to it.
    folder: str
    state: DeliveryState
    request_id: str
    expectations: tuple[Expectation, ...] = ()
    #: Refusals so far.
    attempts: int = 0
    #: When the scan was handed to the servers.
    created_at: datetime
    next_try_at: datetime
    error: str = ""
    #: What showed that it is done, in words.
    evidence: str = ""
    ended_at: datetime | None = None


class Phase(StrEnum):
    """What an ask is doing."""

    #: Is to be asked for, at first or again.
    ASKING = "asking"
    #: Was asked for; looks whether it shows.
    LOOKING = "looking"


class Level(StrEnum):
    """How widely a scan is asked for."""

    FOLDER = "folder"
    PARENT = "parent"
    ROOT = "root"
    #: The folder once more, long after.
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one path of an ask ended at one library."""

    #: As the server sees it.
    path: str
    result: DeliveryState
    evidence: str
    saw: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One delivery at one library of its server: the unit of which at most one is in flight per library."""

    id: int
    delivery: Delivery
    library_id: str
    #: The folder as the server sees it.
    folder: str
    phase: Phase = Phase.ASKING
    level: Level = Level.FOLDER
    #: What was asked for last, as the server sees it; `""` before.
    scope: str = ""
    #: How, in the target's words.
    scope_label: str = ""
    #: That was a root of the library.
    scope_is_root: bool = False
    #: Scan requests, looks since the last of them, HTTP requests in all, looks at the server's disk in vain.
    scans: int = 0
    looks: int = 0
    requests: int = 0
    blind: int = 0
    #: A look before the first scan did not show everything.
    prechecked: bool = False
    #: The server said that it sees the files on its disk; None: it was not asked, or may not say.
    visible: bool | None = None
    #: Items of the wrong size were read anew.
    touched: bool = False
    first_asked_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    #: How it ended, and in words; None and `""` while it is open.
    result: DeliveryState | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A library that was asked to scan and is not yet seen idle."""

    server: str
    library_id: str
    #: What was asked, as the server sees it.
    scope: str
    held_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event as it came in, to be kept for a while."""

    at: datetime
    source: str
    app: str
    type: str
    request_id: str
    #: The raw body as JSON text, its secrets already masked.
    body: str
    note: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPath:
    """One path of an event, and what became of it."""

    path: str
    mapped: str
    kind: Kind
    change: Change
    #: For a path with a scan the queue writes `queued` or `merged` itself.
    outcome: str
    #: The rule that ignored it, or `""`.
    detail: str = ""
    #: The folder of the `NewScan` that stands for it; `""` if it was ignored.
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScan:
    """One folder that an event wants scanned."""

    folder: str
    #: The folder itself was requested, so it may take over waiting scans of folders below it.
    whole: bool = False
    priority: int = 0
    due_at: datetime
    expectations: tuple[Expectation, ...] = ()


class Queued(NamedTuple):
    """Where a `NewScan` went."""

    scan_id: int
    #: True if it joined a scan that was waiting already.
    merged: bool
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """An event that is safely stored."""

    event_id: int
    #: By `NewScan.folder`.
    scans: Mapping[str, Queued]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step in the history of a scan or of one of its deliveries."""

    at: datetime
    scan_id: int
    #: The delivery and its server; None and `""` where the scan itself changed.
    delivery_id: int | None
    server: str
    #: State before and after; `old` is `""` where it came into being, and equals `new` where only the reason changed.
    old: str
    new: str
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What is remembered of one media server."""

    name: str
    #: Nothing is asked of it before this; None if it answers.
    paused_until: datetime | None = None
    #: Pauses in a row.
    failures: int = 0
    reason: str = ""
    #: It refuses the token (401, 403).
    unauthorized: bool = False
    #: When the first of these pauses began.
    since: datetime | None = None
    #: The base path that worked: `/emby`, `/jellyfin` or `""`.
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootState:
    """What is remembered of one folder that media lie below."""

    path: str
    seen_at: datetime
    #: Since when it is gone; None if it was there at the last look.
    lost_since: datetime | None = None
