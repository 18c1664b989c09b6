"""Connections to the one SQLite file: how they are opened, begin and end a transaction, and what they can tell.

Like `dialect`, which has the words for statements, this changes with the database.
"""

import fcntl
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

#: A writer takes its turn before it reads, so that nothing it has read changes under it.
BEGIN_WRITE = "BEGIN IMMEDIATE"
BEGIN_READ = "BEGIN"
HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
#: How often to look for the end of another process's transaction, and after how many seconds each time.
_LOOKS, _LOOK_AGAIN = 200, 0.001
#: Every connection locks these bytes while it reads; with a write-ahead log for as long as it is open
#: (https://sqlite.org/fileformat2.html#the_lock_byte_page).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
#: What runs statements of `Hot`: the driver's own connection does without SQLAlchemy.
Plain = sqlite3.Connection
Either = Connection | Plain


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
