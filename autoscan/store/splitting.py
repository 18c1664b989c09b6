"""One scan becomes two: what keeps the others waiting goes into a scan of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from autoscan import paths
from autoscan.store.rows import SCAN_BY_ID, first_step, new_id, remark, slices
from autoscan.store.tables import event_paths, expectations, scans

_COPIED = (
    "folder",
    "key",
    "state",
    "priority",
    "source",
    "request_id",
    "requested_at",
    "last_requested_at",
    "waiting_since",
    "due_at",
    "rank",
    "checks",
    "claimed_at",
)
INSERT_COPY = insert(scans)
_TAKEN = (
    expectations.c.scan_id == bindparam("from_id"),
    expectations.c.key.in_(bindparam("keys", expanding=True)),
)
TAKEN = select(expectations.c.id).where(*_TAKEN).limit(1)
TAKE = update(expectations).where(*_TAKEN).values(scan_id=bindparam("into"))
#: The pages of an event lead from its path to the scan that tells of it.
TAKE_PATHS = (
    update(event_paths)
    .where(event_paths.c.scan_id == bindparam("from_id"), event_paths.c.mapped.in_(bindparam("places", expanding=True)))
    .values(scan_id=bindparam("into"))
)


def split_off(connection: Connection, row: Row[Any], some: Sequence[str], now: datetime) -> Row[Any] | None:
    """Move what the scan `row` expects of the mapped paths `some` to a new scan like it; None if that is nothing.

    The new scan has no next check: the caller ends it, or gives it one.
    """
    parts = [{"from_id": row.id, "keys": list(map(paths.key, part))} for part in slices(some)]
    if not any(connection.execute(TAKEN, part).first() for part in parts):
        return None
    values = {name: getattr(row, name) for name in _COPIED}
    scan_id = new_id(connection, INSERT_COPY, {**values, "whole": False})
    for part in parts:
        connection.execute(TAKE, {**part, "into": scan_id})
    for places in slices(some):
        connection.execute(TAKE_PATHS, {"from_id": row.id, "places": places, "into": scan_id})
    remark(connection, first_step(scan_id, now, row.state, row.request_id))
    return connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).one()
