"""How a file is changed while others read it: one writer at a time, and never half of it to be seen."""

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here for `folder`; the kernel lets go of it when a process dies."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems lock no folders; then the first start of several workers is a race, but no more.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def text_of(path: Path) -> str:
    """Return a file's text with its BOM and line ends as they are; raise OSError."""
    return path.read_bytes().decode("utf-8")


def replace_file(path: Path, text: str) -> None:
    """Write a file so that readers see the old text or the new one; mode and owner stay; raise OSError.

    A new file is for its owner only. Where no file can be put beside it (Docker mounts single files), an existing
    one is written in place.
    """
    path = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError:
        _write_in_place(path, text)
        return
    try:
        _fill(handle, path, text)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink()
        if error.errno != errno.EBUSY:
            raise
        _write_in_place(path, text)


def _fill(handle: int, path: Path, text: str) -> None:
    """Write the new content, with mode and owner of the old one where there is one."""
    with os.fdopen(handle, "wb") as file:
        with suppress(FileNotFoundError):
            status = path.stat()
            os.fchmod(handle, status.st_mode & 0o7777)
            # Only root may give files away; who may not, owns what it writes, as with any editor.
            with suppress(PermissionError):
                os.fchown(handle, status.st_uid, status.st_gid)
        file.write(text.encode())
        file.flush()
        os.fsync(handle)


def _write_in_place(path: Path, text: str) -> None:
    with path.open("r+b") as file:
        file.write(text.encode())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
