"""The clock jumps by an hour, to and fro, at every stage of a scan: nothing is lost, or asked for in masses."""

from pathlib import Path

import pytest

from tests.houses import House, build, episode
from tests.servers import make_media, season

HOUR = 3600
#: Seconds from the event on: it waits, it is just asked, it is looked at.
MOMENTS = {"waits": 10, "was asked": 32, "is looked at": 45}


@pytest.fixture
def house(tmp_path: Path) -> House:
    make_media(tmp_path / "media/tv", season("Show", 1, [1, 2]))
    return build(tmp_path)


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["an hour ahead", "an hour back"])
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_a_jump_of_the_clock_loses_nothing_and_scans_nothing_twice(
    house: House, tmp_path: Path, moment: float, by: float
) -> None:
    with house:
        house.receive(episode(tmp_path, 1))
        house.run(moment)
        house.clock.jump(by)
        house.run(900)
        assert house.results("plex") == ["verified"], house.scans()
        assert house.results("jellyfin") == ["verified"]
        assert len(house.asked("plex")) <= 2
        assert not house.over_budget()
        assert not [fake.overlaps() for fake in house.fakes.values() if fake.overlaps()]
        house.receive(episode(tmp_path, 2))
        house.run(900)
        assert house.results("plex")[-1] == "verified"
