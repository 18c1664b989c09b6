"""What a page shows at a glance: how many scans are how far, and which folders of media are there."""

from sqlalchemy import Integer, case, func, literal, or_, select

from autoscan.model import Level, Phase, RootState, ScanState
from autoscan.model.views import Stage
from autoscan.store.history import COUNT_OPEN_BY_STATE
from autoscan.store.part import Part
from autoscan.store.tables import IS_PENDING, deliveries, roots, servers
from autoscan.store.tables_asked import IS_UNENDED, asks

#: Stages at the servers; a scan counts for the first that one of its deliveries has come to.
_FURTHEST_FIRST = (Stage.ESCALATED, Stage.LOOKING, Stage.ASKED, Stage.QUEUED)

_PLACE = case(
    (asks.c.level != Level.FOLDER, 0),
    ((asks.c.phase == Phase.LOOKING) & (asks.c.looks > 0), 1),
    (asks.c.phase == Phase.LOOKING, 2),
    else_=3,
)
_AWAY = select(servers.c.name).where(or_(servers.c.paused_until.is_not(None), servers.c.held_since.is_not(None)))
_PLACED = (
    select(func.min(_PLACE, type_=Integer).label("place"))
    .select_from(deliveries)
    .outerjoin(asks, (asks.c.delivery_id == deliveries.c.id) & IS_UNENDED)
    .where(IS_PENDING, deliveries.c.server.not_in(_AWAY))
    # Not by the bare column: its index would lead through every delivery there ever was.
    .group_by(deliveries.c.scan_id + literal(0))
    .subquery()
)
#: Scans at servers that answer; what waits for those that do not may be very many, and is what is left over.
STAGES = select(_PLACED.c.place, func.count(literal(1)).label("number")).group_by(_PLACED.c.place)
ROOTS = select(roots).order_by(roots.c.path)


class Overview(Part):
    """Counts and lists for pages."""

    def stages(self) -> dict[Stage, int]:
        """Return how many open scans are at each stage, none left out, in the order in which scans pass them."""
        with self._store.read() as connection:
            states = {ScanState(row.state): int(row.number) for row in connection.execute(COUNT_OPEN_BY_STATE)}
            placed = {_FURTHEST_FIRST[row.place]: int(row.number) for row in connection.execute(STAGES)}
        found = {
            Stage.WAITING: states[ScanState.WAITING],
            Stage.CHECKING: states[ScanState.CHECKING],
            Stage.PAUSED: max(0, states[ScanState.DELIVERING] - sum(placed.values())),
            **placed,
        }
        return {stage: found.get(stage, 0) for stage in Stage if stage is not Stage.ENDED}

    def roots(self) -> tuple[RootState, ...]:
        """Return every folder that media lie below, as it was seen last."""
        with self._store.read() as connection:
            return tuple(RootState(**row._asdict()) for row in connection.execute(ROOTS))
