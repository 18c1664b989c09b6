"""Lists of events, and one event in full."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, func, select, type_coerce

from autoscan.model import Change, Kind
from autoscan.model.views import EventFilter, EventPath, EventRow, Page
from autoscan.store import listing
from autoscan.store.arrears import LISTED
from autoscan.store.fulltext import BEYOND, IDS, span
from autoscan.store.part import Part
from autoscan.store.reading import cursors, walking
from autoscan.store.reading.walking import Candidate, Section
from autoscan.store.tables import event_paths, events
from autoscan.store.words import Wanted, facet, wanted

#: Paths of each event that a list shows, and events that a scan does.
SHOWN_PATHS = 20
SHOWN_EVENTS = 50

_SHOWN = ("id", "at", "source", "app", "type", "note", "known", "request_id")
_PATH = ("path", "mapped", "outcome", "detail", "folder", "scan_id")
_COLUMNS = [events.c[name] for name in _SHOWN]

#: As `fulltext.place` has it.
_PLACE = (type_coerce(events.c.at, BigInteger) * IDS + events.c.id % IDS).label("place")
UNLISTED = (
    select(*_COLUMNS, _PLACE)
    .where(
        events.c.id > bindparam("listed"),
        bindparam("low", type_=BigInteger) <= _PLACE,
        bindparam("high", type_=BigInteger) > _PLACE,
    )
    .order_by(_PLACE.desc())
    .limit(bindparam("count"))
)
EVENTS_BY_ID = select(*_COLUMNS).where(events.c.id.in_(bindparam("event_ids", expanding=True)))
WHOLE_EVENTS = EVENTS_BY_ID.add_columns(events.c.body)
EVENTS_OF_SCAN = (
    select(event_paths.c.event_id)
    .distinct()
    .where(event_paths.c.scan_id.is_not(None), event_paths.c.scan_id == bindparam("scan_id"))
    .order_by(event_paths.c.event_id.desc())
    .limit(SHOWN_EVENTS)
)
_NUMBERED = (
    select(
        event_paths,
        func.row_number().over(partition_by=event_paths.c.event_id, order_by=event_paths.c.id).label("number"),
        func.count().over(partition_by=event_paths.c.event_id).label("path_count"),
    )
    .where(event_paths.c.event_id.in_(bindparam("event_ids", expanding=True)))
    .subquery()
)
PATHS_OF = select(_NUMBERED).where(_NUMBERED.c.number <= bindparam("most")).order_by(_NUMBERED.c.id)


class EventReading(Part):
    """Finds events and shows them."""

    def find_events(self, event_filter: EventFilter, *, limit: int, cursor: str = "") -> Page[EventRow]:
        """Return some of the events that `event_filter` wants, the newest first.

        `cursor` is the `next` of the page before; a page may be short, see `Page.next`. Raises BadRequestError for a
        cursor of another list, or a text of too many words.
        """
        begin = cursors.place(cursor, ("events",))
        with self._store.read() as connection:
            section = Section("events", partial(_read, connection, event_filter, _wanted(event_filter)))
            found = walking.walk([section], begin, limit)
            return Page(rows=_load(connection, found.ids), next=found.next)

    def event(self, event_id: int) -> EventRow | None:
        """Return one event with its body and all of its paths; None if there is none, or no more."""
        with self._store.read() as connection:
            rows = connection.execute(WHOLE_EVENTS, {"event_ids": [event_id]}).all()
            return _show(connection, rows, most=BEYOND)[0] if rows else None


def events_of_scan(connection: Connection, scan_id: int) -> tuple[EventRow, ...]:
    """Return the newest events that asked for a scan, the newest first, with their bodies."""
    ids = connection.execute(EVENTS_OF_SCAN, {"scan_id": scan_id}).scalars().all()
    found = {row.id: row for row in connection.execute(WHOLE_EVENTS, {"event_ids": ids})}
    return _show(connection, [found[each] for each in ids])


def _wanted(event_filter: EventFilter) -> Wanted:
    known = event_filter.known
    return wanted(
        event_filter.text,
        [facet("source", event_filter.source)] if event_filter.source else [],
        [facet("app", event_filter.app)] if event_filter.app else [],
        [facet("known", str(known))] if known is not None else [],
    )


def _read(
    connection: Connection, event_filter: EventFilter, wants: Wanted, after: tuple[int, int] | None, count: int
) -> Sequence[Candidate]:
    """Return the next candidates, of those that are listed and of those that are not yet."""
    low, high = span(event_filter.since, event_filter.until)
    high = high if after is None else min(high, after[0])
    found = listing.EVENTS.find(connection, wants, low=low, high=high, newest_first=True, count=count)
    listed = [Candidate(hit.place, 0, hit.item, hit.matches) for hit in found]
    new = _unlisted(connection, wants, {"low": low, "high": high, "count": count})
    return list(islice(merge(new, listed, key=lambda each: -each.first), count))


def _unlisted(connection: Connection, wants: Wanted, values: dict[str, int]) -> list[Candidate]:
    listed = connection.execute(LISTED).scalar() or 0
    rows = connection.execute(UNLISTED, {**values, "listed": listed}).all()
    tokens = listing.event_tokens(connection, rows) if wants else {}
    return [Candidate(row.place, 0, row.id, wants.in_tokens(tokens.get(row.id, frozenset()))) for row in rows]


def _load(connection: Connection, ids: Sequence[int]) -> tuple[EventRow, ...]:
    found = {row.id: row for row in connection.execute(EVENTS_BY_ID, {"event_ids": ids})}
    return _show(connection, [found[each] for each in ids if each in found])


def _show(connection: Connection, rows: Sequence[Row[Any]], most: int = SHOWN_PATHS) -> tuple[EventRow, ...]:
    by_event: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for path in connection.execute(PATHS_OF, {"event_ids": [row.id for row in rows], "most": most}):
        by_event[path.event_id].append(path)
    return tuple(
        EventRow(
            paths=_paths(by_event[row.id]),
            path_count=by_event[row.id][0].path_count if by_event[row.id] else 0,
            body=getattr(row, "body", ""),
            **{name: getattr(row, name) for name in _SHOWN},
        )
        for row in rows
    )


def _paths(rows: Iterable[Row[Any]]) -> tuple[EventPath, ...]:
    return tuple(
        EventPath(kind=Kind(row.kind), change=Change(row.change), **{name: getattr(row, name) for name in _PATH})
        for row in rows
    )
