"""What Jellyfin 12 hides: a version of an item is listed only as part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from autoscan import paths
from autoscan.errors import TargetError
from autoscan.model import Expectation, Seen, Sighting
from autoscan.targets.jellyfin.ids import primary_kinds
from autoscan.targets.jellyfin.lookup import Ask, Lookup
from autoscan.targets.mediabrowser import Evidence, Item, Items, Look, absent, flat, form, plain_text, present, unknown

WORDS = Evidence(ids="J1", children="J4", recent="J3", title="J5")
#: So many files missing from one folder have it listed; fewer are asked for one by one.
LISTED = 4
#: Files asked for one by one in one look.
SINGLE = 10
#: From this look on it is worth asking for versions that should be there; for those that should be gone, from 1 on.
PATIENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One wanted path as the server spells it, and the items it may be."""

    wanted: Expectation
    path: str
    root: str
    #: The folder around it.
    folder: str
    #: Ids, each with the path of its item.
    items: dict[str, str]


class Hidden:
    """Looks for files that their ids do not show."""

    def __init__(self, ask: Ask, lookup: Lookup, items: Items) -> None:
        self._ask = ask
        self._lookup = lookup
        self._items = items

    def look_up(self, look: Look, missing: Sequence[Place], folders: Mapping[str, Item]) -> dict[str, Sighting]:
        """Return what is to be said instead of "absent"; `folders` are the items of those that are items.

        A file is gone only where its folder is, or where it was asked for in vain.
        """
        possible = [place for place in missing if place.folder in folders or _may_be_loose(look, place)]
        due = [place for place in possible if _is_due(look, place)]
        seen = {place.wanted.path: _UNTOLD for place in possible if not place.wanted.change.wants_presence}
        for folder, item in folders.items():
            inside = [place for place in due if place.folder == folder]
            if len(inside) >= LISTED:
                seen.update(self._listed(item, inside))
                due = [place for place in due if place.folder != folder]
        due.sort(key=lambda place: place.wanted.change.wants_presence)
        seen.update({place.wanted.path: self._asked(look, place) for place in due[:SINGLE]})
        return seen

    def _listed(self, folder: Item, places: Sequence[Place]) -> dict[str, Sighting]:
        """List a folder (J4): each item names its versions."""
        page = self._items.page(ParentId=folder.id)
        index = page.index()
        miss = absent(WORDS.children, f"not among the children of {folder.path}") if page.complete else _UNTOLD
        hits = {place.wanted.path: (place, index.get(form(place.path))) for place in places}
        return {
            path: present(place.wanted, place.path, item, WORDS.children) if item else miss
            for path, (place, item) in hits.items()
        }

    def _asked(self, look: Look, place: Place) -> Sighting:
        """Ask for the ancestors of one file (J2): an item has some, whether it is listed or not."""
        miss = absent("J2", "neither an item nor a version of one has this path")
        for kind in primary_kinds(look.library.type):
            item = self._lookup.id(kind, place.path)
            above = self._above(item)
            if above and self._holds(above, place.path):
                return Sighting(seen=Seen.PRESENT, evidence="J2", saw=f"{kind} {item}, a version of another", item=item)
            miss = miss if above is None else _UNTOLD
        return miss

    def _above(self, item: str) -> list[Mapping[str, Any]] | None:
        """Return the ancestors of an item; none of what does not look like them; None if there is no such item."""
        try:
            answer = self._ask(f"/Items/{item}/Ancestors", None)
        except TargetError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return [each for each in answer if isinstance(each, Mapping)] if isinstance(answer, list) else []

    def _holds(self, above: Sequence[Mapping[str, Any]], path: str) -> bool:
        """Tell whether ancestors are those of an item at `path`: one of them is a folder around it."""
        fold = str if self._lookup.case_sensitive else str.lower
        return any(paths.covers(fold(folder), fold(path)) for each in above if (folder := plain_text(each.get("Path"))))


_UNTOLD = unknown(WORDS.ids, "not listed, but it may be a version of another")


def _may_be_loose(look: Look, place: Place) -> bool:
    """Tell whether a file can stand in a folder that is no item."""
    return flat(look.library.type) or place.folder == place.root


def _is_due(look: Look, place: Place) -> bool:
    return look.number >= (PATIENCE if place.wanted.change.wants_presence else 1)
