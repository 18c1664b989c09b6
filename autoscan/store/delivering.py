"""One scan at each server: from handed over to the end that all of its deliveries add up to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, update

from autoscan.model import Delivery, DeliveryState, ScanState
from autoscan.store.hot import Hot
from autoscan.store.part import Part
from autoscan.store.rows import (
    DELIVERIES,
    SCAN_BY_ID,
    delivery_step,
    first_step,
    load_deliveries,
    new_id,
    note,
    scan_step,
)
from autoscan.store.tables import IS_PENDING, IS_UNROUTED, deliveries, scans
from autoscan.store.tables_asked import IS_UNENDED, asks

CHANGE_SCAN = update(scans).where(scans.c.id == bindparam("scan_id"))
CHANGE_DELIVERY = update(deliveries).where(deliveries.c.id == bindparam("delivery_id"))
INSERT_DELIVERY = insert(deliveries)
INSERT_ASKS = insert(asks)
DELETE_DELIVERY = delete(deliveries).where(deliveries.c.id == bindparam("delivery_id"))
DELETE_OPEN_ASKS = delete(asks).where(IS_UNENDED, asks.c.delivery_id == bindparam("of_delivery"))

DELIVERY_BY_ID = DELIVERIES.where(deliveries.c.id == bindparam("delivery_id"))
DELIVERIES_OF_SCAN = DELIVERIES.where(deliveries.c.scan_id == bindparam("scan_id")).order_by(deliveries.c.id)
UNROUTED = (
    DELIVERIES.where(
        IS_UNROUTED, deliveries.c.server == bindparam("server"), deliveries.c.next_try_at <= bindparam("now")
    )
    .order_by(deliveries.c.rank)
    .limit(bindparam("count"))
)
_UNROUTED = Hot(UNROUTED)
PENDING_ELSEWHERE = DELIVERIES.where(IS_PENDING, deliveries.c.server.not_in(bindparam("servers", expanding=True)))


class Delivering(Part):
    """Hands scans to servers and finds out how they ended. Used by the leader alone."""

    def deliver(self, scan_id: int, servers: Sequence[str], *, reason: str = "") -> bool:
        """Hand a checked scan to every one of `servers`; False if it is not being checked any more.

        When it failed before, a server that took it then is asked again only if something was requested since.
        Raises ValueError without a server: it would never end.
        """
        if not servers:
            raise ValueError("a scan needs a server to be delivered to")
        now = self._clock.now()
        with self._store.write() as connection:
            scan = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).first()
            if scan is None or scan.state != ScanState.CHECKING:
                return False
            kept = _drop_outdated(connection, scan, servers)
            change_scan(connection, scan, now, ScanState.DELIVERING, reason=reason)
            _insert_pending(connection, scan, [name for name in dict.fromkeys(servers) if name not in kept], now)
            settle(connection, scan_id, now)
            return True

    def unrouted(self, server: str, limit: int = 100) -> list[Delivery]:
        """Return the deliveries of `server` that are due and whose libraries are not known yet, the next first."""
        values = {"server": server, "now": self._clock.now(), "count": limit}
        with self._store.look() as connection:
            if not _UNROUTED.rows(connection, values):
                return []
        with self._store.read() as connection:
            return load_deliveries(connection, _UNROUTED.rows(connection, values))

    def route(self, delivery_id: int, libraries: Sequence[tuple[str, str]]) -> bool:
        """Ask each of `libraries`, pairs of library id and folder as the server sees it.

        False if the delivery has ended or been routed meanwhile. Raises ValueError without a library.
        """
        if not libraries:
            raise ValueError("a delivery without a library ends with `not_here`")
        with self._store.write() as connection:
            row = _pending(connection, delivery_id)
            if row is None or row.routed:
                return False
            connection.execute(CHANGE_DELIVERY, {"delivery_id": delivery_id, "routed": True})
            connection.execute(INSERT_ASKS, [_ask_row(row, *library) for library in dict(libraries).items()])
            return True

    def not_here(self, delivery_id: int, reason: str) -> bool:
        """End a delivery to a server that has no library for the folder; False if it has ended meanwhile.

        The scan fails with all reasons when no server has one, and is done when another took it.
        """
        now = self._clock.now()
        with self._store.write() as connection:
            row = _pending(connection, delivery_id)
            if row is None:
                return False
            end_delivery(connection, row, now, DeliveryState.NOT_HERE, reason)
            settle(connection, row.scan_id, now)
            return True

    def retire(self, configured: Collection[str]) -> int:
        """End what waits for servers that are not `configured` any more; return how many deliveries that were."""
        now = self._clock.now()
        with self._store.write() as connection:
            rows = connection.execute(PENDING_ELSEWHERE, {"servers": list(configured)}).all()
            for row in rows:
                why = f"{row.server} is not configured any more"
                end_delivery(connection, row, now, DeliveryState.FAILED, why)
                settle(connection, row.scan_id, now)
            return len(rows)


def end_delivery(connection: Connection, row: Row[Any], now: datetime, new: DeliveryState, reason: str) -> None:
    """End the delivery `row` and what it still has to ask."""
    words = {"evidence": reason, "error": ""} if new.is_good else {"error": reason}
    connection.execute(CHANGE_DELIVERY, {"delivery_id": row.id, "state": new, "ended_at": now, **words})
    connection.execute(DELETE_OPEN_ASKS, {"of_delivery": row.id})
    note(connection, delivery_step(row, now, new, reason))


def settle(connection: Connection, scan_id: int, now: datetime) -> None:
    """End the scan if none of its deliveries is pending: failed, done, or without a library anywhere."""
    rows = connection.execute(DELIVERIES_OF_SCAN, {"scan_id": scan_id}).all()
    states = {row.state for row in rows}
    if DeliveryState.PENDING in states:
        return
    scan = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).one()
    bad = [row for row in rows if DeliveryState(row.state).is_bad]
    if bad:
        worst = DeliveryState.worst(DeliveryState(row.state) for row in bad)
        code = "refused" if worst is DeliveryState.FAILED else worst.value
        change_scan(connection, scan, now, ScanState.FAILED, reason=_reasons(bad), code=code, ended_at=now)
    elif states != {DeliveryState.NOT_HERE}:
        change_scan(connection, scan, now, ScanState.DONE, reason=scan.reason, ended_at=now)
    else:
        change_scan(connection, scan, now, ScanState.FAILED, reason=_reasons(rows), code="config_error", ended_at=now)


def change_scan(connection: Connection, row: Row[Any], now: datetime, new: ScanState, **values: Any) -> None:
    """Bring the scan `row` to the state `new`; `values` are its columns, `reason` among them."""
    connection.execute(CHANGE_SCAN, {"scan_id": row.id, "state": new, **values})
    note(connection, scan_step(row, now, new, values["reason"]))


def _reasons(rows: Iterable[Row[Any]]) -> str:
    return "; ".join(row.error if row.error.startswith(row.server) else f"{row.server}: {row.error}" for row in rows)


def _pending(connection: Connection, delivery_id: int) -> Row[Any] | None:
    row = connection.execute(DELIVERY_BY_ID, {"delivery_id": delivery_id}).first()
    return row if row is not None and row.state == DeliveryState.PENDING else None


def _drop_outdated(connection: Connection, scan: Row[Any], servers: Sequence[str]) -> set[str]:
    """Forget deliveries of an earlier try but those that still hold, and return the servers of these."""
    kept = set()
    for row in connection.execute(DELIVERIES_OF_SCAN, {"scan_id": scan.id}).all():
        holds = DeliveryState(row.state).is_good and row.ended_at > scan.last_requested_at
        if holds and row.server in servers:
            kept.add(row.server)
        else:
            connection.execute(DELETE_DELIVERY, {"delivery_id": row.id})
    return kept


def _insert_pending(connection: Connection, scan: Row[Any], servers: Iterable[str], now: datetime) -> None:
    for server in servers:
        values = {
            "scan_id": scan.id,
            "server": server,
            "state": DeliveryState.PENDING,
            "created_at": now,
            "next_try_at": now,
            "rank": scan.rank,
        }
        delivery_id = new_id(connection, INSERT_DELIVERY, values)
        began = first_step(scan.id, now, DeliveryState.PENDING, scan.request_id)
        note(connection, replace(began, delivery_id=delivery_id, server=server))


def _ask_row(delivery: Row[Any], library_id: str, folder: str) -> dict[str, Any]:
    return {
        "delivery_id": delivery.id,
        "server": delivery.server,
        "library_id": library_id,
        "folder": folder,
        "rank": delivery.rank,
    }
