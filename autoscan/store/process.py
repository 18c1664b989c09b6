"""What one process has opened of the database; no fork may go on with it."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakMethod

from sqlalchemy import Engine, Pool

from autoscan.store.connections import Plain

#: Connections of the driver's own that are kept.
KEPT = 4


class Process:
    """What one process has opened; a child of a fork gets its own."""

    def __init__(self, engine: Callable[[], Engine], plain: Callable[[], Plain]) -> None:
        self._make_engine = engine
        self._engine: Engine | None = None
        self._open_plain = plain
        #: Connections for looks and webhooks, open as long as the process.
        self._kept: list[Plain] = []
        #: Threads of one process queue here in fair order; SQLite's own waiting is by chance.
        self.writing = threading.Lock()
        self._making = threading.Lock()
        #: Whether the last transaction that wanted to write could.
        self.writable = True
        #: Transactions under way; a fork meanwhile makes a child that must not use the database.
        self.running: set[object] = set()
        self.forked_while_running = False
        #: What transactions that were under way during a fork give their connections back to.
        self._left: list[Pool] = []

    @property
    def engine(self) -> Engine:
        """Return SQLAlchemy's engine; a process that only takes webhooks never makes one, which saves megabytes."""
        with self._making:
            if self._engine is None:
                self._engine = self._make_engine()
            return self._engine

    def look_out_for_forks(self) -> None:
        """Have the system call `before_fork` for as long as this object lives."""
        _call_before_fork(WeakMethod(self.before_fork))

    def before_fork(self) -> None:
        """Close what is open: SQLite would take the parent's locks for the child's own, which the system does not."""
        self._let_go()
        self.forked_while_running = bool(self.running)
        if self._engine is not None:
            if self.forked_while_running:
                self._left.append(self._engine.pool)
            self._engine.dispose()

    def close(self) -> None:
        """Close all connections."""
        self._let_go()
        if self._engine is not None:
            self._engine.dispose()
        while self._left:
            self._left.pop().dispose()

    @contextmanager
    def lent(self) -> Iterator[Plain]:
        """Give a connection that is kept afterwards; after an error it is closed, which takes back what it wrote."""
        try:
            connection = self._kept.pop()
        except IndexError:
            connection = self._open_plain()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._kept) < KEPT:
            self._kept.append(connection)
        else:
            connection.close()

    def _let_go(self) -> None:
        while self._kept:
            self._kept.pop().close()


def _call_before_fork(method: WeakMethod[Callable[[], None]]) -> None:
    """Have the system call `method` for as long as its object lives."""

    def call() -> None:
        alive = method()
        if alive is not None:
            alive()

    os.register_at_fork(before=call)
