"""What the closed loop asks of a server: scans and HTTP requests, in a library of 100 items and in one of 100,000."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests import houses
from tests.houses import House, episode, movie
from tests.servers import make_media, season
from tests.servers.media import SIZE

SERVERS = ("plex", "jellyfin", "emby")
ITEMS = (100, 100_000)


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
class Case:
    """Something that happens to a library."""

    name: str
    files: int
    #: The most requests it should take.
    goal: int
    happen: Callable[[House, Path, str], None]


def main() -> list[dict[str, object]]:
    """Play every case at every server and size; print requests for each file beside the goal."""
    figures = [_play(case, server, items) for items in ITEMS for server in SERVERS for case in CASES]
    print(f"  {'case':34} {'server':9} {'items':>7} {'files':>5} {'scans':>5} {'requests':>8} {'a file':>7}  goal")
    for figure in figures:
        goal = next(case.goal for case in CASES if case.name == figure.case)
        verdict = "" if figure.requests <= goal else "  ABOVE"
        costs = f"{figure.scans:5} {figure.requests:8} {figure.requests / figure.files:7.2f}  <= {goal}{verdict}"
        case = f"{figure.case:34} {figure.server:9} {figure.items:7} {figure.files:5}"
        print(f"  {case} {costs}  {figure.result}")
    for server in SERVERS:
        _print_range(server, [figure for figure in figures if figure.server == server])
    return [asdict(figure) for figure in figures]


def _print_range(server: str, figures: list[Figure]) -> None:
    each = sorted(figure.requests / figure.files for figure in figures)
    print(
        f"  {server}: requests for a verified file: best {each[0]:.2f}, typical {each[len(each) // 2]:.2f}, "
        f"worst {each[-1]:.2f}"
    )


def _play(case: Case, server: str, items: int) -> Figure:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_media(folder / "media/tv", season("Other", 1, [1, 2]))
        make_media(folder / "media/movies", {"Other (2000)/Other (2000).mkv": None})
        with houses.build(folder, [server]) as house:
            _fill(house, folder, server, items)
            before = len(house.spent())
            case.happen(house, folder, server)
            house.run(4 * 3600, tick=2)
            spent = house.spent()[before:]
            return Figure(
                case=case.name,
                server=server,
                items=items,
                files=case.files,
                scans=sum(scans for scans, _ in spent),
                requests=sum(requests for _, requests in spent),
                result=", ".join(sorted(set(house.results(server)[1:]))),
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


def _season_pack(house: House, folder: Path, _: str) -> None:
    _import(house, folder, "Show", 24)


def _movie(house: House, folder: Path, _: str) -> None:
    make_media(folder / "media/movies", {"Alien (1979)/Alien (1979).mkv": None})
    house.receive(movie(folder, "Alien (1979)", size=SIZE))


def _again(house: House, folder: Path, server: str) -> None:
    _movie(house, folder, server)
    house.run(600)
    house.receive(movie(folder, "Alien (1979)", size=SIZE))


def _upgrade(house: House, folder: Path, server: str) -> None:
    _movie(house, folder, server)
    house.run(600)
    place = folder / "media/movies/Alien (1979)"
    (place / "Alien (1979).mkv").rename(place / "Alien (1979) [2160p].mkv")
    old = {"relativePath": "Alien (1979).mkv", "path": str(place / "Alien (1979).mkv")}
    body: dict[str, Any] = movie(folder, "Alien (1979)", size=SIZE, name="Alien (1979) [2160p].mkv")
    house.receive(json.loads(json.dumps(body | {"isUpgrade": True, "deletedFiles": [old]})))


def _lost_twice(house: House, folder: Path, server: str) -> None:
    fake = house.fakes[server]
    fake.set(never_add="*Alien*")
    _movie(house, folder, server)
    house.run(700)
    fake.set(never_add="")


CASES = (
    Case(name="season pack of 24", files=24, goal=12, happen=_season_pack),
    Case(name="a movie", files=1, goal=5, happen=_movie),
    Case(name="a movie, and the same event again", files=2, goal=8, happen=_again),
    Case(name="a movie, then its upgrade", files=3, goal=15, happen=_upgrade),
    Case(name="a movie that is not added at first", files=1, goal=30, happen=_lost_twice),
)
