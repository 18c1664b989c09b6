"""What watching Google Drive costs: memory and requests, for a drive of 10,000 files and for one of 1,000,000.

Each size runs in a process of its own, whose memory is that of the monitor alone: the simulated Google, which computes
its files on demand, is the parent.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from autoscan import settings, wiring
from autoscan.cli import caching
from autoscan.drive.monitor import Monitor
from tests.clocks import VirtualClock
from tests.servers.google import FakeGoogle

SIZES = (10_000, 1_000_000)
#: Files that change while it is watched, in two shared drives and My Drive.
CHANGES = 3000
POLLS = 5
DRIVES = ("Films", "Shows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one size cost."""

    files: int
    #: To build the cache: seconds, and requests.
    build_seconds: float
    build_requests: int
    #: Requests of a poll without changes, for each drive.
    requests_per_poll: float
    #: To read `CHANGES` changes, each of a file in a folder of its own.
    change_seconds: float
    change_requests: int
    #: The most memory that the process of the monitor, and that of the build, took in all, in MiB.
    watch_mib: float
    build_mib: float
    database_mib: float


def main(sizes: tuple[int, ...] = SIZES) -> list[dict[str, object]]:
    """Measure each size and print how they compare."""
    figures = [_measure(files) for files in sizes]
    print(f"  {'files':>9} {'build':>9} {'requests':>8} {'a poll':>6} {'changes':>9} {'requests':>8} {'memory':>11}")
    for each in figures:
        build = f"{each.build_seconds:7.1f} s {each.build_requests:8,}"
        changes = f"{each.change_seconds:7.2f} s {each.change_requests:8,}"
        print(f"  {each.files:9,} {build} {each.requests_per_poll:6.2f} {changes} {each.watch_mib:7.1f} MiB")
    ratio = figures[-1].watch_mib / figures[0].watch_mib
    print(f"  the monitor's process: {ratio:.2f} times the memory for {sizes[-1] // sizes[0]} times the files (<= 1.1)")
    return [asdict(each) for each in figures]


def _measure(files: int) -> Figure:
    with tempfile.TemporaryDirectory(prefix="bench-drive-") as folder, FakeGoogle() as fake:
        fake.world.bulk(files)
        for name in DRIVES:
            fake.world.shared_drive(name)
        _configure(Path(folder), fake)
        built = _run(folder, "build", fake)
        before = len(fake.requests("GET /drive/v3/changes"))
        watched = _run(folder, "poll", fake)
        polls = len(fake.requests("GET /drive/v3/changes")) - before
        for number in range(CHANGES):
            fake.world.write(f"1bulk0f{number * (files // CHANGES)}", size=number + 7)
        asked = len(fake.requests())
        changed = _run(folder, "changes", fake)
        return Figure(
            files=files,
            build_seconds=round(built["seconds"], 1),
            build_requests=int(built["requests"]),
            requests_per_poll=polls / (POLLS * (1 + len(DRIVES))),
            change_seconds=round(changed["seconds"], 2),
            change_requests=len(fake.requests()) - asked,
            watch_mib=round(max(watched["mib"], changed["mib"]), 1),
            build_mib=round(built["mib"], 1),
            database_mib=round((Path(folder) / "autoscan.db").stat().st_size / 2**20, 1),
        )


def _configure(folder: Path, fake: FakeGoogle) -> None:
    google = fake.settings(
        ALLOWED={"FILE_PATHS": ["My Drive/", *DRIVES]}, TEAMDRIVE=True, TEAMDRIVES=list(DRIVES), SHOW_CACHE_LOGS=False
    )
    mappings = {"/mnt/gd": ["My Drive"]}
    config = {"SERVER_PASS": "bench", "GOOGLE": google, "SERVER_PATH_MAPPINGS": mappings}
    (folder / "config.json").write_text(json.dumps(config))
    autoscan = _built(folder, VirtualClock())
    autoscan.queue.keep_drive_credentials(fake.stored_token())
    autoscan.close()


def _run(folder: str, what: str, fake: FakeGoogle) -> dict[str, float]:
    before = len(fake.requests())
    done = subprocess.run(
        [sys.executable, "-m", "bench.drive", folder, what], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "requests": len(fake.requests()) - before}


def _built(folder: Path, clock: VirtualClock) -> wiring.Autoscan:
    options = {"config": str(folder / "config.json"), "queuefile": str(folder / "queue.db")}
    autoscan = wiring.build(settings.load(options, environ={}, cwd=folder).settings, clock)
    autoscan.store.prepare()
    return autoscan


def _child(folder: Path, what: str) -> None:
    """Do one thing in this process, and print the seconds and the memory that it took."""
    clock = VirtualClock()
    autoscan = _built(folder, clock)
    began = time.monotonic()
    if what == "build":
        assert caching.fill(autoscan) == 0
    else:
        _watch(autoscan, clock, POLLS if what == "poll" else 1)
    took = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.monotonic() - began, "mib": took}))


def _watch(autoscan: wiring.Autoscan, clock: VirtualClock, polls: int) -> None:
    monitor = next(job for job in autoscan.jobs() if isinstance(job, Monitor))
    for _ in range(polls):
        while monitor.step():
            pass
        clock.advance(autoscan.settings.google_poll_interval + 1)
    monitor.close()


if __name__ == "__main__":
    _child(Path(sys.argv[1]), sys.argv[2])
