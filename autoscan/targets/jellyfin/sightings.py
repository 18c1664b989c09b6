"""What Jellyfin shows of paths: computed ids in batches (J1), and what follows where those miss."""

from collections.abc import Iterable, Sequence

from autoscan import paths
from autoscan.model import Expectation, Kind, Seen, Sighting
from autoscan.targets.jellyfin.hidden import WORDS, Hidden, Place
from autoscan.targets.jellyfin.ids import FOLDER, file_kinds, listed_kinds
from autoscan.targets.jellyfin.lookup import Ask, Lookup
from autoscan.targets.mediabrowser import Indirect, Item, Items, Look, absent, flat, form, present, unknown

MISSPELT = unknown(WORDS.ids, "not listed as it is spelt here; the server may spell it in upper or lower case")


class Sightings:
    """Looks up paths by the ids that Jellyfin must have given them."""

    def __init__(self, ask: Ask, lookup: Lookup, items: Items, indirect: Indirect) -> None:
        self._hidden = Hidden(ask, lookup, items)
        self._lookup = lookup
        self._items = items
        self._indirect = indirect

    def look_up(
        self, look: Look, wanted: Sequence[Expectation], types: Iterable[str], *, hides: bool
    ) -> dict[str, Sighting]:
        """Return a sighting for each path below a root that has its computed id; nothing is said of the others.

        `types` are those of all libraries that hold the paths: the item belongs to one of them. `hides`: the server
        hides versions of items (12).
        """
        kinds = dict.fromkeys(types)
        places = [self._place(look, each, kinds) for each in wanted]
        found = self._items.by_ids(self._ids(look, places))
        trusted = [place for place in places if self._is_listed(FOLDER, place.root, found)]
        seen = {place.wanted.path: self._sighting(look, place, found) for place in trusted}
        missing = [place for place in trusted if seen[place.wanted.path].seen is Seen.ABSENT]
        if hides:
            files = [place for place in missing if place.wanted.kind is Kind.FILE]
            seen.update(self._hidden.look_up(look, files, self._folders(look, files, found)))
        misspelt = (place for place in missing if self._may_be_misspelt(look, place, found))
        seen.update({place.wanted.path: MISSPELT for place in misspelt if not seen[place.wanted.path].item})
        if flat(look.library.type):
            folders = [place.wanted for place in missing if place.wanted.kind is not Kind.FILE]
            seen.update({each.path: self._indirect.titled(look, each) for each in folders})
        return seen

    def _place(self, look: Look, wanted: Expectation, types: Iterable[str]) -> Place:
        path = look.spelt(wanted.path)
        # A disc's folder is the item, not the files of which it consists.
        title = paths.scan_folder(path, wanted.kind)
        disc = title if title not in {path, paths.parent(path)} else path
        kinds = [kind for each in types for kind in file_kinds(each)]
        if wanted.kind is not Kind.FILE:
            kinds += [kind for each in types for kind in listed_kinds(each)]
        spelt = dict.fromkeys(each for place in (path, disc) for each in look.spellings(place))
        items = {self._lookup.id(kind, place): place for place in spelt for kind in kinds}
        return Place(wanted=wanted, path=path, root=look.root(path), folder=paths.parent(path), items=items)

    def _ids(self, look: Look, places: Sequence[Place]) -> list[str]:
        """Return all ids to ask for: of the paths, of the folders around them, and of the roots, which must be there.

        Without the root's id among the answers, the ids of what lies below it mean nothing.
        """
        ids = [self._lookup.id(FOLDER, root) for root in dict.fromkeys(place.root for place in places)]
        folders = {place.folder for place in places} if not flat(look.library.type) else set()
        ids += [self._lookup.id(kind, each) for each in sorted(folders) for kind in listed_kinds(look.library.type)]
        return ids + [each for place in places for each in place.items]

    def _sighting(self, look: Look, place: Place, found: dict[str, Item]) -> Sighting:
        for each, path in place.items.items():
            item = found.get(each)
            if item is not None and self._same(item.path, path):
                self._learn(look, place, item, found)
                look.keep_spelling(place.wanted, path, item.id)
                return present(place.wanted, place.path, item, WORDS.ids)
        if any(each in found and not found[each].path for each in place.items):
            return unknown(WORDS.ids, "listed, but without its path")
        return absent(WORDS.ids, "no item has an id of this path")

    def _may_be_misspelt(self, look: Look, place: Place, found: dict[str, Item]) -> bool:
        """Tell whether the path's case may make its id another; after a scan, not where its folder is listed."""
        if not self._lookup.case_sensitive or not look.may_be_misspelt(place.path):
            return False
        kinds = listed_kinds(look.library.type) if look.number and place.folder != place.root else ()
        return not any(self._is_listed(kind, place.folder, found) for kind in kinds)

    def _learn(self, look: Look, place: Place, item: Item, found: dict[str, Item]) -> None:
        """Keep what is in a folder that is no item itself."""
        inside = place.wanted.kind is Kind.FILE and flat(look.library.type) and place.folder != place.root
        if inside and look.known.parent(look.library.id, place.folder) not in found:
            look.known.learn(look.library.id, place.folder, item.id)

    def _folders(self, look: Look, places: Sequence[Place], found: dict[str, Item]) -> dict[str, Item]:
        """Return the items of the folders around the files, where they are items. A root never is, to stay unlisted."""
        folders = {place.folder for place in places} - {place.root for place in places}
        hits = {
            folder: self._lookup.id(kind, folder)
            for folder in folders
            for kind in listed_kinds(look.library.type)
            if self._is_listed(kind, folder, found)
        }
        return {folder: found[each] for folder, each in hits.items()}

    def _is_listed(self, kind: str, path: str, found: dict[str, Item]) -> bool:
        item = found.get(self._lookup.id(kind, path))
        return item is not None and self._same(item.path, path)

    def _same(self, listed: str, path: str) -> bool:
        one, other = form(listed), form(path)
        return one == other if self._lookup.case_sensitive else one.lower() == other.lower()
