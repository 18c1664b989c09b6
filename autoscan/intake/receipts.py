"""What the intake is told of a request, and what it tells of an event that is safely stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autoscan.model import Event


class Outcome(StrEnum):
    """What became of one path of an event."""

    #: It made a new waiting scan.
    QUEUED = "queued"
    #: It joined a scan that was waiting already.
    MERGED = "merged"
    #: A pattern of `SERVER_IGNORE_LIST` matched it.
    IGNORED = "ignored"
    #: No mapping made a path of this machine of it, e.g. of `My Drive/Media`.
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What is known of the request that brought an event."""

    #: The name of the source, e.g. of `/triggers/<name>`.
    source: str
    request_id: str
    #: The raw event as JSON, with its secrets masked.
    body: str
    at: datetime
    user_agent: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One path of an event, and what became of it."""

    #: As the caller spelt it.
    path: str
    #: After `SERVER_PATH_MAPPINGS`.
    mapped: str
    #: What is scanned for it; `""` if it is ignored.
    folder: str
    outcome: Outcome
    #: The pattern that ignored it.
    detail: str = ""
    due_at: datetime | None = None
    scan_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An event that is safely stored."""

    event_id: int
    event: Event
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How a caller names a request that it may send again."""

    text: str
    #: What tells this request from others.
    digest: str
