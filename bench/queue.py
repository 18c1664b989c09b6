"""Whether the queue costs the same with a hundred folders waiting and with a hundred thousand."""

import json
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from autoscan import settings, wiring
from autoscan.clock import Clock
from autoscan.store import Queue, Store
from autoscan.web import create_app
from bench import backlog
from bench.lines import Line, ratios, show
from bench.processes import cpu, pss
from tests import programs
from tests.clocks import VirtualClock
from tests.houses import episode
from tests.programs import SECRET, Program, free_port

SIZES = (100, 10_000, 100_000)
#: The largest may cost so many times as much as the smallest.
FLAT = 1.3
#: Seconds from the start of the program to its first answer.
START = 2.0
#: Each is done so often, in turn for all sizes.
REPEATS = 60
STARTS = 3
#: Seconds that a started program is left alone before its memory is read, so that its jobs have looked around.
SETTLE = 4.0

NEVER = threading.Event()

Deed = Callable[[], object]


def main(sizes: tuple[int, ...] = SIZES) -> list[Line]:
    """Make a queue of each size, measure all in turn, and print each figure beside its goal."""
    with ExitStack() as opened:
        folders = {size: Path(opened.enter_context(tempfile.TemporaryDirectory())) for size in sizes}
        for size, folder in folders.items():
            _fill(folder, size)
        lines = [*_programs(folders), *_deeds(folders, opened)]
    show(lines)
    return lines


def _fill(folder: Path, folders: int) -> None:
    (folder / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET, "MEDIA_SERVERS": [_closed_server()]}))
    store = Store(folder / "autoscan.db", Clock())
    store.prepare()
    backlog.fill(Queue(store), Clock(), folders)
    store.dispose()


def _closed_server() -> dict[str, str]:
    """Return a server that refuses connections."""
    return {"NAME": "plex", "TYPE": "plex", "URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "none"}


# ----- as a program


def _programs(folders: Mapping[int, Path]) -> list[Line]:
    starts: dict[int, list[float]] = {size: [] for size in folders}
    memory: dict[int, float] = {}
    work: dict[int, float] = {}
    for turn in range(STARTS):
        for size, folder in folders.items():
            began = time.perf_counter()
            with programs.running(folder) as program:
                _until_it_answers(program)
                starts[size].append(time.perf_counter() - began)
                work[size] = min(work.get(size, math.inf), cpu(program.process.pid))
                if turn == 0:
                    memory[size] = _memory(program)
    least = [min(each) for each in starts.values()]
    return [
        *(
            Line(what=f"start to first answer, {size:,} waiting", value=took, unit="s", most=START)
            for size, took in zip(starts, least, strict=True)
        ),
        # What of that is work, however much else the machine has to do.
        *(
            Line(what=f"work of all processes until then, {size:,} waiting", value=each, unit="s")
            for size, each in work.items()
        ),
        *(
            Line(what=f"memory (PSS, 4 workers), {size:,} waiting", value=each, unit="MiB")
            for size, each in memory.items()
        ),
        ratios("memory, largest to smallest", list(memory.values()), FLAT),
    ]


def _until_it_answers(program: Program, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not program.serves():
        if time.monotonic() > end or program.process.poll() is not None:
            raise RuntimeError(f"Autoscan does not answer; its log: {program.log}")
        NEVER.wait(0.005)


def _memory(program: Program) -> float:
    for number in range(20):
        program.post(f"/{SECRET}", episode(program.folder, number, show=f"Measured {number}"))
    NEVER.wait(SETTLE)
    return pss(program.process.pid)


# ----- deed by deed


def _deeds(folders: Mapping[int, Path], opened: ExitStack) -> list[Line]:
    deeds = {size: _of(folder, opened) for size, folder in folders.items()}
    lines: list[Line] = []
    names = list(next(iter(deeds.values())))
    for name in names:
        times = _time({size: each[name] for size, each in deeds.items()})
        lines += [Line(what=f"{name}, {size:,} waiting", value=took, unit="ms") for size, took in times.items()]
        lines.append(ratios(f"{name}, largest to smallest", list(times.values()), FLAT))
    return lines


def _of(folder: Path, opened: ExitStack) -> dict[str, Deed]:
    """Return what is measured of one queue: a webhook through the whole application, and what the leader asks."""
    loaded = settings.load({"config": str(folder / "config.json")}, environ={}, cwd=folder)
    autoscan = wiring.build(loaded.settings, Clock())
    opened.callback(autoscan.close)
    client = create_app(autoscan).test_client()
    later = VirtualClock(Clock().now() + 10 * backlog.DELAY)
    store = Store(folder / "autoscan.db", later)
    opened.callback(store.dispose)
    all_due, none_due = Queue(store), autoscan.queue
    numbers = count()

    def accept() -> None:
        body = episode(folder, 1, show=f"New {next(numbers)}")
        if client.post(f"/{SECRET}", json=body).status_code != 200:
            raise AssertionError("a webhook was refused")

    def join() -> None:
        if client.post(f"/{SECRET}", json=episode(folder, 2, show="The same")).status_code != 200:
            raise AssertionError("a webhook was refused")

    def claim() -> None:
        if all_due.claim() is None:
            raise AssertionError("nothing is due")

    return {
        "accept a new folder": accept,
        "accept for a waiting folder": join,
        "claim, all due": claim,
        "claim, none due": none_due.claim,
    }


def _time(deeds: Mapping[int, Deed]) -> dict[int, float]:
    """Return the median milliseconds of each, done in turn, so that all meet the same machine."""
    times: dict[int, list[float]] = {size: [] for size in deeds}
    for deed in deeds.values():
        deed()
    for _ in range(REPEATS):
        for size, deed in deeds.items():
            began = time.perf_counter()
            deed()
            times[size].append(1000 * (time.perf_counter() - began))
    return {size: statistics.median(each) for size, each in times.items()}
