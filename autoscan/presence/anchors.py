"""Files and folders that prove that a mount is the right one: without them nothing below it is touched (`ANCHORS`)."""

from collections.abc import Iterable, Mapping, Sequence

from autoscan.filecheck import FileChecker, Look
from autoscan.model import Kind
from autoscan.paths import covers
from autoscan.presence.places import Place


class Anchors:
    """Tells whether the anchors of a place are there."""

    def __init__(self, table: Mapping[str, Sequence[str]], checker: FileChecker) -> None:
        """Take `{beginning of a path: [file or folder, ...]}`; the empty beginning stands for every path."""
        self._table = table
        self._checker = checker

    def troubles(self, places: Iterable[Place]) -> dict[str, str]:
        """Return what is wrong with the anchors of `places`, `""` if nothing, by the beginning that they belong to.

        A beginning is compared with the mapped and with the local path. Raises `FileCheckError` as the checker does.
        """
        paths = {path for place in places for path in (place.mapped, place.local)}
        holding = [start for start in self._table if not start or any(covers(start, path) for path in paths)]
        looks = self._checker.look([anchor for start in holding for anchor in self._table[start]])
        return {start: self._first_trouble(self._table[start], looks) for start in holding}

    def _first_trouble(self, anchors: Sequence[str], looks: Mapping[str, Look]) -> str:
        troubles = (self._trouble(anchor, looks[anchor]) for anchor in anchors)
        return next((trouble for trouble in troubles if trouble), "")

    def _trouble(self, anchor: str, look: Look) -> str:
        if not look.exists:
            return f"{anchor} is not there" + (f" ({look.error})" if look.error else "")
        if look.kind is not Kind.FOLDER:
            return ""
        listing = self._checker.listing(anchor)
        return "" if listing.entries else f"{anchor} is {listing.error or 'empty'}"
