"""Reading a JSON object of which names, types and sizes are not to be trusted: what is wrong counts as absent."""

import re
from collections.abc import Mapping
from typing import Any

from autoscan.paths import clean

#: Integers beyond this fit no column and mean nothing as a size, a year or an id.
_LARGEST = 2**63 - 1
#: Longer than any file system takes (Windows: 32,767 characters).
_LONGEST_PATH = 32_767
#: Long enough for any title, short enough for a log line.
_LONGEST_TEXT = 500
_WRAPPING = frozenset({"value", "isloaded"})
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def member(value: object, name: str) -> Any:
    """Return `value[name]` whatever the case of the key; None where there is none.

    The oldest applications wrote PascalCase; some nightlies wrote database models, whose members are wrapped as
    `{"value": ..., "isLoaded": ...}`: what is inside counts.
    """
    if not isinstance(value, dict):
        return None
    found = value.get(name)
    if found is None:
        wanted = name.casefold()
        same = (each for key, each in value.items() if str(key).casefold() == wanted)
        found = next((each for each in same if each is not None), None)
    return _unwrapped(found)


def _unwrapped(value: Any) -> Any:
    while (
        isinstance(value, dict) and len(value) == len(_WRAPPING) and {str(key).casefold() for key in value} == _WRAPPING
    ):
        value = next(each for key, each in value.items() if str(key).casefold() == "value")
    return value


def text(value: object) -> str:
    """Return a string that any log and database takes: no lone surrogates, no control characters, of sane length."""
    if not isinstance(value, str):
        return ""
    tidy = _LONE_SURROGATES.sub("\ufffd", value[:_LONGEST_TEXT])
    return "".join(each if each.isprintable() else " " for each in tidy).strip()


def path(value: object) -> str:
    """Return a path as it is spelt; `""` if no file system could have it (blank, NUL, lone surrogates, endless)."""
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_PATH:
        return ""
    return value if "\0" not in value and not _LONE_SURROGATES.search(value) and clean(value) else ""


def whole(value: object, *, least: int = 0) -> int | None:
    """Return an integer from `least` upwards that fits 63 bits; None for anything else, `true` and 1.0 included."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= _LARGEST else None


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or the one object that stands where a list could; nothing else."""
    several = value if isinstance(value, list) else [value]
    return [each for each in map(_unwrapped, several) if isinstance(each, dict)]


def identifier(value: object) -> str:
    """Return an id as text; `""` for none, which the applications also spell `0`."""
    number = whole(value)
    found = text(value) if number is None else str(number)
    return "" if found == "0" else found


def truth(value: object) -> bool:
    """Tell whether a flag is set: `true`, also as the text that a form makes of it."""
    return value is True or (isinstance(value, str) and value.strip().casefold() == "true")


def identifiers(value: object, names: Mapping[str, str]) -> dict[str, str]:
    """Return the ids that `value` has, by provider; `names` tells the member of each provider."""
    found = {provider: identifier(member(value, each)) for provider, each in names.items()}
    return {provider: each for provider, each in found.items() if each}
