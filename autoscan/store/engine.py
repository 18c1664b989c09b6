"""The database itself: connections that no fork shares, short transactions, and one error for all that can go wrong."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from autoscan.clock import Clock
from autoscan.errors import BadRequestError, StoreUnavailableError
from autoscan.store import connections, dialect, mending, migrating, mounts
from autoscan.store.connections import Either, Plain
from autoscan.store.hot import translate_all
from autoscan.store.legacy import import_old_queues
from autoscan.store.migrations import HEAD
from autoscan.store.process import Process

#: Every transaction that changes anything makes this number larger, so that pages know when to look again.
COUNT_CHANGE = "UPDATE marks SET number = number + 1 WHERE name = 'change'"
UNPREPARED = "it has no tables: it has not been prepared; start Autoscan's server once"
#: The part of `busy_timeout` that a thread waits for its turn to write.
TURN = 1 / 2
#: The same while the last transaction of this process could not be written: one thread tries, the others need not
#: wait as long again, one after the other, while those who sent them an event wait for all of them.
HASTY_TURN = 1 / 16


class Store:
    """The database file at `path`. Nothing is opened until it is used.

    `busy_timeout` is how many seconds a transaction waits for another process. `old_queues` are the places where
    earlier programs may have left a `queue.db`; by default the folder of `path`. `run_dir` is a folder for lock files
    in case `path` lies on a network file system, and `mountinfo` the text that tells (default: what Linux says).
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        busy_timeout: float = 4.0,
        old_queues: Sequence[Path] | None = None,
        run_dir: Path | None = None,
        mountinfo: str | None = None,
    ) -> None:
        self.path = path
        self.clock = clock
        self._busy_timeout = busy_timeout
        self._old_queues = (path.parent / "queue.db",) if old_queues is None else tuple(old_queues)
        self._run_dir = run_dir
        self._mountinfo = mountinfo
        self._found: tuple[str, ...] = ()
        #: By process id, so that a fork starts with nothing; what the parent had stays referenced, i.e. unclosed.
        self._processes: dict[int, Process] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what the operator should change, in plain words; complete once `prepare()` has run."""
        found = (*self._found, *mending.warnings(self._resolved))
        return (*mounts.network_warnings(self.path, self._network_type), *found)

    @property
    def lock_path(self) -> Path:
        """Return the file that the leader locks: beside the database, or local where that is on a network.

        Raises StoreUnavailableError if there is no local folder for it.
        """
        if self._network_type is None:
            return self._resolved.with_name(f"{self.path.name}.leader.lock")
        return mounts.run_dir(self._run_dir, os.getuid()) / mounts.lock_name(self._resolved)

    def prepare(self) -> None:
        """Bring the tables up to date and read the old queue once; safe for any number of processes at once.

        A process that begins judges besides whether the database is damaged (see `mending`). Raises
        StoreUnavailableError when all that is not possible within about half a minute, StoreVersionError when the
        database was written by a newer Autoscan.
        """
        with self._translated():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._keep_to_owner()
            lock = self.lock_path.with_suffix(".prepare.lock")
            with migrating.one_at_a_time(lock, self.clock):
                self._make_tables()
                unread = import_old_queues(self, self._old_queues)
                with self.look() as connection:
                    mode = connections.journal_mode(connection)
        wanted = "wal" if self._network_type is None else "delete"
        self._found = (*mounts.journal_warnings(self.path, mode, wanted), *unread)

    def translate(self) -> None:
        """Do beforehand, without opening anything, what else the first webhook does."""
        translate_all()

    def ping(self) -> None:
        """Read from the database. Raises StoreUnavailableError if it does not answer."""
        with self.look() as connection:
            if connections.tables_version(connection, migrating.VERSION_TABLE) is None:
                raise StoreUnavailableError(f"{self.path}: {UNPREPARED}")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that is committed, and on disk, when the block ends without an exception.

        Raises StoreUnavailableError if the database cannot be written within one and a half times `busy_timeout`,
        BadRequestError for values that no database takes: text with lone surrogates, integers beyond 64 bits.
        """
        with self._turn(), self._connected() as connection, self._written(connection):
            yield connection

    @contextmanager
    def write_hot(self) -> Iterator[Plain]:
        """Do what `write` does, for statements of `Hot` alone."""
        with self._turn(), self.look() as connection, self._written(connection):
            yield connection

    @property
    def failed_last(self) -> bool:
        """Tell whether the last transaction of this process that wanted to write could not."""
        return not self._process().writable

    @contextmanager
    def trial(self, seconds: float, *, commit: bool) -> Iterator[Connection]:
        """Give a transaction as `write` does, which is taken back at its end unless `commit`.

        Raises StoreUnavailableError if the database cannot be written within `seconds`; others of this process that
        wait for their turn to write are not waited for.
        """
        with self._connected() as connection:
            connections.set_patience(connection, seconds)
            connection.detach()
            connections.run(connection, connections.BEGIN_WRITE)
            yield connection
            if commit:
                connections.commit(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a view of one moment. Raises StoreUnavailableError if the database does not answer."""
        with self._connected() as connection:
            connections.run(connection, connections.BEGIN_READ)
            yield connection

    @contextmanager
    def look(self) -> Iterator[Plain]:
        """Give a connection that is kept open, for one statement of `Hot` that reads. Raises StoreUnavailableError.

        Jobs look many times a second, each time with memory that others have used meanwhile: what `read` does around a
        statement takes them longer than the statement.
        """
        process, token = self._process(), object()
        process.running.add(token)
        try:
            with self._translated(), process.lent() as connection:
                yield connection
        finally:
            process.running.discard(token)

    def dispose(self) -> None:
        """Close this process's connections; the next use opens new ones."""
        process = self._processes.pop(os.getpid(), None)
        if process is not None:
            process.close()

    def _keep_to_owner(self) -> None:
        """Let nobody else read the file, which holds credentials; those that SQLite puts beside it get its mode."""
        with suppress(FileExistsError):
            self._resolved.touch(0o600, exist_ok=False)
        # It is no error where somebody else owns it; and it is not opened: to close it would end SQLite's locks.
        with suppress(OSError):
            self._resolved.chmod(0o600)

    def _make_tables(self) -> None:
        begins = os.getpid() not in self._processes
        if begins:
            mending.mend(self._resolved, self.clock)
        try:
            if not self._is_current():
                migrating.migrate(self._process().engine)
        except dialect.ERRORS as error:
            if not begins or not dialect.is_damage(error):
                raise
            self.dispose()
            mending.suspect(self._resolved)
            mending.mend(self._resolved, self.clock)
            migrating.migrate(self._process().engine)

    def _is_current(self) -> bool:
        with self._process().lent() as connection:
            return connections.tables_version(connection, migrating.VERSION_TABLE) == HEAD

    def _process(self) -> Process:
        process = self._processes.get(os.getpid())
        return self._open() if process is None else process

    def _open(self) -> Process:
        if any(parent.forked_while_running for parent in self._processes.values()):
            raise StoreUnavailableError(
                f"{self.path}: this process was forked in the middle of a transaction; start it again"
            )
        if mending.is_under_way(self._resolved):
            raise StoreUnavailableError(
                f"{self.path} was damaged and is being replaced; if that lasts, restart Autoscan"
            )
        how: dict[str, Any] = {"busy_timeout": self._busy_timeout, "wal": self._network_type is None}
        opened = Process(
            engine=partial(connections.open_engine, self._resolved, **how),
            plain=partial(connections.open_plain, self._resolved, **how),
        )
        # Two threads may both come here; `setdefault` keeps the first, and the other has opened nothing.
        process = self._processes.setdefault(os.getpid(), opened)
        if process is opened:
            process.look_out_for_forks()
        return process

    @contextmanager
    def _turn(self) -> Iterator[None]:
        process = self._process()
        patience = self._busy_timeout * (TURN if process.writable else HASTY_TURN)
        if not process.writing.acquire(timeout=patience):
            raise StoreUnavailableError(f"{self.path} is busy: too many threads wait to write; look at its disk")
        try:
            yield
            process.writable = True
        except StoreUnavailableError:
            process.writable = False
            raise
        finally:
            process.writing.release()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        process, token = self._process(), object()
        process.running.add(token)
        try:
            with self._translated(), process.engine.connect() as connection:
                yield connection
        finally:
            process.running.discard(token)

    @contextmanager
    def _written(self, connection: Either) -> Iterator[None]:
        connections.begin_write(connection, self._busy_timeout)
        before = connections.changes(connection)
        yield
        if connections.changes(connection) != before:
            connections.run(connection, COUNT_CHANGE)
        connections.commit(connection)

    @cached_property
    def _resolved(self) -> Path:
        return self.path.resolve()

    @cached_property
    def _network_type(self) -> str | None:
        mountinfo = mounts.read_mountinfo() if self._mountinfo is None else self._mountinfo
        return mounts.network_type(self._resolved, mountinfo)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except dialect.ERRORS as error:
            if not dialect.is_unavailable(error):
                raise
            if dialect.is_damage(error):
                mending.suspect(self._resolved)
            raise StoreUnavailableError(f"{self.path}: {dialect.advice(error)}") from error
        except OSError as error:
            raise StoreUnavailableError(f"{self.path}: {error}; make its folder writable") from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise BadRequestError(f"a value cannot be stored: {error}") from error
