"""Many processes at one queue, and some of them killed without warning: nothing that was acknowledged is lost."""

import multiprocessing
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import text

from autoscan.clock import Clock
from autoscan.model import ScanState
from autoscan.store import Queue, Store
from tests.queues import add, opened

PROCESSES = multiprocessing.get_context("fork")
ADDERS, CLAIMERS = 3, 2
ENOUGH = 300
KILL_EVERY = 40


def say(file: Path, line: str) -> None:
    """Append a line in one write, which stays whole whatever happens to this process."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def keep_adding(folder: Path, name: str) -> None:
    """Add files to a folder of its own and to one that all share, and note what was acknowledged."""
    clock = Clock()
    queue = Queue(Store(folder / "autoscan.db", clock))
    number = 0
    while not (folder / "stop").exists():
        number += 1
        season = f"/tv/{name}" if number % 2 else f"/tv/shared {number % 3}"
        file = f"{os.getpid()}-{number}"
        add(queue, clock, season, files=[file], delay=0, whole=number % 7 == 0)
        say(folder / "acknowledged", f"{season}/{file}")


def keep_claiming(folder: Path, name: str) -> None:
    """Bring scans from due to done, as the leader does; here there are several."""
    clock = Clock()
    queue = Queue(Store(folder / "autoscan.db", clock))
    never = threading.Event()
    if name in {slot.scope for slot in queue.slots("plex")}:
        # It was killed with the slot in its hands; a leader would give it back after a minute.
        queue.drop_slot("plex", "1")
    while not (folder / "stop").exists():
        scan = queue.claim()
        if scan is None:
            clock.wait(0.002, never)
            continue
        say(folder / "claimed", str(scan.id))
        queue.deliver(scan.id, ["plex"])
        for delivery in queue.unrouted("plex"):
            queue.route(delivery.id, [("1", delivery.folder)])
        ask = queue.next_ask("plex")
        if ask is not None and queue.take_slot("plex", "1", name):
            queue.accept([ask.id], server="plex", library_id="1", scope=ask.folder)
            queue.drop_slot("plex", "1")


def start(work: Callable[[Path, str], None], folder: Path, name: str) -> BaseProcess:
    process = PROCESSES.Process(target=work, args=(folder, name), daemon=True)
    process.start()
    return process


def run_and_kill(folder: Path) -> int:
    """Let all work until enough was acknowledged and enough were killed, one every now and then; return how many."""
    jobs: Sequence[Callable[[Path, str], None]] = [keep_adding] * ADDERS + [keep_claiming] * CLAIMERS
    workers = [start(job, folder, f"w{number}") for number, job in enumerate(jobs)]
    chance, killed = random.Random(1), 0
    while (done := len(lines(folder / "acknowledged"))) < ENOUGH or killed < ENOUGH // KILL_EVERY:
        victim = chance.randrange(len(jobs))
        if done // KILL_EVERY > killed:
            killed += 1
            os.kill(workers[victim].pid or 0, signal.SIGKILL)
            workers[victim].join()
            workers[victim] = start(jobs[victim], folder, f"w{victim}")
        workers[victim].join(timeout=0.005)
    (folder / "stop").touch()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * len(workers)
    return killed


def test_nothing_acknowledged_is_lost_whoever_is_killed(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()):
        pass
    assert run_and_kill(tmp_path) >= ENOUGH // KILL_EVERY
    with opened(tmp_path, Clock()) as (store, queue):
        scans = queue.recent(100_000)
        holders = [scan for scan in scans if scan.state is not ScanState.ABSORBED]
        kept = Counter(item.path for scan in holders for item in scan.expectations)
        assert set(lines(tmp_path / "acknowledged")) <= kept.keys()
        assert max(kept.values()) == 1
        claims = Counter(lines(tmp_path / "claimed"))
        assert max(claims.values()) == 1
        waiting = [scan.folder for scan in scans if scan.state is ScanState.WAITING]
        assert len(set(waiting)) == len(waiting)
        assert queue.stats()[ScanState.DONE] > 0
        with store.read() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
