"""Hold whatever lies below a mount that is not as it should be: nothing there is scanned, or believed deleted."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from autoscan.clock import Clock
from autoscan.filecheck import FileChecker
from autoscan.model import Kind
from autoscan.paths import parent
from autoscan.presence.anchors import Anchors
from autoscan.presence.mass import MassGuard
from autoscan.presence.places import Place, Places
from autoscan.presence.sight import Lookout, Sight

if TYPE_CHECKING:
    from datetime import datetime

#: Missing files that are looked for again to find out whether a mount is back.
SAMPLE = 20

log = logging.getLogger("autoscan.presence")


class Guard:
    """Tells why paths must be left alone for now; one for all threads. Its paths are mapped ones.

    A hold is told as a lasting warning and in the log, and again after each day. Its methods that look at media raise
    `FileCheckError` where a mount hangs.
    """

    def __init__(  # noqa: PLR0913 - presence gives each by its name
        self,
        *,
        checker: FileChecker,
        places: Places,
        lookout: Lookout,
        anchors: Mapping[str, tuple[str, ...]],
        mass_limit: int,
        clock: Clock,
        warn: Callable[[str, str], None],
    ) -> None:
        self._checker = checker
        self._places = places
        self._lookout = lookout
        self._anchors = Anchors(anchors, checker)
        self._mass = MassGuard(limit=mass_limit, clock=clock, mount_of=self._root_of)
        self._clock = clock
        self._warn = warn
        self._since: dict[str, datetime] = {}
        #: What was last told of each hold, so that each thing is told once.
        self._told: dict[str, str] = {}

    def hold(self, paths: Iterable[str], *, roots: bool = True) -> str:
        """Return why none of `paths` may be scanned or believed deleted now, `""` if they may.

        Looks at their anchors and, with `roots`, at their roots, and asks whether their mounts count as lost.
        """
        places = self._places.of(paths)
        if (reason := self.anchors(places)) or not roots:
            return reason
        return self.roots(self._lookout.of(places.values())) or self.mass(places)

    def missing(self, path: str, *, announced: bool = False, kind: Kind = Kind.FILE) -> None:
        """Note that nothing is at `path` where something was; too many of them at once, and its mount is lost.

        What was `announced` does not count, nor does a folder whose parent is there and not empty.
        """
        local = self._places.of([path])[path].local
        if announced or (kind is Kind.FOLDER and self._checker.listing(parent(local)).entries):
            return
        self._mass.missing(path)

    def is_lost(self, path: str) -> bool:
        """Tell whether the mount of `path` counts as lost because too many of its files are missing."""
        return self._mass.is_lost(path)

    # ----- for those who know the places already

    def anchors(self, places: Mapping[str, Place]) -> str:
        """Return why the anchors of `places` hold them, `""` if they do not."""
        return self._first_hold("anchors", self._anchors.troubles(places.values()), _no_anchor)

    def roots(self, sights: Mapping[str, Sight]) -> str:
        """Return why roots that are gone hold what lies below, `""` if none is; `sights` says what is seen of each."""
        lost = {root: root if sight is Sight.LOST else "" for root, sight in sorted(sights.items())}
        for root in (root for root in lost if sights[root] is Sight.VISIBLE and self._is_held(f"root:{root}")):
            self._mass.back(root)
        return self._first_hold("root", lost, _no_root)

    def mass(self, places: Mapping[str, Place]) -> str:
        """Return why mounts with too many missing files hold `places`, `""` if none does."""
        troubles = {place.root: "" for place in places.values()}
        for place in places.values():
            if self._mass.is_mount_lost(place.root) and not self._is_back(place.root):
                troubles[place.root] = place.root
        return self._first_hold("mass", troubles, _mass_missing)

    def _is_back(self, root: str) -> bool:
        """Look for some of the missing files; if half of them are there, so is the mount."""
        missed = self._mass.missed(root)
        sample = missed[:: max(1, len(missed) // SAMPLE)]
        local = [place.local for place in self._places.of(sample).values()]
        there = [look for look in self._checker.look(local).values() if look.exists]
        if 2 * len(there) < len(local):
            return False
        self._mass.back(root)
        return True

    def _root_of(self, path: str) -> str:
        return self._places.of([path])[path].root

    # ----- telling

    def _first_hold(self, what: str, troubles: Mapping[str, str], in_words: Callable[[str, str], str]) -> str:
        """Tell each trouble, and which holds are over; return the first trouble in words."""
        reasons = [self._tell(f"{what}:{at}", in_words(at, text) if text else "") for at, text in troubles.items()]
        return next((reason for reason in reasons if reason), "")

    def _is_held(self, about: str) -> bool:
        return about in self._since

    def _tell(self, about: str, reason: str) -> str:
        """Tell a hold, and once a day that it lasts, or that it is over; return the reason with the days so far."""
        if reason:
            days = (self._clock.now() - self._since.setdefault(about, self._clock.now())).days
            reason += f" (for {days} day{'s' if days > 1 else ''} now)" if days else ""
        if self._told.get(about) != reason:
            self._warn(f"held:{about}", reason)
            if reason:
                log.warning("%s", reason, extra={"state": "held"})
            elif self._since.pop(about, None):
                log.info("no longer held: %s", about.partition(":")[2] or "every path", extra={"state": "ok"})
            self._told[about] = reason
        return reason


def _no_anchor(start: str, trouble: str) -> str:
    below = f" below {start}" if start else ""
    return (
        f"held: {trouble}; without this anchor nothing{below} is scanned or taken for deleted (ANCHORS); mount it "
        "again, or mend the setting"
    )


def _no_root(root: str, _: str) -> str:
    return (
        f"held: {root} was there before and is now missing or empty; mount it again, and the scan goes on by itself "
        "(a folder that is meant to be empty counts as there once any file lies in it)"
    )


def _mass_missing(root: str, _: str) -> str:
    return (
        f"held: too many files below {root} are missing at once, of which nobody said that they would go, so it "
        "counts as a lost mount (MASS_MISSING_LIMIT); the scan goes on by itself when half of them are back; if they "
        "are meant to be gone, restart Autoscan"
    )
