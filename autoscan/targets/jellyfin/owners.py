"""The ids that Jellyfin must have given to what sidecars belong to."""

from collections.abc import Sequence

from autoscan import paths
from autoscan.targets.jellyfin.ids import file_kinds, listed_kinds
from autoscan.targets.jellyfin.lookup import Lookup
from autoscan.targets.mediabrowser import Item, Items, Look
from autoscan.targets.mediabrowser.items import BATCH
from autoscan.targets.owners import is_of_folder, stems

#: What movies mostly are, the likeliest first.
_EXTENSIONS = ("mkv", "mp4", "avi", "m4v", "ts", "m2ts", "wmv", "mov", "webm", "iso", "mpg")


class Owners:
    """Computes ids; where those do not hold (`works`), only what was learnt is left."""

    def __init__(self, lookup: Lookup, items: Items, *, works: bool) -> None:
        self._lookup = lookup
        self._items = items
        self._works = works

    def folder(self, look: Look, folder: str) -> Item | None:
        """Return the item of a folder."""
        kinds = listed_kinds(look.library.type) if self._works else ()
        ids = [_known(look, folder), *(self._lookup.id(kind, folder) for kind in kinds)]
        found = self._items.by_ids(ids).values()
        return next((item for item in found if item.is_folder and item.holds(folder)), None)

    def guess(self, look: Look, sidecars: Sequence[str]) -> list[str]:
        """Return a batch of ids for files beside the sidecars: as these are called, or as the folder is."""
        folder = paths.parent(sidecars[0])
        names = dict.fromkeys(stem for path in sidecars for stem in _names(path, folder))
        kinds = file_kinds(look.library.type) if self._works else ()
        ids = [
            self._lookup.id(kind, paths.join(folder, f"{name}.{extension}"))
            for extension in _EXTENSIONS
            for name in names
            for kind in kinds
        ]
        return [_known(look, folder), *ids][:BATCH]


def _names(sidecar: str, folder: str) -> list[str]:
    return [paths.name(folder)] if is_of_folder(sidecar) else stems(sidecar)


def _known(look: Look, folder: str) -> str:
    return look.known.parent(look.library.id, folder) or ""
