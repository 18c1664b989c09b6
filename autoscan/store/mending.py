"""Judge at a start whether the database is damaged; if so, put it aside and go on with what can be read of it.

Only a process that has not opened it yet does so, under the lock of `Store.prepare`, and only if no other has it open:
what another would still write into the file that was put aside would be lost. A lock, a full disk, a file that the
system cannot read are not damage.

Each step is safe to be interrupted: a note beside the database says that it is being replaced and by what, until it is;
nobody opens the database while the note is there.
"""

import logging
import os
from contextlib import closing
from pathlib import Path

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.store import connections, dialect, migrating, salvage

log = logging.getLogger(__name__)

#: Beside the database: whoever came upon damage leaves it for the next start ...
SUSPECT = ".suspect"
#: ... the note that it is being replaced: the name of the file that was put aside, and what is wrong with it ...
NOTE = ".salvaging"
#: ... what becomes the new database ...
FRESH = ".salvaged"
#: ... and what is put aside, which a text tells of.
ASIDE = ".corrupt-"
TEXT = ".txt"

#: What belongs to a database, itself the last: it shows how far things are.
_PARTS = ("-wal", "-journal", "")
#: A database of no more bytes is read through at each start, which takes a fraction of a second; a larger one only
#: if somebody came upon damage.
SMALL = 8 * 1024**2


def beside(path: Path, tail: str) -> Path:
    """Return the file beside the database at `path` whose name has this tail."""
    return path.with_name(path.name + tail)


def suspect(path: Path) -> None:
    """Have the next start look whether the database at `path` is damaged."""
    try:
        beside(path, SUSPECT).touch()
    except OSError as error:
        log.warning("cannot leave a note that %s may be damaged: %s", path, error)


def is_under_way(path: Path) -> bool:
    """Tell whether the database at `path` is being replaced, so that nobody may open it."""
    return os.path.exists(beside(path, NOTE))  # noqa: PTH110 - `Path.exists` raises where the folder may not be read


def warnings(path: Path) -> tuple[str, ...]:
    """Return a warning for each damaged database that was put aside and is still there."""
    texts = sorted(path.parent.glob(f"{path.name}{ASIDE}*{TEXT}"))
    return tuple(text.read_text() for text in texts if text.with_name(text.name.removesuffix(TEXT)).exists())


def mend(path: Path, clock: Clock) -> None:
    """Finish what an earlier start began; look at the database at `path` where that is cheap or called for.

    Raises StoreUnavailableError if it is damaged and in use, or cannot be read at all; StoreVersionError if it is
    damaged and of a newer Autoscan.
    """
    if is_under_way(path):
        _finish(path, clock)
    called_for = beside(path, SUSPECT).exists()
    if not path.exists() or not (called_for or path.stat().st_size <= SMALL) or connections.is_in_use(path):
        return
    problem = _judge(path)
    if problem:
        _begin(path, problem, clock)
        _finish(path, clock)
    beside(path, SUSPECT).unlink(missing_ok=True)


def _judge(path: Path) -> str:
    """Return what is wrong with the database, `""` if it is whole."""
    _read_through(path)
    try:
        with closing(connections.open_plain(path, busy_timeout=1.0, wal=None)) as connection:
            return connections.damage(connection)
    except dialect.ERRORS as error:
        if not dialect.is_damage(error):
            raise
        return str(error)


def _read_through(path: Path) -> None:
    """Raise StoreUnavailableError if the system cannot read the file: SQLite would call that damage, too."""
    try:
        with path.open("rb", buffering=0) as file:
            while file.read(1024**2):
                pass
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error}; look at the disk and its mount") from error


def _begin(path: Path, problem: str, clock: Clock) -> None:
    """Note what will be done; from now on nobody opens the database."""
    migrating.check_version(salvage.version_of(path))
    if connections.is_in_use(path):
        raise StoreUnavailableError(f"{path} is damaged ({problem}): end every program that has it open, then restart")
    aside = f"{path.name}{ASIDE}{clock.now():%Y%m%dT%H%M%SZ}"
    log.error("%s is damaged (%s); it is put aside as %s, and what can be read of it is saved", path, problem, aside)
    _write(beside(path, NOTE), f"{aside}\n{problem}")


def _finish(path: Path, clock: Clock) -> None:
    """Do what the note says, from wherever it was left."""
    name, _, problem = beside(path, NOTE).read_text().partition("\n")
    aside, fresh = path.with_name(name), beside(path, FRESH)
    if not aside.exists():
        _put_aside(path, aside)
    if not path.exists() or not path.stat().st_size:
        for tail in _PARTS:
            beside(fresh, tail).unlink(missing_ok=True)
        rows = salvage.copy_rows(aside, fresh)
        _write(beside(aside, TEXT), _told(aside, problem, rows, clock))
        fresh.replace(path)
        _sync(path.parent)
    beside(path, NOTE).unlink()


def _put_aside(path: Path, aside: Path) -> None:
    beside(path, "-shm").unlink(missing_ok=True)
    for tail in _PARTS:
        if beside(path, tail).exists():
            beside(path, tail).rename(beside(aside, tail))
    _sync(path.parent)


def _told(aside: Path, problem: str, rows: int, clock: Clock) -> str:
    return (
        f"the database was damaged ({problem}) and has been replaced at {clock.now():%Y-%m-%d %H:%M} UTC; {rows} rows"
        f" could be read and were kept. Check the newest imports and look at the disk; {aside} is what it was, and this"
        " warning ends when you delete it"
    )


def _write(file: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all, whatever happens."""
    draft = beside(file, ".part")
    with draft.open("w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    _sync(file.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
