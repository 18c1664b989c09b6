"""What a lane asks of its server: the next library, whether it is free, what came of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, literal, select, update

from autoscan.model import Ask, DeliveryState, Slot
from autoscan.store.delivering import CHANGE_DELIVERY, DELIVERY_BY_ID, end_delivery, settle
from autoscan.store.dialect import insert_if_absent
from autoscan.store.part import Part
from autoscan.store.rows import DELIVERIES, delivery_step, load_deliveries, note, slices
from autoscan.store.tables import IS_PENDING, IS_UNANSWERED, asks, deliveries, slots

#: Asks that are open and whose delivery is due.
_DUE_ASKS = (
    select(asks)
    .join(deliveries, deliveries.c.id == asks.c.delivery_id)
    .where(
        IS_UNANSWERED, asks.c.server == bindparam("server"), IS_PENDING, deliveries.c.next_try_at <= bindparam("now")
    )
    .order_by(asks.c.rank, asks.c.id)
)
_IS_HELD = exists().where(slots.c.server == asks.c.server, slots.c.library_id == asks.c.library_id)
NEXT_ASK = _DUE_ASKS.where(~_IS_HELD, asks.c.library_id.not_in(bindparam("exclude", expanding=True))).limit(literal(1))
ASKS_OF_LIBRARY = _DUE_ASKS.where(asks.c.library_id == bindparam("library_id"))
ASK_BY_ID = select(asks).where(IS_UNANSWERED, asks.c.id == bindparam("ask_id"))
DELIVERIES_BY_ID = DELIVERIES.where(deliveries.c.id.in_(bindparam("delivery_ids", expanding=True)))

ACCEPT_ASKS = (
    update(asks)
    .where(
        IS_UNANSWERED,
        asks.c.id.in_(bindparam("ask_ids", expanding=True)),
        asks.c.server == bindparam("of_server"),
        asks.c.library_id == bindparam("of_library"),
    )
    .values(accepted_at=bindparam("now"), scope=bindparam("asked_for"))
)
#: Deliveries of these asks that have nothing left to ask.
_OTHER = asks.alias("other")
SERVED = DELIVERIES.where(
    IS_PENDING,
    deliveries.c.id.in_(select(asks.c.delivery_id).where(asks.c.id.in_(bindparam("ask_ids", expanding=True)))),
    ~exists().where(_OTHER.c.delivery_id == deliveries.c.id, _OTHER.c.accepted_at.is_(None)),
).order_by(deliveries.c.id)

HOLD = insert_if_absent(slots, keys=("server", "library_id"))
DROP_SLOT = delete(slots).where(slots.c.server == bindparam("server"), slots.c.library_id == bindparam("library_id"))
SLOTS = select(slots).where(slots.c.server == bindparam("server")).order_by(slots.c.held_since)


class Asking(Part):
    """Finds what to ask of a server and keeps what came of it. Used by the leader alone."""

    def next_ask(self, server: str, exclude: Collection[str] = ()) -> Ask | None:
        """Return the next ask of `server` that is due and whose library is free and not in `exclude`, by rank."""
        values = {"server": server, "now": self._clock.now(), "exclude": list(exclude)}
        with self._store.read() as connection:
            found = _asks(connection, connection.execute(NEXT_ASK, values).all())
        return found[0] if found else None

    def waiting_asks(self, server: str, library_id: str) -> list[Ask]:
        """Return every ask of a library that is due: a scan that covers its folder serves it, too."""
        values = {"server": server, "library_id": library_id, "now": self._clock.now()}
        with self._store.read() as connection:
            return _asks(connection, connection.execute(ASKS_OF_LIBRARY, values).all())

    def hold(self, server: str, library_id: str, scope: str) -> bool:
        """Take the library's one slot before it is asked to scan `scope`; False if it is held already."""
        row = {"server": server, "library_id": library_id, "scope": scope, "held_since": self._clock.now()}
        with self._store.write() as connection:
            return connection.execute(HOLD, row).rowcount == 1

    def drop_slot(self, server: str, library_id: str) -> None:
        """Give the library's slot back."""
        with self._store.write() as connection:
            connection.execute(DROP_SLOT, {"server": server, "library_id": library_id})

    def slots(self, server: str) -> list[Slot]:
        """Return the slots held at `server`, the oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(SLOTS, {"server": server}).all()
        return [Slot(**row._asdict()) for row in rows]

    def accept(self, ask_ids: Sequence[int], *, server: str, library_id: str, scope: str) -> None:
        """Note that the library took `scope`, which serves all of `ask_ids`; asks that have ended are left alone.

        Deliveries with nothing left to ask are accepted, and their scans end with the last of them.
        """
        now = self._clock.now()
        accepted = {"of_server": server, "of_library": library_id, "asked_for": scope, "now": now}
        with self._store.write() as connection:
            for some in slices(ask_ids):
                connection.execute(ACCEPT_ASKS, {"ask_ids": some, **accepted})
                served = connection.execute(SERVED, {"ask_ids": some}).all()
                _end_served(connection, served, now, f"asked library {library_id} for {scope}")

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
                note(connection, delivery_step(row, now, DeliveryState.PENDING, error))
            else:
                end_delivery(connection, row, now, DeliveryState.FAILED, error)
                settle(connection, row.scan_id, now)
            return attempts


def _asks(connection: Connection, rows: Sequence[Row[Any]]) -> list[Ask]:
    found: dict[int, Row[Any]] = {}
    for some in slices(list({row.delivery_id for row in rows})):
        found |= {row.id: row for row in connection.execute(DELIVERIES_BY_ID, {"delivery_ids": some})}
    loaded = load_deliveries(connection, list(found.values()))
    by_id = {delivery.id: delivery for delivery in loaded}
    return [
        Ask(id=row.id, delivery=by_id[row.delivery_id], library_id=row.library_id, folder=row.folder) for row in rows
    ]


def _end_served(connection: Connection, rows: Iterable[Row[Any]], now: datetime, reason: str) -> None:
    for row in rows:
        end_delivery(connection, row, now, DeliveryState.ACCEPTED, reason)
        settle(connection, row.scan_id, now)
