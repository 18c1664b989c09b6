"""A simulated server's own time: the test's clock, faster, set forward, and perhaps wrong."""

from autoscan.clock import Clock


class ServerTime:
    """Seconds since 1970 as the server lives them; `rate` of them pass in one second of the test's clock."""

    def __init__(self, clock: Clock, rate: float) -> None:
        self._clock = clock
        self._rate = rate
        self._mark = clock.monotonic()
        self._at_mark = clock.now().timestamp()

    def now(self) -> float:
        """Return the server's time."""
        return self._at_mark + (self._clock.monotonic() - self._mark) * self._rate

    def wall(self) -> float:
        """Return the time of the test's clock."""
        return self._clock.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Let time pass for the server alone."""
        self._at_mark += seconds

    def run_at(self, rate: float) -> None:
        """Go on at another speed."""
        self._at_mark, self._mark, self._rate = self.now(), self._clock.monotonic(), rate

    @property
    def runs_by_itself(self) -> bool:
        """Tell whether time passes without a test turning it."""
        return type(self._clock) is Clock
