"""A Plex with a few files, and short words for looking into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscan.model import Change, Expectation, Hints, Kind, Sighting
from autoscan.targets.base import Known
from tests.servers import Library, album, make_media, movie, season
from tests.targets import Pair, pair

TV = "/data/tv"
SEASON = f"{TV}/Show/Season 01"
MOVIES = "/data/movies"
ALBUM = "/data/music/Artist/Album"
LIBRARIES = (
    Library(title="TV", type="tv", roots=(TV,)),
    Library(title="Movies", type="movies", roots=(MOVIES, "/data/movies-4k")),
    Library(title="Music", type="music", roots=("/data/music",)),
    Library(title="Photos", type="homevideos", roots=("/data/photos",)),
)
SHOW = Hints(title="Show", season=1)


def want(path: str, *, size: int | None = None, hints: Hints | None = None, kind: Kind = Kind.FILE) -> Expectation:
    """Return that a path shall be there."""
    return Expectation(path=path, kind=kind, change=Change.ADDED, size=size, hints=hints or Hints())


def gone(path: str, *, hints: Hints | None = None, kind: Kind = Kind.FILE) -> Expectation:
    """Return that a path shall be gone."""
    return Expectation(path=path, kind=kind, change=Change.REMOVED, hints=hints or Hints())


def gone_folder(path: str, **more: Any) -> Expectation:
    """Return that nothing below a folder shall be left."""
    return gone(path, kind=Kind.FOLDER, **more)


def episode(number: int, show: str = "Show") -> str:
    """Return the path of an episode of the first season."""
    return f"{TV}/{show}/Season 01/{show} - S01E{number:02d}.mkv"


@dataclass
class Looks:
    """A pair with files below `folder`, and what was learnt so far."""

    pair: Pair
    folder: Path
    known: Known = field(default_factory=Known)

    @property
    def fake(self) -> Any:
        """Return the simulated Plex."""
        return self.pair.fake

    def real(self, path: str) -> Path:
        """Return the file behind a server path."""
        return self.folder / path.removeprefix("/data/")

    def scan(self, folder: str, *wanted: Expectation) -> None:
        """Have a folder scanned, to the end."""
        self.pair.scan(folder, *wanted)
        self.fake.wait_idle()

    def look_all(self, *wanted: Expectation, look: int = 1) -> dict[str, Sighting]:
        """Look for some paths of one library."""
        library = self.pair.target.libraries_for(wanted[0].path)[0]
        found: dict[str, Sighting] = self.pair.target.look_up(library, wanted, look=look, known=self.known)
        return found

    def look(self, wanted: Expectation, *, look: int = 1) -> Sighting:
        """Look for one path."""
        return self.look_all(wanted, look=look)[wanted.path]

    def seen(self, wanted: Expectation, *, look: int = 1) -> tuple[str, str]:
        """Look for one path and return what was seen, and by what."""
        sighting = self.look(wanted, look=look)
        return sighting.seen.value, sighting.evidence

    @contextmanager
    def requests(self) -> Iterator[list[str]]:
        """Collect the paths and queries of what is asked meanwhile."""
        self.pair.target.libraries()
        before, asked = len(self.fake.requests()), list[str]()
        yield asked
        for request in self.fake.requests()[before:]:
            query = "&".join(f"{name}={value}" for name, value in request.query)
            asked.append(request.path + (f"?{query}" if query else ""))

    def crowd(self, count: int, library_id: str = "1", *, ago: float = 86_400.0) -> None:
        """Add items that are newer than those that were there before."""
        self.fake.bulk(count, library_id, added_at=self.fake.now() - ago)


def media(folder: Path) -> Path:
    """Write what stands in the libraries."""
    make_media(folder / "tv", season("Show", 1, [1, 2]) | season("Show", 2, [1]) | season("Other", 1, [1]))
    make_media(folder / "movies", movie("Alien (1979)", size=1000) | movie("Aliens (1986)"))
    make_media(folder / "music", album("Artist", "Album", [1, 2]) | album("Artist", "Second", [1]))
    make_media(folder / "photos", ["2024/one.jpg", "2024/two.jpg"])
    (folder / "movies-4k").mkdir()
    return folder


@contextmanager
def looks(folder: Path, **knobs: Any) -> Iterator[Looks]:
    """Run a Plex that has scanned everything two days ago."""
    with pair("plex", {"/data": media(folder)}, LIBRARIES, **knobs) as made:
        made.filled()
        made.clock.advance(2 * 86_400)
        yield Looks(made, folder)
