"""Lidarr: artists, albums without a path, tracks."""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Event, Hints
from autoscan.triggers import arr, reading
from autoscan.triggers.reading import member

_SHAPE = arr.Shape(
    app="lidarr",
    owner="artist",
    root="path",
    file="trackFile",
    renamed="renamedTrackFiles",
    part="album",
    final_path=True,
)
_EVENTS: Mapping[str, arr.Handler | str] = {
    **arr.QUIET,
    "download": arr.imported,
    "upgrade": arr.imported,
    "rename": arr.renamed,
    "retag": arr.retagged,
    "trackretag": arr.retagged,
    "artistdelete": arr.owner_deleted,
    "albumdelete": arr.part_deleted,
    "delete": arr.deleted,
    "artistadd": "an artist was added; the files come with events of their own",
}


def parse(body: Mapping[str, Any]) -> Event:
    """Read an event about an artist or an album."""
    artist, album = member(body, "artist"), member(body, "album")
    message = arr.Message(
        body=body,
        shape=_SHAPE,
        root=reading.path(member(artist, "path")),
        hints=Hints(
            title=reading.text(member(artist, "name")),
            ids={
                **reading.identifiers(artist, {"musicbrainz": "mbId"}),
                **reading.identifiers(album, {"musicbrainz_album": "mbId"}),
            },
        ),
    )
    return arr.read(reading.text(member(body, "eventType")), message, _EVENTS)
