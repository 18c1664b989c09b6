"""Which items stand for which files and folders of a section, kept from one look to the next."""

from autoscan import paths
from autoscan.model import Expectation
from autoscan.targets.base import Known, Library, root_of
from autoscan.targets.plex.rows import form
from autoscan.targets.plex.shown import Hit, is_folder


class Memory:
    """Reads and writes `Known` for one section; files are kept beside folders, under their own paths."""

    def __init__(self, library: Library, known: Known) -> None:
        self._library = library
        self._known = known

    def own(self, item: Expectation) -> str:
        """Return the item in which a file was seen; `""` if it never was."""
        return "" if is_folder(item) else self._get(item.path)

    def around(self, folder: str) -> str:
        """Return the season, album or movie (or the show, the artist) whose files lie in `folder`; `""` if unknown."""
        return self._get(folder)

    def forget(self, path: str) -> None:
        """Forget an item that is not there any more."""
        self._known.learn(self._library.id, form(path), "")

    def learn(self, hit: Hit) -> None:
        """Keep the item of a file, and those of the folders above it within the section's location."""
        row, folder, root = hit.row, paths.parent(hit.part.file), root_of(self._library, hit.part.file)
        self._set(hit.part.file, row.key)
        if form(folder) == form(root):
            return
        self._set(folder, self._parent(hit, self._get(folder)))
        above = paths.parent(folder)
        if row.grandparent and form(above) != form(root):
            self._set(above, row.grandparent)

    def _parent(self, hit: Hit, before: str) -> str:
        """Return what stands for the folder of a file: the season; the show once the folder holds several seasons."""
        row = hit.row
        if not row.parent or not before:
            return row.parent or row.key
        return before if before in {row.parent, row.grandparent} else row.grandparent or row.parent

    def _get(self, path: str) -> str:
        return self._known.parent(self._library.id, form(path)) or ""

    def _set(self, path: str, item: str) -> None:
        if self._get(path) != item:
            self._known.learn(self._library.id, form(path), item)
