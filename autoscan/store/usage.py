"""When each mapping was used last; kept apart from the events, which are forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from autoscan.model import PathSeen
from autoscan.store.dialect import insert_if_absent, upsert
from autoscan.store.part import Part
from autoscan.store.remembering import FACT, SET_FACT
from autoscan.store.tables import event_paths, events, mapping_uses

#: The fact that says up to which path they were read.
READ_TO = "mappings_read_to"

PATHS_AFTER = (
    select(event_paths.c.id, events.c.at, events.c.source, event_paths.c.path, event_paths.c.mapped)
    .join(events, events.c.id == event_paths.c.event_id)
    .where(event_paths.c.id > bindparam("after"))
    .order_by(event_paths.c.id)
    .limit(bindparam("count"))
)
USES = select(mapping_uses)
KNOW = insert_if_absent(mapping_uses, keys=("name",))
USED = upsert(mapping_uses, keys=("name",), update=("used_at",), newest="used_at")
FORGET = delete(mapping_uses).where(mapping_uses.c.name.in_(bindparam("gone", expanding=True)))


class Usage(Part):
    """Keeps what the leader finds out about mappings."""

    def paths_to_map(self, limit: int) -> list[PathSeen]:
        """Return the next paths of events that were not read for this purpose yet, the oldest first."""
        with self._store.read() as connection:
            read_to = connection.execute(FACT, {"fact": READ_TO}).scalar()
            rows = connection.execute(PATHS_AFTER, {"after": int(read_to or 0), "count": limit}).all()
        return [PathSeen(**row._asdict()) for row in rows]

    def mapped(self, names: Sequence[str], used: Mapping[str, datetime], *, read_to: int | None) -> None:
        """Note when the mappings `used` were used, know all of `names` from now on, and forget all others."""
        now = self._clock.now()
        with self._store.write() as connection:
            gone = {row.name for row in connection.execute(USES)} - set(names)
            if gone:
                connection.execute(FORGET, {"gone": list(gone)})
            for name in names:
                # One that is new counts as used now: nobody can say since when it is not.
                connection.execute(KNOW, {"name": name, "used_at": now})
                if name in used:
                    connection.execute(USED, {"name": name, "used_at": used[name]})
            if read_to is not None:
                connection.execute(SET_FACT, {"key": READ_TO, "value": str(read_to)})

    def mapping_uses(self) -> dict[str, datetime]:
        """Return when each mapping was used last, or came to be known."""
        with self._store.read() as connection:
            return {row.name: row.used_at for row in connection.execute(USES)}
