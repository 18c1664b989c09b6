"""Which items stand for which files and folders of a section, kept from one look to the next."""

from collections.abc import Iterable

from autoscan import paths
from autoscan.model import Expectation
from autoscan.targets.base import Known, root_of
from autoscan.targets.plex.rows import form
from autoscan.targets.plex.shown import Hit, is_folder
from autoscan.targets.values import Library


class Memory:
    """Reads and writes `Known` for one section and one call.

    For a folder it is the season or album (where the folder holds several, the show or artist), or the movie. A file
    that belongs to no season or album is kept as well, under its own path: its folder may hold other movies.
    """

    def __init__(self, library: Library, known: Known) -> None:
        self._library = library
        self._known = known
        self._read: dict[str, str] = {}

    def own(self, item: Expectation) -> str:
        """Return the item in which a file was seen; `""` if it never was, or its folder's item tells as much."""
        contained = self._library.type in {"show", "artist"}
        return "" if contained or is_folder(item) else self._get(item.path)

    def around(self, folder: str) -> str:
        """Return the item whose files lie in `folder`; `""` if unknown."""
        return self._get(folder)

    def forget(self, item: str, folders: Iterable[str]) -> None:
        """Forget an item that is not there any more."""
        for folder in folders:
            if self._get(folder) == item:
                self._set(folder, "")

    def learn(self, hit: Hit) -> None:
        """Keep the items of a file and of the folders above it, within the section's location."""
        row, file = hit.row, hit.part.file
        folder, root = paths.parent(file), root_of(self._library, file)
        if not row.parent:
            self._set(file, row.key)
        if form(folder) == form(root):
            return
        self._set(folder, self._container(hit, self._get(folder)))
        above = paths.parent(folder)
        if row.grandparent and form(above) != form(root):
            self._set(above, row.grandparent)

    def _container(self, hit: Hit, before: str) -> str:
        row = hit.row
        if not row.parent or not before:
            return row.parent or row.key
        return before if before in {row.parent, row.grandparent} else row.grandparent or row.parent

    def _get(self, path: str) -> str:
        place = form(path)
        if place not in self._read:
            self._read[place] = self._known.parent(self._library.id, place) or ""
        return self._read[place]

    def _set(self, path: str, item: str) -> None:
        if self._get(path) != item:
            self._read[form(path)] = item
            self._known.learn(self._library.id, form(path), item)
