"""Time that a test turns itself: nothing here ever sleeps."""

import threading
from datetime import UTC, datetime, timedelta

from autoscan.clock import Clock

#: Where a test begins unless it says otherwise.
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class VirtualClock(Clock):
    """A clock that stands still until a test advances it, or something waits; safe for many threads."""

    def __init__(self, start: datetime = START) -> None:
        self._lock = threading.Lock()
        self._start = start
        self._passed = self._jumped = timedelta()

    def now(self) -> datetime:
        """Return the virtual time, aware and in UTC."""
        with self._lock:
            return self._start + self._passed + self._jumped

    def monotonic(self) -> float:
        """Return the seconds that have passed since the start."""
        with self._lock:
            return self._passed.total_seconds()

    def advance(self, seconds: float) -> datetime:
        """Let `seconds` pass and return the new time."""
        with self._lock:
            self._passed += timedelta(seconds=seconds)
        return self.now()

    def jump(self, seconds: float) -> None:
        """Tell another time all of a sudden, while seconds go on as they did."""
        with self._lock:
            self._jumped += timedelta(seconds=seconds)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Let `seconds` pass at once; tell whether `stop` is set."""
        self.advance(seconds)
        return stop.is_set()
