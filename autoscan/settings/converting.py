"""For each type of setting, how what was written becomes a value."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autoscan.settings.convert import (
    anchors,
    choice,
    commas,
    mapping,
    priorities,
    sources,
    stripped,
    texts,
    whole,
    yes_no,
)
from autoscan.settings.convert_watch import notify_targets
from autoscan.settings.convert_web import base_path, folders, networks, some
from autoscan.settings.setting import Setting, Type
from autoscan.settings.spot import Spot
from autoscan.settings.values import Secret


def convert(setting: Setting, spot: Spot) -> Any:
    """Return the value of `setting` as written at `spot`; raise WrongError."""
    return _CONVERTERS[setting.type](setting, spot)


def _text(setting: Setting, spot: Spot) -> str | Secret:
    value = stripped(spot)
    return Secret(value) if setting.secret else value


def _url(setting: Setting, spot: Spot) -> str | Secret:
    value = stripped(spot).rstrip("/")
    return Secret(value) if setting.secret else value


def _commas(setting: Setting, spot: Spot) -> tuple[str | Secret, ...]:
    return tuple(map(Secret, commas(spot))) if setting.secret else commas(spot)


#: Two spellings of one choice.
_SAME = {"WARN": "WARNING"}

_CONVERTERS: dict[Type, Callable[[Setting, Spot], Any]] = {
    Type.STR: _text,
    Type.CHOICE: lambda setting, spot: _SAME.get(value := choice(spot, setting.choices), value),
    Type.BOOL: lambda _, spot: yes_no(spot),
    Type.INT: lambda setting, spot: whole(spot, setting.low, setting.high),
    Type.URL: _url,
    Type.PATH: lambda _, spot: Path(stripped(spot)),
    Type.LIST: lambda _, spot: texts(spot),
    Type.COMMAS: _commas,
    Type.MAPPING: lambda _, spot: mapping(spot),
    Type.PRIORITIES: lambda _, spot: priorities(spot),
    Type.SOURCES: lambda _, spot: sources(spot),
    Type.ANCHORS: lambda _, spot: anchors(spot),
    Type.NETWORKS: lambda _, spot: networks(spot),
    Type.BASE: lambda _, spot: base_path(spot),
    Type.SOME: lambda _, spot: some(spot),
    Type.FOLDERS: lambda _, spot: folders(spot),
    Type.NOTIFY: lambda _, spot: notify_targets(spot),
    # Read together with the old keys, in servers.py.
    Type.SERVERS: lambda _, spot: spot,
}
