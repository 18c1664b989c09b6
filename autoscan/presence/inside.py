"""Tell which media files lie in a folder that was requested whole, of which no event said what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker, Walk
from autoscan.model import Change, Expectation, Kind, Scan
from autoscan.paths import MEDIA_EXTENSIONS, covers, join, key
from autoscan.presence.places import Place, Places

#: How many names a file's path may have below the folder, e.g. show, season, episode.
DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Media files, the newest first."""

    files: tuple[Expectation, ...] = ()
    #: How many there are in all.
    found: int = 0
    #: Not everything was read: it took too long, or the file system refused.
    partial: bool = False


class Insides:
    """Looks into folders, as far as this machine can see them."""

    def __init__(self, *, checker: FileChecker, places: Places) -> None:
        self._checker = checker
        self._places = places

    def of(self, scan: Scan, limit: int) -> Inside:
        """Return the media files that `scan` should show, `limit` of each folder, the newest; none if it names files.

        A file that something is expected of already is left out. Never raises: what cannot be seen is not there.
        """
        folders = _folders(scan)
        if not folders:
            return Inside()
        places = self._places.of(folders)
        here = {path: place for path, place in places.items() if place.here}
        try:
            walks = self._checker.walk(
                [place.local for place in here.values()], endings=MEDIA_EXTENSIONS, depth=DEPTH, limit=limit
            )
        except FileCheckError:
            return Inside()
        return self._joined(scan, {path: walks[place.local] for path, place in here.items()}, here)

    def _joined(self, scan: Scan, walks: Mapping[str, Walk], places: Mapping[str, Place]) -> Inside:
        known = {key(each.path) for each in scan.expectations}
        found = [
            (file.mtime, path)
            for folder, walk in walks.items()
            for file in walk.files
            if key(path := join(folder, file.path)) not in known and self._leads_to(path, file.path, places[folder])
        ]
        return Inside(
            files=tuple(_wanted(path) for _, path in sorted(found, reverse=True)),
            found=sum(walk.found for walk in walks.values()),
            partial=any(walk.partial or walk.error for walk in walks.values()),
        )

    def _leads_to(self, path: str, relative: str, folder: Place) -> bool:
        """Tell whether the mapped `path` is this very file: another mapping may lead elsewhere."""
        return self._places.at(path, folder).local == join(folder.local, relative)


def _folders(scan: Scan) -> Sequence[str]:
    """Return what the scan wants that may be a folder, without what lies below another; nothing if it wants files."""
    wanted = [each for each in scan.expectations if each.change.wants_presence]
    if any(each.kind is Kind.FILE for each in wanted):
        return ()
    paths = [each.path for each in wanted]
    return [path for path in paths if not any(other != path and covers(other, path) for other in paths)]


def _wanted(path: str) -> Expectation:
    # Without a size: that it is listed already must not save the scan that was asked for.
    return Expectation(path=path, kind=Kind.FILE, change=Change.ADDED)
