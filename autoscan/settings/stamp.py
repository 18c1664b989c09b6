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
    files = [surroundings(environ, cwd).home / ".env"]
    with suppress(SettingsError):  # an `.env` that does not say where it is; mending that changes the text
        files.append(config_path(options, environ, cwd))
    return ":".join(_digest(path) for path in files)


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"error {error.errno}"
