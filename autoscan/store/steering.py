"""What people do with scans: end them, try them again, bring them forward; each time it is written who did."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from autoscan.errors import BadRequestError
from autoscan.model import Acted, DeliveryState, Scan, ScanState
from autoscan.store.claiming import wait_again
from autoscan.store.delivering import CHANGE_SCAN, DELIVERIES_OF_SCAN, change_scan, end_delivery
from autoscan.store.merging import find_taker, hand_over
from autoscan.store.part import Part
from autoscan.store.rows import SCAN_BY_ID, load_scan, note, scan_step
from autoscan.store.tables import IS_PENDING, IS_WAITING, deliveries, scans, servers
from autoscan.store.tables_asked import IS_UNENDED, asks
from autoscan.store.terms import rank

#: Scans that one transaction changes: a webhook waits no longer than that.
AT_ONCE = 50
#: How far a priority may be from 0.
MOST = 999_999

FIRST_RANK = select(func.min(scans.c.rank)).where(IS_WAITING)
_OPEN_OF_SCAN = select(deliveries.c.id).where(IS_PENDING, deliveries.c.scan_id == bindparam("of_scan"))
#: Servers that would take something of a scan now: nobody paused them, and they answer.
FREE_SERVERS = (
    select(deliveries.c.server)
    .outerjoin(servers, servers.c.name == deliveries.c.server)
    .where(
        IS_PENDING,
        deliveries.c.scan_id == bindparam("of_scan"),
        servers.c.held_since.is_(None),
        or_(servers.c.paused_until.is_(None), servers.c.paused_until <= bindparam("now")),
    )
)
TRY_NOW = (
    update(deliveries)
    .where(IS_PENDING, deliveries.c.scan_id == bindparam("of_scan"), deliveries.c.next_try_at > bindparam("now"))
    .values(next_try_at=bindparam("now"))
)
LOOK_NOW = (
    update(asks)
    .where(IS_UNENDED, asks.c.delivery_id.in_(_OPEN_OF_SCAN), asks.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
RANK_DELIVERIES = (
    update(deliveries)
    .where(IS_PENDING, deliveries.c.scan_id == bindparam("of_scan"))
    .values(rank=bindparam("new_rank"))
)
RANK_ASKS = update(asks).where(IS_UNENDED, asks.c.delivery_id.in_(_OPEN_OF_SCAN)).values(rank=bindparam("new_rank"))

OPEN = frozenset({ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING})

#: Does something to one scan; returns `""`, or why it was not done.
Act = Callable[[Connection, Row[Any], datetime], str]


class Steering(Part):
    """Does to scans what people ask for; whatever the leader does with them meanwhile, it finds what was decided."""

    def cancel(self, ids: Iterable[int], who: str) -> Acted:
        """End open scans and what they still have to ask; a scan that a server is running goes on there, unwatched."""

        def act(connection: Connection, row: Row[Any], now: datetime) -> str:
            if row.state not in OPEN:
                return _has_ended(row)
            words = f"cancelled ({who})"
            for delivery in connection.execute(DELIVERIES_OF_SCAN, {"scan_id": row.id}).all():
                if delivery.state == DeliveryState.PENDING:
                    end_delivery(connection, delivery, now, DeliveryState.CANCELLED, words)
            change_scan(connection, row, now, ScanState.CANCELLED, reason=words, ended_at=now)
            return ""

        return self._each(ids, act)

    def retry(self, ids: Iterable[int], who: str) -> Acted:
        """Let failed and cancelled scans wait again, due at once, or join the ones that wait for their folders.

        Servers where a scan ended well are left out, unless something was asked for since.
        """

        def act(connection: Connection, row: Row[Any], now: datetime) -> str:
            if row.state not in (ScanState.FAILED, ScanState.CANCELLED):
                return _not_failed(row)
            words = f"tried again ({who})"
            taker = find_taker(connection, row.folder)
            if taker is not None:
                hand_over(connection, row, taker, now, words)
            else:
                wait_again(connection, row, now, words)
            return ""

        return self._each(ids, act)

    def run_now(self, ids: Iterable[int], who: str) -> Acted:
        """Do the next thing about open scans at once: claim those that wait before all others, look at files, ask.

        Where a server is looked into, or asked again, that is one of the tries there are.
        """

        def act(connection: Connection, row: Row[Any], now: datetime) -> str:
            bring_forward = _FORWARD.get(row.state)
            refused = bring_forward(connection, row, now) if bring_forward else _has_ended(row)
            if not refused:
                note(connection, scan_step(row, now, row.state, f"run now ({who})"))
            return refused

        return self._each(ids, act)

    def prioritise(self, ids: Iterable[int], priority: int, who: str) -> Acted:
        """Give open scans another priority; the lower comes first, a level is worth ten minutes of waiting.

        Raises BadRequestError for a priority beyond what the settings take.
        """
        if abs(priority) > MOST:
            raise BadRequestError(f"a priority lies between -{MOST} and {MOST}")

        def act(connection: Connection, row: Row[Any], now: datetime) -> str:
            if row.state not in OPEN:
                return _has_ended(row)
            new = rank(row.due_at, priority)
            connection.execute(CHANGE_SCAN, {"scan_id": row.id, "priority": priority, "rank": new})
            connection.execute(RANK_DELIVERIES, {"of_scan": row.id, "new_rank": new})
            connection.execute(RANK_ASKS, {"of_scan": row.id, "new_rank": new})
            note(connection, scan_step(row, now, row.state, f"priority {priority} instead of {row.priority} ({who})"))
            return ""

        return self._each(ids, act)

    def would_join(self, folder: str) -> Scan | None:
        """Return the waiting scan that a request for `folder` would join now; None if there is none."""
        with self._store.read() as connection:
            row = find_taker(connection, folder)
            return None if row is None else load_scan(connection, row.id)

    def _each(self, ids: Iterable[int], act: Act) -> Acted:
        """Do `act` to each of `ids` once, a few in one transaction."""
        left = iter(dict.fromkeys(ids))
        outcomes: dict[int, str] = {}
        while some := list(islice(left, AT_ONCE)):
            with self._store.write() as connection:
                now = self._clock.now()
                outcomes |= {each: _one(connection, each, now, act) for each in some}
        refused = {each: why for each, why in outcomes.items() if why}
        return Acted(done=tuple(each for each in outcomes if each not in refused), refused=refused)


def _one(connection: Connection, scan_id: int, now: datetime, act: Act) -> str:
    row = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).first()
    return f"there is no scan {scan_id}, or it is forgotten" if row is None else act(connection, row, now)


def _has_ended(row: Row[Any]) -> str:
    return f"it has ended ({row.state})"


def _not_failed(row: Row[Any]) -> str:
    if row.state in OPEN:
        return f"it is still under way ({row.state}): run it now instead"
    return row.reason if row.state == ScanState.ABSORBED else "it ended well: ask for its folder anew"


def _due_now(connection: Connection, row: Row[Any], now: datetime) -> str:
    first = connection.execute(FIRST_RANK).scalar_one()
    values = {"due_at": min(row.due_at, now), "rank": min(first - 1, rank(now, row.priority))}
    connection.execute(CHANGE_SCAN, {"scan_id": row.id, **values})
    return ""


def _check_now(connection: Connection, row: Row[Any], now: datetime) -> str:
    connection.execute(CHANGE_SCAN, {"scan_id": row.id, "next_check_at": now})
    return ""


def _ask_now(connection: Connection, row: Row[Any], now: datetime) -> str:
    values = {"of_scan": row.id, "now": now}
    if connection.execute(FREE_SERVERS, values).first() is None:
        return "its servers are paused: resume them, or probe those that did not answer"
    connection.execute(TRY_NOW, values)
    connection.execute(LOOK_NOW, values)
    return ""


_FORWARD: dict[str, Act] = {
    ScanState.WAITING: _due_now,
    ScanState.CHECKING: _check_now,
    ScanState.DELIVERING: _ask_now,
}
