"""What watches the service: figures for metrics, and a try whether a webhook could be stored."""

import shutil
from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from autoscan.model import ScanState, ServerState
from autoscan.model.watching import Figures
from autoscan.store import tallying
from autoscan.store.dialect import upsert
from autoscan.store.history import COUNT_OPEN_BY_STATE, oldest
from autoscan.store.part import Part
from autoscan.store.remembering import FACTS_LIKE, WARNING
from autoscan.store.tables import IS_PENDING, deliveries, facts, roots, servers
from autoscan.store.watch_tables import counters

COUNTERS = select(counters)
OLDEST_WAITING = oldest(ScanState.WAITING)
PENDING_BY_SERVER = (
    select(deliveries.c.server, func.count().label("number")).where(IS_PENDING).group_by(deliveries.c.server)
)
SERVERS = select(servers).order_by(servers.c.name)
LOST_ROOTS = select(roots.c.path).where(roots.c.lost_since.is_not(None)).order_by(roots.c.path)

TRY = upsert(facts, keys=("key",), update=("value",))
_TRIED = "tried"

#: Free bytes of the disk below which people should do something ...
LOW_DISK = 256 * 1024**2
#: ... and below which a try has to go to the disk, to be worth anything.
SCARCE_DISK = 64 * 1024**2


class Watching(Part):
    """Tells how the service is doing, in a few questions; what is open is counted, what has ended is not."""

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

    def try_write(self, seconds: float) -> None:
        """Show that an event could be stored: write something and take it back.

        Where the disk is nearly full, or writing failed last, it does go to the disk. Raises StoreUnavailableError if
        that is not possible within `seconds`.
        """
        free = self.disk_free()
        commit = self._store.failed_last or (free is not None and free < SCARCE_DISK)
        with self._store.trial(seconds, commit=commit) as connection:
            connection.execute(TRY, {"key": _TRIED, "value": self._clock.now().isoformat()})

    def disk_free(self) -> int | None:
        """Return the free bytes of the disk that the database lies on; None where the system does not tell."""
        try:
            return shutil.disk_usage(self._store.path.parent).free
        except OSError:
            return None

    def store_bytes(self) -> int:
        """Return the size of the database on its disk."""
        path = self._store.path
        files = (path, *(path.with_name(path.name + tail) for tail in ("-wal", "-shm")))
        return sum(file.stat().st_size for file in files if file.exists())


def _open_scans(connection: Connection) -> Mapping[ScanState, int]:
    return {ScanState(row.state): row.number for row in connection.execute(COUNT_OPEN_BY_STATE)}


def _numbers(connection: Connection) -> Mapping[str, int]:
    return {row.server: row.number for row in connection.execute(PENDING_BY_SERVER)}
