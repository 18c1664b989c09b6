"""What one process has opened of the database; no fork may go on with it."""

import os
import threading
from collections.abc import Callable
from weakref import WeakMethod

from sqlalchemy import Connection, Engine, Pool

#: Connections that are kept for looks.
KEPT = 2


class Process:
    """What one process has opened; a child of a fork gets its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        #: Threads of one process queue here in fair order; SQLite's own waiting is by chance.
        self.writing = threading.Lock()
        #: Whether the last transaction that wanted to write could.
        self.writable = True
        #: Transactions under way; a fork meanwhile makes a child that must not use the database.
        self.running: set[object] = set()
        self.forked_while_running = False
        #: Connections for looks, open as long as the process.
        self._kept: list[Connection] = []
        #: What transactions that were under way during a fork give their connections back to.
        self._left: list[Pool] = []

    def look_out_for_forks(self) -> None:
        """Have the system call `before_fork` for as long as this object lives."""
        _call_before_fork(WeakMethod(self.before_fork))

    def before_fork(self) -> None:
        """Close what is open: SQLite would take the parent's locks for the child's own, which the system does not."""
        self._let_go()
        self.forked_while_running = bool(self.running)
        if self.forked_while_running:
            self._left.append(self.engine.pool)
        self.engine.dispose()

    def close(self) -> None:
        """Close all connections."""
        self._let_go()
        self.engine.dispose()
        while self._left:
            self._left.pop().dispose()

    def lend(self) -> Connection:
        """Return a connection for a look."""
        try:
            return self._kept.pop()
        except IndexError:
            return self.engine.connect()

    def take_back(self, connection: Connection) -> None:
        """Keep a connection for the next look; some are enough."""
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
