"""Copy what can be read of a damaged database into a new one; beside `dialect` a module that knows SQLite's words.

A page that cannot be read ends each statement that comes upon it, so that a table is read in ranges of rows: what
fails is halved, and tried again, as often as `TRIES` allows. Two connections, since a statement that writes and comes
upon damage leaves its connection unable to read any more.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, ForeignKey, Table, Text

from autoscan.model import DeliveryState, Level, Phase, ScanState
from autoscan.store import connections, dialect, migrating
from autoscan.store.migrations import HEAD
from autoscan.store.tables import metadata

log = logging.getLogger(__name__)

#: Statements that may fail in one table before the rest of it is given up.
TRIES = 2000
#: Rows in memory at once.
BATCH = 1000
#: Row ids to look through where not even the first and the last can be read.
UNKNOWN = (1, 1 << 40)
#: What follows from other tables and is made anew (see `_derive`).
DERIVED = frozenset({"marks", "unlisted"})
#: What a damaged page may hold that looks like a row, but would be none to those who read it.
STATES = {
    ("scans", "state"): ScanState,
    ("deliveries", "state"): DeliveryState,
    ("asks", "phase"): Phase,
    ("asks", "level"): Level,
}

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_EDGES = 'SELECT min(rowid), max(rowid) FROM "{table}"'
_READ = 'SELECT rowid, {columns} FROM "{table}" WHERE rowid BETWEEN ? AND ? AND {sound}'
_PUT = 'INSERT OR IGNORE INTO "{table}" ({columns}) VALUES ({places})'
_ORPHANS = '"{column}" IS NOT NULL AND "{column}" NOT IN (SELECT "{key}" FROM "{parent}")'
#: Ids of rows that are gone are not given again.
_SEQUENCES = "SELECT name, seq FROM sqlite_sequence"
_DROP_SEQUENCE = "DELETE FROM sqlite_sequence WHERE name = ?"
_PUT_SEQUENCE = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
_DERIVE = (
    "DELETE FROM marks WHERE name LIKE 'ended:%'",
    "INSERT INTO marks SELECT 'ended:' || state, count(*) FROM scans WHERE ended_at IS NOT NULL GROUP BY state",
    "INSERT OR IGNORE INTO unlisted SELECT id FROM scans WHERE ended_at IS NOT NULL",
)


def version_of(path: Path) -> str:
    """Return the version of the tables in the file at `path`; this program's own where that cannot be read."""
    engine = connections.open_engine(path, busy_timeout=1.0, wal=None)
    try:
        with engine.connect() as connection:
            return connections.tables_version(connection, migrating.VERSION_TABLE) or HEAD
    except dialect.ERRORS as error:
        _only_damage(error)
        return HEAD
    finally:
        engine.dispose()


def copy_rows(damaged: Path, target: Path) -> int:
    """Make a database of the same version at `target`, put in what can be read of `damaged`, return how many rows.

    `target` must not exist. Raises what the driver raises for everything but damage, e.g. a full disk.
    """
    version = version_of(damaged)
    source, sink = (connections.open_engine(path, busy_timeout=1.0, wal=None) for path in (damaged, target))
    try:
        migrating.migrate(sink, head=version)
        with sink.connect() as new:
            new.exec_driver_sql(dialect.WITHOUT_FOREIGN_KEYS)
            new.exec_driver_sql(connections.BEGIN_WRITE)
            copied = _fill(source, new)
            _hold_together(new)
            new.commit()
        return copied
    finally:
        source.dispose()
        sink.dispose()


def _fill(source: Engine, new: Connection) -> int:
    try:
        with source.connect() as old:
            copied = sum(_copy(old, new, table) for table in _common_tables(old, new))
            _copy_sequences(old, new)
            return copied
    except dialect.ERRORS as error:
        _only_damage(error)
        return 0


def _only_damage(error: Exception) -> None:
    """Raise `error` again unless a damaged file is the reason, be it text that is none any more."""
    if not dialect.is_damage(error) and "decode to UTF-8" not in str(error):
        raise error


