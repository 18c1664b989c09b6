"""Tell whether the files that settings come from have changed."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from autoscan.errors import SettingsError
from autoscan.settings.layers import surroundings
from autoscan.settings.loading import config_path


def stamp(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Return a text that changes whenever `.env` or the configuration file does, for the same arguments as `load`."""
    return ":".join(_digest(path) for path in _files(options, environ, cwd))


class Stamps:
    """Gives `stamp()` again and again, and reads the files for it only where the system says that they were written."""

    def __init__(self) -> None:
        self._files: list[Path] = []
        self._written: list[tuple[int, ...]] = []
        self._stamp = ""

    def now(self) -> str:
        """Return the stamp of now."""
        if not self._files or self._written != [_written(path) for path in self._files]:
            self._files = _files()
            self._written = [_written(path) for path in self._files]
            self._stamp = stamp()
        return self._stamp


def _files(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> list[Path]:
    files = [surroundings(environ, cwd).home / ".env"]
    with suppress(SettingsError):  # an `.env` that does not say where it is; mending that changes the text
        files.append(config_path(options, environ, cwd))
    return files


def _written(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"error {error.errno}"
