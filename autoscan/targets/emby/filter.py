"""Emby's filter by path: whether this server honours it, and what it finds."""

from collections.abc import Callable, Sequence

from autoscan.clock import Clock
from autoscan.targets.mediabrowser import Item, Items

#: A check that failed is repeated after so many seconds.
RECHECK_SECONDS = 600
#: A path has few items: the episodes of one file, the same file in two libraries.
_FEW = 5
_NONSENSE = "/autoscan/self-check/no such file"


class PathFilter:
    """`GET /Items?Path=`: one request for each path, whatever the library's size."""

    def __init__(self, items: Items, roots: Callable[[], Sequence[str]], clock: Clock) -> None:
        self._items = items
        self._roots = roots
        self._clock = clock
        self._works = False
        #: A path was found by it, so that finding nothing means something.
        self.proven = False
        self._checked_at: float | None = None

    def works(self) -> bool:
        """Tell whether the server filters at all; one that does not answers a nonsense path with items."""
        now = self._clock.monotonic()
        if self._checked_at is None or (not self._works and now - self._checked_at >= RECHECK_SECONDS):
            self._checked_at = now
            self._works = not self._items.page(_FEW, Path=_NONSENSE).items
        if self._works and not self.proven and self._checked_at == now:
            self._prove()
        return self._works

    def _prove(self) -> None:
        """Look for a folder that is an item for certain: a library's."""
        root = next(iter(self._roots()), None)
        if root is not None:
            self.at(root)

    def at(self, path: str) -> Item | None:
        """Return the item at `path`. Only one that says so itself counts."""
        item = next((each for each in self._items.page(_FEW, Path=path).items if each.holds(path)), None)
        self.proven = self.proven or item is not None
        return item