def _common_tables(old: Connection, new: Connection) -> list[Table]:
    """Return the tables to be copied, those that others refer to first."""
    known = _names(old) & _names(new) - DERIVED
    return [table for table in metadata.sorted_tables if table.name in known]


def _names(connection: Connection) -> set[str]:
    return set(connection.exec_driver_sql(_TABLES).scalars())


def _copy(old: Connection, new: Connection, table: Table) -> int:
    """Copy what can be read of one table; return how many rows."""
    reading, putting = _statements(table, _columns(new, table.name))
    copied, tries = 0, TRIES
    ranges = deque(_edges(old, table.name))
    # Breadth first: whatever becomes of the tries, the large ranges that are whole come first.
    while ranges and tries:
        low, high = ranges.popleft()
        try:
            for rows in old.exec_driver_sql(reading, (low, high)).partitions(BATCH):
                new.exec_driver_sql(putting, [tuple(row[1:]) for row in rows])
                copied, low = copied + len(rows), rows[-1][0] + 1
        except dialect.ERRORS as error:
            _only_damage(error)
            tries -= 1
            ranges.extend(_halves(low, high))
    if tries < TRIES:
        log.warning("of the damaged table %s, %d rows could be read", table.name, copied)
    return copied


def _statements(table: Table, present: set[str]) -> tuple[str, str]:
    """Return how to read the rows between two ids, and how to put them in."""
    known = [column for column in table.columns if column.name in present]
    columns = ", ".join(f'"{column.name}"' for column in known)
    sound = " AND ".join(_sound(table.name, column.name, text=isinstance(column.type, Text)) for column in known)
    reading = _READ.format(table=table.name, columns=columns, sound=sound)
    return reading, _PUT.format(table=table.name, columns=columns, places=", ".join("?" * len(known)))


def _columns(connection: Connection, table: str) -> set[str]:
    return {row.name for row in connection.exec_driver_sql(f"PRAGMA table_info('{table}')")}


def _sound(table: str, column: str, *, text: bool) -> str:
    """Return the condition that a column holds what its readers can use."""
    states = STATES.get((table, column))
    if states is not None:
        return f'"{column}" IN ({", ".join(repr(state.value) for state in states)})'
    return f"typeof(\"{column}\") IN ('null', '{'text' if text else 'integer'}')"


def _edges(connection: Connection, table: str) -> Iterable[tuple[int, int]]:
    try:
        low, high = connection.exec_driver_sql(_EDGES.format(table=table)).one()
    except dialect.ERRORS as error:
        _only_damage(error)
        return (UNKNOWN,)
    return () if low is None else ((low, high),)


def _halves(low: int, high: int) -> Iterator[tuple[int, int]]:
    if low < high:
        middle = (low + high) // 2
        yield low, middle
        yield middle + 1, high


def _copy_sequences(old: Connection, new: Connection) -> None:
    for name, number in old.exec_driver_sql(_SEQUENCES).all():
        new.exec_driver_sql(_DROP_SEQUENCE, (name,))
        new.exec_driver_sql(_PUT_SEQUENCE, (name, number))


def _hold_together(connection: Connection) -> None:
    """Let go of rows whose owner could not be read, and derive what is derived."""
    there = _names(connection)
    for table in metadata.sorted_tables:
        if table.name in there - DERIVED:
            for key in table.foreign_keys:
                connection.exec_driver_sql(_let_go(table.name, key))
    if there >= DERIVED:
        for statement in _DERIVE:
            connection.exec_driver_sql(statement)


def _let_go(table: str, key: ForeignKey) -> str:
    column, parent = key.parent.name, key.column
    orphans = _ORPHANS.format(column=column, key=parent.name, parent=parent.table.name)
    if key.ondelete == "SET NULL":
        return f'UPDATE "{table}" SET "{column}" = NULL WHERE {orphans}'  # noqa: S608 - our own names
    return f'DELETE FROM "{table}" WHERE {orphans}'  # noqa: S608 - our own names
