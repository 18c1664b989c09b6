"""Sonarr, and what has its shape: Whisparr v2 and Sportarr."""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Event, Hints
from autoscan.triggers import arr, reading
from autoscan.triggers.reading import member

_SHAPE = arr.Shape(app="sonarr", owner="series", root="path", file="episodeFile", renamed="renamedEpisodeFiles")
_EVENTS: Mapping[str, arr.Handler | str] = {
    **arr.QUIET,
    "download": arr.imported,
    "upgrade": arr.imported,
    "importcomplete": arr.imported,
    "rename": arr.renamed,
    "episodefiledelete": arr.file_deleted,
    "seriesdelete": arr.owner_deleted,
    "delete": arr.deleted,
    "seriesadd": "a series was added; its files come with events of their own",
}
_IDS = {
    "tvdb": "tvdbId",
    "tmdb": "tmdbId",
    "imdb": "imdbId",
    "tvmaze": "tvMazeId",
}


def parse(body: Mapping[str, Any]) -> Event:
    """Read an event about a series."""
    # The database model that nightlies sent has the series below the file.
    series = member(body, "series") or member(member(body, "episodeFile"), "series")
    message = arr.Message(
        body=body,
        shape=_SHAPE,
        root=reading.path(member(series, "path")),
        hints=Hints(
            title=reading.text(member(series, "title")),
            year=reading.whole(member(series, "year"), least=1),
            ids=reading.identifiers(series, _IDS),
        ),
        episodes=_episodes(body),
    )
    return arr.read(reading.text(member(body, "eventType")), message, _EVENTS)


def _episodes(body: Mapping[str, Any]) -> list[tuple[int, int | None]]:
    listed = member(body, "episodes") or member(member(body, "episodeFile"), "episodes")
    numbered = [
        (reading.whole(member(each, "seasonNumber")), reading.whole(member(each, "episodeNumber")))
        for each in reading.objects(listed)
    ]
    return [(season, number) for season, number in numbered if season is not None]
