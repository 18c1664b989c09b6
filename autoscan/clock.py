"""Time as an argument: everything that asks or waits for time is given a `Clock`."""

import threading
import time
from datetime import UTC, datetime


class Clock:
    """The machine's time. Tests pass a subclass whose time they turn themselves."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic(self) -> float:
        """Return seconds that never jump, for measuring how long something took."""
        return time.monotonic()

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait `seconds`, or until `stop` is set; tell whether it was set."""
        return stop.wait(seconds)
