"""Keep the books: list what is new, forget events and ended scans whose time has come."""

from datetime import timedelta

from autoscan.clock import Clock
from autoscan.store import Queue


class Janitor:
    """Lists, or deletes, a slice a step, so that no webhook waits for the database."""

    name = "janitor"
    #: Seconds between two rounds of forgetting, and between two looks for what is new.
    PAUSE = 600
    LOOK = 1
    #: Seconds for which listing waits while events still come: pages show them anyway, and whoever sends them waits.
    PATIENCE = 15
    #: Seconds between two steps.
    calm = float(LOOK)

    def __init__(self, *, queue: Queue, clock: Clock, event_days: int, history_days: int) -> None:
        self._queue = queue
        self._clock = clock
        self._keep_events = timedelta(days=event_days)
        self._keep_history = timedelta(days=history_days)
        self._next_round = self._next_look = clock.monotonic()
        #: The newest event at the last look, and since when something has waited to be listed.
        self._newest: int | None = None
        self._unlisted_since: float | None = None

    def step(self) -> bool:
        """List one slice of what is new, else delete one of what is past its time; rest once there is none left."""
        now = self._clock.monotonic()
        return self._list(now) or self._forget(now)

    def close(self) -> None:
        """Hold nothing, give back nothing."""

    def _list(self, now: float) -> bool:
        if now < self._next_look:
            return False
        if self._may_list(now):
            self._queue.list_arrears()
            return True
        self._next_look = now + self.LOOK
        return False

    def _may_list(self, now: float) -> bool:
        """Tell whether something is to be listed, and no event came since the last look, or there is no end of them."""
        newest, before = self._queue.newest_unlisted(), self._newest
        self._newest = newest
        if newest is None:
            self._unlisted_since = None
            return False
        if self._unlisted_since is None:
            self._unlisted_since = now
        return newest == before or now >= self._unlisted_since + self.PATIENCE

    def _forget(self, now: float) -> bool:
        if now < self._next_round:
            return False
        until = self._clock.now()
        deleted = self._queue.clean(until - self._keep_events, until - self._keep_history)
        if not deleted:
            self._next_round = now + self.PAUSE
        return bool(deleted)
