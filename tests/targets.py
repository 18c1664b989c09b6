"""What the tests of all targets share: one library tree, a simulated server over it, and the target that asks it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscan.model import Change, Expectation, Kind
from autoscan.settings import MediaServer, Secret
from autoscan.targets import Target, from_settings
from tests.clocks import VirtualClock
from tests.servers import FakeEmby, FakeJellyfin, FakePlex, Library, album, make_media, movie, season

Fake = FakePlex | FakeJellyfin | FakeEmby
FAKES: dict[str, type[FakePlex] | type[FakeJellyfin] | type[FakeEmby]] = {
    "plex": FakePlex,
    "jellyfin": FakeJellyfin,
    "emby": FakeEmby,
}
LIBRARIES = (
    Library(title="TV", type="tv", roots=("/data/tv",)),
    Library(title="Movies", type="movies", roots=("/data/movies", "/data/movies-4k")),
    Library(title="Music", type="music", roots=("/data/music",)),
)


def media(folder: Path) -> Path:
    """Write the tree that `LIBRARIES` hold."""
    make_media(folder / "tv", season("Show", 1, [1, 2]) | season("Show", 2, [1]))
    make_media(folder / "movies", movie("Alien (1979)") | movie("Aliens (1986)"))
    make_media(folder / "movies-4k", movie("Alien (1979)"))
    make_media(folder / "music", album("Artist", "Album", [1, 2]))
    return folder


@dataclass
class Pair:
    """A simulated server and the target that asks it."""

    fake: Any
    target: Any
    clock: VirtualClock
    #: Base paths that the target asked to remember.
    remembered: list[tuple[str, str]] = field(default_factory=list)

    def filled(self) -> "Pair":
        """Let the server scan everything, as it would have long ago."""
        for library in self.target.libraries():
            for root in library.roots:
                self.target.scan(library, self.target.plan(library, root, ()), ())
        self.fake.advance(600)
        self.fake.wait_idle()
        return self

    def plan(self, folder: str, *expectations: Expectation) -> Any:
        """Plan a scan of `folder` in the first library that holds it."""
        return self.target.plan(self.target.libraries_for(folder)[0], folder, expectations)

    def scan(self, folder: str, *expectations: Expectation) -> Any:
        """Plan a scan, ask for it, and return its scope."""
        library = self.target.libraries_for(folder)[0]
        scope = self.target.plan(library, folder, expectations)
        self.target.scan(library, scope, expectations)
        return scope

    def asked(self, match: str) -> list[Any]:
        """Return the requests whose `METHOD /path` holds `match`."""
        return self.fake.requests(match)  # type: ignore[no-any-return]  # of one of three simulators


def server(kind: str, url: str, **changes: Any) -> MediaServer:
    """Return the settings of one server."""
    given: dict[str, Any] = {
        "name": kind.capitalize(),
        "type": kind,
        "url": url,
        "token": Secret("sim-token"),
        "path_mappings": {},
        "verify_tls": True,
        "timeout": 5.0,
    }
    return MediaServer(**given | changes)


def target(settings: MediaServer, clock: VirtualClock | None = None, **around: Any) -> Target:
    """Make one target."""
    given: dict[str, Any] = {"clock": clock or VirtualClock(), "client_id": lambda: "autoscan-1234"}
    (made,) = from_settings([settings], **given | around)
    return made


@contextmanager
def pair(
    kind: str,
    mounts: Mapping[str, Path],
    libraries: Iterable[Library] = LIBRARIES,
    *,
    settings: Mapping[str, Any] | None = None,
    prefix: Callable[[str], str | None] = lambda _: None,
    **knobs: Any,
) -> Iterator[Pair]:
    """Run a simulated server of `kind` and its target."""
    clock = VirtualClock()
    remembered: list[tuple[str, str]] = []
    with FAKES[kind](mounts, tuple(libraries), clock=clock, **knobs) as fake:
        options = {"url": fake.url} | dict(settings or {})
        made = target(
            server(kind, **options),
            clock,
            prefix=prefix,
            remember=lambda name, found: remembered.append((name, found)),
        )
        try:
            yield Pair(fake=fake, target=made, clock=clock, remembered=remembered)
        finally:
            made.close()


def expect(path: str, change: Change = Change.ADDED) -> Expectation:
    """Return what an event tells of one file."""
    return Expectation(path=path, kind=Kind.FILE, change=change)


def removed(path: str) -> Expectation:
    """Return what an event tells of one file that is gone."""
    return expect(path, Change.REMOVED)
