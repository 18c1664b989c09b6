"""The machine's clock was set back: what waits must not wait for so much longer."""

from datetime import timedelta

from sqlalchemy import BigInteger, Column, ColumnElement, Table, Update, bindparam, type_coerce, update

from autoscan.store.part import Part
from autoscan.store.tables import IS_OPEN, IS_PENDING, deliveries, scans, servers
from autoscan.store.tables_asked import IS_UNENDED, asks, slots

_MILLISECOND = timedelta(milliseconds=1)


def _back(table: Table, condition: ColumnElement[bool] | None, *columns: Column[object]) -> Update:
    """Return what makes moments so much earlier; one that is not set stays so."""
    by = bindparam("by", type_=BigInteger)
    earlier = {column.name: type_coerce(column, BigInteger) - by for column in columns}
    return (update(table) if condition is None else update(table).where(condition)).values(earlier)


SET_BACK = (
    _back(
        scans,
        IS_OPEN,
        *(scans.c.requested_at, scans.c.last_requested_at, scans.c.waiting_since, scans.c.claimed_at),
        *(scans.c.due_at, scans.c.next_check_at, scans.c.rank),
    ),
    _back(deliveries, IS_PENDING, deliveries.c.created_at, deliveries.c.next_try_at, deliveries.c.rank),
    _back(asks, IS_UNENDED, asks.c.due_at, asks.c.first_asked_at, asks.c.rank),
    _back(slots, None, slots.c.held_since),
    _back(servers, None, servers.c.paused_until, servers.c.since),
)


class Shifting(Part):
    """Follows the machine's clock."""

    def set_back(self, by: timedelta) -> None:
        """Make every moment of what is under way so much earlier, as the clock was set back by as much."""
        with self._store.write() as connection:
            for statement in SET_BACK:
                connection.execute(statement, {"by": by // _MILLISECOND})
