"""Look-ups where paths lead to no item: by ids learnt before, by the known folder's children, by what is new."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from autoscan import paths
from autoscan.clock import Clock
from autoscan.model import Expectation, Kind, Sighting
from autoscan.targets.mediabrowser.items import FILE_ITEMS, Item, Items, Look, Page, absent, form, present, unknown

#: What counts as new: the server's clock may be wrong, and scans take their time.
RECENT = timedelta(hours=1)
#: Listings in one look.
FOLDERS = 5
#: Items that a search for a title may bring.
TITLES = 100
#: Types of libraries in which the folder around a file is always an item itself.
_NESTED = frozenset({"tvshows", "music", "homevideos"})
_AFTER_TITLE = re.compile(r"\s*[\[({].*")


def flat(library_type: str) -> bool:
    """Tell whether the folder around a file need not be an item: a movie is its file."""
    return library_type not in _NESTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a product's look-ups are called."""

    ids: str
    children: str
    recent: str
    title: str


class Indirect:
    """Finds files without their ids and without a filter by path."""

    def __init__(self, items: Items, clock: Clock, words: Evidence) -> None:
        self._items = items
        self._clock = clock
        self._words = words

    def look_up(self, look: Look, wanted: Sequence[Expectation]) -> dict[str, Sighting]:
        """Return a sighting for each path: there if any look-up shows it; gone if one would and none does."""
        found = {each.path: self.titled(look, each) for each in wanted if self._is_titled(look, each)}
        gone: dict[str, Sighting] = {}
        for step in (self._by_ids, self._by_children, self._by_recency):
            rest = [each for each in wanted if each.path not in found]
            if rest:
                step(look, rest, found, gone)
        nothing = unknown(self._words.recent, "not among what is new, and where it would stand is not known")
        return {each.path: found.get(each.path) or gone.get(each.path) or nothing for each in wanted}

    @staticmethod
    def _is_titled(look: Look, wanted: Expectation) -> bool:
        return wanted.kind is not Kind.FILE and flat(look.library.type)

    def titled(self, look: Look, wanted: Expectation) -> Sighting:
        """Look for a folder that is no item itself: by what was in it, then by its titles."""
        folder = look.spelt(wanted.path)
        item = self._known_below(look, folder)
        if item is not None:
            return present(wanted, folder, item, self._words.ids)
        pages: list[Page] = []
        for title in _titles(wanted, folder) if self._may_be_found(look, wanted, folder) else ():
            pages.append(self._items.page(TITLES, ParentId=look.library.id, SearchTerm=title))
            item = next((each for each in pages[-1].items if each.lies_below(folder)), None)
            if item is not None:
                self._learn(look, folder, item.id)
                return present(wanted, folder, item, self._words.title)
        return self._untitled(look, folder, pages)

    @staticmethod
    def _may_be_found(look: Look, wanted: Expectation, folder: str) -> bool:
        """Tell whether titles are worth asking for: of what goes before a scan, too, no more if they led nowhere."""
        if wanted.change.wants_presence:
            return look.number > 0
        return look.number <= 1 or bool(look.known.parent(look.library.id, folder))

    def _untitled(self, look: Look, folder: str, pages: Sequence[Page]) -> Sighting:
        """Return what it says that no title led to a folder: if none ever did, the server may use another one."""
        if not all(page.complete for page in pages):
            return unknown(self._words.title, f"more than {TITLES - 1} items answer to its title")
        if look.number and look.known.parent(look.library.id, folder):
            return absent(
                self._words.title, "the item that lay in this folder is gone, and no other answers to its title"
            )
        return unknown(self._words.title, "nothing in this folder is known")

    def learn(self, look: Look, path: str, item: Item) -> None:
        """Keep where `path` was found."""
        self._learn(look, path, item.id)
        folder = paths.parent(path)
        if item.parent and not flat(look.library.type) and folder != look.root(folder):
            self._learn(look, folder, item.parent)

    @staticmethod
    def _learn(look: Look, path: str, item: str) -> None:
        if look.known.parent(look.library.id, path) != item:
            look.known.learn(look.library.id, path, item)

    def _known_below(self, look: Look, folder: str) -> Item | None:
        known = look.known.parent(look.library.id, folder)
        item = self._items.by_ids([known]).get(known) if known else None
        return item if item is not None and item.lies_below(folder) else None

    def _by_ids(
        self, look: Look, wanted: Sequence[Expectation], found: dict[str, Sighting], gone: dict[str, Sighting]
    ) -> None:
        known = {each.path: look.known.parent(look.library.id, look.spelt(each.path)) or "" for each in wanted}
        items = self._items.by_ids(known.values())
        for each in wanted:
            item = items.get(known[each.path])
            if item is not None and _fits(each, item):
                found[each.path] = present(each, each.path, item, self._words.ids)
            elif item is None and known[each.path]:
                gone[each.path] = absent(self._words.ids, f"item {known[each.path]} is gone")

    def _by_children(
        self, look: Look, wanted: Sequence[Expectation], found: dict[str, Sighting], gone: dict[str, Sighting]
    ) -> None:
        """List known folders. Only where a folder is an item: the children of a movie would be the whole library."""
        groups = self._groups(look, wanted)
        there = self._items.by_ids(groups)
        for parent, group in list(groups.items())[:FOLDERS]:
            page = self._items.page(ParentId=parent) if parent in there else Page(items=(), complete=True)
            index = page.index()
            for each in group:
                hit = index.get(form(each.path))
                if hit is not None:
                    found[each.path] = present(each, each.path, hit, self._words.children)
                    self.learn(look, look.spelt(each.path), hit)
                elif page.complete:
                    gone.setdefault(each.path, absent(self._words.children, f"not among the children of {parent}"))

    @staticmethod
    def _groups(look: Look, wanted: Sequence[Expectation]) -> dict[str, list[Expectation]]:
        """Return the files by the items of their folders, where those are known."""
        groups: dict[str, list[Expectation]] = {}
        for each in wanted:
            parent = look.known.parent(look.library.id, paths.parent(look.spelt(each.path)))
            if parent and each.kind is Kind.FILE and not flat(look.library.type):
                groups.setdefault(parent, []).append(each)
        return groups

    def _by_recency(
        self,
        look: Look,
        wanted: Sequence[Expectation],
        found: dict[str, Sighting],
        gone: dict[str, Sighting],  # noqa: ARG002 - what is not new may still be there
    ) -> None:
        since = (self._clock.now() - RECENT).strftime("%Y-%m-%dT%H:%M:%SZ")
        page = self._items.page(MinDateLastSaved=since, IncludeItemTypes=FILE_ITEMS)
        index = page.index()
        for each in wanted:
            hit = index.get(form(each.path)) or _below(each, page)
            if hit is not None:
                found[each.path] = present(each, each.path, hit, self._words.recent)
                if each.kind is Kind.FILE:
                    self.learn(look, look.spelt(each.path), hit)


def _titles(wanted: Expectation, folder: str) -> Iterable[str]:
    """Return what may be in a folder, as the event and as the folder is called."""
    titles = (wanted.hints.title, _AFTER_TITLE.sub("", paths.name(folder)))
    return {title.casefold(): title for title in titles if title}.values()


def _below(wanted: Expectation, page: Page) -> Item | None:
    """Return an item of `page` that lies in the wanted folder."""
    items = page.items if wanted.kind is not Kind.FILE else ()
    return next((item for item in items if item.lies_below(wanted.path)), None)


def _fits(wanted: Expectation, item: Item) -> bool:
    """Tell whether an item shows that a path is there: it is it or, where a folder is wanted, lies in it."""
    return item.holds(wanted.path) if wanted.kind is Kind.FILE else item.lies_below(wanted.path)
