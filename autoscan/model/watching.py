"""What is told about the service itself: figures for metrics, problems and messages for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autoscan.model.states import ScanState
from autoscan.model.stored import ServerState


class Topic(StrEnum):
    """What people can be told of (`NOTIFY`)."""

    #: A media server does not answer, or refuses the token, for `NOTIFY_AFTER` minutes; and that it is back.
    SERVER_DOWN = "server_down"
    #: A scan failed: its files never came, no library holds them, or a server refused it.
    SCAN_FAILED = "scan_failed"
    #: A server was asked again and again, and never showed the file.
    UNVERIFIED = "unverified"
    #: A mount or an anchor is gone, and what lies below it is held; and that it is back.
    MOUNT_LOST = "mount_lost"
    #: Google Drive must be authorized anew; and that it works again.
    DRIVE_UNAUTHORIZED = "drive_unauthorized"
    #: The disk of the database is nearly full; and that it is not any more.
    DISK_LOW = "disk_low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the database knows for metrics, at one moment."""

    #: Figures that only grow, by name, subject and label (see `store.tallying`).
    counters: Mapping[tuple[str, str, str], int]
    #: How many scans are on their way, by how far they have come.
    open_scans: Mapping[ScanState, int]
    #: When the oldest scan that waits was requested; None if none does.
    oldest_waiting: datetime | None
    #: How many deliveries are on their way to each server.
    pending: Mapping[str, int]
    servers: tuple[ServerState, ...]
    #: Folders that media lay below and that are gone.
    lost_roots: tuple[str, ...]
    #: Warnings that last.
    warnings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A problem that lasts."""

    #: Which problem, the same for as long as it lasts: `server_down:plex`.
    key: str
    topic: Topic
    #: What it is about, in words: `plex`.
    subject: str
    since: datetime
    #: When a message about it was written; None: not yet.
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to tell, on its way to one target."""

    id: int = 0
    #: A digest of the target's address.
    target: str
    topic: Topic
    title: str
    body: str
    created_at: datetime
    #: How often it was tried.
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A scan that failed."""

    id: int
    folder: str
    code: str
    reason: str
    ended_at: datetime
