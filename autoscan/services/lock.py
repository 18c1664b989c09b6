"""The lock that says who leads: the kernel frees it when its holder dies, however that comes about."""

import contextlib
import os
from pathlib import Path

from autoscan.errors import AutoscanError

try:
    import fcntl
except ImportError as missing:
    raise AutoscanError(
        "Autoscan needs file locks (flock), which this system has not: run it on Linux, BSD or macOS, or in Docker"
    ) from missing


class LeaderLock:
    """An advisory lock on one file. Nothing is opened before the first try, so no fork inherits it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Try once to take the lock and tell whether it is ours; OSError where the file cannot be locked at all.

        The file stays open for the next try, twice a second for as long as somebody else leads.
        """
        fd = self._open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise OSError(error.errno, f"the file system cannot lock it ({error.strerror})", str(self.path)) from error
        if not self.is_held():
            self.release()
            return False
        self._sign(fd)
        return True

    def is_held(self) -> bool:
        """Tell whether the file that we locked is still the one under the path: who removes it moves the lock."""
        if self._fd is None:
            return False
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def release(self) -> None:
        """Give the lock back, if it is ours, and close the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _open(self) -> int:
        """Open the file, closed on exec (Python's default): a helper process that kept it would keep the lock."""
        if self._fd is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._fd

    def _sign(self, fd: int) -> None:
        """Leave the holder's process id in the file for whoever looks; a full disk takes nothing from the lock."""
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
