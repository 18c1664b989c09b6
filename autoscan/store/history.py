"""Reading, for pages, the API and people; and forgetting what is past its time."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal, select, union_all

from autoscan.model import Delivery, Scan, ScanState, Transition
from autoscan.store import listing, totals
from autoscan.store.delivering import DELIVERIES_OF_SCAN
from autoscan.store.part import Part
from autoscan.store.periods import DAY, LENGTHS, begin
from autoscan.store.rows import SLICE, load_deliveries, load_scan, load_scans
from autoscan.store.tables import HAS_ENDED, IS_OPEN, events, is_state, scans, transitions
from autoscan.store.tables_shown import periods, sources

#: States of scans that are on their way, in the order in which they pass them.
OPEN_STATES = (ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING)

#: Among so many that came first is the oldest, by far most often the very first: it is another one only where a whole
#: folder was asked for, and took over the requests of scans below it. Those that stand further back are not looked for.
_FIRST = 1000


def _open_in(state: ScanState, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return what leads through the open scans of a state in the order of their ids, as the index has them."""
    return select(*columns).select_from(scans).where(IS_OPEN, is_state(scans.c.state, state))


def oldest(*states: ScanState) -> Select[Any]:
    """Return the question when the oldest scan in these open states was requested first, whatever their number."""
    firsts = [_open_in(state, scans.c.requested_at).order_by(scans.c.id).limit(_FIRST).subquery() for state in states]
    return select(func.min(union_all(*map(select, firsts)).subquery().c.requested_at))


COUNT_OPEN = select(func.count()).select_from(scans).where(IS_OPEN)
OLDEST_OPEN = oldest(*OPEN_STATES)
#: State by state: to group them all takes twice as long.
COUNT_OPEN_BY_STATE = union_all(
    *(_open_in(state, literal(state.value).label("state"), func.count().label("number")) for state in OPEN_STATES)
)
_SOME = select(scans).limit(bindparam("count"))
_OF_STATE = _SOME.where(scans.c.state == bindparam("in_state"))
RECENT = _SOME.order_by(scans.c.id.desc())
RECENT_OPEN = _OF_STATE.where(IS_OPEN).order_by(scans.c.id.desc())
RECENT_ENDED = _OF_STATE.where(HAS_ENDED).order_by(scans.c.ended_at.desc(), scans.c.id.desc())
TRANSITIONS = select(transitions).where(transitions.c.scan_id == bindparam("scan_id")).order_by(transitions.c.id)

_OLD_EVENTS = select(events.c.id).where(events.c.at < bindparam("before")).order_by(events.c.at).limit(SLICE)
DELETE_EVENTS = delete(events).where(events.c.id.in_(_OLD_EVENTS))
OLD_SCANS = (
    select(scans.c.id, scans.c.state)
    .where(HAS_ENDED, scans.c.ended_at < bindparam("before"))
    .order_by(scans.c.ended_at)
    # Each has a handful of rows besides, which go with it.
    .limit(SLICE // 5)
)
DELETE_SCANS = delete(scans).where(scans.c.id.in_(bindparam("scan_ids", expanding=True)))
DELETE_SOURCES = delete(sources).where(sources.c.seen_at < bindparam("before"))
DELETE_PERIODS = delete(periods).where(periods.c.length.in_(LENGTHS), periods.c.start < bindparam("before_ms"))


class History(Part):
    """Tells what was and is, changes nothing but by forgetting it."""

    def count_open(self) -> int:
        """Return how many scans wait, are checked, or are on their way to servers."""
        with self._store.read() as connection:
            return int(connection.execute(COUNT_OPEN).scalar_one())

    def oldest_open(self) -> datetime | None:
        """Return when the oldest of these was requested first; None if there is none."""
        with self._store.read() as connection:
            oldest: datetime | None = connection.execute(OLDEST_OPEN).scalar()
            return oldest

    def stats(self) -> dict[ScanState, int]:
        """Return how many scans are in each state, none left out."""
        with self._store.read() as connection:
            open_ones = {ScanState(row.state): int(row.number) for row in connection.execute(COUNT_OPEN_BY_STATE)}
            found = open_ones | totals.read(connection)
        return {state: found.get(state, 0) for state in ScanState}

    def scan(self, scan_id: int) -> Scan | None:
        """Return one scan; None if there is none, or no more."""
        with self._store.read() as connection:
            return load_scan(connection, scan_id)

    def deliveries(self, scan_id: int) -> list[Delivery]:
        """Return the deliveries of a scan, one for each server."""
        with self._store.read() as connection:
            return load_deliveries(connection, connection.execute(DELIVERIES_OF_SCAN, {"scan_id": scan_id}).all())

    def transitions(self, scan_id: int) -> list[Transition]:
        """Return the history of a scan and its deliveries, the oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(TRANSITIONS, {"scan_id": scan_id}).all()
        return [
            Transition(
                at=row.at,
                scan_id=row.scan_id,
                delivery_id=row.delivery_id,
                server=row.server,
                old=row.old,
                new=row.new,
                reason=row.reason,
                request_id=row.request_id,
            )
            for row in rows
        ]

    def recent(self, limit: int, state: ScanState | None = None) -> list[Scan]:
        """Return the newest scans; of a state in which scans end, those that ended last."""
        statement = RECENT if state is None else RECENT_OPEN if state in OPEN_STATES else RECENT_ENDED
        values = {"count": limit} if state is None else {"count": limit, "in_state": state}
        with self._store.read() as connection:
            return load_scans(connection, connection.execute(statement, values).all())

    def clean(self, events_before: datetime, history_before: datetime) -> int:
        """Forget one slice of events and of ended scans older than that; return how many, 0 once none is left.

        What lists and charts keep of them goes, too.
        """
        with self._store.write() as connection:
            forgotten = connection.execute(DELETE_EVENTS, {"before": events_before}).rowcount
            listing.EVENTS.forget(connection, events_before, SLICE)
            connection.execute(DELETE_SOURCES, {"before": events_before})
        with self._store.write() as connection:
            old = connection.execute(OLD_SCANS, {"before": history_before}).all()
            totals.add(connection, {state: -number for state, number in Counter(row.state for row in old).items()})
            forgotten += connection.execute(DELETE_SCANS, {"scan_ids": [row.id for row in old]}).rowcount
            listing.SCANS.forget(connection, history_before, SLICE)
            connection.execute(DELETE_PERIODS, {"before_ms": begin(history_before, DAY)})
        return forgotten
