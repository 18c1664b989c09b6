"""What people do with scans and servers, and what a server said about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What became of one action on several scans."""

    #: The ids it was done for.
    done: tuple[int, ...] = ()
    #: By id, why it was not done, in words for people.
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFacts:
    """One library of a server, as the server told it."""

    id: str
    title: str
    #: The server's own word: `show`, `tvshows`, ...
    type: str
    #: Folders, as the server spells them.
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server said about itself when it was asked last."""

    at: datetime
    #: `""` where it would not say.
    version: str
    name: str
    libraries: tuple[LibraryFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSeen:
    """One path of an event, to find out which mappings are used."""

    id: int
    at: datetime
    source: str
    path: str
    mapped: str
