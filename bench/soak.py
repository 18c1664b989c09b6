"""Whether anything grows: 100,000 webhooks over fifty days of a virtual clock.

The whole application runs in a process of its own, whose memory, handles and threads are read once a virtual day; the
simulated servers are the parent, which shares its clock through a file. Once a week a server is gone for a day.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from bench.lines import Line, show
from bench.processes import family, handles, resident, threads
from bench.quick import in_memory
from bench.soak_house import DAYS, GROUPS, SEASONS, SERVERS, WEBHOOKS, SharedClock, libraries
from tests.houses import KINDS
from tests.servers.base import FakeServer

ROOT = Path(__file__).parent.parent
#: The first days fill what retention then keeps, and caches of a fixed size; the days after them are compared with the
#: last ones.
WARM = 25
SPAN = 10
#: What may be more at the end than after the warm days: nothing, but memory is given out in blocks.
GROWTH = 1.05
#: Objects are counted one by one.
SAME = 1.01
#: Every so many days the first server is gone for one, but not on the last.
GONE = 7
FIRST_GONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the process took at the end of a day."""

    day: int
    mib: float
    #: Pieces of memory that Python has given to objects. The above grows besides as its blocks are used less well.
    blocks: int
    handles: int
    threads: int
    processes: int
    database_mib: float
    #: What was not over at the end of the day.
    open: int
    events: int
    scans: int
    #: Of all that ended so far.
    verified: int
    bad: int


def main(days: int = DAYS, groups: int = GROUPS) -> list[Line | dict[str, object]]:
    """Live through `days` days and print what the last of them took beside what the first settled ones took.

    Returns that, and what each day took.
    """
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=in_memory()))).resolve()
        clock = SharedClock(folder / "clock")
        fakes = [
            opened.enter_context(KINDS[name](folder / "media", libraries(folder), clock=clock)) for name in SERVERS
        ]
        samples = list(_live(folder, fakes, days, groups))
    lines = list(_lines(samples, groups))
    show(lines)
    return [*lines, *map(asdict, samples)]


def _live(folder: Path, fakes: Sequence[FakeServer], days: int, groups: int) -> Iterator[Sample]:
    servers = [{"NAME": fake.product, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token} for fake in fakes]
    command = [sys.executable, "-m", "bench.soak_house", str(folder), json.dumps(servers), str(days), str(groups)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("pipes were asked for")
        for day, line in enumerate(process.stdout):
            yield _sample(process.pid, folder, day, json.loads(line))
            for fake in fakes:
                _forget(fake)
            fakes[0].set(down=day % GONE == FIRST_GONE)
            with suppress(BrokenPipeError):
                process.stdin.write("go on\n")
                process.stdin.flush()
    if process.returncode:
        raise RuntimeError(f"the process ended with {process.returncode}")


def _forget(fake: FakeServer) -> None:
    """Drop what a simulator keeps for tests; here it would only grow."""
    fake.requests()
    fake._requests.clear()  # noqa: SLF001 - it has no other door for that
    fake.worker.jobs.clear()


def _sample(pid: int, folder: Path, day: int, counts: dict[str, int]) -> Sample:
    return Sample(
        day=day,
        mib=round(resident(pid), 2),
        handles=handles(pid),
        threads=threads(pid),
        processes=len(list(family(pid))),
        database_mib=round(sum(each.stat().st_size for each in folder.glob("autoscan.db*")) / 2**20, 2),
        **counts,
    )


def _lines(samples: Sequence[Sample], groups: int) -> Iterator[Line]:
    begin, end = samples[WARM : WARM + SPAN] or samples[:1], samples[-SPAN:]
    yield Line(what="webhooks", value=len(samples) * groups * WEBHOOKS)
    yield Line(what="folders that changed", value=len(samples) * groups * SEASONS)
    when = f"last {SPAN} days beside days {WARM} to {WARM + SPAN}"
    for what, name, unit, most in (
        ("memory of its own", "mib", "MiB", GROWTH),
        ("objects in memory", "blocks", "pieces", SAME),
        ("database", "database_mib", "MiB", GROWTH),
        ("events kept", "events", "", GROWTH),
        ("scans kept", "scans", "", GROWTH),
    ):
        first, last = (mean(asdict(each)[name] for each in some) for some in (begin, end))
        yield Line(what=f"{what}, {when}", value=last, floor=first, most=most * first, unit=unit)
    for what, name in (("files, sockets and pipes", "handles"), ("threads", "threads"), ("processes", "processes")):
        first, last = (max(int(asdict(each)[name]) for each in some) for some in (begin, end))
        yield Line(what=f"most {what}, {when}", value=last, floor=first, most=first)
    yield Line(what="scans open at the end", value=samples[-1].open, most=0)
    seen = samples[-1].verified / max(1, samples[-1].verified + samples[-1].bad)
    yield Line(what="verified, of all that ended", value=100 * seen, unit="%", least=100)
