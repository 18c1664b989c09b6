"""Notice that the machine's clock was set back.

What is due is kept as a moment, so that it outlives a restart; after a step back of an hour everything would wait an
hour longer. A step ahead needs nothing: what waits is due a little early, and what is under way is looked at once more
before it is given up.
"""

import logging
from datetime import timedelta

from autoscan.clock import Clock
from autoscan.store import Queue

log = logging.getLogger(__name__)

#: Smaller steps are left alone: the clock is only corrected.
LEAST = timedelta(seconds=10)


class Jumps:
    """Compares the clock's time with the seconds that passed."""

    def __init__(self, queue: Queue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._last = clock.now()
        self._at = clock.monotonic()

    def follow(self) -> None:
        """Make what waits earlier if the clock was set back since the last call."""
        now, at = self._clock.now(), self._clock.monotonic()
        back = self._last + timedelta(seconds=at - self._at) - now
        if back >= LEAST:
            log.warning("the clock was set back by %d s; what waits is due so much earlier", back.total_seconds())
            self._queue.set_back(back)
        self._last, self._at = now, at
