"""A scan on its way: what is expected of it, at which server, and what was seen there."""

from dataclasses import dataclass, field
from datetime import datetime

from autoscan.model.events import Change, Hints, Kind
from autoscan.model.states import DeliveryState, Level, Phase, ScanState, Seen


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
