"""Bring the tables to the form this version works with, one process at a time."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError, StoreVersionError
from autoscan.store import connections, dialect
from autoscan.store.migrations import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "alembic_version"
MIGRATIONS = Path(__file__).parent / "migrations"

#: Seconds to wait for another process that migrates, and between two looks.
PATIENCE = 30
PAUSE = 0.05


@contextmanager
def one_at_a_time(lock_path: Path, clock: Clock) -> Iterator[None]:
    """Hold the lock file at `lock_path`; the kernel frees it when this process ends, however it ends.

    Raises StoreUnavailableError if another process holds it for 30 s.
    """
    handle = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, lock_path, clock)
        yield
    finally:
        os.close(handle)


def migrate(engine: Engine, scripts: Path = MIGRATIONS, head: str = HEAD) -> None:
    """Apply the migrations that are due, all or none of them.

    Alembic is imported only then: it is of no use to a worker that starts. Raises StoreVersionError when the tables
    are of a version that is not among `scripts`.
    """
    with engine.connect() as connection:
        found = connections.tables_version(connection, VERSION_TABLE)
        connection.rollback()
        if found == head:
            return
        # It ends with the migration, so that nobody gets a connection without foreign keys from the pool.
        connection.detach()
        connection.exec_driver_sql(dialect.WITHOUT_FOREIGN_KEYS)
        connection.rollback()
        connection.exec_driver_sql(connections.BEGIN_WRITE)
        _upgrade(connection, scripts, found, head)
        connection.commit()


def _lock(handle: int, lock_path: Path, clock: Clock) -> None:
    give_up_at = clock.monotonic() + PATIENCE
    never = threading.Event()
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock.monotonic() >= give_up_at:
                raise StoreUnavailableError(
                    f"another process has prepared the database for {PATIENCE} s ({lock_path}): end it, or wait for it"
                ) from None
            clock.wait(PAUSE, never)
        else:
            return


def check_version(found: str) -> None:
    """Raise StoreVersionError when the version `found` is not among those that this program knows."""
    if found != HEAD:
        from alembic.config import Config  # noqa: PLC0415 - see `migrate`

        _check_version(_pointed_at(Config(), MIGRATIONS), found)


def _upgrade(connection: Connection, scripts: Path, found: str | None, head: str) -> None:
    from alembic import command  # noqa: PLC0415 - see `migrate`

    config = _config(connection, scripts)
    if found is not None:
        _check_version(config, found)
    command.upgrade(config, head)
    broken = connection.execute(dialect.BROKEN_FOREIGN_KEYS).first()
    if broken is not None:
        raise StoreUnavailableError(f"the database does not hold together ({tuple(broken)}): restore a copy of it")


def _check_version(config: "Config", found: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see `migrate`

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found not in known:
        raise StoreVersionError(
            f"the database was written by a newer Autoscan (its version is {found}, this one knows up to {max(known)}):"
            " start that newer Autoscan again, or restore the copy of the database from before the upgrade"
        )


def _config(connection: Connection, scripts: Path) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see `migrate`

    config = _pointed_at(Config(), scripts)
    config.attributes["connection"] = connection
    return config


def _pointed_at(config: "Config", scripts: Path) -> "Config":
    # The parser takes a single % for the start of a reference.
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
