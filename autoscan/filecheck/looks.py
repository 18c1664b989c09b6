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
