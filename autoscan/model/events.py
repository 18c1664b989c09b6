"""What a caller tells: changed paths, and the event that named them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a path names."""

    FILE = "file"
    FOLDER = "folder"
    #: The event does not say; the file system decides when the scan is due, else the extension.
    UNKNOWN = "unknown"


class Change(StrEnum):
    """What happened to a path."""

    #: New, or changed in place.
    ADDED = "added"
    #: The new name of something renamed; the old name comes as a `REMOVED` of its own.
    RENAMED = "renamed"
    #: Gone, or, for a folder that stays, something below it is gone.
    REMOVED = "removed"

    @property
    def wants_presence(self) -> bool:
        """Tell whether the path should exist after the change."""
        return self is not Change.REMOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the event knows about the item, to find it again in a server."""

    title: str = ""
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    #: By provider: `tvdb`, `tmdb`, `imdb`, `tvmaze`, `stash`; of artist or author `musicbrainz`, `goodreads`; of
    #: album or book `musicbrainz_album`, `goodreads_book`, `asin`, `isbn`. Never "0" or empty.
    ids: Mapping[str, str] = field(default_factory=dict)
    #: What a server lists already, with whatever size, needs no scan (`GOOGLE.DISABLE_DISK_FILE_SIZE_CHECK`).
    listed_is_enough: bool = False
    #: Something came beside the file, which need not be new (a subtitle): its item is to be read anew.
    read_anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """One changed path of one event, as the application spelt it."""

    path: str
    kind: Kind
    change: Change
    #: Bytes, where the event names them and the file is wanted present.
    size: int | None = None
    #: The event comes before the removal itself (series, movie, artist deletes): wait, bounded, until it is gone.
    announced: bool = False
    #: Seconds to wait at least, whatever the configured delay: an upgrade's delete comes before the new file.
    min_delay: int = 0
    #: Seconds to wait for the event that should follow, the longest delay permitting: copying a file may take long.
    patience: int = 0
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a caller told, and the paths that follow from it."""

    #: `sonarr`, `radarr`, `lidarr`, `readarr`, `bazarr`, `manual`, or `unknown`.
    app: str
    #: The event type in the application's own spelling, e.g. `Download`; `""` where there is none.
    type: str
    requests: tuple[ScanRequest, ...] = ()
    #: Why nothing is to be scanned, in plain words; `""` where something is.
    note: str = ""
    #: False for an event type (or a body) that no parser knows.
    known: bool = True
