"""What the simulated servers share: life, time, scans, and what a test asks and turns."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from autoscan.clock import Clock
from tests.servers.answering import Answering
from tests.servers.control import control
from tests.servers.jobs import Job, Scan, Steps, Worker, overlapping
from tests.servers.knobs import Knobs, Library, numbered
from tests.servers.timing import ServerTime
from tests.servers.view import View
from tests.servers.wire import Request, Response, Wire


class FakeServer(Answering):
    """A media server on 127.0.0.1 over real folders.

    `mounts` maps server paths to real folders (or is the one real folder, seen under its own path). As a context
    manager it starts at once and, at the end, raises `AssertionError` for every request that a real server would
    not understand or that Autoscan must never send. With the machine's clock it moves by itself; with a clock that
    a test turns it moves with each request and `tick()`: call that before changing files that a running scan reads.
    """

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        knobs: Knobs,
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(knobs, ServerTime(clock or Clock(), knobs.speed))
        self.view = View(mounts if isinstance(mounts, Mapping) else {str(mounts): Path(mounts)})
        self.libraries = self.number(libraries)
        self.worker = Worker(self._timed_steps)
        self._forgiven = False
        self._wire = Wire(self._receive, self._pump, (knobs.host, port), self.stamp)
        self.prepare()
        self.handlers = self.routes()
        self._obey()

    # ----- life

    @property
    def url(self) -> str:
        """Return the address, with the base path."""
        return f"http://127.0.0.1:{self._wire.port}{self.knobs.base_path}"

    @property
    def port(self) -> int:
        """Return the port, which stays the same over `down`."""
        return self._wire.port

    @property
    def token(self) -> str:
        """Return the token that opens it."""
        return self.knobs.token

    def close(self) -> None:
        """Stop, and raise `AssertionError` for what the callers did wrong."""
        self._closing.set()
        self._wire.close()
        if self.violations and not self._forgiven:
            raise AssertionError(f"{self.product}: " + "\n".join(self.violations))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._forgiven = True  # the test fails for its own reason
        self.close()

    # ----- what a test asks and turns

    def set(self, **changes: Any) -> None:
        """Turn knobs."""
        with self._lock:
            self.tick()
            self.knobs.update(changes)
            if "startup_s" in changes:
                self._ready_at = self.now() + self.knobs.startup_s
            if "speed" in changes:
                self.time.run_at(self.knobs.speed)
            if "mount_lag_s" in changes:
                self.view.set_lag(self.knobs.mount_lag_s)
        self._obey()

    def fail_next(self, match: str = "", *, times: int = 1, **failure: Any) -> None:
        """Let the next requests whose `METHOD /path` holds `match` fail; see `Failure`."""
        with self._lock:
            self._trouble.order(match, times, **failure)

    def forgive(self) -> None:
        """Let the violations so far and to come pass."""
        self._forgiven = True

    def requests(self, match: str = "") -> list[Request]:
        """Return the requests whose `METHOD /path` holds `match`, in order."""
        with self._lock:
            return [request for request in self._requests if match in f"{request.method} {request.path}"]

    def scans(self) -> list[Scan]:
        """Return the scans in the order they were queued."""
        with self._lock:
            self.tick()
            return [job.record() for job in self.worker.jobs]

    def paths(self) -> list[str]:
        """Return the server paths of the media files that the server lists."""
        with self._lock:
            self.tick()
            return sorted(self.listed())

    def overlaps(self) -> list[tuple[Scan, Scan]]:
        """Return pairs of scans of one folder where the second was asked for before the first was over."""
        return overlapping(self.scans())

    def now(self) -> float:
        """Return the server's time in seconds since 1970."""
        return self.time.now()

    def stamp(self) -> float:
        """Return the time as the server tells it, which may be wrong; within a scan, the instant of its step."""
        at = self.worker.time if self.worker.current is not None else self.now()
        return at + self.knobs.clock_skew_s

    def advance(self, seconds: float) -> None:
        """Let the server's own time pass."""
        with self._lock:
            self.time.advance(seconds)
            self.tick()

    def tick(self) -> None:
        """Do everything that is due."""
        with self._lock:
            now = self.now()
            self.progress(now)
            self.view.now = now

    def wait_idle(self) -> None:
        """Let just so much of the server's time pass that nothing is left to do."""
        with self._lock:
            self.tick()
            while (due := self.next_due()) is not None:
                self.advance(max(0.0, due - self.now()))

    def restart(self) -> None:
        """Restart the process: the queue of scans is lost, and the start-up begins."""
        with self._lock:
            self.tick()
            self.worker.drop(self.now())
            self._ready_at = self.now() + self.knobs.startup_s

    # ----- what each product does in its own way

    def number(self, libraries: Sequence[Library]) -> tuple[Library, ...]:
        """Return the libraries with the ids that the product gives them."""
        return numbered(libraries)

    def prepare(self) -> None:
        """Set up what the product knows, before the first request."""

    def bulk(self, count: int, library_id: str = "") -> None:
        """Make many items present at once, without files; scans never miss them."""
        raise NotImplementedError

    def listed(self) -> Iterable[str]:
        """Return the paths of the media files in the database."""
        raise NotImplementedError

    def progress(self, now: float) -> None:
        """Do everything that is due at `now`."""
        self.worker.run(now)

    def next_due(self) -> float | None:
        """Return when something will happen by itself, or None."""
        return self.worker.next_due()

    def steps(self, job: Job) -> Steps:
        """Do a scan, step by step."""
        raise NotImplementedError

    # ----- inside

    def _timed_steps(self, job: Job) -> Steps:
        for pause in self.steps(job):
            yield pause
            self.view.now = self.worker.time

    def _obey(self) -> None:
        self.view.dropped, self.view.case_blind = self.knobs.mount_dropped, self.knobs.case_insensitive
        if self.knobs.down:
            self._wire.stop()
        else:
            self._wire.start()

    def _pump(self) -> None:
        if self.time.runs_by_itself:
            self.guarded(self.tick)

    def _control(self, method: str, path: str, body: bytes) -> Response:
        return control(self, method, path, body)
