"""The words that only SQLite knows: a store on another database changes this module, and `salvage`, alone."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    QueuePool,
    Select,
    Table,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy import exc as errors
from sqlalchemy.dialects.sqlite import Insert, dialect, insert

#: What SQLAlchemy translates statements with.
WORDS = dialect()
#: A writer takes its turn before it reads, so that nothing it has read changes under it.
BEGIN_WRITE = "BEGIN IMMEDIATE"
BEGIN_READ = "BEGIN"

#: Keywords of a table whose ids are never given twice, not even after the newest row is deleted: they stand in logs.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}

#: A migration may rebuild a table, and dropping the old one must not delete what refers to it.
WITHOUT_FOREIGN_KEYS = "PRAGMA foreign_keys=OFF"
BROKEN_FOREIGN_KEYS = text("PRAGMA foreign_key_check")
HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"

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

#: How often to look for the end of another process's transaction, and after how many seconds each time.
_LOOKS, _LOOK_AGAIN = 200, 0.001

#: What SQLite answers for a file that is damaged (SQLITE_CORRUPT, SQLITE_NOTADB), and for nothing else: not for one
#: that is locked, cannot be read from its disk, or has no room (https://sqlite.org/rescode.html).
_DAMAGE = frozenset({11, 26})
#: Every connection locks these bytes while it reads; with a write-ahead log for as long as it is open
#: (https://sqlite.org/fileformat2.html#the_lock_byte_page).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510

#: What runs statements of `Hot`: the driver's own connection does without SQLAlchemy.
Plain = sqlite3.Connection
Either = Connection | Plain

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


def open_engine(path: Path, *, busy_timeout: float, wal: bool | None) -> Engine:
    """Make an engine on the file at `path`; nothing is opened until a connection is asked for.

    A thread has a connection to itself for as long as it uses it. `busy_timeout` is in seconds. Without `wal` the
    rollback journal is used, the only one that holds on a network file system; None leaves it as it is.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        # The connection that was used last remembers most of the file.
        pool_use_lifo=True,
        pool_size=5,
        max_overflow=20,
        pool_timeout=busy_timeout,
        # Transactions begin where this house says so, never by themselves.
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_timeout},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        _set_up(connection, wal=wal)

    return engine


def open_plain(path: Path, *, busy_timeout: float, wal: bool | None) -> sqlite3.Connection:
    """Open a connection of the driver's own, set up as those of `open_engine`."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=busy_timeout)
    _set_up(connection, wal=wal)
    return connection


def _set_up(connection: sqlite3.Connection, *, wal: bool | None) -> None:
    # EXTRA also syncs the folder once the rollback journal is unlinked, which FULL leaves to luck.
    journal = ("journal_mode=WAL", "synchronous=FULL") if wal else ("journal_mode=DELETE", "synchronous=EXTRA")
    for pragma in (*(() if wal is None else journal), "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def set_patience(connection: Connection, seconds: float) -> None:
    """Have `connection` wait at most `seconds` for others who hold the database."""
    _be_patient(driver(connection), seconds)


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


def is_in_use(path: Path) -> bool:
    """Tell whether another process has the file at `path` open, or this one may not know.

    Not to be asked while this process has it open: its own locks would be gone.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def advice(error: Exception) -> str:
    """Return SQLite's own words and what to do about them."""
    words = str(getattr(error, "orig", None) or error)
    for part, what_to_do in _ADVICE.items():
        if part in words.lower():
            return f"{words}; {what_to_do}"
    return words


def changes(connection: Either) -> int:
    """Return how many rows this connection has changed since it was opened."""
    return int(driver(connection).total_changes)


def run(connection: Either, sql: str) -> None:
    """Run a statement without values, past SQLAlchemy, which needs longer for it than SQLite."""
    driver(connection).execute(sql).close()


def begin_write(connection: Either, patience: float) -> None:
    """Begin a transaction that writes as soon as nobody else does, within about `patience` seconds.

    Others are done within some milliseconds, mostly. SQLite would look again after 1, 2, 5 and up to 100 ms: whoever
    has waited longest waits longest, while a process that writes again and again is always there first.
    """
    here, waiting = driver(connection), threading.Event()
    looks = min(_LOOKS, int(patience / 4 / _LOOK_AGAIN))
    try:
        _be_patient(here, 0)
        while not _begun(here):
            waiting.wait(_LOOK_AGAIN)
            looks -= 1
            if looks < 0:
                _be_patient(here, patience * 3 / 4)
                here.execute(BEGIN_WRITE).close()
                return
    finally:
        _be_patient(here, patience)


def _begun(here: sqlite3.Connection) -> bool:
    try:
        here.execute(BEGIN_WRITE).close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _be_patient(here: sqlite3.Connection, seconds: float) -> None:
    here.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}").close()


def commit(connection: Either) -> None:
    """End the transaction of `connection`; what it wrote is on the disk then."""
    driver(connection).commit()


def driver(connection: Either) -> sqlite3.Connection:
    """Return the driver's own connection."""
    if isinstance(connection, sqlite3.Connection):
        return connection
    found: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment] # typed for all
    return found


def journal_mode(connection: Plain) -> str:
    """Return how the database keeps what a transaction has written until its end, e.g. `wal`."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def tables_version(connection: Either, version_table: str) -> str | None:
    """Return the migration the tables were made by, without importing Alembic; None if there are no tables."""
    here = driver(connection)
    if here.execute(HAS_TABLE, (version_table,)).fetchone() is None:
        return None
    row = here.execute(f"SELECT version_num FROM {version_table}").fetchone()  # noqa: S608 - our own name
    return None if row is None else str(row[0])


def copy(connection: Plain, target: Path) -> None:
    """Write the database to a new file, all of it as it is at one moment."""
    with closing(sqlite3.connect(target)) as copied:
        connection.backup(copied)


def damage(connection: Plain) -> str:
    """Return what is wrong with the database, `""` if it is whole."""
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return "" if found == "ok" else str(found)
