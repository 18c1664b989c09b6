"""What Emby shows of paths: one request for each, or one listing for many in one place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from autoscan import paths
from autoscan.model import Expectation, Kind, Seen, Sighting
from autoscan.targets.emby.filter import PathFilter
from autoscan.targets.mediabrowser import (
    Evidence,
    Indirect,
    Item,
    Items,
    Look,
    Page,
    absent,
    flat,
    form,
    present,
    unknown,
)

WORDS = Evidence(ids="Ids=", children="ParentId=", recent="MinDateLastSaved=", title="SearchTerm=")
PATH = "Path="
#: Files in one place for which each is asked for; more are listed together.
FEW = 3
#: Requests for files of one place that has no item to list.
SINGLE = 6
#: In every so many looks, a file that should come is asked for in the other forms of its letters as well.
OTHER_FORMS = 3

MISSPELT = unknown(PATH, "not listed as it is spelt here; the server may spell it in upper or lower case")


class Sightings:
    """Looks up paths by the filter, once that has shown that it works."""

    def __init__(self, items: Items, path_filter: PathFilter, indirect: Indirect) -> None:
        self._items = items
        self._filter = path_filter
        self._indirect = indirect

    def look_up(self, look: Look, wanted: Sequence[Expectation]) -> dict[str, Sighting]:
        """Return a sighting for each path."""
        spelt = {each.path: replace(each, path=look.spelt(each.path)) for each in wanted}
        files = [each for each in spelt.values() if each.kind is Kind.FILE]
        seen = {each.path: self._folder(look, each) for each in spelt.values() if each.kind is not Kind.FILE}
        for group in _together(look, files):
            seen.update(self._group(look, group))
        listed = cache(lambda folder: self._filter.at(folder) is not None)
        return {path: self._doubted(look, each, seen[each.path], listed) for path, each in spelt.items()}

    def _doubted(self, look: Look, wanted: Expectation, sighting: Sighting, listed: Callable[[str], bool]) -> Sighting:
        """Take back that something is absent where the filter has never found anything, or may need another case."""
        if sighting.item and sighting.evidence == PATH:
            look.keep_spelling(wanted, wanted.path, sighting.item)
        if sighting.seen is not Seen.ABSENT:
            return sighting
        if not self._filter.proven:
            return unknown(sighting.evidence, "not found, but this server has not found anything by its path yet")
        return MISSPELT if sighting.evidence == PATH and _may_be_misspelt(look, wanted.path, listed) else sighting

    def _file(self, look: Look, wanted: Expectation, title: str) -> Item | None:
        """Return the item of a file; of one that should come, other forms only in every third look: it may be late."""
        if wanted.change.wants_presence and look.number % OTHER_FORMS:
            return self._filter.at(title)
        return self._at(look, title)

    def _at(self, look: Look, path: str) -> Item | None:
        """Return the item at a path, in whichever form the server has its letters."""
        return next((item for each in look.spellings(path) if (item := self._filter.at(each))), None)

    def _folder(self, look: Look, wanted: Expectation) -> Sighting:
        item = self._at(look, wanted.path)
        if item is not None:
            return present(wanted, wanted.path, item, PATH)
        if flat(look.library.type):
            return self._indirect.titled(look, wanted)
        return absent(PATH)

    def _group(self, look: Look, group: Sequence[Expectation]) -> dict[str, Sighting]:
        folder = _common(group)
        if len(group) <= FEW or folder == look.root(folder):
            return self._singly(look, group)
        page = self._listing(look, folder)
        if page is None:
            return self._unlisted(look, group, folder)
        index = page.index()
        seen = {each.path: _of(each, index.get(form(each.path)), WORDS.children, folder) for each in group}
        missing = [each for each in group if seen[each.path].seen is Seen.ABSENT]
        if missing and not page.complete:
            seen.update(self._deeper(look, missing, folder))
        return seen

    def _deeper(self, look: Look, missing: Sequence[Expectation], folder: str) -> dict[str, Sighting]:
        """Look again in the folders below one that holds too much."""
        seen: dict[str, Sighting] = {}
        for below, group in _by(missing, lambda each: paths.parent(each.path)).items():
            if below == folder:
                seen.update(self._singly(look, group))
            else:
                seen.update(self._group(look, group))
        return seen

    def _listing(self, look: Look, folder: str) -> Page | None:
        """Return what is below a folder; None if it is no item. A known id is believed if it leads there."""
        known = look.known.parent(look.library.id, folder)
        page = self._items.page(ParentId=known) if known else None
        if page is not None and any(item.lies_below(folder) for item in page.items):
            return page
        item = self._at(look, folder)
        if item is None or not item.is_folder:
            return None
        if item.id != known:
            look.known.learn(look.library.id, folder, item.id)
            page = self._items.page(ParentId=item.id)
        return page

    def _unlisted(self, look: Look, group: Sequence[Expectation], folder: str) -> dict[str, Sighting]:
        """Look for files in a folder that is no item: there are none where folders always are, as one of them shows."""
        if flat(look.library.type):
            return self._singly(look, group)
        first = self._at(look, group[0].path)
        if first is not None:
            return self._singly(look, group)
        miss = absent(PATH, f"neither {folder} nor {paths.name(group[0].path)} in it is listed")
        return {each.path: miss for each in group}

    def _singly(self, look: Look, group: Sequence[Expectation]) -> dict[str, Sighting]:
        """Ask for each file, unless an item found before has it as a version; not for more than a few in one look."""
        index: dict[str, Item] = {}
        seen: dict[str, Sighting] = {}
        asked: set[str] = set()
        for each in group:
            title = _title(each)
            if form(title) not in index and title not in asked and len(asked) < SINGLE:
                asked.add(title)
                item = self._file(look, each, title)
                index.update(Page(items=(item,), complete=True).index() if item else {})
            hit = index.get(form(title))
            seen[each.path] = _of(each, hit, PATH) if hit or title in asked else _LATER
            self._learn(look, each, seen[each.path])
        return seen

    @staticmethod
    def _learn(look: Look, wanted: Expectation, sighting: Sighting) -> None:
        """Keep what is in a folder that is no item itself."""
        folder = paths.parent(wanted.path)
        if not sighting.item or not flat(look.library.type) or folder == look.root(folder):
            return
        if look.known.parent(look.library.id, folder) is None:
            look.known.learn(look.library.id, folder, sighting.item)


def _may_be_misspelt(look: Look, path: str, listed: Callable[[str], bool]) -> bool:
    """Tell whether the filter may miss a path because of its case; after a scan, not where a folder around is known."""
    if not look.number or not look.may_be_misspelt(path):
        return look.may_be_misspelt(path)
    around = paths.ancestors(path, look.root(path))[:-1]
    known = not flat(look.library.type) and any(look.known.parent(look.library.id, folder) for folder in around)
    return not known and not any(map(listed, around[:1]))


def _of(wanted: Expectation, item: Item | None, evidence: str, folder: str = "") -> Sighting:
    if item is not None:
        return present(wanted, wanted.path, item, evidence)
    return absent(evidence, f"not among the items below {folder}" if folder else "no item has this path")


_LATER = unknown(PATH, "left for the next look")


def _title(wanted: Expectation) -> str:
    """Return the path of the item: a disc's folder is one, not the files of which it consists."""
    title = paths.scan_folder(wanted.path, wanted.kind)
    return wanted.path if title == paths.parent(wanted.path) else title


def _together(look: Look, files: Sequence[Expectation]) -> list[list[Expectation]]:
    """Return the files by the topmost folder that they share below a root; those in the root itself are one group."""

    def topmost(each: Expectation) -> str:
        root = look.root(each.path)
        return next((folder for folder in reversed(paths.ancestors(each.path, root)) if folder != root), root)

    return list(_by(files, topmost).values())


def _by(files: Iterable[Expectation], key: Callable[[Expectation], str]) -> dict[str, list[Expectation]]:
    groups: dict[str, list[Expectation]] = {}
    for each in files:
        groups.setdefault(key(each), []).append(each)
    return groups


def _common(group: Sequence[Expectation]) -> str:
    """Return the deepest folder that holds all the files."""
    above = paths.ancestors(group[0].path)
    return next(folder for folder in above if all(paths.covers(folder, each.path) for each in group))
