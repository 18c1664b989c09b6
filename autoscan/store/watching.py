"""What watches the service: figures for metrics, and a try whether a webhook could be stored."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, literal, select

from autoscan.model import ScanState, ServerState
from autoscan.model.watching import Figures
from autoscan.store import tallying
from autoscan.store.dialect import upsert
from autoscan.store.history import COUNT_OPEN_BY_STATE
from autoscan.store.part import Part
from autoscan.store.remembering import FACTS_LIKE, WARNING
from autoscan.store.tables import IS_PENDING, IS_WAITING, deliveries, facts, roots, scans, servers
from autoscan.store.watch_tables import counters

COUNTERS = select(counters)
#: By the id, in which the index of all that is open is ordered: the first row that waits is the oldest.
OLDEST_WAITING = (
    select(scans.c.requested_at).where(scans.c.ended_at.is_(None), IS_WAITING).order_by(scans.c.id).limit(literal(1))
)
PENDING_BY_SERVER = (
    select(deliveries.c.server, func.count().label("number")).where(IS_PENDING).group_by(deliveries.c.server)
)
SERVERS = select(servers).order_by(servers.c.name)
LOST_ROOTS = select(roots.c.path).where(roots.c.lost_since.is_not(None)).order_by(roots.c.path)

TRY = upsert(facts, keys=("key",), update=("value",))
_TRIED = "tried"


class Watching(Part):
    """Tells how the service is doing, in a few questions whatever the size of the queue."""

    def figures(self) -> Figures:
        """Return what the database knows for metrics."""
        with self._store.read() as connection:
            return Figures(
                counters={(row.name, row.subject, row.label): row.value for row in connection.execute(COUNTERS)},
                open_scans=_open_scans(connection),
                oldest_waiting=connection.execute(OLDEST_WAITING).scalar(),
                pending=_numbers(connection),
                servers=tuple(ServerState(**row._asdict()) for row in connection.execute(SERVERS)),
                lost_roots=tuple(connection.execute(LOST_ROOTS).scalars()),
                warnings=len(connection.execute(FACTS_LIKE, {"prefix": WARNING}).all()),
            )

    def count(self, name: str, subject: str = "", label: str = "") -> None:
        """Count one of `name` for ever: what no other transaction counts."""
        with self._store.write() as connection:
            tallying.once(connection, name, subject, label)

    def try_write(self, seconds: float, *, commit: bool) -> None:
        """Write something and take it back or, with `commit`, have it go to the disk.

        Raises StoreUnavailableError if that is not possible within `seconds`.
        """
        with self._store.trial(seconds, commit=commit) as connection:
            connection.execute(TRY, {"key": _TRIED, "value": self._clock.now().isoformat()})


def _open_scans(connection: Connection) -> Mapping[ScanState, int]:
    found: dict[Any, int] = {row.state: row.number for row in connection.execute(COUNT_OPEN_BY_STATE)}
    states = (ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING)
    return {state: found.get(state, 0) for state in states}


def _numbers(connection: Connection) -> Mapping[str, int]:
    return {row.server: row.number for row in connection.execute(PENDING_BY_SERVER)}
