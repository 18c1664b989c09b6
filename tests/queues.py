"""Short words for tests that need a queue: a store on a real file, and one call to add a folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from autoscan.clock import Clock
from autoscan.model import Added, Change, Expectation, Kind, NewEvent, NewPath, NewScan, Scan
from autoscan.store import Queue, Store

#: Seconds after the first request at which a scan is due at the latest.
MAX_DELAY = 600


@contextmanager
def opened(folder: Path, clock: Clock, *, busy_timeout: float = 10.0) -> Iterator[tuple[Store, Queue]]:
    """Give a prepared store in `folder` and its queue; it is closed at the end."""
    store = Store(folder / "autoscan.db", clock, busy_timeout=busy_timeout)
    store.prepare()
    try:
        yield store, Queue(store)
    finally:
        store.dispose()


def expect(path: str, *, change: Change = Change.ADDED, size: int | None = None) -> Expectation:
    """Return what an import of `path` expects."""
    return Expectation(path=path, kind=Kind.FILE, change=change, size=size)


def event_at(clock: Clock, *, source: str = "sonarr", request_id: str = "r1", body: str = "{}") -> NewEvent:
    """Return an event of this moment."""
    return NewEvent(at=clock.now(), source=source, app=source, type="Download", request_id=request_id, body=body)


def add(  # noqa: PLR0913 - a test names only what it is about
    queue: Queue,
    clock: Clock,
    folder: str,
    *,
    files: Sequence[Expectation | str] = (),
    whole: bool = False,
    priority: int = 0,
    delay: float = 30,
    patience: float = 0,
    max_delay: float = MAX_DELAY,
    request_id: str = "r1",
) -> Added:
    """Add one event that wants `folder` scanned for `files` (names below it, or expectations)."""
    expected = tuple(expect(f"{folder}/{file}") if isinstance(file, str) else file for file in files)
    scan = NewScan(
        folder=folder,
        whole=whole,
        priority=priority,
        due_at=clock.now() + timedelta(seconds=delay),
        patient_until=clock.now() + timedelta(seconds=patience) if patience else None,
        expectations=expected,
    )
    paths = [
        NewPath(path=item.path, mapped=item.path, kind=item.kind, change=item.change, outcome="queued", folder=folder)
        for item in expected
    ]
    return queue.add(event_at(clock, request_id=request_id), paths, [scan], max_delay=max_delay)


def add_id(queue: Queue, clock: Clock, folder: str, **options: object) -> int:
    """Add as `add` does and return the id of the scan that took it."""
    return add(queue, clock, folder, **options).scans[folder].scan_id  # type: ignore[arg-type]  # passed through


def known(queue: Queue, scan_id: int) -> Scan:
    """Return a scan that must exist."""
    scan = queue.scan(scan_id)
    assert scan is not None, f"scan {scan_id} is gone"
    return scan


def claimed(queue: Queue) -> Scan:
    """Return the next scan that is due, now being checked."""
    scan = queue.claim()
    assert scan is not None, "nothing is due"
    return scan


def paths_of(scan: Scan) -> set[str]:
    """Return the paths that a scan expects something of."""
    return {item.path for item in scan.expectations}
