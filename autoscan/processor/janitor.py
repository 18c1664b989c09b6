"""Forget events and ended scans whose time has come."""

from datetime import timedelta

from autoscan.clock import Clock
from autoscan.store import Queue


class Janitor:
    """Deletes a slice a step, so that no webhook waits for the database."""

    name = "janitor"
    #: Seconds between two rounds.
    PAUSE = 600

    def __init__(self, *, queue: Queue, clock: Clock, event_days: int, history_days: int) -> None:
        self._queue = queue
        self._clock = clock
        self._keep_events = timedelta(days=event_days)
        self._keep_history = timedelta(days=history_days)
        self._next = clock.now()

    def step(self) -> bool:
        """Delete one slice of what is past its time; rest for a while once there is none left."""
        now = self._clock.now()
        if now < self._next:
            return False
        deleted = self._queue.clean(now - self._keep_events, now - self._keep_history)
        if not deleted:
            self._next = now + timedelta(seconds=self.PAUSE)
        return bool(deleted)

    def close(self) -> None:
        """Hold nothing, give back nothing."""
