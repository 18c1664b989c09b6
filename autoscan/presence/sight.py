"""Tell whether Autoscan sees the media at all, and whether it once did."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from autoscan.filecheck import FileChecker, Listing
from autoscan.model import Scan
from autoscan.presence.places import Place
from autoscan.store import Queue

#: Sources of paths that people type.
BY_HAND = frozenset({"manual", "api"})


class Sight(StrEnum):
    """How much of a root can be seen."""

    #: A folder that holds something.
    VISIBLE = "visible"
    #: Missing or empty, and never anything else.
    NEVER = "never"
    #: Missing or empty, and was not always: a mount that is gone.
    LOST = "lost"


class Lookout:
    """Looks at roots, keeps the record of them, and warns of those that were never visible."""

    def __init__(self, *, checker: FileChecker, roots: Queue, warn: Callable[[str, str], None]) -> None:
        self._checker = checker
        self._roots = roots
        self._warn = warn
        #: What was last told of each root, so that each thing is told once.
        self._told: dict[str, str] = {}
        #: By roots that were never seen, the first scan that somebody asked for by hand.
        self._typed: dict[str, int] = {}

    def of(self, places: Iterable[Place], scan: Scan | None = None) -> dict[str, Sight]:
        """Return the sight of every root among `places`; raises `FileCheckError` where a mount hangs.

        Warns of those that `scan` needs and that were never visible; one path typed by hand may just be mistyped.
        """
        return {place.root: self._sight(place, scan) for place in {place.root: place for place in places}.values()}

    def recorded(self, root: str) -> bool:
        """Tell whether `root` was ever seen."""
        return self._roots.root(root) is not None

    def _sight(self, place: Place, scan: Scan | None) -> Sight:
        listing = self._checker.listing(place.root) if place.here else Listing(exists=False)
        if listing.entries:
            self._roots.root_seen(place.root)
            self._tell(place.root, "")
            return Sight.VISIBLE
        if not self.recorded(place.root):
            if scan is not None and not self._may_be_mistyped(place.root, scan):
                self._tell(place.root, _advice(place, listing))
            return Sight.NEVER
        self._roots.root_lost(place.root)
        return Sight.LOST

    def _may_be_mistyped(self, root: str, scan: Scan) -> bool:
        return scan.source in BY_HAND and self._typed.setdefault(root, scan.id) == scan.id

    def _tell(self, root: str, text: str) -> None:
        if self._told.get(root) != text:
            self._warn(f"media:{root}", text)
            self._told[root] = text


def _advice(place: Place, listing: Listing) -> str:
    if not place.here:
        return (
            f"{place.root} is no place on this machine, so scans below it go out without a look at their files; "
            "map it in SERVER_FILE_EXIST_PATH_MAPPINGS to where Autoscan sees the same files"
        )
    state = listing.error or ("empty" if listing.exists else "not there")
    return (
        f"Autoscan sees no media in {place.root} ({state}), so scans below it go out without a look at their files; "
        f"mount the media volume at {place.root} (in Docker: -v HOST_FOLDER:{place.root}:ro), or map it in "
        "SERVER_FILE_EXIST_PATH_MAPPINGS to where Autoscan sees the same files"
    )
