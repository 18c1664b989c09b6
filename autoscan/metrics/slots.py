"""Figures of many short-lived processes in a few files in memory: each process adds to a file that is its alone.

A worker takes the first file that nobody has locked and goes on where its last owner stopped, so that there are as
many files as there ever were workers at once. The kernel frees the lock when a worker dies, however that comes about.
"""

import contextlib
import fcntl
import logging
import mmap
import os
import struct
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

log = logging.getLogger(__name__)

#: A file system in memory: counting must never wait for a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is the user's own
#: Each record is a name, padded with zeros, and a number. Records are only added, so a reader never meets half of one:
#: the name of the last one counts once its first byte is there, and a number of 8 bytes is written at once.
_RECORD = struct.Struct("<120sd")
#: Records of a file; what comes after that is not counted.
RECORDS = 500
SIZE = _RECORD.size * RECORDS
#: Workers at once, with those that end beside those that begin.
MAX_SLOTS = 64
_TICK = "leader"


def folder_of(store_file: Path) -> Path:
    """Return the folder in memory that belongs to the database at `store_file` and to this user."""
    base = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    digest = sha256(os.fsencode(store_file.resolve())).hexdigest()[:16]
    return base / f"autoscan-{os.getuid()}-{digest}"


class Slots:
    """Numbers by name, added up over all processes that use the same `folder`; None: of this process alone.

    Nothing is opened before the first number is added, so that no fork inherits it. Where no file can be made, the
    numbers are those of this process.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner = 0
        self._memory: mmap.mmap | bytearray = bytearray()
        #: Where the number of each name stands.
        self._places: dict[str, int] = {}

    def add(self, values: Mapping[str, float]) -> None:
        """Add to the numbers of these names; a name is at most 120 bytes long."""
        with self._lock:
            if self._owner != os.getpid():
                self._open()
            for name, value in values.items():
                place = self._places.get(name)
                if place is None:
                    self._append(name, value)
                else:
                    known = _RECORD.unpack_from(self._memory, place)[1]
                    struct.pack_into("<d", self._memory, place + _RECORD.size - 8, known + value)

    def totals(self) -> dict[str, float]:
        """Return the numbers of all processes together, those that have ended included."""
        total: Counter[str] = Counter()
        if not isinstance(self._memory, mmap.mmap):
            total.update(_numbers(self._memory))
        for path in self._files():
            with contextlib.suppress(OSError):
                total.update(_numbers(path.read_bytes()))
        return dict(total)

    def wipe(self) -> None:
        """Forget everything: a new service begins. To be called before any of its processes counts."""
        for path in [*self._files(), *self._tick_file()]:
            with contextlib.suppress(OSError):
                path.unlink()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()

    def tick(self, moment: float) -> None:
        """Note that the leader was alive at `moment`, in seconds since 1970."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                _make_private(self._folder)
                path = self._folder / _TICK
                path.touch(mode=0o600)
                os.utime(path, (moment, moment))

    def last_tick(self) -> float | None:
        """Return when the leader was last known to be alive, in seconds since 1970; None if there was none yet."""
        for path in self._tick_file():
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
        return None

    def _tick_file(self) -> list[Path]:
        return [] if self._folder is None else [self._folder / _TICK]

    def _files(self) -> list[Path]:
        return [] if self._folder is None else sorted(self._folder.glob("slot-*"))

    def _open(self) -> None:
        """Take a file of our own: a process that was forked must not write to its parent's."""
        self._owner = os.getpid()
        self._memory = self._taken() or bytearray(SIZE)
        names = enumerate(_names(self._memory))
        self._places = {name: number * _RECORD.size for number, name in names}

    def _taken(self) -> mmap.mmap | None:
        if self._folder is None:
            return None
        try:
            _make_private(self._folder)
            for number in range(MAX_SLOTS):
                taken = self._take(self._folder / f"slot-{number}")
                if taken is not None:
                    return taken
        except OSError as error:
            log.warning("requests are counted for each worker alone: %s", error)
        return None

    def _take(self, path: Path) -> mmap.mmap | None:
        """Lock the file at `path` and return its content; None if another process has it."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Without its space reserved, a full file system would kill the process that counts.
            os.posix_fallocate(handle, 0, SIZE)
            memory = mmap.mmap(handle, SIZE)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            raise
        weakref.finalize(memory, os.close, handle)
        return memory

    def _append(self, name: str, value: float) -> None:
        place, encoded = len(self._places) * _RECORD.size, name.encode()
        if len(self._places) < RECORDS and len(encoded) <= _RECORD.size - 8:
            struct.pack_into("<d", self._memory, place + _RECORD.size - 8, value)
            # The first byte last: a reader takes what begins with a zero for the end.
            self._memory[place + 1 : place + len(encoded)] = encoded[1:]
            self._memory[place] = encoded[0]
            self._places[name] = place


def _make_private(folder: Path) -> None:
    """Make `folder`; raise OSError where somebody else has put one there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user: remove it")


def _names(memory: bytes | bytearray | mmap.mmap) -> list[str]:
    return list(_numbers(memory))


def _numbers(memory: bytes | bytearray | mmap.mmap) -> dict[str, float]:
    found: dict[str, float] = {}
    for place in range(0, len(memory) - _RECORD.size + 1, _RECORD.size):
        name, value = _RECORD.unpack_from(memory, place)
        if not name[0]:
            break
        found[name.rstrip(b"\0").decode(errors="replace")] = value
    return found
