"""What is remembered beside the scans: servers that pause, folders that media lie below, lasting warnings."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import bindparam, delete, select, update

from autoscan.model import RootState, ServerState
from autoscan.store.dialect import insert_if_absent, to_ms, upsert
from autoscan.store.facts import SHIFT_ASKS
from autoscan.store.hot import Hot
from autoscan.store.part import Part
from autoscan.store.tables import facts, roots, servers

SERVER = select(servers).where(servers.c.name == bindparam("server"))
_SERVER = Hot(SERVER)
PAUSE = upsert(
    servers, keys=("name",), update=("paused_until", "failures", "reason", "unauthorized", "since", "probe_asked_at")
)
RESUME = (
    update(servers)
    .where(servers.c.name == bindparam("server"))
    .values(paused_until=None, failures=0, reason="", unauthorized=False, since=None, probe_asked_at=None)
)
REMEMBER = upsert(servers, keys=("name",), update=("prefix",))

ROOT = select(roots).where(roots.c.path == bindparam("root"))
KNOWN_ROOTS = select(roots.c.path)
ROOT_SEEN = upsert(roots, keys=("path",), update=("seen_at", "lost_since"))
ROOT_LOST = (
    update(roots)
    .where(roots.c.path == bindparam("root"), roots.c.lost_since.is_(None))
    .values(lost_since=bindparam("now"))
)

FACT = select(facts.c.value).where(facts.c.key == bindparam("fact"))
FACTS_LIKE = select(facts.c.value).where(facts.c.key.startswith(bindparam("prefix"))).order_by(facts.c.key)
SET_FACT = upsert(facts, keys=("key",), update=("value",))
SET_FACT_ONCE = insert_if_absent(facts, keys=("key",))
DROP_FACT = delete(facts).where(facts.c.key == bindparam("fact"))
DROP_FACTS_LIKE = delete(facts).where(facts.c.key.startswith(bindparam("prefix")))

#: A root that is still there is not written down more often than this.
SEEN_EVERY = timedelta(minutes=10)

#: What the facts begin with that are lasting warnings.
WARNING = "warning:"


class Remembering(Part):
    """Keeps what outlives a restart and is no scan."""

    def server(self, name: str) -> ServerState:
        """Return what is remembered of the server `name`; one that was never heard of is in order."""
        with self._store.look() as connection:
            row = _SERVER.first(connection, {"server": name})
        return ServerState(**row._asdict()) if row is not None else ServerState(name=name)

    def pause(self, server: str, *, until: datetime, reason: str, unauthorized: bool) -> None:
        """Ask nothing of `server` until then; counts the pauses since it answered last."""
        now = self._clock.now()
        with self._store.write() as connection:
            row = connection.execute(SERVER, {"server": server}).first()
            began = row.since if row is not None and row.since is not None else now
            values = {
                "name": server,
                "paused_until": until,
                "failures": (row.failures if row is not None else 0) + 1,
                "reason": reason,
                "unauthorized": unauthorized,
                "since": began,
                "probe_asked_at": None,
            }
            connection.execute(PAUSE, values)

    def resume(self, server: str) -> None:
        """Note that `server` answers again; the time it was away does not count against what it was asked for."""
        now = self._clock.now()
        with self._store.write() as connection:
            row = connection.execute(SERVER, {"server": server}).first()
            connection.execute(RESUME, {"server": server})
            if row is not None and row.since is not None:
                # From a pause by hand on, `release` will count.
                until = now if row.held_since is None else min(now, row.held_since)
                away = max(0, to_ms(until) - to_ms(row.since))
                connection.execute(SHIFT_ASKS, {"of_server": server, "away": away})

    def remember(self, server: str, prefix: str) -> None:
        """Keep the base path that worked for `server`: `/emby`, `/jellyfin` or `""`."""
        if self.server(server).prefix != prefix:
            with self._store.write() as connection:
                connection.execute(REMEMBER, {"name": server, "prefix": prefix})

    def root(self, path: str) -> RootState | None:
        """Return what is remembered of a folder that media lie below; None if it was never seen."""
        with self._store.read() as connection:
            row = connection.execute(ROOT, {"root": path}).first()
        return RootState(**row._asdict()) if row is not None else None

    def known_roots(self) -> frozenset[str]:
        """Return the folders that media lie below and that were ever seen: a handful."""
        with self._store.read() as connection:
            return frozenset(connection.execute(KNOWN_ROOTS).scalars())

    def root_seen(self, path: str) -> None:
        """Note that the folder is there."""
        now, known = self._clock.now(), self.root(path)
        if known is None or known.lost_since is not None or now - known.seen_at >= SEEN_EVERY:
            with self._store.write() as connection:
                connection.execute(ROOT_SEEN, {"path": path, "seen_at": now, "lost_since": None})

    def root_lost(self, path: str) -> None:
        """Note that the folder, seen before, is gone; since when is kept until it is back."""
        known = self.root(path)
        if known is not None and known.lost_since is None:
            with self._store.write() as connection:
                connection.execute(ROOT_LOST, {"root": path, "now": self._clock.now()})

    def client_id(self) -> str:
        """Return the id by which media servers know this installation: made once, then the same for ever."""
        with self._store.read() as connection:
            known = connection.execute(FACT, {"fact": "client_id"}).scalar()
        if known is not None:
            return str(known)
        with self._store.write() as connection:
            connection.execute(SET_FACT_ONCE, {"key": "client_id", "value": f"autoscan-{uuid4()}"})
            return str(connection.execute(FACT, {"fact": "client_id"}).scalar_one())

    def warn(self, about: str, message: str) -> None:
        """Keep a warning for as long as it holds, one for each `about`; `""` takes it back."""
        fact = WARNING + about
        with self._store.read() as connection:
            known = connection.execute(FACT, {"fact": fact}).scalar()
        if message == (known or ""):
            return
        with self._store.write() as connection:
            if message:
                connection.execute(SET_FACT, {"key": fact, "value": message})
            else:
                connection.execute(DROP_FACT, {"fact": fact})

    def forget_warnings(self, about: str) -> None:
        """Take back every warning whose `about` begins so: whoever gave them will give them again if they hold."""
        with self._store.write() as connection:
            connection.execute(DROP_FACTS_LIKE, {"prefix": WARNING + about})

    def warnings(self, about: str = "") -> tuple[str, ...]:
        """Return the warnings that hold and whose `about` begins so."""
        with self._store.read() as connection:
            return tuple(connection.execute(FACTS_LIKE, {"prefix": WARNING + about}).scalars())
