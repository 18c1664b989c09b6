"""From what was written to the type of its setting, as kindly as is safe."""

import re
from collections.abc import Callable
from typing import Any

from autoscan.settings.spot import Spot, every, shown, wrong
from autoscan.settings.values import SourceSettings

#: What the samples of the family say where a value is to be filled in.
_PLACEHOLDER = re.compile(
    r"write-.*|(put|insert|enter|replace)[-_ ].*|your?[-_ ].*[-_ ](here|key|token|pass|password|secret)|"
    r".*[-_ ]here|change[-_ ]?me|<.*>|x{3,}",
    re.IGNORECASE | re.DOTALL,
)
_SOURCE_NAME = re.compile(r"(?:a-train/)?(?!\.{1,2}$)[A-Za-z0-9._-]+")
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_WIDEST = 20


def placeholder(text: str) -> bool:
    """Tell whether `text` is what a sample holds in place of a value."""
    return bool(_PLACEHOLDER.fullmatch(text.strip()))


def text(spot: Spot) -> str:
    """Return a text; numbers and true/false are taken as they were spelt."""
    value = spot.node.value
    if isinstance(value, bool | int | float):
        return spot.node.text
    if not isinstance(value, str):
        raise wrong(spot, "must be a text in double quotes.")
    # The ends of lines that tools leave at the ends of values.
    return sane(spot, value.strip("\r\n\t"))


