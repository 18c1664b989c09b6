"""What people decide about servers, and what servers said about themselves, so that no page has to ask them."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce, update

from autoscan.model import LibraryFacts, ServerFacts
from autoscan.store.dialect import to_ms, upsert
from autoscan.store.part import Part
from autoscan.store.tables import IS_PENDING, deliveries, server_facts, servers
from autoscan.store.tables_asked import IS_UNENDED, asks

log = logging.getLogger(__name__)

HELD = select(servers.c.held_since, servers.c.since).where(servers.c.name == bindparam("server"))
HOLD = upsert(servers, keys=("name",), update=("held_by", "held_since"))
ASK_PROBE = upsert(servers, keys=("name",), update=("probe_asked_at",))
#: While a server is away, the clocks of what it was asked for stand still.
SHIFT_ASKS = (
    update(asks)
    .where(IS_UNENDED, asks.c.server == bindparam("of_server"))
    .values(first_asked_at=type_coerce(asks.c.first_asked_at, BigInteger) + bindparam("away", type_=BigInteger))
)
DESCRIBE = upsert(server_facts, keys=("server",), update=("at", "version", "name", "libraries"))
FACTS_OF = select(server_facts).where(server_facts.c.server == bindparam("of_server"))
_WAITING = select(deliveries.c.id).where(IS_PENDING, deliveries.c.server == bindparam("server"))
WAITING_FOR = select(func.count()).select_from(_WAITING.limit(bindparam("most")).subquery())
#: As SQLite says it.
_NO_LIMIT = -1


class Facts(Part):
    """Keeps pauses by hand, which last until they are taken back, and what the leader learnt from each server."""

    def hold(self, server: str, who: str) -> bool:
        """Ask nothing of `server` until `release`, over restarts; what waits for it is kept. False if it is held."""
        now = self._clock.now()
        with self._store.write() as connection:
            row = connection.execute(HELD, {"server": server}).first()
            if row is not None and row.held_since is not None:
                return False
            connection.execute(HOLD, {"name": server, "held_by": who, "held_since": now})
        log.warning("%s is paused (%s), its scans wait", server, who, extra={"server": server, "state": "held"})
        return True

    def release(self, server: str, who: str) -> bool:
        """Take a `hold` back; the time of it counts against nothing that was asked. False if `server` is not held."""
        now = self._clock.now()
        with self._store.write() as connection:
            row = connection.execute(HELD, {"server": server}).first()
            if row is None or row.held_since is None:
                return False
            # From a pause on, that of a server which does not answer, `resume` will count.
            until = now if row.since is None else min(now, row.since)
            away = max(0, to_ms(until) - to_ms(row.held_since))
            connection.execute(HOLD, {"name": server, "held_by": "", "held_since": None})
            connection.execute(SHIFT_ASKS, {"of_server": server, "away": away})
        log.info("%s is resumed (%s)", server, who, extra={"server": server, "state": "ok"})
        return True

    def probe_now(self, server: str) -> None:
        """Have the leader find out at once whether `server` answers, also while it is paused or held."""
        with self._store.write() as connection:
            connection.execute(ASK_PROBE, {"name": server, "probe_asked_at": self._clock.now()})

    def describe(self, server: str, told: ServerFacts) -> None:
        """Keep what `server` said about itself in place of what it said before."""
        libraries = json.dumps([asdict(library) for library in told.libraries], ensure_ascii=False)
        row = {"server": server, "at": told.at, "version": told.version, "name": told.name, "libraries": libraries}
        with self._store.write() as connection:
            connection.execute(DESCRIBE, row)

    def facts(self, server: str) -> ServerFacts | None:
        """Return what `server` said about itself when it was asked last; None if it never was."""
        with self._store.read() as connection:
            row = connection.execute(FACTS_OF, {"of_server": server}).first()
        if row is None:
            return None
        libraries = _libraries(json.loads(row.libraries))
        return ServerFacts(at=row.at, version=row.version, name=row.name, libraries=libraries)

    def waiting_for(self, server: str, most: int = _NO_LIMIT) -> int:
        """Return how many scans wait for `server`, from being handed to it until they ended there; `most` at most."""
        with self._store.read() as connection:
            return int(connection.execute(WAITING_FOR, {"server": server, "most": most}).scalar_one())


def _libraries(stored: Sequence[dict[str, object]]) -> tuple[LibraryFacts, ...]:
    return tuple(
        LibraryFacts(
            id=str(each["id"]),
            title=str(each["title"]),
            type=str(each["type"]),
            roots=tuple(map(str, _list(each["roots"]))),
        )
        for each in stored
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
