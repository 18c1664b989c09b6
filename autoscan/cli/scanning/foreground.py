"""Repeat jobs in the foreground: each in a thread of its own, so that a server that hangs holds nobody else."""

import threading
from collections.abc import Sequence
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress

from autoscan.clock import Clock
from autoscan.errors import AutoscanError
from autoscan.services import Job

#: Seconds, of the machine's time, to wait for steps under way before those that are done go on.
PATIENCE = 0.25
#: Seconds to wait when there was nothing to do: so large a part of the time passed, within these bounds.
SHORTEST, LONGEST, PART = 0.25, 60.0, 0.05


class Foreground:
    """Steps `jobs` until nobody calls `round` any more. What a job raises comes out of `round`."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs = tuple(jobs)
        self._clock = clock
        self._began = clock.monotonic()
        self._never = threading.Event()
        self._running: dict[str, Future[bool]] = {}

    def round(self, most: float = LONGEST) -> None:
        """Let every job that is free take a step; if none had anything to do, wait a little, `most` seconds at most."""
        for job in self._jobs:
            if job.name not in self._running:
                self._running[job.name] = _begin(job)
        futures.wait(self._running.values(), timeout=PATIENCE)
        done = {name: future for name, future in self._running.items() if future.done()}
        self._running = {name: future for name, future in self._running.items() if name not in done}
        worked = [future.result() for future in done.values()]
        if not any(worked) and not self._running:
            self._clock.wait(min(self._pause(), most), self._never)

    def close(self) -> None:
        """Close every job; a step that is under way ends by itself, or with the program."""
        for job in self._jobs:
            with suppress(AutoscanError):
                job.close()

    def _pause(self) -> float:
        passed = self._clock.monotonic() - self._began
        return max(SHORTEST, min(LONGEST, passed * PART))


def _begin(job: Job) -> Future[bool]:
    future: Future[bool] = Future()
    # A daemon: the end of the program must not wait for a server that does not answer.
    threading.Thread(target=_step, args=(job, future), name=f"job {job.name}", daemon=True).start()
    return future


def _step(job: Job, future: Future[bool]) -> None:
    try:
        future.set_result(job.step())
    except BaseException as error:  # noqa: BLE001 - raised again by whoever asks for the result
        future.set_exception(error)
