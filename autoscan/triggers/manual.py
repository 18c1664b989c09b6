"""What people, scripts and the clients of other autoscans ask for: paths, and nothing about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autoscan.model import Change, Event, Kind, ScanRequest
from autoscan.paths import Flavour, clean, flavour
from autoscan.triggers import reading
from autoscan.triggers.arr import consistent
from autoscan.triggers.reading import member

#: Members that carry a path in bodies of the family (`filepath`) and of its neighbours.
MEMBERS = ("filepath", "path", "dir")
NO_PATH = "no usable path: send filepath, path or dir with the full path of a file or folder"


def parse(body: Mapping[str, Any]) -> Event:
    """Read `eventType=Manual` with `filepath`, from JSON or a form (plex_autoscan, 2.x)."""
    given = [each for name in MEMBERS for each in _several(member(body, name))]
    return _event(reading.text(member(body, "eventType")) or "Manual", given)


def names_paths(body: Mapping[str, Any]) -> bool:
    """Tell whether `body` has a usable path in one of the members for that."""
    return any(_usable(_several(member(body, name))) for name in MEMBERS)


def from_paths(paths: Sequence[str], folders: Sequence[str]) -> Event:
    """Read the `path=` and `dir=` of a query. FileFlows names files in `dir`, so neither tells the kind."""
    return _event("Manual", [*paths, *folders])


def from_lists(paths: Sequence[str], folders: Sequence[str], removed: Sequence[str]) -> Event:
    """Read what the API was asked for, whose lists tell files or folders, whole folders, and what is gone apart."""
    asked = [_request(path) for path in _usable(paths)]
    asked += [replace(_request(path), kind=Kind.FOLDER) for path in _usable(folders)]
    asked += [replace(_request(path), change=Change.REMOVED) for path in _usable(removed)]
    return Event(app="manual", type="Manual", requests=consistent(asked), note="" if asked else NO_PATH)


def _usable(given: Iterable[object]) -> list[str]:
    return [found for each in given if (found := reading.path(_trimmed(each)))]


def _event(event_type: str, given: Iterable[object]) -> Event:
    usable = _usable(given)
    note = "" if usable else NO_PATH
    requests = consistent(map(_request, usable))
    return Event(app="manual", type=event_type, requests=requests, note=note)


def _request(path: str) -> ScanRequest:
    separators = ("/", "\\") if flavour(path) is Flavour.WINDOWS else ("/",)
    kind = Kind.FOLDER if path.endswith(separators) else Kind.UNKNOWN
    return ScanRequest(path=clean(path), kind=kind, change=Change.ADDED)


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _trimmed(value: object) -> object:
    # The line end of a shell's output; a space may belong to the name.
    return value.strip("\r\n") if isinstance(value, str) else value
