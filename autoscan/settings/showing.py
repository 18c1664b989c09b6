"""The settings in force for people to look at: each with its value, secrets masked, and where it comes from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from autoscan.settings.setting import Setting, Type
from autoscan.settings.table import VALUED
from autoscan.settings.values import Secret, Settings

MASK = "***"
DEFAULT = "default"

#: What goes into one list: the old keys of one server each have an origin of their own.
_SERVERS = "MEDIA_SERVERS"
#: `http://user:HERE@host`, in a URL that is no secret as a whole.
_USERINFO = re.compile(r"(?<=://)[^\s/@]+(?=@)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting in force."""

    name: str
    #: The heading under which the documents have it.
    group: str
    #: What kind of value it takes, in the words of the documents.
    type: str
    #: As JSON has it: text, number, boolean, list, object, or None where nothing is set.
    value: Any
    #: `config/config.json:12`, `environment`, `.env:3`, `command line`, `default`.
    origin: str
    help: str


def shown(settings: Settings, origins: Mapping[str, str]) -> tuple[Shown, ...]:
    """Return every setting that has a value, in the order of the documents; `origins` is that of `Loaded`."""
    return tuple(_shown(setting, settings, origins) for setting in VALUED if setting.attribute)


def _shown(setting: Setting, settings: Settings, origins: Mapping[str, str]) -> Shown:
    masked = setting.secret and setting.type is not Type.SERVERS
    value = _plain(getattr(settings, setting.attribute))
    return Shown(
        name=setting.name,
        group=str(setting.group),
        type=str(setting.type),
        value=MASK if masked and value else value,
        origin=_origin(setting.name, origins),
        help=setting.help,
    )


def _origin(name: str, origins: Mapping[str, str]) -> str:
    names = [name] + [each.name for each in VALUED if name == _SERVERS and each.into == _SERVERS]
    places = dict.fromkeys(origins.get(each, DEFAULT) for each in names)
    return ", ".join(place for place in places if place != DEFAULT) or DEFAULT


def _plain(value: Any) -> Any:
    """Return `value` as JSON can say it, without what is secret."""
    if isinstance(value, Secret):
        return MASK if value else ""
    if isinstance(value, str | Path):
        return _USERINFO.sub(MASK, str(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if is_dataclass(value):
        return {each.name.upper(): _plain(getattr(value, each.name)) for each in fields(value)}
    return value
