"""What the processes of a program take: their memory, handles and threads, as the kernel says (Linux)."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.programs import children


def family(pid: int) -> Iterator[int]:
    """Yield `pid` and every living process that came from it."""
    yield pid
    for child in children(pid):
        yield from family(child)


def pss(pid: int) -> float:
    """Return the proportional memory (PSS) of `pid` and all that came from it, in MiB; pages shared count once."""
    return sum(_kilobytes(Path(f"/proc/{each}/smaps_rollup"), "Pss:") for each in family(pid)) / 1024


def resident(pid: int) -> float:
    """Return the memory of one process that is its own (RSS less what is mapped from files), in MiB."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "RssAnon:") / 1024


def handles(pid: int) -> int:
    """Return how many files, sockets and pipes one process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Return how many threads one process has."""
    return int(_kilobytes(Path(f"/proc/{pid}/status"), "Threads:"))


def cpu(pid: int) -> float:
    """Return the seconds of work that `pid` and all that came from it have done, those included that have ended."""
    return sum(_ticks(Path(f"/proc/{each}/stat")) for each in family(pid)) / os.sysconf("SC_CLK_TCK")


def _ticks(file: Path) -> int:
    """Return what a process and the children that it has seen end have worked."""
    with suppress(OSError):
        return sum(map(int, file.read_text().rpartition(")")[2].split()[11:15]))
    return 0


def _kilobytes(file: Path, name: str) -> float:
    """Return the number behind `name` in a file of /proc; 0 for a process that has just ended."""
    with suppress(OSError):
        for line in file.read_text().splitlines():
            if line.startswith(name):
                return float(line.split()[1])
    return 0.0
