"""How far each path has come at each library of each server: what the table shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from autoscan.model import DeliveryState, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One path at one library."""

    #: As it was typed, and mapped.
    typed: str
    path: str
    #: `""` as long as, or because, it went to no server.
    server: str = ""
    #: The library's title; `""` where there is none.
    library: str = ""
    #: A `DeliveryState`, or one of the words of `PENDING` and `OWN`.
    state: str
    #: What showed it, why it came to nothing, or what it waits for.
    text: str = ""
    #: Nothing more will come of it.
    over: bool = False
    #: When it ended; scan requests so far, and HTTP requests in all.
    ended_at: datetime | None = None
    scans: int = 0
    requests: int = 0
    findings: tuple[Finding, ...] = ()
    #: What was noticed about the files here, before any server was asked.
    note: str = ""

    @property
    def good(self) -> bool:
        """Tell whether nobody has to do anything about it."""
        return self.state in _GOOD

    @property
    def words(self) -> str:
        """Return the state in plain words."""
        return _WORDS.get(self.state, self.state.replace("_", " "))


#: States of what is under way.
WAITING, CHECKING, ASKING, LOOKING = "waiting", "checking", "asking", "looking"
NOT_VISIBLE_YET, PAUSED = "not_visible_yet", "paused"
#: Ends that only this command knows: the service would wait for the operator, or for the server.
IGNORED, FILE_MISSING, CONFIG_ERROR, UNAVAILABLE, TIMED_OUT = (
    "ignored",
    "file_missing",
    "config_error",
    "unavailable",
    "timed_out",
)

_GOOD = frozenset(state for state in DeliveryState if state.is_good)
_WORDS: Mapping[str, str] = {
    CHECKING: "checks the file",
    ASKING: "to be asked",
    LOOKING: "asked, looks for it",
    PAUSED: "does not answer",
    IGNORED: "ignored by SERVER_IGNORE_LIST",
    CONFIG_ERROR: "configuration error",
    DeliveryState.PENDING: "to be asked",
    DeliveryState.VERIFIED: "verified: it is there",
    DeliveryState.VERIFIED_ABSENT: "verified: it is gone",
    DeliveryState.ALREADY_THERE: "was there already",
    DeliveryState.ACCEPTED: "accepted, not verified",
    DeliveryState.DONE_UNVERIFIABLE: "done, cannot be verified",
    DeliveryState.NOT_HERE: "not here: no library",
    DeliveryState.NOT_VISIBLE: "not visible to the server",
    DeliveryState.STALE_ENTRY: "stale entry: still listed",
    DeliveryState.UNVERIFIED: "unverified: never came",
    DeliveryState.FAILED: "refused",
}


def ended_well(rows: Sequence[Row]) -> bool:
    """Tell whether every path ended well: at every server, or at one where the others have no library for it."""
    paths = {row.path for row in rows}
    return bool(paths) and all(_path_ended_well([row for row in rows if row.path == path]) for path in paths)


def _path_ended_well(rows: Sequence[Row]) -> bool:
    here = [row for row in rows if row.state != DeliveryState.NOT_HERE]
    return bool(here) and all(row.good for row in here)
