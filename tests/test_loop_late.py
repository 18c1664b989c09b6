"""A server that lists a file late, or never: the whole ladder is tried, hours long, within the budget."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import houses
from tests.houses import House, episode, movie
from tests.servers import make_media, season, write_file
from tests.servers.media import SIZE
from tests.test_loop import HOUR, SERVERS, ended, learn, tv

MINUTE = 60


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    """A house with one server, in whose libraries something stands already; the budget is looked at in the end."""
    make_media(tv(tmp_path), season("Show", 1, [1, 2, 3]))
    make_media(tmp_path / "media/movies", {"Other (2000)/Other (2000).mkv": None})
    with houses.build(tmp_path, [name]) as built:
        learn(built, name)
        yield built
        assert all(scans <= 5 and requests <= 30 for scans, requests in built.spent()), built.spent()


def add_episode(house: House, folder: Path) -> None:
    make_media(tv(folder), season("Show", 1, [4]))
    house.receive(episode(folder, 4, size=SIZE))


def add_movie(house: House, folder: Path) -> None:
    make_media(folder / "media/movies", {"Show - S01E04/Show - S01E04.mkv": None})
    house.receive(movie(folder, "Show - S01E04", size=SIZE))


def upgrade(house: House, folder: Path) -> None:
    """Replace an episode by one with another name."""
    there = tv(folder) / "Show/Season 01"
    (there / "Show - S01E02.mkv").unlink()
    write_file(there / "Show - S01E04.mkv", SIZE)
    gone = {"relativePath": "Season 01/Show - S01E02.mkv", "path": str(there / "Show - S01E02.mkv")}
    house.receive(episode(folder, 4, size=SIZE) | {"isUpgrade": True, "deletedFiles": [gone]})


CHANGES = [add_episode, add_movie, upgrade]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("minutes", [10, 40, 150])
def test_a_file_that_is_listed_late_is_seen(
    house: House, name: str, tmp_path: Path, change: Callable[[House, Path], None], minutes: int
) -> None:
    house.fakes[name].set(never_add="*S01E04*")
    change(house, tmp_path)
    house.run(minutes * MINUTE, tick=2)
    house.fakes[name].set(never_add="")
    house.run(4 * HOUR, tick=5)
    assert ended(house, name) == ["verified"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_never_listed_is_given_up_after_the_whole_ladder(
    house: House, name: str, tmp_path: Path, change: Callable[[House, Path], None]
) -> None:
    house.fakes[name].set(never_add="*S01E04*")
    change(house, tmp_path)
    house.run(6 * HOUR, tick=5)
    assert ended(house, name) == ["unverified"]
    (delivery,) = house.deliveries(name)
    assert delivery.ended_at is not None
    assert (delivery.ended_at - delivery.created_at).total_seconds() > 2.5 * HOUR
    root = tmp_path / ("media/movies" if change is add_movie else "media/tv")
    # Plex is asked for a whole section without a path.
    assert {str(root), ""} & set(house.asked(name))