def sane(spot: Spot, value: str) -> str:
    """Return `value` if every character of it can be used; raise WrongError. A command may have several lines."""
    usable = value.replace("\n", "").replace("\t", "") if spot.name.startswith("RUN_COMMAND_") else value
    if any(character < " " or character == "\x7f" for character in usable):
        advice = r' In JSON a backslash is written twice: "C:\\Media".' if spot.lined else " Write it without."
        raise wrong(spot, f"holds a control character.{advice}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise wrong(spot, "holds half a character. Write it again, as UTF-8.")
    return value


def stripped(spot: Spot) -> str:
    """Return a text without white space around it."""
    return text(spot).strip()


def yes_no(spot: Spot) -> bool:
    """Return true or false, also from their spellings as text or number."""
    word = str(spot.node.value).strip().lower()
    if word not in _YES | _NO:
        raise wrong(spot, f"{_quoted(spot)} is neither true nor false. Write true or false.")
    return word in _YES


def whole(spot: Spot, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, also from text."""
    value = spot.node.value
    written = value.strip() if isinstance(value, str) else spot.node.text
    match = re.fullmatch(r"([+-]?\d+)(\.0*)?", written)
    number = int(match[1]) if match and len(written) <= _WIDEST else None
    if isinstance(value, bool) or number is None or not low <= number <= high:
        raise wrong(spot, f"{_quoted(spot)} is no whole number from {low} to {high}. Write one.")
    return number


def seconds(spot: Spot) -> float:
    """Return a number of seconds above 0, at most an hour."""
    value = spot.node.value
    written = value.strip() if isinstance(value, str) else spot.node.text
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,4}(\.\d{0,6})?", written) or not 0 < float(written) <= 3600:  # noqa: PLR2004 - an hour
        raise wrong(spot, f"{_quoted(spot)} is no number of seconds above 0 and up to 3600. Write one, such as 30.")
    return float(written)


def choice(spot: Spot, choices: tuple[str, ...]) -> str:
    """Return one of `choices`, whatever the case it is written in."""
    words = {each.lower(): each for each in choices}
    word = str(spot.node.value).strip().lower()
    if word not in words:
        raise wrong(spot, f"{_quoted(spot)} is none of {', '.join(choices)}. Write one of them.")
    return words[word]


def texts(spot: Spot) -> tuple[str, ...]:
    """Return a list of texts, also from one text; empty ones are left out."""
    return tuple(item for item in _texts(spot) if item.strip())


def _texts(spot: Spot) -> tuple[str, ...]:
    if isinstance(spot.node.value, list):
        return tuple(every(spot.items(), text))
    if isinstance(spot.node.value, dict):
        raise wrong(spot, 'must be a list of texts. Write ["...", "..."].')
    return (text(spot),)


def commas(spot: Spot) -> tuple[str, ...]:
    """Return a list of texts, also from one text that has commas between them."""
    return tuple(part.strip() for item in texts(spot) for part in item.split(",") if part.strip())


def mapping(spot: Spot) -> dict[str, tuple[str, ...]]:
    """Return a table {to: [from, ...]}; one `from` may stand without the brackets."""
    if not isinstance(spot.node.value, dict):
        raise wrong(spot, 'must be a table. Write {"/to/": ["/from/"]}.')
    members = spot.members()
    every(members.items(), lambda member: sane(member[1], member[0]))
    filled = {key: each for key, each in members.items() if each.node.value is not None}
    return dict(zip(filled, every(filled.values(), _texts), strict=True))


def anchors(spot: Spot) -> dict[str, tuple[str, ...]]:
    """Return a table {path: [file or folder, ...]}; a list alone holds for every path, which is `""`."""
    table = mapping(spot) if isinstance(spot.node.value, dict) else {"": texts(spot)}
    found = {path: tuple(each.strip() for each in each_path if each.strip()) for path, each_path in table.items()}
    for path in (each for members in found.values() for each in members):
        if not path.startswith("/"):
            raise wrong(spot, f'"{shown(path)}" is no whole path on this machine. Write it from its first slash.')
    return {path: members for path, members in found.items() if members}


def priorities(spot: Spot) -> dict[int, tuple[str, ...]]:
    """Return a table {priority: [part of a path, ...]}."""
    if not isinstance(spot.node.value, dict):
        raise wrong(spot, 'must be a table. Write {"0": ["/Movies/"], "1": ["/TV/"]}.')
    return dict(every(spot.members().items(), _priority))


def _priority(member: tuple[str, Spot]) -> tuple[int, tuple[str, ...]]:
    name, spot = member
    if not re.fullmatch(r"\s*[+-]?\d{1,6}\s*", name):
        raise wrong(spot, 'a priority is a whole number in quotes, such as "0".')
    return int(name), () if spot.blank else texts(spot)


def sources(spot: Spot) -> dict[str, SourceSettings]:
    """Return what is special about each named source."""
    if not isinstance(spot.node.value, dict):
        raise wrong(spot, 'must be a table. Write {"sonarr4k": {"PRIORITY": 1}}.')
    return dict(every(spot.members().items(), _source))


#: The keys of one source.
SOURCE_KEYS: dict[str, Callable[[Spot], Any]] = {
    "PATH_MAPPINGS": mapping,
    "PRIORITY": lambda spot: whole(spot, -999_999, 999_999),
    "SCAN_DELAY": lambda spot: whole(spot, 0, 2_678_400),
}


def _source(member: tuple[str, Spot]) -> tuple[str, SourceSettings]:
    name, spot = member
    if not _SOURCE_NAME.fullmatch(name):
        raise wrong(
            spot,
            "a source's name stands in its URL: letters, digits, and the characters . _ - only "
            "(and a-train/<drive id>).",
        )
    keys = written(spot, SOURCE_KEYS)
    return name, SourceSettings(
        path_mappings=keys.get("PATH_MAPPINGS", {}), priority=keys.get("PRIORITY"), scan_delay=keys.get("SCAN_DELAY")
    )


def written(spot: Spot, keys: dict[str, Callable[[Spot], Any]]) -> dict[str, Any]:
    """Return the converted values of those `keys` of an object that say something; unknown ones are left out."""
    if not isinstance(spot.node.value, dict):
        raise wrong(spot, f"must be a table with {', '.join(keys)}.")
    said = [(key, each) for key, each in spot.members().items() if key in keys and not each.blank]
    return dict(every(said, lambda member: (member[0], keys[member[0]](member[1]))))


def _quoted(spot: Spot) -> str:
    """Return what was written, for a message; only where it cannot be a secret."""
    value = spot.node.value
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return f'"{shown(value)}"' if isinstance(value, str) else shown(spot.node.text)
