"""What is shown of scans, events and the course of a day; all frozen, nothing to be loaded later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from autoscan.model.events import Change, Kind
from autoscan.model.scans import Finding, Scan
from autoscan.model.states import DeliveryState, Level, Phase, ScanState
from autoscan.model.stored import Transition

T = TypeVar("T")

#: What the text of a `ScanFilter` finds, for people.
SEARCH_MATCHES = (
    "Finds scans whose folder and files together contain every word you type, each from its beginning: "
    "“sever s02” finds “Severance/Season 02/Severance S02E03.mkv”. Case, accents and punctuation do not matter; "
    "words of one or two characters must be whole."
)
#: The same of an `EventFilter`.
EVENTS_SEARCH_MATCHES = (
    "Finds events whose paths (as received, or mapped), type and note together contain every word you type, each from "
    "its beginning. Case, accents and punctuation do not matter; words of one or two characters must be whole."
)


class Stage(StrEnum):
    """How far a scan, or one of its deliveries, has come, in the words of the pages."""

    #: Collects further requests until it is due.
    WAITING = "waiting"
    #: Due; waits for its files.
    CHECKING = "checking"
    #: Handed over; waits for its turn at the server.
    QUEUED = "queued"
    #: The server was asked to scan, nobody has looked yet.
    ASKED = "asked"
    #: At least one look has not shown everything yet.
    LOOKING = "looking"
    #: The folder did not do: asked more widely, or once more long after.
    ESCALATED = "escalated"
    #: Its server is away, or was paused.
    PAUSED = "paused"
    #: Over, well or not.
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFilter:
    """Which scans to show; what is left empty does not matter, the rest must hold all at once."""

    #: Words; see `SEARCH_MATCHES`.
    text: str = ""
    #: The source that asked last.
    source: str = ""
    #: A server that it was handed to; together with `results`, how it ended there.
    server: str = ""
    results: frozenset[DeliveryState] = frozenset()
    #: Why it failed, as words for programs, e.g. `file_missing`.
    codes: frozenset[str] = frozenset()
    states: frozenset[ScanState] = frozenset()
    #: From and before: when it ended; when it was requested first, if it is open.
    since: datetime | None = None
    until: datetime | None = None
    open_only: bool = False
    ended_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One scan at one server."""

    id: int
    server: str
    state: DeliveryState
    stage: Stage
    #: Refusals so far.
    attempts: int
    error: str
    evidence: str
    created_at: datetime
    next_try_at: datetime
    ended_at: datetime | None
    #: When the server was asked to scan; None before.
    first_asked_at: datetime | None
    #: Seconds from the first request of the scan until it was seen in the server; None unless it is `VERIFIED`.
    visible_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """One scan with its deliveries, as a line of a list."""

    id: int
    folder: str
    state: ScanState
    #: The furthest that any open delivery has come.
    stage: Stage
    priority: int
    source: str
    requested_at: datetime
    due_at: datetime
    ended_at: datetime | None
    code: str
    reason: str
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows of a list."""

    rows: tuple[T, ...]
    #: Where the next page begins, to be handed back as it is; `""` at the end. A page may be short, even empty, and
    #: still have a next one: a request reads only so many rows.
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """What was asked of one library for a delivery, and what came of it. Paths are the server's."""

    library_id: str
    folder: str
    phase: Phase
    level: Level
    scope: str
    #: Scan requests, looks since the last of them, HTTP requests in all.
    scans: int
    looks: int
    requests: int
    due_at: datetime
    #: None while it is open.
    result: DeliveryState | None
    evidence: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPath:
    """One path of an event, and what became of it."""

    path: str
    mapped: str
    kind: Kind
    change: Change
    #: `queued`, `merged` or `ignored`.
    outcome: str
    #: The rule that ignored it, or `""`.
    detail: str
    folder: str
    scan_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to show; what is left empty does not matter, the rest must hold all at once."""

    #: Words; see `EVENTS_SEARCH_MATCHES`.
    text: str = ""
    source: str = ""
    app: str = ""
    known: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event as it came in."""

    id: int
    at: datetime
    source: str
    app: str
    type: str
    note: str
    #: False for an event type (or a body) that no parser knows.
    known: bool
    request_id: str
    #: In lists the first twenty.
    paths: tuple[EventPath, ...]
    path_count: int
    #: The raw body, secrets masked; `""` in lists of events.
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanView:
    """Everything that is known of one scan."""

    scan: Scan
    row: ScanRow
    #: By the id of the delivery.
    asks: Mapping[int, tuple[AskView, ...]]
    #: The oldest first.
    transitions: tuple[Transition, ...]
    #: The newest fifty that asked for it, newest first, with their bodies.
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBucket:
    """What one server did in a span of time."""

    #: Deliveries that ended, and those of them that somebody should look at.
    ended: int = 0
    bad: int = 0
    #: Seconds from the first request until the file was seen, to within 5 %; None if nothing was seen.
    median_visible: float | None = None
    p95_visible: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What happened in a span of time."""

    start: datetime
    seconds: int
    #: Scans that ended (those that another took over left out), and those of them that failed.
    scans: int = 0
    failed: int = 0
    #: By name; a server that did nothing is left out.
    servers: Mapping[str, ServerBucket] = field(default_factory=dict)
