"""How requests for one folder become one scan: who takes whom, and what the joined scan's terms are.

All of it happens inside one write transaction, so that nobody else adds or claims in between. It keeps two promises:
one waiting scan per folder, and no new waiting scan below one that waits for a whole folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection, Executable, Row, Select, bindparam, delete, func, insert, literal, select, update

from autoscan import paths
from autoscan.model import Expectation, NewScan, Queued, ScanState
from autoscan.store import totals
from autoscan.store.connections import Either
from autoscan.store.dialect import Instant, insert_from_if_absent, stored, upsert, upsert_from
from autoscan.store.hot import Hot
from autoscan.store.overruling import bounds_below, overrule
from autoscan.store.rows import expectation_row, first_step, note, remark, scan_step
from autoscan.store.tables import IS_MISSING, IS_WAITING, expectations, scans, transitions
from autoscan.store.tables_shown import unlisted
from autoscan.store.terms import Terms

_TAKER = ("id", "key", "whole", "priority", "due_at", "waiting_since", "requested_at")
FIND_WAITING = select(*(scans.c[name] for name in _TAKER)).where(
    IS_WAITING, scans.c.key.in_(bindparam("keys", expanding=True))
)
FIND_MISSING = select(scans).where(IS_MISSING, scans.c.key == bindparam("folder_key"))
REVIVE = update(scans).where(scans.c.id == bindparam("scan_id")).values(revived_by=bindparam("reviver"))
INSERT_SCAN = insert(scans)
JOIN_SCAN = update(scans).where(scans.c.id == bindparam("scan_id"))
END_ABSORBED = (
    update(scans)
    .where(scans.c.id == bindparam("scan_id"))
    .values(state=ScanState.ABSORBED, ended_at=bindparam("now"), reason=bindparam("why"), code="")
)

#: Waiting scans of folders below another: their keys lie between two bounds, so that the index finds them.
BELOW = (
    IS_WAITING
    & (scans.c.key > bindparam("low"))
    & (scans.c.key < bindparam("high"))
    & (scans.c.id != bindparam("into"))
)
TERMS_BELOW = select(
    func.count().label("number"),
    func.min(scans.c.priority).label("priority"),
    func.max(scans.c.due_at).label("due_at"),
    func.min(scans.c.waiting_since).label("waiting_since"),
    func.min(scans.c.requested_at).label("requested_at"),
).where(BELOW)
NOTE_BELOW = insert(transitions).from_select(
    ["at", "scan_id", "server", "old", "new", "reason", "request_id"],
    select(
        bindparam("now", type_=Instant),
        scans.c.id,
        literal(""),
        scans.c.state,
        literal(ScanState.ABSORBED.value),
        bindparam("why"),
        scans.c.request_id,
    ).where(BELOW),
)
#: Listed later: they may be thousands, and somebody waits for an answer.
LIST_BELOW = insert_from_if_absent(unlisted, select(scans.c.id.label("scan_id")).where(BELOW), keys=("scan_id",))
END_BELOW = (
    update(scans).where(BELOW).values(state=ScanState.ABSORBED, ended_at=bindparam("now"), reason=bindparam("why"))
)

#: What a later expectation of the same path brings with it.
_RENEWED = ("path", "kind", "change", "size", "announced", "hints", "at")
EXPECT = upsert(expectations, keys=("scan_id", "key"), update=_RENEWED)


def _moved(source: Select[Any]) -> Executable:
    """Return the statement that copies the expectations of the scans `source` to the scan `into`, the later holding."""
    columns = [expectations.c[name] for name in ("key", *_RENEWED)]
    rows = select(bindparam("into").label("scan_id"), *columns).where(expectations.c.scan_id.in_(source))
    return upsert_from(expectations, rows, keys=("scan_id", "key"), update=_RENEWED, newest="at")


_TERMS = ("priority", "due_at", "waiting_since", "requested_at", "rank")
_ASKED = ("whole", "source", "request_id", "last_requested_at")
_FIND_WAITING = Hot(FIND_WAITING, several="keys")
_FIND_MISSING = Hot(FIND_MISSING)
_OPEN_SCAN = Hot(INSERT_SCAN, columns=("folder", "key", "state", *_ASKED, *_TERMS))
_JOIN_SCAN = Hot(JOIN_SCAN, columns=(*_ASKED, *_TERMS))
_TERMS_BELOW = Hot(TERMS_BELOW)
_EXPECT = Hot(EXPECT, columns=("scan_id", "key", *_RENEWED))

_ONE = select(scans.c.id).where(scans.c.id == bindparam("from_id"))
_ALL_BELOW = select(scans.c.id).where(BELOW)
MOVE_ONE = _moved(_ONE)
MOVE_BELOW = _moved(_ALL_BELOW)
DROP_ONE = delete(expectations).where(expectations.c.scan_id.in_(_ONE))
DROP_BELOW = delete(expectations).where(expectations.c.scan_id.in_(_ALL_BELOW))

_REVIVE, _END_BELOW = Hot(REVIVE), Hot(END_BELOW)
_TAKE_BELOW = tuple(map(Hot, (MOVE_BELOW, DROP_BELOW, NOTE_BELOW, LIST_BELOW)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, and when."""

    at: datetime
    source: str
    request_id: str


