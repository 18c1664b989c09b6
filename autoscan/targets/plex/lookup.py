"""What a section shows of some paths, by few questions, each shared by all paths that it can answer.

P1 the newest items; P1b those of the last quarter of an hour, where P1's window is too small for them; P2 what is in
an item that the file, or others of its folder, were found in before; P3 what has the title that the event named; P4
the folder view. Each sees what the others may miss, so that for what should come they take turns from look to look;
what should go is believed gone only where a reading of its place does not show it.
"""

from collections.abc import Iterable, Sequence

from autoscan import paths
from autoscan.model import Expectation, Seen, Sighting
from autoscan.targets.base import Known
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.folders import FolderView
from autoscan.targets.plex.memory import Memory
from autoscan.targets.plex.questions import LATELY, NEWEST, Questions
from autoscan.targets.plex.rows import Row
from autoscan.targets.plex.shown import Hit, Shown, is_folder, is_undecided, judge
from autoscan.targets.plex.turns import turn
from autoscan.targets.values import Library

#: How wrong a server's clock may be for its newest items to count as new, in seconds.
_CLOCKS_DIFFER = 3600
_SAW = {
    "P1": f"not among the {NEWEST} newest items",
    "P2": "not in the item of its folder",
    "P3": "not among what has its title",
    "P4": "not in the folder view",
    "": "nothing tells yet where it is listed",
}
_PARTLY = "what was found below it is in the trash; there may be more"


