"""How far things have come, and how they end."""

from collections.abc import Iterable
from enum import StrEnum


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
    #: Somebody ended it: neither good nor bad.
    CANCELLED = "cancelled"


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
    #: Scanned, but nothing of it can be seen: a sidecar, an extra, an empty root; or nothing tells whether it is gone.
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
    #: Somebody ended its scan before the server was through: neither good nor bad.
    CANCELLED = "cancelled"

    @property
    def is_good(self) -> bool:
        """Tell whether nobody has to do anything about it."""
        return self in _GOOD

    @property
    def is_bad(self) -> bool:
        """Tell whether it ended as a failure; where there is no library, or somebody ended it, it is neither."""
        return self in _BAD

    @staticmethod
    def worst(states: Iterable["DeliveryState"]) -> "DeliveryState":
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

_BAD = frozenset(
    {
        DeliveryState.NOT_VISIBLE,
        DeliveryState.STALE_ENTRY,
        DeliveryState.UNVERIFIED,
        DeliveryState.FAILED,
    }
)


_WORST_FIRST = (
    DeliveryState.PENDING,
    DeliveryState.CANCELLED,
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
