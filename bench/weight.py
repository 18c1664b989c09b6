"""What Autoscan weighs: memory beside a bare Flask application, idle work, threads, and the start of a command.

Both run under the same Gunicorn settings, with four workers. Autoscan has ten thousand waiting scans meanwhile, and its
one server is down while something waits for it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoscan.clock import Clock
from autoscan.store import Queue, Store
from bench import ack, backlog, load
from bench.lines import Line, show
from bench.processes import cpu, family, pss, threads
from tests.houses import episode
from tests.programs import ROOT, SECRET, Program, free_port, running, serving
from tests.waiting import wait_until

WAITING = 10_000
#: Memory, beside the bare application: idle, and under load.
IDLE, BUSY = 1.5, 2.0
#: Percent of one core, while nothing happens.
WORK = 0.5
#: Seconds that `scan.py --help` takes.
START = 0.3
STARTS = 9
#: Seconds until a started program has come to rest, and for which its idle work is measured then.
SETTLE, IDLE_SECONDS = 10.0, 40.0
#: Webhooks of the load, and connections that bring them.
WEBHOOKS, CONNECTIONS = 3000, 16
#: Seconds between two looks at the memory of a busy program.
LOOK = 0.25

BARE = (sys.executable, "-m", "gunicorn", "-c", "gunicorn_config.py", "bench.floors:bare")

NEVER = threading.Event()


def main(seconds: float = IDLE_SECONDS, webhooks: int = WEBHOOKS, settle: float = SETTLE) -> list[Line]:
    """Weigh both, one after the other, and print each figure beside its goal."""
    with _bare() as bare:
        NEVER.wait(settle)
        bare_idle = pss(bare.process.pid)
        bare_busy = _under_load(bare, webhooks)
    with _autoscan() as program:
        NEVER.wait(settle)
        idle, used = pss(program.process.pid), _idle_work(program, seconds)
        busy, first = _under_load(program, webhooks), _threads(program)
        again, last = _under_load(program, webhooks), _threads(program)
    lines = [
        Line(what="memory idle (PSS, 4 workers)", value=idle, unit="MiB", floor=bare_idle, most=IDLE * bare_idle),
        Line(what="memory under load", value=max(busy, again), unit="MiB", floor=bare_busy, most=BUSY * bare_busy),
        Line(what=f"idle work, {WAITING:,} waiting, a server down", value=used, unit="% of a core", most=WORK),
        Line(what="threads after a load", value=first),
        Line(what="threads after as much again", value=last, most=first),
        Line(what="scan.py --help", value=_start(), unit="s", most=START),
    ]
    show(lines)
    return lines


@contextmanager
def _bare() -> Iterator[Program]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET}))
        with running(folder, *BARE) as program:
            ack.until_it_listens(program.port)
            yield program


@contextmanager
def _autoscan() -> Iterator[Program]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        down = {"NAME": "plex", "TYPE": "plex", "URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "none"}
        port = free_port()
        config = {"SERVER_PASS": SECRET, "SERVER_PORT": port, "SERVER_IP": "127.0.0.1", "SERVER_SCAN_DELAY": 1}
        (folder / "config.json").write_text(json.dumps(config | {"MEDIA_SERVERS": [down]}))
        store = Store(folder / "autoscan.db", Clock())
        store.prepare()
        backlog.fill(Queue(store), Clock(), WAITING)
        store.dispose()
        with serving(folder, PORT=str(port), PLEX_AUTOSCAN_LOGLEVEL="WARN") as program:
            _have_something_wait(program)
            yield program


def _have_something_wait(program: Program) -> None:
    """Have one scan get as far as the server, which is down."""
    body = episode(program.folder, 1)
    file = Path(body["series"]["path"], body["episodeFile"]["relativePath"])
    file.parent.mkdir(parents=True)
    file.write_bytes(b"media")
    before = Clock().now().timestamp() - 600
    os.utime(file, (before, before))
    program.post(f"/{SECRET}", body)
    wait_until(lambda: "is tried again in" in program.log, 30, "the server is found to be down")


def _under_load(program: Program, webhooks: int) -> float:
    """Return the most memory that was seen while webhooks came."""
    seen, over = [pss(program.process.pid)], threading.Event()

    def look() -> None:
        while not over.wait(LOOK):
            seen.append(pss(program.process.pid))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        requests = load.take(ack.webhooks(keep_alive=True, secret=SECRET), webhooks)
        load.run((program.host, program.port), requests, connections=CONNECTIONS, keep_alive=True)
    finally:
        over.set()
        looking.join()
    return max(seen)


def _idle_work(program: Program, seconds: float) -> float:
    before = cpu(program.process.pid)
    NEVER.wait(seconds)
    return 100 * (cpu(program.process.pid) - before) / seconds


def _threads(program: Program) -> int:
    return sum(threads(pid) for pid in family(program.process.pid))


def _start() -> float:
    """Return the seconds that a command takes which has nothing to do: the median of some."""
    times = []
    for _ in range(STARTS):
        began = Clock().monotonic()
        subprocess.run([sys.executable, "scan.py", "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        times.append(Clock().monotonic() - began)
    return statistics.median(times)
