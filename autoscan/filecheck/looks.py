"""What a look at the media has found."""

from dataclasses import dataclass

from autoscan.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One path as the file system showed it, links followed."""

    #: False with an empty `error` means: certainly not there.
    exists: bool
    #: `FILE` or `FOLDER`; `UNKNOWN` where nothing is there.
    kind: Kind = Kind.UNKNOWN
    #: Bytes; None for a folder.
    size: int | None = None
    #: Seconds since 1970, as the file system keeps it.
    mtime: float | None = None
    #: Why the file system would not tell, e.g. "Permission denied".
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One folder and whether it holds anything."""

    exists: bool
    kind: Kind = Kind.UNKNOWN
    #: Counted no further than the limit of the question; 0 where the path is no folder.
    entries: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file below a folder."""

    #: From the folder on, with `/` between the names.
    path: str
    #: Bytes.
    size: int
    #: Seconds since 1970, as the file system keeps it.
    mtime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A folder with the newest files below it."""

    exists: bool
    kind: Kind = Kind.UNKNOWN
    #: The newest first; not more than the limit of the question.
    files: tuple[Found, ...] = ()
    #: How many files there were, those beyond the limit included.
    found: int = 0
    #: The time was over before everything was read.
    partial: bool = False
    #: What the file system would not tell, of the folder or of one below it.
    error: str = ""
