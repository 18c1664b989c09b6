"""A SERVER_PASS that nobody set: made once, and kept where every worker finds the same."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoscan.errors import Problem, SettingsError
from autoscan.settings.jsontext import parse_object
from autoscan.settings.keeping import alone, replace_file, text_of
from autoscan.settings.textedit import with_members
from autoscan.settings.values import Secret

FILE_NAME = "server_pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A password and its place."""

    value: Secret
    path: Path
    #: Whether this call made it.
    new: bool


def keep_pass(config: Path, data_dir: Path) -> Kept:
    """Return the kept password, made now if there is none; raise SettingsError if it can be kept nowhere.

    It stands in the configuration file where that exists and can be written, else in `server_pass` in `data_dir`.
    Workers that start together get the same one.
    """
    beside = data_dir / FILE_NAME
    try:
        kept = _already(beside) or _in_config(config) or _beside(beside)
    except OSError as error:
        message = f"is not set, and none can be kept ({error.strerror}). Set it in the environment."
        raise SettingsError((Problem(name="SERVER_PASS", where=str(beside), message=message),)) from None
    return kept


def kept_beside(data_dir: Path) -> str:
    """Return the password that is kept beside the database, `""` where none is or none can be read."""
    with suppress(OSError):
        kept = _already(data_dir / FILE_NAME)
        return kept.value.reveal() if kept else ""
    return ""


def _already(path: Path) -> Kept | None:
    try:
        value = text_of(path).strip()
    except FileNotFoundError:
        return None
    return Kept(value=Secret(value), path=path, new=False) if value else None


def _in_config(path: Path) -> Kept | None:
    """Write one into the configuration file, unless another worker did; None where that cannot be done."""
    made = secrets.token_hex(16)
    try:
        with alone(path.parent):
            text = text_of(path)
            node = parse_object(text)
            there = node.members.get("SERVER_PASS")
            value = str(there.value or "").strip() if there else ""
            if value:
                return Kept(value=Secret(value), path=path, new=False)
            replace_file(path, with_members(text, {"SERVER_PASS": made}))
    except (OSError, ValueError):
        return None
    return Kept(value=Secret(made), path=path, new=True)


def _beside(path: Path) -> Kept:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_hex(16)
    with alone(path.parent):
        kept = _already(path)
        if kept is None:
            replace_file(path, f"{made}\n")
    return kept or Kept(value=Secret(made), path=path, new=True)