class LookUp:
    """One call's reading of one section; `now` is in seconds since 1970."""

    def __init__(self, api: PlexApi, library: Library, *, look: int, known: Known, now: float) -> None:
        self._library = library
        self._look = look
        self._now = now
        self._ask = Questions(api, library)
        self._memory = Memory(library, known)
        self._shown = Shown()
        self._view = FolderView(self._ask, library, self._shown)
        #: By path: the last look-up that did not show it, and the one whose reading of its place did not.
        self._tried: dict[str, str] = {}
        self._misses: dict[str, str] = {}
        #: By key or query: answers so far.
        self._parents: dict[str, list[Row] | None] = {}
        self._titles: dict[str, tuple[list[Row], bool]] = {}

    def run(self, wanted: Sequence[Expectation]) -> dict[str, Sighting]:
        """Return one sighting for each path."""
        self._look_for_gone([item for item in wanted if not item.change.wants_presence])
        self._look_for_present(self._open(item for item in wanted if item.change.wants_presence))
        return {item.path: self._sighting(item) for item in wanted}

    def _open(self, items: Iterable[Expectation]) -> list[Expectation]:
        return [item for item in items if not self._shown.hits(item)]

    def _look_for_gone(self, items: list[Expectation]) -> None:
        """Ask, surest first, until a reading of its place has told of each path; before a scan P2 alone."""
        self._ask_items(items, before_scan=not self._look)
        self._ask_parents(self._doubtful(items))
        if self._look:
            self._ask_disk(items)
            # A file may have moved within its show: what has its title is asked as well.
            self._ask_titles([item for item in self._unseen(items) if self._has_containers or not self._is_told(item)])
            self._ask_folders(self._doubtful(items))
            self._ask_disk(items)

    def _look_for_present(self, items: list[Expectation]) -> None:
        """Ask what this look's turn is; the newest, too, where several folders share them."""
        turns = {item.path: self._turn(item) for item in items}
        if "P1" in turns.values() or len({_place(item) for item in items}) > 1:
            self._ask_newest(items)
        mine = {name: [item for item in self._open(items) if turns[item.path] == name] for name in ("P2", "P3", "P4")}
        self._ask_items(mine["P2"], before_scan=not self._look)
        self._ask_parents(self._open(mine["P2"]))
        self._ask_titles(mine["P3"])
        self._ask_folders(mine["P4"])

    def _unseen(self, items: Iterable[Expectation]) -> list[Expectation]:
        """Return what is not listed, as far as is known; a folder is known as far as what is found below it."""
        return [item for item in items if not (hits := self._shown.hits(item)) or self._is_part(item, hits)]

    def _doubtful(self, items: Iterable[Expectation]) -> list[Expectation]:
        """Return those of `_unseen` of whose place there is no reading yet."""
        return [item for item in self._unseen(items) if not self._is_told(item)]

    def _is_told(self, item: Expectation) -> bool:
        return item.path in self._misses

    def _is_part(self, item: Expectation, hits: list[Hit]) -> bool:
        return is_folder(item) and judge(item, hits).seen is Seen.TRASHED

    def _turn(self, item: Expectation) -> str:
        return turn(
            self._look,
            known=bool(self._memory.own(item) or self._memory.around(_place(item))),
            titled=bool(self._ask.title_query(item.hints)),
            folders=self._view.exists,
        )

    def _took(self, rows: Iterable[Row], evidence: str, items: Iterable[Expectation]) -> None:
        """Take an answer over, and note that it was asked for `items`."""
        self._shown.take(rows, evidence)
        self._tried |= dict.fromkeys((item.path for item in items), evidence)

    def _missed(self, items: Iterable[Expectation], evidence: str) -> None:
        """Note that there was a reading of the places of `items`, which showed a file or did not."""
        self._misses |= {item.path: evidence for item in items if is_folder(item) or not self._shown.hits(item)}

    # ----- P1, P1b

    def _ask_newest(self, items: list[Expectation]) -> None:
        newest = self._ask.newest()
        self._took(newest, "P1", items)
        if self._look and self._overflows(newest) and self._open(items):
            self._took(self._ask.lately(), "P1b", items)

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

    def _ask_items(self, items: list[Expectation], *, before_scan: bool) -> None:
        """Ask the items that the files were found in: only movies and photos are remembered by file."""
        own = {item.path: key for item in items if (key := self._memory.own(item))}
        if not own:
            return
        found = self._ask.items(sorted(set(own.values())), check_files=not before_scan)
        asked = [item for item in items if item.path in own]
        self._took(found, "P2", asked)
        there = {row.key for row in found}
        # Before a scan an item that is gone says little: its files may be in another one now.
        self._missed([item for item in asked if own[item.path] in there or not before_scan], "P2")

    def _ask_parents(self, items: list[Expectation]) -> None:
        keys: dict[str, list[Expectation]] = {}
        for item in items:
            if key := self._memory.around(_place(item)):
                keys.setdefault(key, []).append(item)
        for key, inside in keys.items():
            found = self._inside(key)
            self._took(found or (), "P2", inside)
            if found is None:
                self._memory.forget(key, {_place(item) for item in inside})
            elif self._has_containers and self._look:
                self._ask_show(found, inside)
                self._missed([item for item in inside if not is_folder(item)], "P2")

    def _ask_show(self, season: list[Row], items: Iterable[Expectation]) -> None:
        """Ask the whole show for files that a season does not hold, unless the folder is known to be below its own."""
        show = next((row.grandparent for row in season), "")
        unseen = [item for item in items if not item.change.wants_presence and not self._shown.hits(item)]
        gone = [item for item in unseen if self._memory.around(paths.parent(_place(item))) != show]
        if gone and show and self._library.type == "show":
            if show not in self._parents:
                self._parents[show] = self._ask.leaves(show)
            self._took(self._parents[show] or (), "P2", gone)

    def _inside(self, key: str) -> list[Row] | None:
        if key not in self._parents:
            ask = self._ask
            movie = not self._has_containers
            self._parents[key] = (ask.items([key], check_files=False) or None) if movie else ask.inside(key)
        return self._parents[key]

    # ----- P3

    def _ask_titles(self, items: list[Expectation]) -> None:
        queries: dict[str, list[Expectation]] = {}
        for item in items:
            if query := self._ask.title_query(item.hints):
                queries.setdefault(query, []).append(item)
        for query, same in queries.items():
            if query not in self._titles:
                self._titles[query] = self._ask.titled(query)
            found, complete = self._titles[query]
            self._took(found, "P3", same)
            # Nothing of that title at all means that Plex may call it otherwise.
            if found and complete:
                self._missed(same, "P3")

    # ----- P4

    def _ask_folders(self, items: list[Expectation]) -> None:
        read = [item for item in items if self._read_folder(item)]
        self._took((), "P4", items)
        self._missed(read, "P4")

    def _read_folder(self, item: Expectation) -> bool:
        return self._view.explore(item.path) if is_folder(item) else self._view.reach(_place(item))

    def _ask_disk(self, items: Iterable[Expectation]) -> None:
        """Have Plex look for the files of items of which a version may be gone; only the disk tells."""
        keys = {hit.row.key for item in items for hit in self._shown.hits(item) if hit.row.key and is_undecided(hit)}
        if keys:
            self._shown.take(self._ask.items(sorted(keys), check_files=True), "P2")

    # ----- what it comes to

    def _sighting(self, item: Expectation) -> Sighting:
        hits = self._shown.hits(item)
        for hit in hits:
            self._memory.learn(hit)
        gone = not item.change.wants_presence
        if hits and not (gone and self._is_part(item, hits) and not self._is_told(item)):
            return judge(item, hits)
        if evidence := self._misses.get(item.path):
            return Sighting(seen=Seen.ABSENT, evidence=evidence, saw=_SAW[evidence])
        tried = self._tried.get(item.path, "")
        return Sighting(seen=Seen.UNKNOWN, evidence=tried, saw=_PARTLY if hits else _SAW[tried.removesuffix("b")])


def _place(item: Expectation) -> str:
    """Return the folder whose content tells of the path."""
    return item.path if is_folder(item) else paths.parent(item.path)
