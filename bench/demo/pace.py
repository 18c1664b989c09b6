"""The demo's time: short pauses, until it is over, takes too long, or somebody ends it."""

import signal
import threading
from types import FrameType

from autoscan.clock import Clock

#: Seconds between two looks.
PAUSE = 0.1


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class EndedError(Exception):
    """Somebody ended the demo by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        #: The exit code that shells give to it.
        self.code = 128 + number


class Pace:
    """Pauses between looks. A signal ends the demo in a pause, never in the middle of starting or ending something."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._begun = clock.monotonic()
        self._never = threading.Event()
        self._signal = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def begin(self) -> None:
        """Count the seconds from now on."""
        self._begun = self.clock.monotonic()

    @property
    def seconds(self) -> float:
        """Return the seconds so far."""
        return self.clock.monotonic() - self._begun

    def pause(self) -> None:
        """Wait a moment. Raises EndedError if somebody ends the demo."""
        self.clock.wait(PAUSE, self._never)
        if self._signal:
            raise EndedError(self._signal)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signal = self._signal or number
