"""Tell of one wanted thing whether it is there, and whole. Pure."""

from datetime import datetime
from enum import StrEnum

from autoscan.filecheck import Look
from autoscan.model import Expectation, Kind

#: Seconds after the last event for which a file may still be on its way to its place.
FRESH = 60
#: Seconds without a change after which a file counts as whole.
QUIET = 60


class Finding(StrEnum):
    """What a look says of one wanted thing."""

    #: There, and whole as far as can be told.
    READY = "ready"
    #: There, but so new that a second look must show the same.
    YOUNG = "young"
    #: There, but with another size than the event named; taken if the next look shows the same.
    OTHER_SIZE = "other size"
    #: There, but not as it was at the look before.
    CHANGING = "changing"
    #: Not there, or a file where a folder is wanted.
    ABSENT = "absent"


def find(wanted: Expectation, look: Look, before: Look | None, *, now: datetime, asked_at: datetime) -> Finding:
    """Judge `look` in the light of the look `before` (None: the first one); `asked_at` is the last event's time."""
    if not look.exists or (wanted.kind is Kind.FOLDER and look.kind is not Kind.FOLDER):
        return Finding.ABSENT
    if look.kind is Kind.FOLDER:
        return Finding.READY
    if before is None:
        return _first(wanted, look, now=now, asked_at=asked_at)
    same = (look.size, look.mtime) == (before.size, before.mtime)
    # It was seen growing, and has long stopped at the size that was to come.
    done = _is_quiet(look, now) and look.size in {wanted.size, before.size}
    return Finding.READY if same or done else Finding.CHANGING


def _first(wanted: Expectation, look: Look, *, now: datetime, asked_at: datetime) -> Finding:
    if other_size(wanted, look):
        return Finding.OTHER_SIZE
    fresh = (now - asked_at).total_seconds() < FRESH
    return Finding.YOUNG if fresh and not _is_quiet(look, now) else Finding.READY


def other_size(wanted: Expectation, look: Look) -> bool:
    """Tell whether the event named a size, and the file has another; 0 bytes is what an event says for unknown."""
    return bool(wanted.size) and look.size is not None and look.size != wanted.size


def _is_quiet(look: Look, now: datetime) -> bool:
    return look.mtime is not None and now.timestamp() - look.mtime >= QUIET
