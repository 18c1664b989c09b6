"""A copy of the database while others write to it, and a look whether a copy is whole."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.store import connections, dialect
from autoscan.store.engine import Store

#: Seconds to wait for whoever holds the database.
PATIENCE = 30.0


def copy_database(source: Path, target: Path) -> None:
    """Write the database as it is at one moment to `target`; whoever writes meanwhile is not held up (WAL).

    Raises StoreUnavailableError.
    """
    if not source.exists():
        raise StoreUnavailableError(f"there is no database at {source}: nothing has been stored yet")
    with _opened(source) as connection:
        connections.copy(connection, target)


def mend_copy(path: Path, clock: Clock) -> None:
    """Make sure that the database at `path`, which nobody uses, is whole, and bring its tables up to date.

    Raises StoreUnavailableError if it is not whole, StoreVersionError if a newer Autoscan wrote it.
    """
    with _opened(path) as connection:
        problem = connections.damage(connection)
    if problem:
        raise StoreUnavailableError(f"the copy is damaged ({problem}): take an earlier one")
    store = Store(path, clock, old_queues=())
    try:
        store.prepare()
    finally:
        store.dispose()


@contextmanager
def _opened(path: Path) -> Iterator[connections.Plain]:
    """Give a connection to the file at `path` and close it; turn what goes wrong into StoreUnavailableError."""
    try:
        with closing(connections.open_plain(path, busy_timeout=PATIENCE, wal=None)) as connection:
            yield connection
    except dialect.ERRORS as error:
        raise StoreUnavailableError(f"{path}: {dialect.advice(error)}") from error
