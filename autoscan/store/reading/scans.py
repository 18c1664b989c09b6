"""Lists of scans, and one scan in full."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, bindparam, or_, select

from autoscan.model import ScanState, Transition
from autoscan.model.views import Page, ScanFilter, ScanRow, ScanView
from autoscan.store import listing
from autoscan.store.dialect import to_ms
from autoscan.store.fulltext import BEYOND, moment_ms, span
from autoscan.store.history import OPEN_STATES, TRANSITIONS
from autoscan.store.part import Part
from autoscan.store.reading import cursors, walking
from autoscan.store.reading.events import events_of_scan
from autoscan.store.reading.showing import scan_rows, show_asks, show_scans
from autoscan.store.reading.walking import Candidate, Section
from autoscan.store.rows import SCAN_BY_ID, STEP, load_scans
from autoscan.store.tables import IS_UNDER_WAY, IS_WAITING, scans
from autoscan.store.tables_shown import sources
from autoscan.store.words import Wanted, facet, wanted

_AFTER = (scans.c.rank >= bindparam("rank", type_=BigInteger)) & or_(
    scans.c.rank > bindparam("rank", type_=BigInteger), scans.c.id > bindparam("scan_id")
)
_IN_TURN = select(scans).where(_AFTER).order_by(scans.c.rank, scans.c.id).limit(bindparam("count"))
UNDER_WAY = _IN_TURN.where(IS_UNDER_WAY)
WAITING = _IN_TURN.where(IS_WAITING)
ENDED_AT = select(scans.c.id, scans.c.ended_at).where(scans.c.id.in_(bindparam("scan_ids", expanding=True)))
SOURCES = select(sources.c.name).order_by(sources.c.name)

#: Before the first rank there may be.
_FIRST = (-BEYOND, 0)


class ScanReading(Part):
    """Finds scans and shows them."""

    def find_scans(
        self, scan_filter: ScanFilter, *, limit: int, cursor: str = "", newest_first: bool = True
    ) -> Page[ScanRow]:
        """Return some of the scans that `scan_filter` wants.

        Those under way come first, then those that wait, each in the order of their turns, then those that have ended,
        the latest first; without `newest_first` those that have ended come first, the earliest at the top.

        `cursor` is the `next` of the page before; a page may be short, see `Page.next`. Raises BadRequestError for a
        cursor of another list, or a text of too many words.
        """
        sections = _Sections(scan_filter)
        with self._store.read() as connection:
            parts = sections.of(connection, newest_first=newest_first)
            begin = cursors.place(cursor, tuple(_ALL))
            found = walking.walk(parts, begin, limit)
            return Page(rows=scan_rows(connection, found.ids), next=found.next)

    def scan_view(self, scan_id: int) -> ScanView | None:
        """Return everything about one scan; None if there is none, or no more."""
        with self._store.read() as connection:
            rows = connection.execute(SCAN_BY_ID, {"scan_id": scan_id}).all()
            if not rows:
                return None
            (shown,) = show_scans(connection, rows)
            (scan,) = load_scans(connection, rows)
            return ScanView(
                scan=scan,
                row=shown,
                asks=show_asks(connection, [delivery.id for delivery in shown.deliveries]),
                transitions=_transitions(connection, scan_id),
                events=events_of_scan(connection, scan_id),
            )

    def sources(self) -> tuple[str, ...]:
        """Return the names of all that sent events lately, but for the last seconds."""
        with self._store.read() as connection:
            return tuple(connection.execute(SOURCES).scalars())


_ALL = ("under way", "waiting", "ended")


class _Sections:
    """The parts of the list that a filter leaves."""

    def __init__(self, scan_filter: ScanFilter) -> None:
        self._filter = scan_filter
        self._wanted = wanted(
            scan_filter.text,
            [facet("source", scan_filter.source)] if scan_filter.source else [],
            [facet("code", code) for code in scan_filter.codes],
            _results(scan_filter),
        )

    def of(self, connection: Connection, *, newest_first: bool) -> list[Section]:
        """Return them in their order."""
        wants = self._filter
        waiting = Section("waiting", partial(self._open, connection, WAITING))
        under_way = Section("under way", partial(self._open, connection, UNDER_WAY))
        ended = Section("ended", partial(self._ended, connection, newest_first=newest_first))
        opened = [
            # What waits has not been handed to a server.
            *([under_way] if self._takes(ScanState.CHECKING, ScanState.DELIVERING) else []),
            *([waiting] if self._takes(ScanState.WAITING) and not (wants.server or wants.results) else []),
        ]
        done = [ended] if self._takes(*(frozenset(ScanState).difference(OPEN_STATES))) else []
        first = [] if wants.ended_only or wants.codes else opened
        last = [] if wants.open_only else done
        return [*first, *last] if newest_first else [*last, *first]

    def _takes(self, *states: ScanState) -> bool:
        return not self._filter.states or bool(self._filter.states.intersection(states))

    def _open(
        self, connection: Connection, statement: Select[Any], after: tuple[int, int] | None, count: int
    ) -> Sequence[Candidate]:
        rank, scan_id = after or _FIRST
        rows = connection.execute(statement, {"rank": rank, "scan_id": scan_id, "count": count}).all()
        tokens = listing.scan_tokens(connection, rows) if self._wanted else {}
        return [
            Candidate(row.rank, row.id, row.id, self._fits(row) and self._wanted.in_tokens(tokens.get(row.id, set())))
            for row in rows
        ]

    def _fits(self, row: Row[Any]) -> bool:
        wants = self._filter
        begun = wants.since is None or row.requested_at >= wants.since
        over = wants.until is not None and row.requested_at >= wants.until
        return begun and not over and self._takes(ScanState(row.state))

    def _ended(
        self, connection: Connection, after: tuple[int, int] | None, count: int, *, newest_first: bool
    ) -> Sequence[Candidate]:
        low, high = span(self._filter.since, self._filter.until)
        if after is not None:
            low, high = (low, min(high, after[0])) if newest_first else (max(low, after[0] + 1), high)
        found = listing.SCANS.find(
            connection, self._wanted_ended(), low=low, high=high, newest_first=newest_first, count=count
        )
        rows = connection.execute(ENDED_AT, {"scan_ids": [hit.item for hit in found]})
        ended = {row.id: to_ms(row.ended_at) for row in rows if row.ended_at is not None}
        # A scan that went on after it had ended, or ended again, is not listed where it was.
        return [
            Candidate(hit.place, 0, hit.item, hit.matches and ended.get(hit.item) == moment_ms(hit.place))
            for hit in found
        ]

    def _wanted_ended(self) -> Wanted:
        states = frozenset(facet("state", state) for state in self._filter.states)
        more = (states,) if states else ()
        return Wanted(words=self._wanted.words, facets=(*self._wanted.facets, *more))


def _results(scan_filter: ScanFilter) -> list[str]:
    server = scan_filter.server
    if not scan_filter.results:
        return [facet("server", server)] if server else []
    if server:
        return [facet("server result", server, result) for result in scan_filter.results]
    return [facet("result", result) for result in scan_filter.results]


def _transitions(connection: Connection, scan_id: int) -> tuple[Transition, ...]:
    return tuple(
        Transition(**{name: getattr(row, name) for name in STEP})
        for row in connection.execute(TRANSITIONS, {"scan_id": scan_id})
    )