def queue_scan(connection: Either, new: NewScan, asked: Asked, max_delay: timedelta) -> Queued:
    """Let a waiting scan take `new`, or make it a waiting scan, which may take those below it."""
    taker = find_taker(connection, new.folder)
    waiting = None if taker is None else Terms.of(taker)
    terms = Terms.asked(new, asked.at, waiting)
    if waiting is not None:
        terms = terms.joined(waiting, max_delay)
    below = None
    if new.whole and not (taker is not None and taker.whole):
        below = _Below.of(connection, new.folder, taker)
        terms = below.terms.joined(terms, max_delay) if below.terms is not None else terms
    scan_id = _open(connection, new, asked, terms) if taker is None else _join(connection, taker, new, asked, terms)
    if below is not None and below.terms is not None:
        below.absorb(connection, scan_id, asked.at)
    if taker is not None or (below is not None and below.terms is not None):
        overrule(connection, scan_id, new, whole=taker is not None and taker.whole)
    expect(connection, scan_id, new.expectations, asked.at)
    return Queued(scan_id, taker is not None, stored(terms.due_at))


def find_taker(connection: Either, folder: str) -> Row[Any] | None:
    """Return the waiting scan that a request for `folder` joins: of the folder itself, or of a whole one above."""
    own = paths.key(folder)
    keys = [own, *paths.ancestors(own)]
    rows = _FIND_WAITING.rows(connection, {"keys": keys})
    takers = [row for row in rows if row.key == own] or [row for row in rows if row.whole]
    return takers[0] if takers else None


def expect(connection: Either, scan_id: int, expected: Sequence[Expectation], at: datetime) -> None:
    """Store what a scan should bring about; what was expected of the same path before is replaced."""
    _EXPECT.run_all(connection, (expectation_row(scan_id, item, at) for item in expected))


def hand_over(connection: Connection, row: Row[Any], taker: Row[Any], now: datetime, cause: str) -> None:
    """Let the waiting scan `taker` take over `row`, which has ended; it becomes no less urgent and no later for it."""
    terms = Terms.of(taker).taking_over(row.priority, now)
    joined = {
        **terms.columns(),
        "whole": taker.whole or (row.whole and row.key == taker.key),
        "last_requested_at": now,
    }
    connection.execute(JOIN_SCAN, {"scan_id": taker.id, **joined})
    connection.execute(MOVE_ONE, {"from_id": row.id, "into": taker.id})
    connection.execute(DROP_ONE, {"from_id": row.id})
    why = f"{cause}: {_absorbed_by(taker.id)}"
    connection.execute(END_ABSORBED, {"scan_id": row.id, "now": now, "why": why})
    note(connection, scan_step(row, now, ScanState.ABSORBED, why))


def revive(connection: Either, folder_key: str, scan_id: int, at: datetime) -> None:
    """Note on failures for want of files of this folder that the scan `scan_id` takes them up again."""
    for row in _FIND_MISSING.rows(connection, {"folder_key": folder_key}):
        _REVIVE.run(connection, {"scan_id": row.id, "reviver": scan_id})
        remark(connection, scan_step(row, at, ScanState.FAILED, f"taken up again by scan {scan_id}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below:
    """The waiting scans below a folder that is about to be scanned as a whole."""

    bounds: dict[str, Any]
    #: None if there are none.
    terms: Terms | None

    @classmethod
    def of(cls, connection: Either, folder: str, but: Row[Any] | None) -> Self:
        """Look for them, `but` the folder's own scan left out."""
        bounds = {**bounds_below(folder), "into": 0 if but is None else but.id}
        (row,) = _TERMS_BELOW.rows(connection, bounds)
        return cls(bounds=bounds, terms=Terms.of(row) if row.number else None)

    def absorb(self, connection: Either, into: int, now: datetime) -> None:
        """Move what they expect to the scan `into`, and end them."""
        ended = {**self.bounds, "into": into, "now": now, "why": _absorbed_by(into)}
        for statement in _TAKE_BELOW:
            statement.run(connection, ended)
        totals.add(connection, {ScanState.ABSORBED: _END_BELOW.count(connection, ended)})


def _absorbed_by(scan_id: int) -> str:
    return f"taken over by scan {scan_id}"


def _open(connection: Either, new: NewScan, asked: Asked, terms: Terms) -> int:
    key = paths.key(new.folder)
    values = {
        "folder": new.folder,
        "key": key,
        "whole": new.whole,
        "state": ScanState.WAITING,
        "source": asked.source,
        "request_id": asked.request_id,
        "last_requested_at": asked.at,
        **terms.columns(),
    }
    scan_id = _OPEN_SCAN.new_id(connection, values)
    remark(connection, first_step(scan_id, asked.at, ScanState.WAITING, asked.request_id))
    revive(connection, key, scan_id, asked.at)
    return scan_id


def _join(connection: Either, taker: Row[Any], new: NewScan, asked: Asked, terms: Terms) -> int:
    joined = {
        "whole": taker.whole or new.whole,
        "source": asked.source,
        "request_id": asked.request_id,
        "last_requested_at": asked.at,
        **terms.columns(),
    }
    _JOIN_SCAN.run(connection, {"scan_id": taker.id, **joined})
    return int(taker.id)
