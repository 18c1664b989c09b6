"""What a lane asks of its server: the next library, whether it is free, what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, literal, select, update

from autoscan.model import Ask, DeliveryState, Phase, Slot
from autoscan.store import tallying
from autoscan.store.delivering import CHANGE_DELIVERY, DELIVERY_BY_ID, end_delivery, settle
from autoscan.store.dialect import insert_if_absent
from autoscan.store.hot import Hot
from autoscan.store.looking import end_served, load_asks
from autoscan.store.part import Part
from autoscan.store.rows import delivery_step, note, slices
from autoscan.store.tables import IS_PENDING, deliveries
from autoscan.store.tables_asked import IS_UNENDED, asks, slots

#: Asks that are open and whose delivery is due.
_DUE_ASKS = (
    select(asks)
    .join(deliveries, deliveries.c.id == asks.c.delivery_id)
    .where(
        IS_UNENDED,
        asks.c.server == bindparam("server"),
        asks.c.phase == Phase.ASKING,
        asks.c.due_at <= bindparam("now"),
        IS_PENDING,
        deliveries.c.next_try_at <= bindparam("now"),
    )
    .order_by(asks.c.rank, asks.c.id)
)
_IS_HELD = exists().where(slots.c.server == asks.c.server, slots.c.library_id == asks.c.library_id)
NEXT_ASK = _DUE_ASKS.where(~_IS_HELD, asks.c.library_id.not_in(bindparam("exclude", expanding=True))).limit(literal(1))
ASKS_OF_LIBRARY = _DUE_ASKS.where(asks.c.library_id == bindparam("library_id"))
ONE_OF_LIBRARY = ASKS_OF_LIBRARY.limit(literal(1))
_NEXT_ASK, _ONE_OF_LIBRARY = Hot(NEXT_ASK, several="exclude"), Hot(ONE_OF_LIBRARY)
ASK_BY_ID = select(asks).where(IS_UNENDED, asks.c.id == bindparam("ask_id"))

ACCEPT_ASKS = (
    update(asks)
    .where(
        IS_UNENDED,
        asks.c.id.in_(bindparam("ask_ids", expanding=True)),
        asks.c.server == bindparam("of_server"),
        asks.c.library_id == bindparam("of_library"),
    )
    .values(ended_at=bindparam("now"), scope=bindparam("asked_for"), result=DeliveryState.ACCEPTED)
)
PUT_OFF = (
    update(asks)
    .where(IS_UNENDED, asks.c.id.in_(bindparam("ask_ids", expanding=True)))
    .values(due_at=bindparam("new_due_at"))
)
HOLD = insert_if_absent(slots, keys=("server", "library_id"))
DROP_SLOT = delete(slots).where(slots.c.server == bindparam("server"), slots.c.library_id == bindparam("library_id"))
DROP_SLOT_OF_SCOPE = DROP_SLOT.where(slots.c.scope == bindparam("scope"))
SLOTS = select(slots).where(slots.c.server == bindparam("server")).order_by(slots.c.held_since)

_SLOTS = Hot(SLOTS)


class Asking(Part):
    """Finds what to ask of a server and keeps what came of it. Used by the leader alone."""

    def next_ask(self, server: str, exclude: Collection[str] = ()) -> Ask | None:
        """Return the next ask of `server` that is due and whose library is free and not in `exclude`, by rank."""
        values = {"server": server, "now": self._clock.now(), "exclude": list(exclude)}
        with self._store.look() as connection:
            if not _NEXT_ASK.rows(connection, values):
                return None
        with self._store.read() as connection:
            loaded = load_asks(connection, _NEXT_ASK.rows(connection, values))
        return loaded[0] if loaded else None

    def waiting_asks(self, server: str, library_id: str) -> list[Ask]:
        """Return every ask of a library that is due: a scan that covers its folder serves it, too."""
        values = {"server": server, "library_id": library_id, "now": self._clock.now()}
        with self._store.read() as connection:
            return load_asks(connection, connection.execute(ASKS_OF_LIBRARY, values).all())

    def awaits(self, server: str, library_id: str) -> bool:
        """Tell whether anybody waits for the library to be free."""
        values = {"server": server, "library_id": library_id, "now": self._clock.now()}
        with self._store.look() as connection:
            return _ONE_OF_LIBRARY.first(connection, values) is not None

    def take_slot(self, server: str, library_id: str, scope: str) -> bool:
        """Take the library's one slot before it is asked to scan `scope`; False if it is held already."""
        row = {"server": server, "library_id": library_id, "scope": scope, "held_since": self._clock.now()}
        with self._store.write() as connection:
            return connection.execute(HOLD, row).rowcount == 1

    def drop_slot(self, server: str, library_id: str, *, scope: str | None = None) -> None:
        """Give the library's slot back; where a `scope` is named, only if it was taken for that."""
        values = {"server": server, "library_id": library_id}
        with self._store.write() as connection:
            if scope is None:
                connection.execute(DROP_SLOT, values)
            else:
                connection.execute(DROP_SLOT_OF_SCOPE, {**values, "scope": scope})

    def slots(self, server: str) -> list[Slot]:
        """Return the slots held at `server`, the oldest first."""
        with self._store.look() as connection:
            rows = _SLOTS.rows(connection, {"server": server})
        return [Slot(**row._asdict()) for row in rows]

    def accept(self, ask_ids: Sequence[int], *, server: str, library_id: str, scope: str) -> None:
        """Note that the library took `scope`, which serves all of `ask_ids`; asks that have ended are left alone.

        Deliveries with nothing left to ask are accepted, and their scans end with the last of them.
        """
        now = self._clock.now()
        accepted = {"of_server": server, "of_library": library_id, "asked_for": scope, "now": now}
        with self._store.write() as connection:
            tallying.accepted(connection, ask_ids, now)
            for some in slices(ask_ids):
                connection.execute(ACCEPT_ASKS, {"ask_ids": some, **accepted})
                end_served(connection, some, now, f"asked library {library_id} for {scope}")

    def refuse(self, ask_id: int, error: str, *, retry_at: datetime, limit: int = 5) -> int:
        """Note that the server refused, to be asked again at `retry_at`; after `limit` refusals the delivery fails.

        Returns the refusals so far; 0 if the ask has ended meanwhile.
        """
        now = self._clock.now()
        with self._store.write() as connection:
            ask = connection.execute(ASK_BY_ID, {"ask_id": ask_id}).first()
            if ask is None:
                return 0
            row = connection.execute(DELIVERY_BY_ID, {"delivery_id": ask.delivery_id}).one()
            attempts = int(row.attempts) + 1
            values = {"attempts": attempts, "next_try_at": retry_at, "error": error}
            connection.execute(CHANGE_DELIVERY, {"delivery_id": row.id, **values})
            if attempts < limit:
                connection.execute(PUT_OFF, {"ask_ids": [ask_id], "new_due_at": retry_at})
                note(connection, delivery_step(row, now, DeliveryState.PENDING, error))
            else:
                end_delivery(connection, row, now, DeliveryState.FAILED, error)
                settle(connection, row.scan_id, now)
            return attempts

    def put_off(self, ask_ids: Sequence[int], until: datetime) -> None:
        """Let asks that are due wait until then, as they are; those that have ended are left alone."""
        with self._store.write() as connection:
            for some in slices(ask_ids):
                connection.execute(PUT_OFF, {"ask_ids": some, "new_due_at": until})
