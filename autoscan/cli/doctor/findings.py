"""One thing that was checked."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it stands."""

    OK = "ok"
    #: Autoscan works, but worse than it could, or not for ever.
    WARN = "warn"
    #: Something will not work.
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check has found."""

    level: Level
    #: What it is about: a server's name, a setting, `this machine`.
    about: str
    name: str
    text: str
    #: What to do next; `""` if nothing.
    advice: str = ""


def ok(about: str, name: str, text: str) -> Finding:
    """Return that something is in order."""
    return Finding(level=Level.OK, about=about, name=name, text=text)


def warn(about: str, name: str, text: str, advice: str = "") -> Finding:
    """Return that something could be better."""
    return Finding(level=Level.WARN, about=about, name=name, text=text, advice=advice)


def fail(about: str, name: str, text: str, advice: str = "") -> Finding:
    """Return that something is wrong."""
    return Finding(level=Level.FAIL, about=about, name=name, text=text, advice=advice)
