"""What the simulated servers share: time, records, strictness, and everything that can go wrong on the way."""

import random
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from autoscan.clock import Clock
from tests.servers.control import control
from tests.servers.jobs import Job, Scan, Steps, Worker, overlapping
from tests.servers.knobs import Knobs, Library
from tests.servers.spec import Match, Spec
from tests.servers.timing import ServerTime
from tests.servers.trouble import NeverAnsweredError, Trouble
from tests.servers.view import View, tidy
from tests.servers.wire import Request, Response, Wire, split_target

#: Handlers by `METHOD /template`.
Handler = Callable[[Request, tuple[str, ...]], Response]


class FakeServer:
    """A media server on 127.0.0.1 over real folders.

    `mounts` maps server paths to real folders (or is the one real folder, seen under its own path). As a context
    manager it starts at once and, at the end, raises `AssertionError` for every request that a real server would
    not understand or that Autoscan must never send. With the machine's clock it moves by itself; with a clock that
    a test turns it moves with each request and `tick()`: call that before changing files that a running scan reads.
    """

    product: ClassVar[str]
    spec: ClassVar[Spec]
    knobs: Knobs

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        knobs: Knobs,
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        self.time = ServerTime(clock or Clock(), knobs.speed)
        self.view = View(mounts if isinstance(mounts, Mapping) else {str(mounts): Path(mounts)})
        self.libraries = self.number(libraries)
        self.knobs = knobs
        self.violations: list[str] = []
        self.worker = Worker(self._timed_steps)
        self._lock = threading.RLock()
        self._requests: list[Request] = []
        self._forgiven = False
        self._closing = threading.Event()
        self.dice = random.Random(0)
        self._trouble = Trouble(knobs, self.dice)
        self._ready_at = self.now() + knobs.startup_s
        self._wire = Wire(self._receive, self._pump, port)
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        """Return the libraries with their ids, their roots without trailing separators."""
        return tuple(
            Library(
                title=library.title,
                type=library.type,
                roots=tuple(tidy(root) for root in library.roots),
                id=library.id or str(number),
            )
            for number, library in enumerate(libraries, 1)
        )

    def prepare(self) -> None:
        """Set up what the product knows, before the first request."""

    def routes(self) -> Mapping[str, Handler]:
        """Return the handler of every route of the spec that is not forbidden."""
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

    def authorise(self, request: Request, match: Match) -> Response | None:
        """Return the refusal, or None if the token is right."""
        raise NotImplementedError

    def starting(self, path: str) -> Response | None:
        """Return the answer during start-up, or None where the product answers already."""
        raise NotImplementedError

    def unknown(self, request: Request) -> Response:
        """Return the answer to a route that does not exist."""
        return Response(status=404)

    def local_path(self, path: str) -> str | None:
        """Return a path without the base path, or None outside of it."""
        base = self.knobs.base_path
        return path[len(base) :] or "/" if path == base or path.startswith(f"{base}/") else None

    def strict(self, request: Request, match: Match) -> list[str]:
        """Return what else is wrong with a request, e.g. with its body."""
        return []

    # ----- from socket to handler

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
            self.tick()

    def _receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        path, query = split_target(target)
        if path.startswith("/__sim__/"):
            return control(self, method, path, body)
        request = Request(
            t=self.now(),
            wall=self.time.wall(),
            method=method,
            path=path,
            query=query,
            headers=headers,
            body=body,
        )
        if self.knobs.latency:
            self._closing.wait(self.knobs.latency)
        return self._safely(request)

    def _safely(self, request: Request) -> Response:
        try:
            with self._lock:
                return self._answer(request)
        except NeverAnsweredError:
            self._closing.wait()
            return Response(drop=True)
        except Exception:  # noqa: BLE001 - a bug of the simulator must fail the test, not only this answer
            self.violations.append(f"the simulator failed: {traceback.format_exc()}")
            return Response(status=500)

    def _answer(self, request: Request) -> Response:
        self.tick()
        self._requests.append(request)
        path = self.local_path(request.path)
        if path is None:
            if not _is_probe(request.path):
                self.violations.append(f"outside the base path: {request.method} {request.path}")
            return self._trouble.outside()
        match = self.spec.match("GET" if request.method == "HEAD" else request.method, path)
        self._judge(request, path, match)
        return self._trouble.before(request) or self._trouble.after(self._routed(request, path, match))

    def _judge(self, request: Request, path: str, match: Match | None) -> None:
        if match is None and _is_probe(path):
            return  # somebody looks for the base path
        self.violations += self.spec.check(request, path, match)
        if match is not None:
            self.violations += [f"{problem}: {request.method} {path}" for problem in self.strict(request, match)]

    def _routed(self, request: Request, path: str, match: Match | None) -> Response:
        if self.now() < self._ready_at and (answer := self.starting(path)):
            return answer
        if match is None:
            return self.unknown(request)
        if "open" not in match.route.flags and (refusal := self.authorise(request, match)):
            return refusal
        return self.handlers[match.route.name](request, match.args)


def _is_probe(path: str) -> bool:
    return path.lower().endswith("/system/info/public") or path == "/identity"
