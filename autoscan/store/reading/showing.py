"""From rows to the lines that are shown, in a fixed number of statements for any number of lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select

from autoscan.model import DeliveryState, Level, Phase, ScanState
from autoscan.model.views import AskView, DeliveryRow, ScanRow, Stage
from autoscan.store.looking import load_findings
from autoscan.store.rows import slices
from autoscan.store.tables import deliveries, scans, servers
from autoscan.store.tables_asked import asks

SCANS_BY_ID = select(scans).where(scans.c.id.in_(bindparam("scan_ids", expanding=True)))
DELIVERIES_OF = (
    select(deliveries)
    .where(deliveries.c.scan_id.in_(bindparam("scan_ids", expanding=True)))
    .order_by(deliveries.c.scan_id, deliveries.c.server)
)
ASKS_OF = select(asks).where(asks.c.delivery_id.in_(bindparam("delivery_ids", expanding=True))).order_by(asks.c.id)
PAUSED = select(servers.c.name).where(or_(servers.c.paused_until.is_not(None), servers.c.held_since.is_not(None)))

#: What an open scan is shown as, by what its deliveries are: the first that one of them has come to.
_FURTHEST_FIRST = (Stage.ESCALATED, Stage.LOOKING, Stage.ASKED, Stage.QUEUED, Stage.PAUSED)
_BEFORE_SERVERS = {ScanState.WAITING: Stage.WAITING, ScanState.CHECKING: Stage.CHECKING}

_ASK = ("library_id", "folder", "scope", "scans", "looks", "requests", "due_at", "evidence")
_DELIVERY = ("id", "server", "attempts", "error", "evidence", "created_at", "next_try_at", "ended_at")
_SCAN = ("id", "folder", "priority", "source", "requested_at", "due_at", "ended_at", "code", "reason")


def scan_rows(connection: Connection, ids: Sequence[int]) -> tuple[ScanRow, ...]:
    """Return the scans with these ids as lines, in their order; what is gone is left out."""
    found = {row.id: row for some in slices(ids) for row in connection.execute(SCANS_BY_ID, {"scan_ids": some})}
    return show_scans(connection, [found[each] for each in ids if each in found])


def show_scans(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[ScanRow, ...]:
    """Return the scans `rows` as lines, in their order."""
    ids = [row.id for row in rows]
    found = [row for some in slices(ids) for row in connection.execute(DELIVERIES_OF, {"scan_ids": some})]
    asked = asks_of(connection, [row.id for row in found])
    paused = frozenset(connection.execute(PAUSED).scalars())
    by_scan: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in found:
        by_scan[row.scan_id].append(row)
    return tuple(
        _scan(row, tuple(_delivery(each, asked[each.id], row.requested_at, paused) for each in by_scan[row.id]))
        for row in rows
    )


def asks_of(connection: Connection, delivery_ids: Sequence[int]) -> Mapping[int, list[Row[Any]]]:
    """Return the rows of what was asked, by delivery."""
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for some in slices(delivery_ids):
        for row in connection.execute(ASKS_OF, {"delivery_ids": some}):
            found[row.delivery_id].append(row)
    return found


def show_asks(connection: Connection, delivery_ids: Sequence[int]) -> dict[int, tuple[AskView, ...]]:
    """Return what was asked for each of these deliveries, with what was found."""
    asked = asks_of(connection, delivery_ids)
    findings = load_findings(connection, [row.id for rows in asked.values() for row in rows])
    return {
        delivery_id: tuple(
            AskView(
                phase=Phase(row.phase),
                level=Level(row.level),
                result=DeliveryState(row.result) if row.result else None,
                findings=tuple(findings.get(row.id, ())),
                **{name: getattr(row, name) for name in _ASK},
            )
            for row in rows
        )
        for delivery_id, rows in asked.items()
    }


def _scan(row: Row[Any], shown: tuple[DeliveryRow, ...]) -> ScanRow:
    state = ScanState(row.state)
    return ScanRow(
        state=state,
        stage=Stage.ENDED if row.ended_at else _scan_stage(state, {each.stage for each in shown}),
        deliveries=shown,
        **{name: getattr(row, name) for name in _SCAN},
    )


def _scan_stage(state: ScanState, stages: Iterable[Stage]) -> Stage:
    return _BEFORE_SERVERS.get(state) or next((stage for stage in _FURTHEST_FIRST if stage in stages), Stage.QUEUED)


def _delivery(row: Row[Any], asked: Sequence[Row[Any]], requested_at: datetime, paused: frozenset[str]) -> DeliveryRow:
    state = DeliveryState(row.state)
    seen = state is DeliveryState.VERIFIED and row.ended_at is not None
    return DeliveryRow(
        state=state,
        stage=Stage.ENDED if row.ended_at else Stage.PAUSED if row.server in paused else _stage(asked),
        first_asked_at=min((each.first_asked_at for each in asked if each.first_asked_at), default=None),
        visible_after=(row.ended_at - requested_at).total_seconds() if seen else None,
        **{name: getattr(row, name) for name in _DELIVERY},
    )


def _stage(asked: Sequence[Row[Any]]) -> Stage:
    stages = {_ask_stage(row) for row in asked if row.ended_at is None}
    return next((stage for stage in _FURTHEST_FIRST if stage in stages), Stage.QUEUED)


def _ask_stage(row: Row[Any]) -> Stage:
    if row.level != Level.FOLDER:
        return Stage.ESCALATED
    if row.phase != Phase.LOOKING:
        return Stage.QUEUED
    return Stage.LOOKING if row.looks else Stage.ASKED
