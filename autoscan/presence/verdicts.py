"""What presence is told, and what it answers."""

from dataclasses import dataclass
from datetime import datetime

from autoscan.model import Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long to look for a file."""

    #: Looks that may fail; 0: nothing is looked at (`SERVER_MAX_FILE_CHECKS`).
    max_checks: int
    #: Seconds between them (`SERVER_FILE_CHECK_DELAY`).
    delay: int
    #: Whether then the nearest existing folder is scanned (`SERVER_SCAN_FOLDER_ON_FILE_EXISTS_EXHAUSTION`).
    folder_on_exhaustion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Nothing of what was wanted came; it fails."""

    #: Begins with `file_missing:`, names the place looked at and what to do.
    reason: str
    #: The mapped paths that never came.
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """The scan may go to the servers."""

    #: The mapped folder to scan instead of the scan's own; None: its own.
    folder: str | None = None
    #: What the operator should know, e.g. which files never came; "" if nothing.
    note: str = ""
    #: What is expected of some paths instead, as the disk says otherwise than the events.
    found: tuple[Expectation, ...] = ()
    #: What of it never came, and fails on its own, so that the rest is not held up by it; None if all came.
    missing: Missing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not yet: judge again at `until`."""

    until: datetime
    #: Stays the same from look to look while nothing changes.
    reason: str
    #: The scan's checks from now on: one more where this look counted.
    checks: int


Verdict = Go | Wait | Missing
