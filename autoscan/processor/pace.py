"""Keep what one server is asked within bounds: a burst at once, then so many requests a second."""

from autoscan.clock import Clock
from autoscan.targets.base import Target

#: Requests at once, and a second.
BURST, RATE = 100, 20.0


class Pace:
    """Counts the requests to one server; a step that takes several of them may overdraw, the next ones wait for it."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._left = float(BURST)
        self._at = clock.monotonic()
        self._asked = 0

    def allows(self) -> bool:
        """Tell whether more may be asked now."""
        now, asked = self._clock.monotonic(), self._target.session.exchanges
        self._left = min(BURST, self._left - (asked - self._asked) + (now - self._at) * RATE)
        self._at, self._asked = now, asked
        return self._left > 0
