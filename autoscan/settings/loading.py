"""From command line, environment, `.env` and file to `Settings`: everything wrong is reported at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscan.errors import SettingsError
from autoscan.settings.configfile import ensure_config
from autoscan.settings.layers import Surroundings, surroundings
from autoscan.settings.notices import notices
from autoscan.settings.password import Kept, keep_pass, kept_beside
from autoscan.settings.reading import Reading
from autoscan.settings.spot import WrongError
from autoscan.settings.table import VALUED
from autoscan.settings.values import Secret, Settings

_SAMPLE_WARNING = (
    "SERVER_PASS is the one of plex_autoscan's public sample, which everybody knows. Only this machine and private "
    "addresses are served until you choose another one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What `load` found."""

    settings: Settings
    #: For the operator, each a line; they last as long as the configuration stays as it is.
    warnings: tuple[str, ...]
    #: By the name of the setting: `config/config.json:12`, `environment`, `.env:3`, `command line`, `default`.
    origins: Mapping[str, str]


def load(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Loaded:
    """Return the settings, with warnings; raise SettingsError with every problem at once.

    `options` are the command line's `config`, `logfile`, `loglevel`, `queuefile` and `cachefile`. `cwd` takes the
    place of both the current folder and the one of `scan.py`. A SERVER_PASS that nobody set is made, and kept in the
    configuration file, or else beside the database.
    """
    around = surroundings(environ, cwd)
    found = Reading(options or {}, around)
    found.read()
    warnings = [*found.warnings, *notices(found)]
    if found.problems:
        raise SettingsError(tuple(dict.fromkeys(found.problems)))
    origins = {setting.name: _origin(found, setting.name) for setting in VALUED}
    server_pass = found.values["SERVER_PASS"]
    if server_pass is None:
        kept = keep_pass(found.values["PLEX_AUTOSCAN_CONFIG"], found.values["PLEX_AUTOSCAN_QUEUEFILE"].parent)
        server_pass, origins["SERVER_PASS"] = kept.value, around.shown(kept.path)
        warnings += _made(kept, around)
    settings = _settings(found.values, server_pass, around)
    warnings += [_SAMPLE_WARNING] if settings.webhook_sample_pass else []
    return Loaded(settings=settings, warnings=tuple(warnings), origins=origins)


def config_path(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Path:
    """Return where the configuration file is, or should be, for the same arguments as `load`; raise SettingsError."""
    return _places(options, environ, cwd)[0]


def first_config(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bool:
    """Write a first configuration file where there is none, for the same arguments as `load`; tell whether it was so.

    A password that was made and kept beside the database before stays the one. Raise SettingsError.
    """
    config, queue = _places(options, environ, cwd)
    return ensure_config(config, kept_beside(queue.parent))


def places(
    options: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> tuple[Path, Path]:
    """Return where the configuration file and the folder of all data are, for the same arguments as `load`."""
    config, queue = _places(options, environ, cwd)
    return config, queue.parent


def _places(
    options: Mapping[str, str | None] | None, environ: Mapping[str, str] | None, cwd: Path | None
) -> tuple[Path, Path]:
    """Return where the configuration and the queue file are, or should be."""
    found = Reading(options or {}, surroundings(environ, cwd))
    try:
        found.read_dotenv()
        return found.place("PLEX_AUTOSCAN_CONFIG"), found.place("PLEX_AUTOSCAN_QUEUEFILE")
    except WrongError as error:
        raise SettingsError(error.problems) from None


def _origin(found: Reading, name: str) -> str:
    return found.spots[name].where if name in found.spots else "default"


def _made(kept: Kept, around: Surroundings) -> list[str]:
    place = around.shown(kept.path)
    return [f"SERVER_PASS was not set: one was made and written to {place}."] if kept.new else []


def _settings(values: Mapping[str, Any], server_pass: Secret, around: Surroundings) -> Settings:
    given = {setting.attribute: values[setting.name] for setting in VALUED if setting.attribute}
    queue = given["queue_file"]
    candidates = dict.fromkeys((queue, queue.parent / "queue.db", around.home / "queue.db"))
    old_queues = tuple(path for path in candidates if path != queue.parent / "autoscan.db")
    return Settings(**given | {"server_pass": server_pass, "old_queue_files": old_queues})
