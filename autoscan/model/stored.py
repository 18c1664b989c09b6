"""What goes into the store and comes out of it, besides scans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from autoscan.model.events import Change, Kind
from autoscan.model.scans import Expectation


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
    #: Until when it waits while nobody else asks for the folder; None for no longer than `due_at`.
    patient_until: datetime | None = None
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
    #: Who paused it by hand (`page`, `api`, ...) and since when; `""` and None if nobody did.
    held_by: str = ""
    held_since: datetime | None = None
    #: When somebody asked to look at once whether it answers; None once that is done.
    probe_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RootState:
    """What is remembered of one folder that media lie below."""

    path: str
    seen_at: datetime
    #: Since when it is gone; None if it was there at the last look.
    lost_since: datetime | None = None
