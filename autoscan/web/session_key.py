"""The key that signs the form's cookie: the same in every worker, and kept over restarts."""

import fcntl
import hashlib
import os
import secrets
from pathlib import Path

from autoscan.settings import Settings

_LENGTH = 64


def session_key(settings: Settings) -> str:
    """Return SECRET_KEY, else the key kept in the data folder (made when first asked for), else one of SERVER_PASS."""
    if settings.secret_key is not None and settings.secret_key.reveal():
        return settings.secret_key.reveal()
    try:
        return kept(settings.data_dir / "secret_key")
    except OSError:
        # The folder takes no file, but every worker knows the SERVER_PASS. Slow on purpose: a stranger's cookie is
        # signed, too, and must not tell in a night what the password is.
        password = settings.server_pass.reveal().encode("utf-8", "surrogatepass")
        return hashlib.scrypt(password, salt=b"autoscan sessions", n=2**14, r=8, p=1, dklen=32).hex()


def kept(path: Path) -> str:
    """Return the key in `path`, under a lock: a worker that starts beside us must not read half or write another."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = file.read().decode("ascii", "replace").strip()
        return found if len(found) >= _LENGTH else _write(file.fileno())


def _write(descriptor: int) -> str:
    key = secrets.token_hex(_LENGTH // 2)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, key.encode(), 0)
    os.fsync(descriptor)
    return key
