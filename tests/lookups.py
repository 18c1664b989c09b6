"""What the tests of look-ups share: ask a target for paths, scan, and count what it cost."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from autoscan.model import Change, Expectation, Hints, Kind, Seen, Sighting
from autoscan.targets.base import Known
from tests.servers.media import SIZE
from tests.targets import Pair, expect, removed

__all__ = ["SIZE", "Looker", "expect", "file", "folder", "gone", "removed"]

SEASON = "/data/tv/Show/Season 01"
ALIEN = "/data/movies/Alien (1979)/Alien (1979).mkv"


def episode(number: int, season: int = 1) -> str:
    """Return the path of an episode of the show that every library begins with."""
    return f"/data/tv/Show/Season {season:02d}/Show - S{season:02d}E{number:02d}.mkv"


def file(path: str, size: int | None = SIZE, change: Change = Change.ADDED) -> Expectation:
    """Return what an event tells of one file with its size."""
    return replace(expect(path, change), size=size)


def gone(path: str) -> Expectation:
    """Return what an event tells of a folder that is gone."""
    return folder(path, Change.REMOVED)


def folder(path: str, change: Change = Change.ADDED, title: str = "") -> Expectation:
    """Return what an event tells of a folder."""
    return Expectation(path=path, kind=Kind.FOLDER, change=change, hints=Hints(title=title))


class Looker:
    """Asks one target."""

    def __init__(self, it: Pair) -> None:
        self.it = it
        self.known = Known()

    def all(self, wanted: Iterable[Expectation], look: int = 1) -> dict[str, Sighting]:
        """Look for paths in the library of the first."""
        wanted = list(wanted)
        library = self.it.target.libraries_for(wanted[0].path)[0]
        seen: dict[str, Sighting] = self.it.target.look_up(library, wanted, look=look, known=self.known)
        assert list(seen) == [each.path for each in wanted]
        return seen

    def one(self, wanted: Expectation | str, look: int = 1) -> tuple[Seen, str]:
        """Look for one path; return what was seen and on which evidence."""
        sighting = self.sighting(wanted, look)
        return sighting.seen, sighting.evidence

    def sighting(self, wanted: Expectation | str, look: int = 1) -> Sighting:
        """Look for one path."""
        each = expect(wanted) if isinstance(wanted, str) else wanted
        return self.all([each], look)[each.path]

    def scan(self, path: str, *expectations: Expectation) -> None:
        """Have a folder scanned, to the end."""
        self.it.scan(path, *expectations)
        self.it.fake.advance(300)
        self.it.fake.wait_idle()

    def cost(self, wanted: Iterable[Expectation], look: int = 1) -> list[Any]:
        """Return the requests of one look, without those of the first, which gets to know the server."""
        before = len(self.it.asked(""))
        self.all(wanted, look)
        return list(self.it.asked("")[before:])
