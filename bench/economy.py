"""What the closed loop asks of a server: scans and HTTP requests, in a library of 100 items and in one of 100,000."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lines import Line, show
from bench.quick import in_memory
from tests import houses
from tests.houses import House, episode, movie
from tests.servers import make_media, season
from tests.servers.media import SIZE

SERVERS = ("plex", "jellyfin", "emby")
ITEMS = (100, 100_000)
#: A quarter of an hour, in seconds: by then all is over but what the server does not add at first.
QUARTER = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one case cost at one server."""

    case: str
    server: str
    #: In the library beforehand.
    items: int
    files: int
    scans: int
    requests: int
    #: How it ended.
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a case happens, and to which show or movie."""

    folder: Path
    server: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that happens to a library."""

    name: str
    files: int
    #: The most requests that each file should take.
    goal: float
    happen: Callable[[House, Stage], None]
    #: So many times a folder changes; 0 where a scan finds nothing, so that there must be further ones.
    changes: int = 1
    #: How it should end.
    results: frozenset[str] = frozenset({"verified"})


def main() -> list[Line]:
    """Play every case at every server and size; print scans for each changed folder and requests for each file."""
    figures = [figure for items in ITEMS for server in SERVERS for figure in _play_all(server, items)]
    lines = [line for case in CASES for line in _lines(case, [each for each in figures if each.case == case.name])]
    lines += [_growth(figures), _good(figures)]
    show(lines)
    return lines


def _lines(case: Case, figures: list[Figure]) -> Iterator[Line]:
    """Yield the worst of both sizes, by server."""
    for server in SERVERS:
        own = [figure for figure in figures if figure.server == server]
        requests = max(figure.requests / figure.files for figure in own)
        yield Line(what=f"{case.name}, {server}: requests for each file", value=requests, most=case.goal)
    if case.changes:
        scans = max(figure.scans / case.changes for figure in figures)
        yield Line(what=f"{case.name}: scans for each changed folder", value=scans, most=1)


def _growth(figures: list[Figure]) -> Line:
    """Return by how much the case that minds most takes more requests in the larger library."""
    small, large = (
        {(each.case, each.server): each.requests for each in figures if each.items == items} for items in ITEMS
    )
    worst = max(large[key] / small[key] for key in small)
    return Line(what=f"requests, {ITEMS[1]:,} items to {ITEMS[0]:,}, worst case", value=worst, unit="times", most=1)


def _good(figures: list[Figure]) -> Line:
    results = {case.name: case.results for case in CASES}
    good = sum(figure.result in results[figure.case] for figure in figures) / len(figures)
    return Line(what="cases in which every file was verified", value=100 * good, unit="%", least=100)


def _play_all(server: str, items: int) -> Iterator[Figure]:
    """Play every case, each with a show or a movie of its own, at one server."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as name:
        folder = Path(name)
        make_media(folder / "media/tv", season("Other", 1, [1, 2]))
        make_media(folder / "media/movies", {"Other (2000)/Other (2000).mkv": None})
        with houses.build(folder, [server]) as house:
            _fill(house, folder, server, items)
            for number, case in enumerate(CASES):
                yield _play(case, house, Stage(folder=folder, server=server, title=f"Title {number} (1979)"), items)


def _play(case: Case, house: House, stage: Stage, items: int) -> Figure:
    spent_before, results_before = len(house.spent()), len(house.results(stage.server))
    case.happen(house, stage)
    house.run(QUARTER, tick=2)
    house.run(16 * QUARTER, tick=60)
    spent = house.spent()[spent_before:]
    return Figure(
        case=case.name,
        server=stage.server,
        items=items,
        files=case.files,
        scans=sum(scans for scans, _ in spent),
        requests=sum(requests for _, requests in spent),
        result=", ".join(sorted(set(house.results(stage.server)[results_before:]))),
    )


def _fill(house: House, folder: Path, server: str, items: int) -> None:
    (target,) = house.targets
    for library in target.libraries():
        target.scan(library, target.plan(library, library.roots[0], ()), ())
        house.fakes[server].bulk(items // 2, library.id)
    house.clock.advance(300)
    house.fakes[server].wait_idle()
    # What is found out once in a server's life is no part of a scan's cost.
    _import(house, folder, "First", 1)
    house.run(300)


def _import(house: House, folder: Path, show: str, episodes: int) -> None:
    make_media(folder / "media/tv", season(show, 1, range(1, episodes + 1)))
    for number in range(1, episodes + 1):
        house.receive(episode(folder, number, size=SIZE, show=show))


def _season_pack(house: House, stage: Stage) -> None:
    _import(house, stage.folder, stage.title, 24)


def _pack_twice(house: House, stage: Stage) -> None:
    _season_pack(house, stage)
    for number in range(1, 25):
        house.receive(episode(stage.folder, number, size=SIZE, show=stage.title))


def _movie(house: House, stage: Stage) -> None:
    make_media(stage.folder / "media/movies", {f"{stage.title}/{stage.title}.mkv": None})
    house.receive(movie(stage.folder, stage.title, size=SIZE))


def _again(house: House, stage: Stage) -> None:
    _movie(house, stage)
    house.run(600)
    house.receive(movie(stage.folder, stage.title, size=SIZE))


def _upgrade(house: House, stage: Stage) -> None:
    _movie(house, stage)
    house.run(600)
    place, better = stage.folder / "media/movies" / stage.title, f"{stage.title} [2160p].mkv"
    (place / f"{stage.title}.mkv").rename(place / better)
    old = {"relativePath": f"{stage.title}.mkv", "path": str(place / f"{stage.title}.mkv")}
    body: dict[str, Any] = movie(stage.folder, stage.title, size=SIZE, name=better)
    house.receive(body | {"isUpgrade": True, "deletedFiles": [old]})


def _lost_twice(house: House, stage: Stage) -> None:
    fake = house.fakes[stage.server]
    fake.set(never_add=f"*{stage.title}*")
    _movie(house, stage)
    house.run(700)
    fake.set(never_add="")


THERE = frozenset({"verified", "already_there, verified"})
CASES = (
    Case(name="season pack of 24", files=24, goal=0.5, happen=_season_pack),
    Case(name="season pack, each webhook twice", files=24, goal=0.5, happen=_pack_twice),
    Case(name="movie", files=1, goal=5, happen=_movie),
    Case(name="movie, and the same again later", files=2, goal=5, happen=_again, results=THERE),
    Case(name="movie, then its upgrade", files=3, goal=5, happen=_upgrade, changes=2),
    Case(name="movie not added at first", files=1, goal=30, happen=_lost_twice, changes=0),
)
