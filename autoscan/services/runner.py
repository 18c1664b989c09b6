"""One thread that repeats one job's `step()`, and the pulse that shows it alive."""

import logging
import threading
from typing import Protocol

from autoscan.clock import Clock
from autoscan.errors import AutoscanError

log = logging.getLogger(__name__)

#: Seconds to wait after a step that found nothing to do.
IDLE_PAUSE = 0.25
#: The least and the most of it where the job says how long.
LEAST_PAUSE, CALMEST = 0.01, 10.0
#: Seconds to wait after a step that failed.
ERROR_PAUSE = 1.0
#: Seconds for which the same error of the same job is not written again.
REPEAT_ERROR = 60.0


class Job(Protocol):
    """Something the leader does for ever, a step at a time."""

    name: str

    def step(self) -> bool:
        """Do one thing and tell whether there was anything to do."""

    def close(self) -> None:
        """Give back what the job holds outside the database."""


class Bell:
    """Ends the pauses of all jobs of one leader: one of them has work for the others, or all are to stop."""

    def __init__(self) -> None:
        self._rung: list[threading.Event] = []

    def hang(self) -> threading.Event:
        """Return an event for one more job, set whenever the bell rings."""
        self._rung.append(threading.Event())
        return self._rung[-1]

    def ring(self) -> None:
        """End all pauses."""
        for rung in self._rung:
            rung.set()


class Runner:
    """Repeats one job until told to stop. An error is written and the job goes on."""

    def __init__(self, job: Job, clock: Clock, stop: threading.Event, bell: Bell) -> None:
        self.name = job.name
        self.bell = bell
        self._rung = bell.hang()
        self._job = job
        self._clock = clock
        self._stop = stop
        self._ticked = clock.monotonic()
        self._errors = _Errors(clock)
        self._thread = threading.Thread(target=self._run, name=f"job {job.name}", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait at most `seconds` for the job to end and tell whether it has."""
        if self._thread.ident is not None:
            self._thread.join(max(seconds, 0.0))
        return not self._thread.is_alive()

    def tick(self) -> None:
        """Note that the job is alive."""
        self._ticked = self._clock.monotonic()

    def silence(self) -> float:
        """Return the seconds since the job last gave a sign of life."""
        return self._clock.monotonic() - self._ticked

    def _run(self) -> None:
        _here.runner = self
        try:
            while not self._stop.is_set():
                self.tick()
                pause = self._step()
                self.tick()
                if pause:
                    self._clock.wait(pause, self._rung)
                    # Before the next step, so that it sees whatever the bell was rung for.
                    self._rung.clear()
        finally:
            self._close()

    def _step(self) -> float:
        """Do one step and return the seconds to wait before the next."""
        try:
            return 0.0 if self._job.step() else self._rest()
        except Exception as error:  # noqa: BLE001 - one job's error must end neither it nor the others
            self._errors.write(self.name, error)
            return ERROR_PAUSE

    def _rest(self) -> float:
        """Return the seconds to wait for work.

        A job may say by its `calm` how many seconds may pass between two of its steps, and by its `rest` how many until
        it will have something to do, as far as it knows.
        """
        usual = min(getattr(self._job, "calm", IDLE_PAUSE), CALMEST)
        return max(LEAST_PAUSE, min(usual, getattr(self._job, "rest", usual)))

    def _close(self) -> None:
        try:
            self._job.close()
        except Exception as error:  # noqa: BLE001 - as above; the thread ends either way
            self._errors.write(self.name, error)


class _Errors:
    """Writes a job's errors, but not the same one over and over: a full disk must not fill up faster."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = ""
        self._written = 0.0

    def write(self, name: str, error: Exception) -> None:
        """Write `error`, with its traceback if it is a bug, unless it was written within the last minute."""
        text = f"{type(error).__name__}: {error}"
        now = self._clock.monotonic()
        if text == self._last and now - self._written < REPEAT_ERROR:
            return
        self._last, self._written = text, now
        if isinstance(error, AutoscanError):
            log.error("%s failed and is tried again: %s", name, text)
        else:
            log.error("%s failed and is tried again: %s (this is a bug, please report it)", name, text, exc_info=error)


class _Here(threading.local):
    """The runner of the current thread, if it is a job's."""

    runner: Runner | None = None


_here = _Here()


def beat() -> None:
    """Tell the watchdog that this thread's job is alive, within a step that takes long; elsewhere do nothing."""
    if _here.runner is not None:
        _here.runner.tick()


def wake() -> None:
    """Have the other jobs of this thread's leader look at once whether there is work for them; elsewhere do nothing."""
    if _here.runner is not None:
        _here.runner.bell.ring()
