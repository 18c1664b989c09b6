"""Radarr, and what has its shape: Whisparr v3."""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Event, Hints, Kind
from autoscan.paths import kind_by_name, name, parent
from autoscan.triggers import arr, reading
from autoscan.triggers.reading import member

_SHAPE = arr.Shape(app="radarr", owner="movie", root="folderPath", file="movieFile", renamed="renamedMovieFiles")
_EVENTS: Mapping[str, arr.Handler | str] = {
    **arr.QUIET,
    "download": arr.imported,
    "upgrade": arr.imported,
    "rename": arr.renamed,
    "moviefiledelete": arr.file_deleted,
    "moviedelete": arr.owner_deleted,
    "delete": arr.deleted,
    "movieadded": "a movie was added; its file comes with an event of its own",
}
_IDS = {"tmdb": "tmdbId", "imdb": "imdbId", "stash": "stashId"}


def parse(body: Mapping[str, Any]) -> Event:
    """Read an event about a movie."""
    body = _with_folder(body)
    movie, remote = member(body, "movie"), member(body, "remoteMovie")
    year = reading.whole(member(movie, "year"), least=1) or reading.whole(member(remote, "year"), least=1)
    message = arr.Message(
        body=body,
        shape=_SHAPE,
        root=reading.path(member(movie, "folderPath")),
        hints=Hints(
            title=reading.text(member(movie, "title")) or reading.text(member(remote, "title")),
            year=year,
            # `movie` has ids since 3.0.0.4204, before that only what the release was taken for.
            ids={**reading.identifiers(remote, _IDS), **reading.identifiers(movie, _IDS)},
        ),
    )
    return arr.read(reading.text(member(body, "eventType")), message, _EVENTS)


def _with_folder(body: Mapping[str, Any]) -> Mapping[str, Any]:
    # 0.2.0.453 to 0.2.0.870 named only `Movie.FilePath`: give it the members of today.
    movie = member(body, "movie")
    only = reading.path(member(movie, "filePath"))
    if not only or reading.path(member(movie, "folderPath")):
        return body
    if kind_by_name(only) is not Kind.FILE:
        return {**body, "movie": {**movie, "folderPath": only}}
    file = {"movieFile": {"relativePath": name(only)}}
    return {**file, **body, "movie": {**movie, "folderPath": parent(only)}}
