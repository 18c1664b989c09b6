"""Have Plex read the items anew that sidecars belong to: `PUT /library/metadata/{id}/refresh`, which keeps edits.

What was learnt of the folder (P2) comes first, then its title (P3) and the folder view (P4): two of them at most.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from autoscan import paths
from autoscan.errors import TargetRejectedError
from autoscan.model import Change, Expectation, Hints, Kind, Sighting
from autoscan.targets.base import Known, root_of
from autoscan.targets.owners import Owner, is_of_folder, of_file, of_folder, owner_file, refresh, title
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.folders import FolderView
from autoscan.targets.plex.memory import Memory
from autoscan.targets.plex.questions import Questions
from autoscan.targets.plex.rows import form
from autoscan.targets.plex.shown import Hit, Shown
from autoscan.targets.values import Library

_NOT_FOUND = 404
#: Readings of a section for the sidecars of one folder.
_READINGS = 2


class Sidecars:
    """The sidecars of one folder, for one call."""

    def __init__(self, api: PlexApi, library: Library, known: Known, sidecars: Sequence[str]) -> None:
        self._api = api
        self._library = library
        self._sidecars = sidecars
        self._folder = paths.parent(sidecars[0])
        self._in_root = form(self._folder) == form(root_of(library, sidecars[0]))
        self._ask = Questions(api, library)
        self._memory = Memory(library, known)
        self._shown = Shown()

    def refresh(self) -> dict[str, Sighting]:
        """Find the owners and have them read anew; return what was, by sidecar."""
        for _ in islice(self._readings(), _READINGS):
            hits = self._hits()
            whole = self._whole(hits)
            if owners := self._owners(hits, whole):
                return refresh(owners, whole, self._put)
        return {}

    def _readings(self) -> Iterator[None]:
        """Ask one thing after another, as long as nothing was found."""
        if key := self._memory.around(self._folder):
            self._take_known(key)
            yield
        query = self._ask.title_query(Hints(title=title(self._library, self._sidecars[0])))
        if query and not self._in_root:
            self._shown.take(self._ask.titled(query)[0], "P3")
            yield
        view = FolderView(self._ask, self._library, self._shown)
        if view.exists and view.reach(self._folder):
            yield

    def _take_known(self, key: str) -> None:
        contained = self._library.type in {"show", "artist"}
        rows = self._ask.inside(key) if contained else self._ask.items([key], check_files=False)
        self._shown.take(rows or (), "P2")

    def _hits(self) -> list[Hit]:
        """Return what is listed below the folder and is not gone."""
        here = Expectation(path=self._folder, kind=Kind.FOLDER, change=Change.ADDED)
        return [hit for hit in self._shown.hits(here) if not hit.part.trashed]

    def _owners(self, hits: Sequence[Hit], whole: Owner | None) -> dict[str, Owner]:
        owners = {path: self._owner(path, hits, whole) for path in self._sidecars}
        return {path: owner for path, owner in owners.items() if owner is not None}

    def _owner(self, sidecar: str, hits: Sequence[Hit], whole: Owner | None) -> Owner | None:
        if is_of_folder(sidecar):
            return whole
        file = owner_file(sidecar, (hit.part.file for hit in hits))
        if file is None:
            return None
        mine = [hit for hit in hits if hit.part.file == file and hit.row.key]
        if not mine:
            return None
        return of_file(file, (hit.row.key for hit in mine), mine[0].evidence)

    def _whole(self, hits: Sequence[Hit]) -> Owner | None:
        """Return the item of the folder: the season or album, the show or artist of several, the only movie."""
        if self._in_root or not hits:
            return None
        here = [hit for hit in hits if form(paths.parent(hit.part.file)) == form(self._folder)]
        inner = {hit.row.parent or hit.row.key for hit in here}
        items = inner if len(inner) == 1 else {hit.row.grandparent for hit in here or hits}
        item = next(iter(items))
        return of_folder(self._folder, item, hits[0].evidence) if item and len(items) == 1 else None

    def _put(self, item: str) -> bool:
        try:
            self._api.put(f"/library/metadata/{item}/refresh")
        except TargetRejectedError as error:
            if error.status != _NOT_FOUND:
                raise
            return False
        return True
