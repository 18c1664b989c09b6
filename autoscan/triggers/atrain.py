"""A-Train, which watches shared drives of Google: folders in which something came or went.

Wire format: `POST /triggers/a-train/<drive id>` of Cloudbox/autoscan, `{"created": [...], "deleted": [...]}`; the paths
are folders and begin at the top of the drive.
"""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Change, Event, Kind, ScanRequest
from autoscan.paths import clean
from autoscan.triggers import reading
from autoscan.triggers.reading import member

_LISTS = {"created": Change.ADDED, "deleted": Change.REMOVED}
_EMPTY = "nothing came or went"


def recognises(body: Mapping[str, Any]) -> bool:
    """Tell whether `body` has one of A-Train's lists; it writes an empty one as null."""
    return any(isinstance(member(body, name), list) for name in _LISTS) or _LISTS.keys() <= body.keys()


def parse(body: Mapping[str, Any]) -> Event:
    """Read both lists; a folder in both counts as one in which something came."""
    requests: dict[str, ScanRequest] = {}
    for name, change in _LISTS.items():
        listed = member(body, name)
        for folder in filter(None, map(reading.path, listed if isinstance(listed, list) else [])):
            path = clean(folder if folder.startswith("/") else f"/{folder}")
            requests.setdefault(path, ScanRequest(path=path, kind=Kind.FOLDER, change=change))
    return Event(app="a-train", type="changes", requests=tuple(requests.values()), note="" if requests else _EMPTY)
