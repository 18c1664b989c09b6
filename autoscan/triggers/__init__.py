"""From a caller's body to an `Event`: which application it is, what changed, and where. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from autoscan.model import Event
from autoscan.triggers import arr, atrain, bazarr, lidarr, manual, radarr, readarr, sonarr
from autoscan.triggers.manual import MEMBERS, from_lists, from_paths
from autoscan.triggers.reading import member, path, text

__all__ = ["MEMBERS", "PARSERS", "from_lists", "from_paths", "parse", "path"]

#: By the member that tells the application. A new source of this kind is one module and one line here.
PARSERS: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {
    "series": sonarr.parse,
    "movie": radarr.parse,
    "artist": lidarr.parse,
    "author": readarr.parse,
}

#: Members that tell the application where the owner is missing.
_TELLTALES: Mapping[str, tuple[str, ...]] = {
    "series": ("episodeFile", "episodeFiles", "renamedEpisodeFiles", "episodes"),
    "movie": ("movieFile", "renamedMovieFiles", "remoteMovie"),
    "artist": ("album", "albums", "trackFile", "trackFiles", "tracks", "renamedTrackFiles"),
    "author": ("book", "books", "bookFile", "bookFiles", "renamedBookFiles"),
}

#: The first word of the User-Agent, for events without any such member (Health, ApplicationUpdate).
_AGENTS: Mapping[str, str] = {
    "sonarr": "series",
    "sportarr": "series",
    "whisparr": "series",
    "radarr": "movie",
    "lidarr": "artist",
    "readarr": "author",
}
_APPS: Mapping[str, str] = {"series": "sonarr", "movie": "radarr", "artist": "lidarr", "author": "readarr"}


def parse(body: Mapping[str, Any], *, user_agent: str = "") -> Event:
    """Read the body of any caller; wrong types count as absent.

    Raises BadRequestError for what can only be A-Train's, but has no lists; no other JSON object makes it raise.
    """
    event_type = text(member(body, "eventType"))
    if event_type.casefold() == "manual":
        return manual.parse(body)
    owner = _owner(body, user_agent)
    if event_type.casefold() == "test":
        # Before any look at a path: the applications send `C:\testpath`, on Linux, too.
        return Event(app=_APPS.get(owner, "unknown"), type=event_type, note=arr.QUIET["test"])
    if not event_type:
        return _without_type(body)
    return PARSERS[owner](body) if owner else _unowned(event_type)


def _owner(body: Mapping[str, Any], user_agent: str) -> str:
    present = (owner for owner in PARSERS if isinstance(member(body, owner), Mapping))
    hinted = (owner for owner, names in _TELLTALES.items() if any(member(body, each) is not None for each in names))
    agent, _, version = user_agent.strip().casefold().partition("/")
    said = "movie" if agent == "whisparr" and version.startswith("3") else _AGENTS.get(agent, "")
    return next(present, None) or next(hinted, None) or said


def _without_type(body: Mapping[str, Any]) -> Event:
    if bazarr.recognises(body):
        return bazarr.parse(body)
    if member(body, "filepath") is not None or manual.names_paths(body):
        return manual.parse(body)
    if atrain.recognises(body):
        return atrain.parse(body)
    if notification := text(member(body, "notification_type")):
        # Overseerr and Jellyseerr tell what a media server already has.
        return Event(app="unknown", type=notification, note="a notification without a path")
    return Event(app="unknown", type="", note="no caller that is known sends such a body", known=False)


def _unowned(event_type: str) -> Event:
    note = arr.QUIET.get(event_type.casefold())
    return Event(app="unknown", type=event_type, note=note or arr.UNKNOWN_TYPE, known=note is not None)
