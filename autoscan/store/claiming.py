"""From waiting to handed over: who is next, whose files are looked at, what failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, func, literal, select, update

from autoscan import paths
from autoscan.model import Expectation, Scan, ScanState
from autoscan.store.dialect import to_ms
from autoscan.store.hot import Hot
from autoscan.store.merging import expect, find_taker, revive
from autoscan.store.part import Part
from autoscan.store.rows import SCAN_BY_ID, load_scan, load_scans, note, scan_step
from autoscan.store.splitting import split_off
from autoscan.store.tables import IS_CHECKING, IS_WAITING, scans
from autoscan.store.terms import rank

#: The code of a scan whose files did not come; the next event of its folder takes it up again.
FILE_MISSING = "file_missing"

_DUE = IS_WAITING & (scans.c.due_at <= bindparam("now"))
NEXT_OVERDUE = (
    select(scans)
    .where(_DUE, scans.c.rank <= bindparam("now_ms", type_=BigInteger))
    .order_by(scans.c.rank)
    .limit(literal(1))
)
# Not ordered by the bare column: its index would lead through all that wait and are not due.
NEXT_DUE = select(scans).where(_DUE).order_by(scans.c.rank + literal(0)).limit(literal(1))
NEXT_CHECK = (
    select(scans)
    .where(IS_CHECKING, scans.c.next_check_at <= bindparam("now"))
    .order_by(scans.c.next_check_at)
    .limit(literal(1))
)
SOONEST = select(
    select(func.min(scans.c.due_at)).where(IS_WAITING).scalar_subquery().label("waiting"),
    select(func.min(scans.c.next_check_at)).where(IS_CHECKING).scalar_subquery().label("checking"),
)
_SOONEST = Hot(SOONEST)
_NEXT_OVERDUE, _NEXT_DUE, _NEXT_CHECK = Hot(NEXT_OVERDUE), Hot(NEXT_DUE), Hot(NEXT_CHECK)
CHANGE_SCAN = update(scans).where(scans.c.id == bindparam("scan_id"))
CHECK_ALL_NOW = (
    update(scans).where(IS_CHECKING, scans.c.next_check_at > bindparam("now")).values(next_check_at=bindparam("now"))
)


class Claiming(Part):
    """Brings a scan from waiting to the moment its deliveries begin. Used by the leader alone."""

    def claim(self) -> Scan | None:
        """Take the next scan that is due into its checks and return it, None if there is none.

        The lowest `rank` comes first, i.e. one level of priority is worth ten minutes of waiting.
        """
        now = self._clock.now()
        with self._store.read() as connection:
            if _next_due(connection, now) is None:
                return None
        with self._store.write() as connection:
            row = _next_due(connection, now)
            if row is None:
                return None
            _change(connection, row, now, ScanState.CHECKING, claimed_at=now, next_check_at=now, checks=0, reason="")
            return load_scan(connection, row.id)

    def soonest(self) -> datetime | None:
        """Return when the next scan is due, or its files are to be looked at; None if there is none."""
        with self._store.look() as connection:
            row = _SOONEST.first(connection, {})
        return min((moment for moment in row if moment is not None), default=None)

    def due_check(self) -> Scan | None:
        """Return the scan whose files are to be looked at now, None if there is none."""
        with self._store.read() as connection:
            row = _NEXT_CHECK.first(connection, {"now": self._clock.now()})
            return load_scans(connection, [row])[0] if row is not None else None

    def postpone(self, scan_id: int, *, until: datetime, reason: str, checks: int) -> bool:
        """Look again at `until`, after `checks` counted looks; False if it is not being checked any more.

        The history gets a line only where the reason differs from the last one.
        """
        with self._store.write() as connection:
            row = _find(connection, scan_id, ScanState.CHECKING)
            if row is None:
                return False
            values = {"next_check_at": until, "reason": reason, "checks": checks}
            connection.execute(CHANGE_SCAN, {"scan_id": scan_id, **values})
            if reason != row.reason:
                note(connection, scan_step(row, self._clock.now(), ScanState.CHECKING, reason))
            return True

    def move(self, scan_id: int, folder: str) -> bool:
        """Scan `folder` instead: the file system says so. False if it is not being checked any more."""
        with self._store.write() as connection:
            row = _find(connection, scan_id, ScanState.CHECKING)
            if row is None:
                return False
            values = {"folder": folder, "key": paths.key(folder), "whole": False}
            connection.execute(CHANGE_SCAN, {"scan_id": scan_id, **values})
            reason = f"scans {folder} instead of {row.folder}"
            note(connection, scan_step(row, self._clock.now(), ScanState.CHECKING, reason))
            return True

    def expect(self, scan_id: int, expectations: Sequence[Expectation]) -> bool:
        """Expect these, too, of a scan; False if it is not being checked any more, or there are none."""
        if not expectations:
            return False
        with self._store.write() as connection:
            if _find(connection, scan_id, ScanState.CHECKING) is None:
                return False
            expect(connection, scan_id, expectations, self._clock.now())
            return True

    def fail(self, scan_id: int, reason: str, *, code: str) -> bool:
        """End a scan that is being checked, with `reason` for people and `code` for programs.

        False if it is not being checked any more. Missing files (`file_missing`) are taken up by a scan that waits.
        """
        with self._store.write() as connection:
            row = _find(connection, scan_id, ScanState.CHECKING)
            if row is None:
                return False
            self._fail(connection, row, reason, code)
            return True

    def fail_apart(self, scan_id: int, missing: Sequence[str], reason: str) -> bool:
        """Let the mapped paths `missing` of a scan that is being checked fail in a scan of their own (`file_missing`).

        The scan goes on without them. False if it is not being checked any more, or expects none of them.
        """
        with self._store.write() as connection:
            row = _find(connection, scan_id, ScanState.CHECKING)
            apart = None if row is None else split_off(connection, row, missing, self._clock.now())
            if apart is None:
                return False
            self._fail(connection, apart, reason, FILE_MISSING)
            return True

    def _fail(self, connection: Connection, row: Row[Any], reason: str, code: str) -> None:
        now = self._clock.now()
        _change(connection, row, now, ScanState.FAILED, ended_at=now, reason=reason, code=code)
        taker = find_taker(connection, row.folder) if code == FILE_MISSING else None
        if taker is not None:
            revive(connection, row.key, taker.id, now)

    def recover(self) -> None:
        """Take over from a leader that is gone: look at every file now.

        Nothing is half done: an ask is pending until it was accepted. Slots stay, the server may still be scanning.
        """
        with self._store.write() as connection:
            connection.execute(CHECK_ALL_NOW, {"now": self._clock.now()})


def _next_due(connection: Connection, now: datetime) -> Any:
    values = {"now": now, "now_ms": to_ms(now)}
    return _NEXT_OVERDUE.first(connection, values) or _NEXT_DUE.first(connection, values)


def _find(connection: Connection, scan_id: int, state: ScanState) -> Row[Any] | None:
    row = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).first()
    return row if row is not None and row.state == state else None


def _change(connection: Connection, row: Row[Any], now: datetime, new: ScanState, **values: object) -> None:
    connection.execute(CHANGE_SCAN, {"scan_id": row.id, "state": new, **values})
    note(connection, scan_step(row, now, new, str(values.get("reason", ""))))


def wait_again(connection: Connection, row: Row[Any], now: datetime, reason: str) -> None:
    """Let a scan that has ended wait once more, due at once."""
    values = {
        "due_at": now,
        "waiting_since": now,
        "rank": rank(now, row.priority),
        "ended_at": None,
        "claimed_at": None,
        "next_check_at": None,
        "revived_by": None,
        "checks": 0,
        "code": "",
    }
    _change(connection, row, now, ScanState.WAITING, reason=reason, **values)
