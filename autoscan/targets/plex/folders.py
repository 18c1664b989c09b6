"""P4: Plex's own folder view, which lists what it knows by where it lies, whatever it takes it for.

`/library/sections/N/folder` lists the first level, each directory the key of the next. Two things are not certain
and either way is taken: a section with several locations may show them first, or what is in all of them; a folder of
one file may be shown as that file's item.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from autoscan import paths
from autoscan.errors import TargetRejectedError, TargetUnavailableError
from autoscan.paths.flavour import comparable, flavour
from autoscan.targets.base import root_of
from autoscan.targets.plex.questions import Questions
from autoscan.targets.plex.rows import Row, rows
from autoscan.targets.plex.shown import Shown
from autoscan.targets.values import Library

#: So many folders below one are opened to see what is in it.
_MOST_BELOW = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One answer: the items, and the directories with their keys."""

    rows: list[Row]
    folders: list[tuple[str, str]]


class FolderView:
    """Goes through the view for one call; no level is asked for twice, and nothing is kept."""

    def __init__(self, ask: Questions, library: Library, shown: Shown) -> None:
        self._ask = ask
        self._library = library
        #: Takes over all items on the way.
        self._shown = shown
        self._levels: dict[str, Level] = {}
        self._missing = library.type == "photo"  # these have no such view

    @property
    def exists(self) -> bool:
        """Tell whether the section has such a view, as far as is known."""
        return not self._missing

    def reach(self, folder: str) -> bool:
        """Go down to `folder`, or as far as Plex knows it; tell whether there is a view at all."""
        return self._into(folder) is not None

    def explore(self, folder: str) -> bool:
        """Go down to `folder` and into what is below; tell whether everything below was seen."""
        levels = self._into(folder)
        if levels is None:
            return False
        queue = [entry for level in levels for entry in self._unread(folder, level)]
        for _ in range(_MOST_BELOW):
            if not queue:
                break
            key, path = queue.pop(0)
            level = self._level(key)
            self._take_owner(level)
            queue = [entry for entry in queue if not self._shown.anything_below(entry[1])] + self._unread(path, level)
        return not queue

    def _unread(self, folder: str, level: Level) -> list[tuple[str, str]]:
        """Return the keys of the directories of a level, and where they are, unless what is in them was listed."""
        below = ((key, paths.join(folder, title)) for key, title in level.folders)
        return [entry for entry in below if not self._shown.anything_below(entry[1])]

    def _take_owner(self, level: Level) -> None:
        """Take all of the show or artist that the items belong to: one request instead of one for each folder."""
        owner = next((row.grandparent for row in level.rows if row.grandparent), "")
        if owner:
            self._shown.take(self._ask.leaves(owner), "P4")

    def _into(self, folder: str) -> list[Level] | None:
        first = self._first()
        if first is None:
            return None
        root = root_of(self._library, folder)
        names = paths.components(folder)[len(paths.components(root)) :]
        levels = [first]
        if not names or not _named(levels, names[0], root):
            levels += self._open(_named(levels, paths.name(root), root))
        for name in names:
            levels = self._open(_named(levels, name, root))
        return levels

    def _first(self) -> Level | None:
        if self._missing:
            return None
        try:
            return self._level("")
        except (TargetRejectedError, TargetUnavailableError) as error:
            if not isinstance(error, TargetRejectedError) and error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            # Plex may fail at the view of one section, and do all else: others than the view have to tell.
            self._missing = True
            return None

    def _open(self, keys: Iterable[str]) -> list[Level]:
        return [self._level(key) for key in keys]

    def _level(self, key: str) -> Level:
        if key not in self._levels:
            container = self._ask.folder(key)
            start = f"/library/sections/{self._library.id}/folder?"
            folders = [(entry.get("key", ""), entry.get("title", "")) for entry in container.findall("Directory")]
            level = Level(rows=rows(container), folders=[entry for entry in folders if entry[0].startswith(start)])
            self._shown.take(level.rows, "P4")
            self._levels[key] = level
        return self._levels[key]


def _named(levels: Iterable[Level], name: str, root: str) -> list[str]:
    """Return the keys of the directories of that name; the same name may stand in several locations."""
    flavoured = flavour(root)
    wanted = comparable([name], flavoured)
    return [key for level in levels for key, title in level.folders if comparable([title], flavoured) == wanted]
