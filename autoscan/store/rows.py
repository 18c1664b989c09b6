"""Rows to values and back, and the one way to write history."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Row, bindparam, insert, select

from autoscan import paths
from autoscan.model import (
    Change,
    Delivery,
    DeliveryState,
    Expectation,
    Hints,
    Kind,
    Scan,
    ScanState,
    Transition,
)
from autoscan.store import listing, periods, tallying, totals
from autoscan.store.connections import Either
from autoscan.store.hot import Hot
from autoscan.store.tables import deliveries, expectations, scans, transitions

Id = TypeVar("Id", int, str)

SCAN_BY_ID = select(scans).where(scans.c.id == bindparam("scan_id"))
EXPECTATIONS_OF = (
    select(expectations)
    .where(expectations.c.scan_id.in_(bindparam("scan_ids", expanding=True)))
    .order_by(expectations.c.id)
)
#: A delivery with what it takes from its scan; callers add their condition.
DELIVERIES = select(deliveries, scans.c.folder, scans.c.request_id).join(scans, scans.c.id == deliveries.c.scan_id)

STEP = ("at", "scan_id", "delivery_id", "server", "old", "new", "reason", "request_id")
NOTE_TRANSITION = Hot(insert(transitions), columns=STEP)

_ENCODER = json.JSONEncoder(separators=(",", ":"))

#: Parameters a statement may have at most, with room to spare, and rows that one transaction should change.
SLICE = 500


def new_id(connection: Connection, statement: Insert, values: dict[str, Any]) -> int:
    """Insert a row and return its id."""
    key = connection.execute(statement, values).inserted_primary_key
    return int(key[0]) if key else 0


def remark(connection: Either, *steps: Transition) -> None:
    """Write `steps` into the history that end nothing."""
    NOTE_TRANSITION.run_all(connection, ({name: getattr(step, name) for name in STEP} for step in steps))


def note(connection: Connection, *steps: Transition) -> None:
    """Write `steps` into the history, once the rows say so; count and list what ends with them."""
    remark(connection, *steps)
    tallying.steps(connection, steps)
    periods.steps(connection, steps)
    totals.steps(connection, steps)
    listing.steps(connection, steps)


def first_step(scan_id: int, at: datetime, new: str, request_id: str) -> Transition:
    """Return the step by which the scan `scan_id` comes into being."""
    return Transition(
        at=at, scan_id=scan_id, delivery_id=None, server="", old="", new=new, reason="", request_id=request_id
    )


def scan_step(row: Row[Any], at: datetime, new: str, reason: str = "") -> Transition:
    """Return the step of the scan `row` from its state to `new`."""
    return Transition(
        at=at,
        scan_id=row.id,
        delivery_id=None,
        server="",
        old=row.state,
        new=new,
        reason=reason,
        request_id=row.request_id,
    )


def delivery_step(row: Row[Any], at: datetime, new: str, reason: str = "") -> Transition:
    """Return the step of the delivery `row` (columns as in `DELIVERIES`) from its state to `new`."""
    return Transition(
        at=at,
        scan_id=row.scan_id,
        delivery_id=row.id,
        server=row.server,
        old=row.state,
        new=new,
        reason=reason,
        request_id=row.request_id,
    )


def expectation_row(scan_id: int, expectation: Expectation, at: datetime) -> dict[str, Any]:
    """Return `expectation` as parameters of an insert; `at` is when its event came in."""
    return {
        "scan_id": scan_id,
        "path": expectation.path,
        "key": paths.key(expectation.path),
        "kind": expectation.kind,
        "change": expectation.change,
        "size": expectation.size,
        "announced": expectation.announced,
        "hints": _hints_text(expectation.hints),
        "at": at,
    }


def load_scans(connection: Connection, rows: Sequence[Row[Any]]) -> list[Scan]:
    """Return the scans of `rows`, in their order, with what is expected of each."""
    expected = load_expectations(connection, [row.id for row in rows])
    return [_scan(row, tuple(expected[row.id])) for row in rows]


def load_scan(connection: Connection, scan_id: int) -> Scan | None:
    """Return one scan, None if there is none with this id."""
    rows = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).all()
    return load_scans(connection, rows)[0] if rows else None


def load_deliveries(connection: Connection, rows: Sequence[Row[Any]]) -> list[Delivery]:
    """Return the deliveries of `rows` (columns as in `DELIVERIES`), in their order."""
    expected = load_expectations(connection, {row.scan_id for row in rows})
    return [_delivery(row, tuple(expected[row.scan_id])) for row in rows]


def load_expectations(connection: Connection, scan_ids: Iterable[int]) -> dict[int, list[Expectation]]:
    """Return the expectations of each scan, in the order in which they were first asked for."""
    found: defaultdict[int, list[Expectation]] = defaultdict(list)
    for some in slices(list(scan_ids)):
        for row in connection.execute(EXPECTATIONS_OF, {"scan_ids": some}):
            found[row.scan_id].append(_expectation(row))
    return found


def slices(ids: Sequence[Id]) -> Iterable[Sequence[Id]]:
    """Return `ids` in parts that one statement takes."""
    return (ids[start : start + SLICE] for start in range(0, len(ids), SLICE))


def _scan(row: Row[Any], expected: tuple[Expectation, ...]) -> Scan:
    return Scan(
        id=row.id,
        folder=row.folder,
        state=ScanState(row.state),
        priority=row.priority,
        source=row.source,
        request_id=row.request_id,
        requested_at=row.requested_at,
        last_requested_at=row.last_requested_at,
        due_at=row.due_at,
        checks=row.checks,
        claimed_at=row.claimed_at,
        expectations=expected,
        reason=row.reason,
        whole=row.whole,
        code=row.code,
        ended_at=row.ended_at,
    )


def _delivery(row: Row[Any], expected: tuple[Expectation, ...]) -> Delivery:
    return Delivery(
        id=row.id,
        scan_id=row.scan_id,
        server=row.server,
        folder=row.folder,
        state=DeliveryState(row.state),
        request_id=row.request_id,
        expectations=expected,
        attempts=row.attempts,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        error=row.error,
        evidence=row.evidence,
        ended_at=row.ended_at,
    )


def _expectation(row: Row[Any]) -> Expectation:
    return Expectation(
        path=row.path,
        kind=Kind(row.kind),
        change=Change(row.change),
        size=row.size,
        announced=row.announced,
        hints=_hints(row.hints),
    )


def _hints_text(hints: Hints) -> str:
    known = {name: value for name, value in _as_dict(hints).items() if value not in (None, "", (), {})}
    return _ENCODER.encode(known) if known else ""


def _as_dict(hints: Hints) -> dict[str, Any]:
    return {
        "title": hints.title,
        "year": hints.year,
        "season": hints.season,
        "episodes": hints.episodes,
        "ids": dict(hints.ids),
        "listed_is_enough": hints.listed_is_enough or None,
        "read_anew": hints.read_anew or None,
    }


def _hints(text: str) -> Hints:
    if not text:
        return Hints()
    known = json.loads(text)
    return Hints(**{**known, "episodes": tuple(known.get("episodes", ()))})
