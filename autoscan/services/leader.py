"""Election, watchdog and stop of the one process that runs the background jobs."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from autoscan.clock import Clock
from autoscan.errors import AutoscanError
from autoscan.services.lock import LeaderLock
from autoscan.services.runner import Bell, Job, Runner

log = logging.getLogger(__name__)

#: Seconds between two tries for the lock, and between two looks of the watchdog.
PAUSE = 0.5
#: Seconds to wait after a term that failed to begin.
FAILED_PAUSE = 1.0
#: Seconds without a tick of a job after which this process ends.
PATIENCE = 60.0
#: Seconds that jobs get to end their step, so that `stop()` keeps its five seconds.
FAREWELL = 4.0
#: A watchdog that itself did not run for so many seconds was stopped with the whole process, and blames nobody.
NAP = 5.0


def kill_this_process() -> None:
    """End this process at once; whoever waits for the lock takes over."""
    os.kill(os.getpid(), signal.SIGKILL)


class Services:
    """Tries to lead from `start()` to `stop()`; while it leads, runs a thread for each job.

    `make_jobs` is called when this process becomes the leader, after `recover`. While it leads, `on_tick` is told twice
    a second for how many seconds the most silent job gave no sign of life. To be started after the fork.
    """

    def __init__(  # noqa: PLR0913 - the worker gives each by its name
        self,
        *,
        lock_path: Path,
        make_jobs: Callable[[], Sequence[Job]],
        recover: Callable[[], None],
        clock: Clock,
        on_stall: Callable[[], None] = kill_this_process,
        patience: float = PATIENCE,
        on_tick: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._lock = LeaderLock(lock_path)
        self._make_jobs = make_jobs
        self._recover = recover
        self._clock = clock
        self._on_stall = on_stall
        self._patience = patience
        self._on_tick = on_tick
        self._stop = threading.Event()
        self._said = ""
        self._thread = threading.Thread(target=self._run, name="leader", daemon=True)
        #: Whether this process runs the jobs at the moment.
        self.leading = False
        #: Whether `stop()` was called. A signal handler reads it: it must not touch the event while somebody else does.
        self.stopping = False

    def start(self) -> None:
        """Begin to try for the leadership, in a thread."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> bool:
        """End the jobs and give the leadership back; tell whether all was over within `seconds`.

        A job that hangs keeps the lock until the process ends: two leaders would be worse than none.
        """
        self.ask_to_stop()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def ask_to_stop(self) -> None:
        """As `stop()`, without waiting."""
        if not self.stopping:
            self.stopping = True
            self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._campaign()
            self._clock.wait(pause, self._stop)
        self._let_go()

    def _campaign(self) -> float:
        """Try once to lead, and lead until it is over; return the seconds to wait before the next try."""
        try:
            if not self._lock.acquire():
                return PAUSE
            self._lead()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next try may work, here or elsewhere
            self._complain(error)
            self._let_go()
            return FAILED_PAUSE
        self._let_go()
        return PAUSE

    def _let_go(self) -> None:
        """Give the lock back, unless a job that hangs still needs it."""
        if not self.leading:
            self._lock.release()

    def _lead(self) -> None:
        self._recover()
        ending, bell = threading.Event(), Bell()
        runners = [Runner(job, self._clock, ending, bell) for job in self._make_jobs()]
        log.info("this worker runs the background jobs now", extra={"state": "leader"})
        self.leading = True
        self._said = ""
        try:
            for runner in runners:
                runner.start()
            self._watch(runners)
        finally:
            ending.set()
            bell.ring()
            self._step_down(runners)

    def _watch(self, runners: Sequence[Runner]) -> None:
        """Return when it is time to stop or the lock file was replaced; end the process when a job hangs."""
        looked = self._clock.monotonic()
        while not self._clock.wait(PAUSE, self._stop):
            if not self._lock.is_held():
                log.error("%s was removed or replaced; this worker stops leading", self._lock.path)
                return
            now = self._clock.monotonic()
            if now - looked > NAP:
                _forgive(runners)
            looked = now
            self._on_tick(max((runner.silence() for runner in runners), default=0.0))
            silent = [runner for runner in runners if runner.silence() > self._patience]
            if silent:
                self._give_up(silent[0].name)
                _forgive(runners)

    def _step_down(self, runners: Sequence[Runner]) -> None:
        deadline = self._clock.monotonic() + FAREWELL
        ended = [runner.join(deadline - self._clock.monotonic()) for runner in runners]
        if all(ended):
            self.leading = False
            log.info("this worker no longer runs the background jobs", extra={"state": "follower"})
        elif not self._stop.is_set():
            self._give_up(runners[ended.index(False)].name)

    def _give_up(self, name: str) -> None:
        """Write the one line and end the process. Writing may hang as well (a full pipe), so it gets 2 s."""
        text = "%s gave no sign of life for %d s: this worker ends, so that another takes over"
        writer = threading.Thread(target=log.critical, args=(text, name, self._patience), daemon=True)
        writer.start()
        writer.join(2.0)
        self._on_stall()

    def _complain(self, error: Exception) -> None:
        """Write why this process cannot lead, once for each reason."""
        text = f"{type(error).__name__}: {error}"
        if text != self._said:
            self._said = text
            trace = None if isinstance(error, AutoscanError) else error
            log.error("this worker cannot run the background jobs: %s", text, exc_info=trace)


def _forgive(runners: Sequence[Runner]) -> None:
    for runner in runners:
        runner.tick()
