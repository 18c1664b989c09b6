"""SQLite's full-text index (FTS5), beside `dialect` the other module that knows its words.

Its tables list rows by the moment something happened to them, so that the newest of what matches come first without
sorting: a row's place is that moment in milliseconds and the lower bits of its id, as one number. They keep no
positions of words: nobody asks for words in a row, and it makes them half as large.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from autoscan.store.dialect import to_ms
from autoscan.store.words import SHORTEST_PREFIX, Tokens, Wanted

#: Bits of a place that tell rows of one millisecond apart, and how many ids that is.
_BITS = 20
IDS = 1 << _BITS
#: Beyond every place, and every rank.
BEYOND = 1 << 62

#: The longest beginning of words that is listed (see the migration): a longer one is found by these many characters,
#: then compared.
LONGEST_PREFIX = 7

#: Every row has it, so that a search for nothing finds all.
ANY = "=any"


def place(at: datetime, item: int) -> int:
    """Return where the row with the id `item` stands that something happened to at `at`."""
    return (to_ms(at) << _BITS) + item % IDS


def moment_ms(place: int) -> int:
    """Return the milliseconds since 1970 that a place begins with."""
    return place >> _BITS


def span(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return the first place from `since` on, and the first from `until` on; what no database can say is cut off."""
    return (0 if since is None else _within(since)), (BEYOND if until is None else _within(until))


def _within(moment: datetime) -> int:
    return min(max(place(moment, 0), 0), BEYOND)


class Listed(NamedTuple):
    """One hit, and where it stands."""

    place: int
    item: int
    #: It really has all that was wanted.
    matches: bool


class Fulltext:
    """One index, kept in `table`."""

    def __init__(self, table: str) -> None:
        self.table = table
        span = f"{table} MATCH :expression AND rowid >= :low AND rowid < :high"
        # All names are our own.
        self.newest = text(f"SELECT rowid, item, tokens FROM {table} WHERE {span} ORDER BY rowid DESC LIMIT :count")  # noqa: S608
        self.oldest = text(f"SELECT rowid, item, tokens FROM {table} WHERE {span} ORDER BY rowid LIMIT :count")  # noqa: S608
        # Two rows never share a place but by an absurd chance, and then the ending of a scan must not fail for it.
        self.put = text(f"INSERT OR REPLACE INTO {table} (rowid, item, tokens) VALUES (:place, :item, :tokens)")  # noqa: S608
        self.past = text(
            f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608
            f" (SELECT rowid FROM {table} WHERE rowid < :before ORDER BY rowid LIMIT :count)"
        )

    def add(self, connection: Connection, rows: Iterable[tuple[datetime, int, Tokens]]) -> None:
        """List rows by moment, id and tokens."""
        values = [
            {"place": place(at, item), "item": item, "tokens": " ".join(sorted({ANY, *tokens}))}
            for at, item, tokens in rows
        ]
        if values:
            connection.execute(self.put, values)

    def find(
        self, connection: Connection, wanted: Wanted, *, low: int, high: int, newest_first: bool, count: int
    ) -> Sequence[Listed]:
        """Return the first `count` hits from the place `low` to before `high`."""
        values: dict[str, Any] = {"expression": expression(wanted), "low": low, "high": high, "count": count}
        rows = connection.execute(self.newest if newest_first else self.oldest, values).all()
        exact = all(len(word) <= LONGEST_PREFIX for word in wanted.words)
        return [Listed(row.rowid, row.item, exact or wanted.in_tokens(set(row.tokens.split()))) for row in rows]

    def forget(self, connection: Connection, before: datetime, count: int) -> int:
        """Drop up to `count` of what happened before; return how many."""
        return connection.execute(self.past, {"before": place(before, 0), "count": count}).rowcount


def expression(wanted: Wanted) -> str:
    """Return the query in FTS5's language."""
    terms = [_term(word) for word in sorted(wanted.words)]
    groups = ["(" + " OR ".join(f'"{facet}"' for facet in sorted(group)) + ")" for group in wanted.facets]
    return " AND ".join([*terms, *groups]) or f'"{ANY}"'


def _term(word: str) -> str:
    return f'"{word}"' if len(word) < SHORTEST_PREFIX else f'"{word[:LONGEST_PREFIX]}" *'
