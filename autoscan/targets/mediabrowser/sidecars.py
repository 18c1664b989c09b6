"""Have Jellyfin or Emby read the items anew that sidecars belong to, by a refresh that keeps edits.

The item of the folder tells what is in it. A movie's folder is no item: then it is what was learnt of the folder, what
the sidecar's name makes likely, or what answers to the title.
"""

from collections.abc import Callable, Iterable, Sequence

from autoscan import paths
from autoscan.model import Sighting
from autoscan.targets.mediabrowser.indirect import TITLES, Evidence, flat
from autoscan.targets.mediabrowser.items import FILE_ITEMS, Item, Items, Look, form
from autoscan.targets.owners import Owner, is_of_folder, of_file, of_folder, owner_file, refresh, title

#: Returns the item of a folder, if it is one.
FolderAt = Callable[[Look, str], Item | None]
#: Returns the ids that the owners of sidecars may have.
Guess = Callable[[Look, Sequence[str]], Iterable[str]]


class Sidecars:
    """Finds the owners of sidecars."""

    def __init__(self, items: Items, words: Evidence, at: tuple[FolderAt, str], guess: Guess) -> None:
        """`at` is how a folder's item is found, and what that is called."""
        self._items = items
        self._words = words
        self._at, self._at_word = at
        self._guess = guess

    def refresh(self, look: Look, sidecars: Sequence[str], do: Callable[[str], bool]) -> dict[str, Sighting]:
        """Have the owners of the sidecars of one folder read anew by `do`; return what was, by sidecar."""
        spelt = {look.spelt(path): path for path in sidecars}
        folder = paths.parent(next(iter(spelt)))
        # Never the root: its refresh is a scan of the whole library.
        item = None if form(folder) == form(look.root(folder)) else self._at(look, folder)
        if item is not None:
            whole = of_folder(folder, item.id, self._at_word)
            owners = self._inside(item, list(spelt), whole)
        else:
            whole = None
            owners = self._loose(look, folder, list(spelt)) if flat(look.library.type) else {}
        done = refresh(owners, whole, do)
        return {spelt[path]: sighting for path, sighting in done.items()}

    def _inside(self, folder: Item, sidecars: Sequence[str], whole: Owner) -> dict[str, Owner]:
        """Return the owners in a folder that is an item; what is in it is asked for only where that matters."""
        owners = {path: whole for path in sidecars if is_of_folder(path)}
        rest = [path for path in sidecars if path not in owners]
        page = self._items.page(ParentId=folder.id, IncludeItemTypes=FILE_ITEMS) if rest else None
        return owners | _by_name(rest, page.items if page else (), self._words.children)

    def _loose(self, look: Look, folder: str, sidecars: Sequence[str]) -> dict[str, Owner]:
        """Return the owners in a folder that is no item."""
        guessed = self._items.by_ids(self._guess(look, sidecars)).values()
        if owners := _in_folder(look, folder, sidecars, guessed, self._words.ids):
            return owners
        term = title(look.library, sidecars[0])
        if not term:
            return {}
        page = self._items.page(TITLES, ParentId=look.library.id, SearchTerm=term, IncludeItemTypes=FILE_ITEMS)
        return _in_folder(look, folder, sidecars, page.items, self._words.title)


def _in_folder(
    look: Look, folder: str, sidecars: Sequence[str], items: Iterable[Item], evidence: str
) -> dict[str, Owner]:
    """Return the owners; those of the folder as a whole only where one item alone stands in it, and not in a root."""
    here = [item for item in items if not item.is_folder and item.lies_below(folder)]
    single = here[0] if len(here) == 1 and form(folder) != form(look.root(folder)) else None
    owners = _by_name([path for path in sidecars if not is_of_folder(path)], here, evidence)
    if single is not None:
        whole = of_file(single.path, [single.id], evidence)
        owners |= {path: whole for path in sidecars if is_of_folder(path)}
    return owners


def _by_name(sidecars: Iterable[str], items: Iterable[Item], evidence: str) -> dict[str, Owner]:
    files = {place: item for item in items for place in item.places()}
    named = {path: owner_file(path, files) for path in sidecars}
    return {path: of_file(file, [files[file].id], evidence) for path, file in named.items() if file is not None}
