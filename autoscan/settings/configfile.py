"""The configuration file as Autoscan writes it: a first one, and keys that an older one lacks."""

import json
import secrets
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from autoscan.errors import Problem, SettingsError
from autoscan.settings.jsontext import JsonTextError, parse_object
from autoscan.settings.keeping import alone, replace_file, text_of
from autoscan.settings.setting import Setting, Status
from autoscan.settings.table import DEFINITIONS, file_names, names
from autoscan.settings.textedit import with_missing

_NOTE = "Every key is explained in README.md; keys that begin with _ are notes."


def sample() -> dict[str, Any]:
    """Return the sample configuration: every key that belongs into the file, with its default and the examples."""
    content: dict[str, Any] = {"_comment": _NOTE}
    group = None
    for setting in DEFINITIONS:
        if _belongs(setting):
            if setting.group is not group:
                group = setting.group
                content[f"_section_{group.name.lower()}"] = str(group)
            if setting.example:
                content[f"_{setting.name}_example"] = json.loads(setting.example)
            _put(content, setting.name, setting.default)
    return content


def _belongs(setting: Setting) -> bool:
    return setting.in_file and setting.status is Status.USED


def _put(content: dict[str, Any], name: str, value: Any) -> None:
    top, _, rest = name.partition(".")
    if rest:
        _put(content.setdefault(top, {}), rest, value)
    else:
        content[top] = value


def defaults() -> dict[str, Any]:
    """Return the sample without its notes: what `update_config` adds where it is missing."""
    return {name: value for name, value in sample().items() if not name.startswith("_")}


def ensure_config(path: Path, server_pass: str = "") -> bool:
    """Write a first configuration file, with a password of its own if none is given; tell whether it was missing.

    Raise SettingsError if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(path.parent):
            if path.exists():
                return False
            made = server_pass or secrets.token_hex(16)
            first = {"SERVER_PASS": made, "SERVER_SCAN_DELAY": 30, "SERVER_ALLOW_MANUAL_SCAN": True}
            replace_file(path, as_json(sample() | first))
    except OSError as error:
        raise _unusable(path, error) from None
    return True


def as_json(content: dict[str, Any]) -> str:
    """Return `content` as the text of a configuration file."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def add_missing(path: Path, clock: Clock | None = None) -> list[str]:
    """Add the keys that a configuration file lacks, with their defaults; return their names. Raise SettingsError.

    The user's text stays as it is, and is kept as `<name>.<time>.bak`. Nothing comes from the environment. A file
    that is missing is written first.
    """
    ensure_config(path)
    try:
        with alone(path.parent):
            old = text_of(path)
            new, added = with_missing(old, _lacking(old))
            if added:
                stamp = (clock or Clock()).now().strftime("%Y%m%d-%H%M%S")
                _back_up(path, path.with_name(f"{path.name}.{stamp}.bak"), old)
                replace_file(path, new)
    except OSError as error:
        raise _unusable(path, error) from None
    except (JsonTextError, UnicodeDecodeError) as error:
        line = getattr(error, "line", 1)
        raise _problem(f"{path}:{line}", f"cannot be read: {error}. Mend it first.") from None
    return added


def _lacking(text: str) -> dict[str, Any]:
    """Return the defaults, without those whose setting stands there under another name."""
    there = parse_object(text).members
    content = defaults()
    for setting in DEFINITIONS:
        if any(name in there for name in (*names(setting)[1:], *file_names(setting))):
            content.pop(setting.name, None)
    return content


def _back_up(path: Path, backup: Path, text: str) -> None:
    """Keep the old text, for the same eyes only."""
    backup.touch(mode=0o600)
    backup.chmod(path.stat().st_mode & 0o7777)
    replace_file(backup, text)


def _unusable(path: Path, error: OSError) -> SettingsError:
    return _problem(str(path), f"cannot be written: {error.strerror}. Mend its rights, or name another file.")


def _problem(where: str, message: str) -> SettingsError:
    return SettingsError((Problem(name="PLEX_AUTOSCAN_CONFIG", where=where, message=message),))
