"""Bazarr, which speaks through Apprise: a JSON notification to which the user added `path`.

Wire format: Apprise's `json://` plug-in, with `?:path={bazarr_movie_path}{bazarr_episode_path}` (Bazarr >= 1.5.7).
"""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Change, Event, Hints, Kind, ScanRequest
from autoscan.paths import clean, kind_by_name
from autoscan.triggers import reading
from autoscan.triggers.reading import member

_OF_APPRISE = ("version", "title", "message", "attachments", "type")


def recognises(body: Mapping[str, Any]) -> bool:
    """Tell whether `body` is a notification of Apprise with a path, be it empty as in a test."""
    has_path = isinstance(member(body, "path"), str)
    return has_path and sum(member(body, each) is not None for each in _OF_APPRISE) > 1


def parse(body: Mapping[str, Any]) -> Event:
    """Read a notification: `path` is the video beside which the subtitle came."""
    path = reading.path(member(body, "path"))
    if not path:
        return Event(app="bazarr", type="notification", note="no usable path; Bazarr's test sends an empty one")
    is_file = kind_by_name(path) is Kind.FILE
    kind = Kind.FILE if is_file else Kind.UNKNOWN
    request = ScanRequest(path=clean(path), kind=kind, change=Change.ADDED, hints=Hints(read_anew=is_file))
    return Event(app="bazarr", type="notification", requests=(request,))
