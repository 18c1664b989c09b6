"""Queues with many folders that wait, made through the door that webhooks use."""

from datetime import datetime, timedelta

from autoscan.clock import Clock
from autoscan.model import Change, Expectation, Kind, NewEvent, NewPath, NewScan
from autoscan.store import Queue

#: Folders are queued so many to a transaction; a webhook brings one or a few.
AT_ONCE = 1000
#: They are due so much later: nothing takes them while something is measured.
DELAY = timedelta(days=1)


def fill(queue: Queue, clock: Clock, folders: int) -> None:
    """Have `folders` folders wait in `queue`, each for one file and due a second after the one before."""
    first = clock.now() + DELAY
    for start in range(0, folders, AT_ONCE):
        some = range(start, min(folders, start + AT_ONCE))
        scans = [_scan(number, first + timedelta(seconds=number)) for number in some]
        paths = [_path(scan) for scan in scans]
        event = NewEvent(at=clock.now(), source="sonarr", app="sonarr", type="Download", request_id="r1", body="{}")
        queue.add(event, paths, scans, max_delay=10 * DELAY.total_seconds() + folders)


def _scan(number: int, due_at: datetime) -> NewScan:
    folder = f"/tv/Show {number // 10}/Season {number % 10 + 1:02}"
    file = Expectation(path=f"{folder}/S01E01.mkv", kind=Kind.FILE, change=Change.ADDED)
    return NewScan(folder=folder, whole=False, priority=0, due_at=due_at, expectations=(file,))


def _path(scan: NewScan) -> NewPath:
    (file,) = scan.expectations
    return NewPath(
        path=file.path, mapped=file.path, kind=file.kind, change=file.change, outcome="queued", folder=scan.folder
    )
