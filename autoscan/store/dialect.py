"""The words that only SQLite knows: a store on another database changes this, `connections` and `salvage` alone."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    TypeDecorator,
    text,
)
from sqlalchemy import exc as errors
from sqlalchemy.dialects.sqlite import Insert, dialect, insert

#: What SQLAlchemy translates statements with.
WORDS = dialect()
#: Keywords of a table whose ids are never given twice, not even after the newest row is deleted: they stand in logs.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}

#: A migration may rebuild a table, and dropping the old one must not delete what refers to it.
WITHOUT_FOREIGN_KEYS = "PRAGMA foreign_keys=OFF"
BROKEN_FOREIGN_KEYS = text("PRAGMA foreign_key_check")

#: What the driver or SQLAlchemy may raise, among them what is no fault of ours (see `is_unavailable`).
ERRORS = (errors.DBAPIError, errors.TimeoutError, sqlite3.Error)
_UNAVAILABLE = (errors.OperationalError, errors.TimeoutError, sqlite3.OperationalError)
#: A damaged file is told by the plain class; its subclasses are our own mistakes.
_DAMAGED = (errors.DatabaseError, sqlite3.DatabaseError)

#: What to do, by a part of SQLite's message.
_ADVICE = {
    "locked": "another program holds it: end what has it open",
    "full": "free some space on its disk",
    "readonly": "make its folder and files writable for the user that runs Autoscan",
    "unable to open": "make its folder and files writable for the user that runs Autoscan",
    "malformed": "it is damaged: restart Autoscan, which puts it aside and saves what can be read of it",
    "not a database": "it is no SQLite file, or damaged: restart Autoscan, which puts it aside",
    "no such module": "this Python's SQLite lacks full-text search (FTS5): use Debian's Python, or the Docker image",
    "no such": "it has not been prepared: start Autoscan's server once",
    "disk i/o": "look at the disk and its mount",
}

#: What SQLite answers for a file that is damaged (SQLITE_CORRUPT, SQLITE_NOTADB), and for nothing else: not for one
#: that is locked, cannot be read from its disk, or has no room (https://sqlite.org/rescode.html).
_DAMAGE = frozenset({11, 26})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Instant(TypeDecorator[datetime]):
    """A moment as integer milliseconds since 1970, UTC: sortable, comparable and exact in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> int | None:  # noqa: ARG002 - the base asks
        """Return the stored form."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: object) -> datetime | None:  # noqa: ARG002 - the base asks
        """Return the moment, aware and in UTC."""
        return None if value is None else from_ms(value)


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the moment so long after 1970, aware and in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def stored(moment: datetime) -> datetime:
    """Return `moment` as it will be read back."""
    return from_ms(to_ms(moment))


def partial_index(where: ColumnElement[bool]) -> dict[str, Any]:
    """Return the keywords that make an index hold only the rows `where` is true for."""
    return {"sqlite_where": where, "postgresql_where": where}


def upsert(table: Table, *, keys: Sequence[str], update: Sequence[str], newest: str | None = None) -> Insert:
    """Return an insert that, where a row with the same `keys` exists, sets the columns `update` instead.

    With `newest` the existing row stays as it is where it has more in that column.
    """
    return _or_update(insert(table), table, keys, update, newest)


def upsert_from(table: Table, rows: Select[Any], *, keys: Sequence[str], update: Sequence[str], newest: str) -> Insert:
    """Return an `upsert` of what `rows` selects, whose columns are called as those of `table`."""
    statement = insert(table).from_select([column.name for column in rows.selected_columns], rows)
    return _or_update(statement, table, keys, update, newest)


def _or_update(
    statement: Insert, table: Table, keys: Sequence[str], update: Sequence[str], newest: str | None
) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={column: statement.excluded[column] for column in update},
        where=None if newest is None else statement.excluded[newest] >= table.c[newest],
    )


def add_to(table: Table, *, keys: Sequence[str], column: str) -> Insert:
    """Return an insert that, where a row with the same `keys` exists, adds to its `column` instead."""
    statement = insert(table)
    added = {column: table.c[column] + statement.excluded[column]}
    return statement.on_conflict_do_update(index_elements=keys, set_=added)


def insert_if_absent(table: Table, *, keys: Sequence[str]) -> Insert:
    """Return an insert that leaves a row with the same `keys` as it is."""
    return insert(table).on_conflict_do_nothing(index_elements=keys)


def insert_from_if_absent(table: Table, rows: Select[Any], *, keys: Sequence[str]) -> Insert:
    """Return an insert of what `rows` selects that leaves rows with the same `keys` as they are."""
    statement = insert(table).from_select([column.name for column in rows.selected_columns], rows)
    return statement.on_conflict_do_nothing(index_elements=keys)


def is_unavailable(error: Exception) -> bool:
    """Tell whether `error` means that the database could not do its work now: locked, full, read-only, damaged."""
    return isinstance(error, _UNAVAILABLE) or type(error) in _DAMAGED


def is_damage(error: Exception) -> bool:
    """Tell whether `error` says that the file itself is damaged."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE


def advice(error: Exception) -> str:
    """Return SQLite's own words and what to do about them."""
    words = str(getattr(error, "orig", None) or error)
    for part, what_to_do in _ADVICE.items():
        if part in words.lower():
            return f"{words}; {what_to_do}"
    return words
