"""What happens in each hour and day, counted in the transaction that makes it true: charts never read the history."""

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from autoscan.model import DeliveryState, ScanState, Transition
from autoscan.store.dialect import add_to, to_ms
from autoscan.store.tables import scans
from autoscan.store.tables_shown import periods

ADD = add_to(periods, keys=("length", "start", "server", "kind", "seconds"), column="number")
REQUESTED_AT = select(scans.c.requested_at).where(scans.c.id == bindparam("scan_id"))

#: Lengths of what is counted, in seconds; days are those of UTC.
HOUR = 3_600
DAY = 86_400
LENGTHS = (HOUR, DAY)

#: Up to here times are counted by the second, then in so many steps to ten times as much: within 5 %.
_EXACT = 60
_STEPS = 32

#: How scans end; one that a wider scan took over goes on there.
_SCAN_ENDS = frozenset({ScanState.DONE, ScanState.FAILED, ScanState.CANCELLED})


class Kind(StrEnum):
    """What is counted of a server, or of scans where no server is named."""

    ENDED = "ended"
    #: Of these, what somebody should look at.
    BAD = "bad"
    #: Files seen, by the seconds since their scan was requested first.
    SEEN = "seen"


#: By server, kind and seconds.
Tally = Counter[tuple[str, Kind, int]]


def steps(connection: Connection, some: Iterable[Transition]) -> None:
    """Count the scans and deliveries that end with these steps."""
    for step in some:
        if step.old != step.new:
            tally = _scan(step) if step.delivery_id is None else _delivery(connection, step)
            _add(connection, step.at, tally)


def is_bad(state: DeliveryState) -> bool:
    """Tell whether somebody should look at a delivery that ended so."""
    return not state.is_good and state not in (DeliveryState.NOT_HERE, DeliveryState.CANCELLED)


def rounded(seconds: float) -> int:
    """Return what `seconds` are counted as."""
    if seconds < _EXACT:
        return round(max(0.0, seconds))
    return round(10 ** (round(_STEPS * math.log10(seconds)) / _STEPS))


def begin(moment: datetime, length: int) -> int:
    """Return when the period of `moment` began, in milliseconds since 1970."""
    return to_ms(moment) // (length * 1000) * (length * 1000)


def _scan(step: Transition) -> Tally:
    if step.new not in _SCAN_ENDS:
        return Counter()
    return Counter({("", Kind.ENDED, 0): 1, ("", Kind.BAD, 0): int(step.new == ScanState.FAILED)})


def _delivery(connection: Connection, step: Transition) -> Tally:
    state = DeliveryState(step.new)
    if step.old != DeliveryState.PENDING:
        return Counter()
    tally: Tally = Counter({(step.server, Kind.ENDED, 0): 1, (step.server, Kind.BAD, 0): int(is_bad(state))})
    if state is DeliveryState.VERIFIED:
        since = connection.execute(REQUESTED_AT, {"scan_id": step.scan_id}).scalar_one()
        tally[step.server, Kind.SEEN, rounded((step.at - since).total_seconds())] = 1
    return tally


def _add(connection: Connection, at: datetime, tally: Tally) -> None:
    rows = [
        {"length": length, "start": begin(at, length), "server": server, "kind": kind, "seconds": seconds}
        | {"number": number}
        for length in LENGTHS
        for (server, kind, seconds), number in tally.items()
        if number
    ]
    if rows:
        connection.execute(ADD, rows)
