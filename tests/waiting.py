"""Waiting for what other threads and processes do, with a deadline instead of a guess."""

import threading
import time
from collections.abc import Callable

from autoscan.clock import Clock


def wait_until(condition: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """Return once `condition()` holds; fail if it does not within `seconds`."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        never.wait(0.02)


class QuickClock(Clock):
    """The machine's time, many times as fast, so that threads run as they would while a minute takes a second."""

    def __init__(self, speed: float = 50.0) -> None:
        self._speed = speed

    def monotonic(self) -> float:
        """Return sped-up seconds."""
        return time.monotonic() * self._speed

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait the sped-up `seconds`, or until `stop` is set."""
        return stop.wait(seconds / self._speed)
