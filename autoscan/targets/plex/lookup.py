"""What a section shows of some paths: the cheapest questions first, each shared by every path that it can answer.

P1 the newest items; P1b those of the last quarter of an hour, where P1's window is too small for them; P2 what is in
an item that the files, or their folder, were found in before; P3 what carries the title that the event named; P4 the
folder view. What was wanted present and is not found waits for a later look, which asks more; what was wanted absent
is believed gone only where a reading of its place does not show it.
"""

from collections.abc import Iterable, Sequence

from autoscan import paths
from autoscan.model import Expectation, Seen, Sighting
from autoscan.targets.base import Known, Library
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.folders import FolderView
from autoscan.targets.plex.memory import Memory
from autoscan.targets.plex.questions import LATELY, NEWEST, Questions
from autoscan.targets.plex.rows import Row
from autoscan.targets.plex.shown import Shown, is_folder, is_undecided, judge

#: For what does not come, titles are asked for at every third look, from the second, and folders from the third.
_EVERY = 3
_TITLES_AT, _FOLDERS_AT = 2, 0
#: How wrong a server's clock may be for its newest items to count as new, in seconds.
_CLOCKS_DIFFER = 86_400


class LookUp:
    """One call's reading of one section; `now` is in seconds since 1970."""

    def __init__(self, api: PlexApi, library: Library, *, look: int, known: Known, now: float) -> None:
        self._library = library
        self._look = look
        self._now = now
        self._ask = Questions(api, library)
        self._view = FolderView(self._ask, library)
        self._memory = Memory(library, known)
        self._shown = Shown()
        #: By path: the look-up whose reading of the path's place did not show it.
        self._misses: dict[str, str] = {}
        #: Paths of which their own item has told that they are not in it any more.
        self._told: set[str] = set()

    def run(self, wanted: Sequence[Expectation]) -> dict[str, Sighting]:
        """Return one sighting for each path."""
        self._ask_newest([item for item in wanted if item.change.wants_presence])
        self._ask_items(self._open(wanted))
        self._ask_parents(self._open(wanted))
        if self._look:
            self._ask_titles(self._open(wanted))
            self._ask_folders(self._open(wanted))
            self._ask_disk(wanted)
        return {item.path: self._sighting(item) for item in wanted}

    def _open(self, items: Iterable[Expectation]) -> list[Expectation]:
        return [item for item in items if item.path not in self._told and not self._shown.hits(item)]

    # ----- P1, P1b

    def _ask_newest(self, items: list[Expectation]) -> None:
        if not items:
            return
        newest = self._ask.newest()
        self._shown.take(newest, "P1")
        if self._look and self._overflows(newest) and self._open(items):
            self._shown.take(self._ask.lately(), "P1b")

    def _overflows(self, newest: list[Row]) -> bool:
        """Tell whether all of the newest items came lately, so that there may be more of them."""
        if len(newest) < NEWEST:
            return False
        first, last = newest[0].added_at, newest[-1].added_at
        return first - last <= LATELY and self._now - first <= LATELY + _CLOCKS_DIFFER

    # ----- P2

    @property
    def _has_containers(self) -> bool:
        """Tell whether what lies in one folder is in one season or album; a movie tells only of its own files."""
        return self._library.type in {"show", "artist"}

    def _ask_items(self, items: list[Expectation]) -> None:
        """Ask the files' own items, where that tells more than, or as much as, their folder's."""
        late = bool(self._look)
        asked = [item for item in items if not self._has_containers or (late and not item.change.wants_presence)]
        own = {item.path: key for item in asked if (key := self._memory.own(item))}
        if not own:
            return
        found = self._ask.items(sorted(set(own.values())), check_files=late)
        self._shown.take(found, "P2")
        there = {row.key for row in found}
        for item in self._open([item for item in asked if item.path in own]):
            # Before a scan an item that is gone says little: its files may be in another one now.
            if late or own[item.path] in there:
                self._told.add(item.path)
                self._misses[item.path] = "P2"

    def _ask_parents(self, items: list[Expectation]) -> None:
        keys: dict[str, list[Expectation]] = {}
        for item in items:
            if key := self._memory.around(_place(item)):
                keys.setdefault(key, []).append(item)
        for key, inside in keys.items():
            found = self._inside(key)
            if found is None:
                for place in {_place(item) for item in inside}:
                    self._memory.forget(place)
            self._shown.take(found or (), "P2")
            self._note_parents(self._open(inside), exists=found is not None)

    def _inside(self, key: str) -> list[Row] | None:
        if self._has_containers:
            return self._ask.inside(key)
        return self._ask.items([key], check_files=bool(self._look)) or None

    def _note_parents(self, items: list[Expectation], *, exists: bool) -> None:
        for item in items:
            sure = bool(self._look) or (exists and bool(self._memory.own(item)))
            if self._has_containers and sure and not is_folder(item):
                self._misses[item.path] = "P2"

    # ----- P3

    def _ask_titles(self, items: list[Expectation]) -> None:
        queries: dict[str, list[Expectation]] = {}
        for item in items:
            if self._is_time(item, _TITLES_AT) and (query := self._ask.title_query(item.hints)):
                queries.setdefault(query, []).append(item)
        for query, same in queries.items():
            found, complete = self._ask.titled(query)
            self._shown.take(found, "P3")
            # Nothing of that title at all means that Plex may call it otherwise.
            self._misses |= dict.fromkeys((item.path for item in self._open(same) if found and complete), "P3")

    def _is_time(self, item: Expectation, at: int) -> bool:
        return not item.change.wants_presence or self._look % _EVERY == at

    # ----- P4

    def _ask_folders(self, items: list[Expectation]) -> None:
        asked = [item for item in items if self._is_time(item, _FOLDERS_AT) and self._is_doubtful(item)]
        complete = []
        for item in asked:
            read = self._view.explore if is_folder(item) else self._view.reach
            complete += [item] if read(_place(item)) else []
        self._shown.take(self._view.rows, "P4")
        self._misses |= dict.fromkeys((item.path for item in self._open(complete)), "P4")

    def _is_doubtful(self, item: Expectation) -> bool:
        return item.change.wants_presence or item.path not in self._misses

    def _ask_disk(self, wanted: Sequence[Expectation]) -> None:
        """Have Plex look for the files of items of which a version may be gone; only the disk tells."""
        gone = [item for item in wanted if not item.change.wants_presence]
        keys = {hit.row.key for item in gone for hit in self._shown.hits(item) if is_undecided(hit)}
        if keys:
            self._shown.take(self._ask.items(sorted(keys), check_files=True), "P2")

    # ----- what it comes to

    def _sighting(self, item: Expectation) -> Sighting:
        hits = self._shown.hits(item)
        for hit in hits:
            self._memory.learn(hit)
        if hits:
            return judge(item, hits)
        if evidence := self._misses.get(item.path):
            return Sighting(seen=Seen.ABSENT, evidence=evidence, saw=_ABSENT[evidence])
        first = "P1" if item.change.wants_presence else "P2"
        return Sighting(seen=Seen.UNKNOWN, evidence=first, saw=_UNKNOWN[first])


_ABSENT = {
    "P2": "not in the item that holds its folder's files",
    "P3": "not among what has its title",
    "P4": "not in the folder view",
}
_UNKNOWN = {"P1": f"not among the {NEWEST} newest items", "P2": "nothing tells where it would be listed"}


def _place(item: Expectation) -> str:
    """Return the folder whose content tells of the path."""
    return item.path if is_folder(item) else paths.parent(item.path)
