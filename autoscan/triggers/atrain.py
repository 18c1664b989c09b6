"""A-Train, which watches shared drives of Google: folders in which something came or went.

Wire format: `POST /triggers/a-train/<drive id>` of Cloudbox/autoscan, `{"created": [...], "deleted": [...]}`; the paths
are folders and begin at the top of the drive.
"""

from collections.abc import Mapping
from typing import Any

from autoscan.errors import BadRequestError
from autoscan.model import Change, Event, Kind, ScanRequest
from autoscan.paths import clean
from autoscan.triggers import reading
from autoscan.triggers.reading import member

_LISTS = {"created": Change.ADDED, "deleted": Change.REMOVED}
_EMPTY = "nothing came or went"
NO_LISTS = 'created and deleted are lists of folders, such as {"created": ["/TV/Show"], "deleted": []}'


def recognises(body: Mapping[str, Any]) -> bool:
    """Tell whether `body` has one of A-Train's lists, which it writes as null where they are empty.

    What has no other members than those two is its report as well, whatever stands in place of the lists.
    """
    given = [member(body, name) for name in _LISTS]
    alone = {name.casefold() for name in body} <= _LISTS.keys()
    return any(isinstance(each, list) for each in given) or _is_empty(body) or (alone and bool(body))


def parse(body: Mapping[str, Any]) -> Event:
    """Read both lists; a folder in both counts as one in which something came.

    Raises BadRequestError where something else stands in place of a list.
    """
    listed = {name: member(body, name) for name in _LISTS}
    given = [each for each in listed.values() if each is not None]
    if not all(isinstance(each, list) for each in given) or not (given or _is_empty(body)):
        raise BadRequestError(NO_LISTS)
    requests: dict[str, ScanRequest] = {}
    for name, change in _LISTS.items():
        for folder in filter(None, map(reading.path, listed[name] or [])):
            path = clean(folder if folder.startswith("/") else f"/{folder}")
            requests.setdefault(path, ScanRequest(path=path, kind=Kind.FOLDER, change=change))
    return Event(app="a-train", type="changes", requests=tuple(requests.values()), note="" if requests else _EMPTY)


def _is_empty(body: Mapping[str, Any]) -> bool:
    """Tell whether both lists are there, and null."""
    names = {name.casefold() for name in body}
    return names >= _LISTS.keys() and all(member(body, name) is None for name in _LISTS)
