"""Keep the books: list what is new, forget events and ended scans whose time has come."""

from datetime import datetime, timedelta

from autoscan.clock import Clock
from autoscan.store import Queue


class Janitor:
    """Lists, or deletes, a slice a step, so that no webhook waits for the database."""

    name = "janitor"
    #: Seconds between two rounds of forgetting, and between two looks for what is new.
    PAUSE = 600
    LIST_PAUSE = 2
    #: Seconds between two steps.
    calm = float(LIST_PAUSE)

    def __init__(self, *, queue: Queue, clock: Clock, event_days: int, history_days: int) -> None:
        self._queue = queue
        self._clock = clock
        self._keep_events = timedelta(days=event_days)
        self._keep_history = timedelta(days=history_days)
        self._next = self._next_listing = clock.now()

    def step(self) -> bool:
        """List one slice of what is new, else delete one of what is past its time; rest once there is none left."""
        now = self._clock.now()
        return self._list(now) or self._forget(now)

    def close(self) -> None:
        """Hold nothing, give back nothing."""

    def _list(self, now: datetime) -> bool:
        if now < self._next_listing:
            return False
        more = self._queue.list_arrears()
        if not more:
            self._next_listing = now + timedelta(seconds=self.LIST_PAUSE)
        return more

    def _forget(self, now: datetime) -> bool:
        if now < self._next:
            return False
        deleted = self._queue.clean(now - self._keep_events, now - self._keep_history)
        if not deleted:
            self._next = now + timedelta(seconds=self.PAUSE)
        return bool(deleted)
