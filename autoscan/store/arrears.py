"""What is listed after the fact, by the leader: events, and scans that a webhook ended by taking them over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, literal, select, update

from autoscan.store import listing
from autoscan.store.dialect import upsert
from autoscan.store.hot import Hot
from autoscan.store.part import Part
from autoscan.store.tables import events
from autoscan.store.tables_shown import marks, sources, unlisted
from autoscan.store.words import Tokens

#: Rows that one transaction lists: a webhook waits no longer than that, some milliseconds.
AT_ONCE = 20

#: The id of the newest event that is listed.
EVENTS_LISTED = "events_listed"

LISTED = select(marks.c.number).where(marks.c.name == EVENTS_LISTED)
SET_LISTED = update(marks).where(marks.c.name == EVENTS_LISTED).values(number=bindparam("event_id"))
NEW_EVENTS = (
    select(events.c.id, events.c.at, events.c.source, events.c.app, events.c.type, events.c.note, events.c.known)
    .where(events.c.id > LISTED.scalar_subquery())
    .order_by(events.c.id)
    .limit(AT_ONCE)
)
NEW_SCANS = select(unlisted.c.scan_id).order_by(unlisted.c.scan_id).limit(AT_ONCE)
DROP_UNLISTED = delete(unlisted).where(unlisted.c.scan_id.in_(bindparam("scan_ids", expanding=True)))
NEWEST = select(
    select(func.max(events.c.id)).scalar_subquery().label("event"),
    LISTED.scalar_subquery().label("listed"),
    select(literal(1)).where(unlisted.c.scan_id > 0).limit(1).scalar_subquery().label("scans"),
)
_NEWEST = Hot(NEWEST)
SOURCE_SEEN = upsert(sources, keys=("name",), update=("seen_at",), newest="seen_at")


class Arrears(Part):
    """Catches up with what is not listed yet. Used by the leader alone."""

    def newest_unlisted(self) -> int | None:
        """Return the id of the newest event, 0 if there is none at all; None if nothing has to be listed."""
        with self._store.look() as connection:
            newest = _NEWEST.first(connection, {})
        event = newest.event or 0
        return event if newest.scans or event > (newest.listed or 0) else None

    def list_arrears(self) -> bool:
        """List some of what is new; tell whether there may be more."""
        with self._store.read() as connection:
            rows = connection.execute(NEW_EVENTS).all()
            tokens = listing.event_tokens(connection, rows) if rows else {}
            if not rows and connection.execute(NEW_SCANS).first() is None:
                return False
        with self._store.write() as connection:
            _list_events(connection, rows, tokens)
            return max(len(rows), _list_scans(connection)) == AT_ONCE


def _list_events(connection: Connection, rows: Sequence[Any], tokens: Mapping[int, Tokens]) -> None:
    if rows:
        listing.EVENTS.add(connection, [(row.at, row.id, tokens[row.id]) for row in rows])
        connection.execute(SOURCE_SEEN, [{"name": name, "seen_at": at} for name, at in _last_seen(rows).items()])
        connection.execute(SET_LISTED, {"event_id": rows[-1].id})


def _last_seen(rows: Iterable[Any]) -> dict[str, datetime]:
    return {row.source: row.at for row in sorted(rows, key=lambda row: row.at)}


def _list_scans(connection: Connection) -> int:
    ids = connection.execute(NEW_SCANS).scalars().all()
    listing.list_ended(connection, ids)
    connection.execute(DROP_UNLISTED, {"scan_ids": ids})
    return len(ids)
