"""The scanner's queue: jobs in the order they were asked for, moved on by whoever looks at the time."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class JobState(StrEnum):
    """How far a scan has come."""

    QUEUED = "queued"
    #: The scanner process starts.
    STARTING = "starting"
    #: Directories are read; what was read is visible.
    WALKING = "walking"
    #: New items are looked up or probed.
    MATCHING = "matching"
    DONE = "done"
    #: Ended by a restart of the server, or by a full scan that took its place.
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan as a test sees it; times are the server's clock, `wall` the test's clock at the request."""

    library_id: str
    #: What is scanned, as the server spells it; a whole section of Plex is `""`.
    path: str
    asked_at: float
    started_at: float | None
    finished_at: float | None
    state: JobState
    wall: float
    #: What the request named, where the server made something else of it.
    asked_path: str


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One scan under way."""

    library_id: str
    path: str
    asked_at: float
    wall: float = 0.0
    asked_path: str = ""
    #: The item that is refreshed (Jellyfin, Emby), the activity (Plex).
    tag: str = ""
    state: JobState = JobState.QUEUED
    started_at: float | None = None
    finished_at: float | None = None
    #: 0-100, for the progress that servers show.
    progress: float = 0.0
    #: It runs and finds nothing, whatever is there.
    blind: bool = False
    #: New items so far.
    found: list[str] = field(default_factory=list)

    def record(self) -> Scan:
        """Return the job as a test sees it."""
        return Scan(
            library_id=self.library_id,
            path=self.path,
            asked_at=self.asked_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            state=self.state,
            wall=self.wall,
            asked_path=self.asked_path or self.path,
        )


#: A job's work: yields the seconds until its next step.
Steps = Iterator[float]


class Worker:
    """Runs one job at a time. `run(now)` does every step that is due, each at its own instant."""

    def __init__(self, steps: Callable[[Job], Steps]) -> None:
        self._steps = steps
        self._queue: deque[Job] = deque()
        self._running: Steps | None = None
        self.current: Job | None = None
        self.jobs: list[Job] = []
        #: The instant of the step under way, so that what it does is dated right.
        self.time = 0.0

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Return the jobs that have not begun."""
        return tuple(self._queue)

    def add(self, job: Job) -> None:
        """Queue a job."""
        self.jobs.append(job)
        self._queue.append(job)

    def next_due(self) -> float | None:
        """Return the instant of the next step, or None when idle."""
        if self._running is not None:
            return self.time
        return max(self.time, self._queue[0].asked_at) if self._queue else None

    def run(self, now: float) -> None:
        """Do every step that is due at `now`."""
        while (due := self.next_due()) is not None and due <= now:
            self.time = due
            self._step()

    def _step(self) -> None:
        if self._running is None:
            self.current = self._queue.popleft()
            self.current.started_at = self.time
            self._running = self._steps(self.current)
        try:
            self.time += next(self._running)
        except StopIteration:
            self._end(JobState.DONE)

    def _end(self, state: JobState) -> None:
        if self.current is not None:
            self.current.state, self.current.finished_at = state, self.time
        self.current, self._running = None, None

    def drop(self, now: float) -> None:
        """Forget everything, as a restart does."""
        self.time = max(self.time, now) if self._running is None else now
        self._end(JobState.LOST)
        while self._queue:
            job = self._queue.popleft()
            job.state, job.finished_at = JobState.LOST, now

    def cancel(self, library_id: str, now: float) -> None:
        """End the scans of one library, waiting or running."""
        if self.current is not None and self.current.library_id == library_id:
            self.time = now
            self._end(JobState.LOST)
        for job in [job for job in self._queue if job.library_id == library_id]:
            self._queue.remove(job)
            job.state, job.finished_at = JobState.LOST, now


def overlapping(scans: list[Scan]) -> list[tuple[Scan, Scan]]:
    """Return pairs of scans of one folder where the second was asked for before the first was over."""
    ordered = sorted(scans, key=lambda scan: scan.asked_at)
    pairs = ((a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :])
    return [
        (a, b)
        for a, b in pairs
        if (a.library_id, a.path) == (b.library_id, b.path) and (a.finished_at is None or b.asked_at < a.finished_at)
    ]
