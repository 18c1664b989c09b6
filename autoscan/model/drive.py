"""Google Drive as values: how far each drive was read, and where its files were when they were last told of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

#: The MIME types of what is no file with bytes.
FOLDER_TYPE = "application/vnd.google-apps.folder"


class Walk(StrEnum):
    """Whether all files of a drive are being listed, besides reading what changes."""

    #: No: only what changes is read.
    NONE = ""
    #: Changes were lost, so everything is listed and compared with the cache.
    RECONCILE = "reconcile"
    #: Everything was listed; what the cache has besides is gone.
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveState:
    """One drive that is watched: how far it was read, and what keeps it from being read on."""

    #: The id of a shared drive; `""` is My Drive; for a configured name that fits no drive, that name after a `?`.
    drive: str
    #: What its paths begin with: `My Drive`, or the shared drive's name.
    name: str
    #: The id of its topmost folder.
    root: str = ""
    #: Where to read on in its log of changes; `""` before it was ever read.
    page_token: str = ""
    #: The last time that its log was read to the end; None before.
    polled_at: datetime | None = None
    #: What is wrong and what to do about it; `""` if nothing is.
    problem: str = ""
    #: Since when.
    since: datetime | None = None
    #: A listing under way, where it goes on, and its number: rows of the cache with a lower one were not listed yet.
    walk: Walk = Walk.NONE
    walk_token: str = ""
    round: int = 1
    #: Files listed so far.
    walked: int = 0
    #: Of a listing that reconciles: when changes began to be lost.
    lost_at: datetime | None = None
    #: The cache was once filled with everything, so what it does not know is new.
    complete: bool = False
    #: Of `scan.py build_caches`, which fills the cache: where it goes on, and how many files it has read.
    build_token: str = ""
    built: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveEntry:
    """A file or folder as the cache knows it."""

    id: str
    #: The shared drive it lies in; `""` for My Drive.
    drive: str
    name: str
    parents: tuple[str, ...] = ()
    mime: str = ""
    md5: str = ""
    size: int | None = None
    trashed: bool = False
    #: When it was read from a listing; changes from before that may be in it already. None: it came with a change.
    listed_at: datetime | None = None

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        return self.mime == FOLDER_TYPE
