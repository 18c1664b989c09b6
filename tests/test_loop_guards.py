"""A mount that goes while deletes arrive: nothing is scanned or taken for deleted, and all goes on once it is back."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscan.model import DeliveryState
from autoscan.processor import Rules as LaneRules
from autoscan.targets import Target
from autoscan.targets.plex import PlexTarget
from autoscan.targets.plex.care import PlexCare, PlexRules
from autoscan.targets.plex.trash import TrashRules
from tests import houses
from tests.clocks import VirtualClock
from tests.houses import House, episode
from tests.servers import make_media, season
from tests.servers.media import SIZE

SERVERS = ["plex", "jellyfin", "emby"]
HOUR = 3600
DAY = 24 * HOUR
Build = Callable[..., House]


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(name: str, tmp_path: Path) -> Iterator[Build]:
    """Make a house whose server has shown ten episodes, and whose Plex empties its trash after each removal."""
    built: list[House] = []

    def make(**options: Any) -> House:
        make_media(tmp_path / "media/tv", season("Other", 1, [1, 2]))
        make_media(tmp_path / "media/movies", {"Other (2000)/Other (2000).mkv": None})
        house = houses.build(tmp_path, [name], rules_for=emptying_trash, **options)
        built.append(house)
        make_media(tmp_path / "media/tv", season("Show", 1, range(1, 11)))
        for number in range(1, 11):
            house.receive(episode(tmp_path, number, size=SIZE))
        house.run(300)
        assert house.results(name) == ["verified"]
        house.skip[name] = len(house.fakes[name].scans())
        return house

    yield make
    for house in built:
        assert all(scans <= 5 and requests <= 30 for scans, requests in house.spent()), house.spent()
        house.__exit__()


def emptying_trash(target: Target, clock: VirtualClock) -> LaneRules:
    if not isinstance(target, PlexTarget):
        return LaneRules()
    trash = TrashRules(max_files=1000, zero_deleted=True, missing_control_files=list)
    care = PlexRules(analyze="off", analyze_directory=True, fix_mismatched=False, language="en", trash=trash)
    return replace(LaneRules(), care=PlexCare(target, care, clock))


class Mount:
    """A disk below `media` that can be away: an empty folder stays, as after `umount`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "media"
        self.away = folder / "away"

    def go(self) -> None:
        self.folder.rename(self.away)
        self.folder.mkdir()

    def come_back(self) -> None:
        self.folder.rmdir()
        self.away.rename(self.folder)


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    return Mount(tmp_path)


def delete(house: House, folder: Path, tv: Path, *numbers: int) -> None:
    """Delete episodes, wherever the disk is, and tell so."""
    for number in numbers:
        (tv / f"Show/Season 01/Show - S01E{number:02}.mkv").unlink()
        house.receive(episode(folder, number) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})


def nothing_happened(house: House, name: str) -> None:
    """Nothing was scanned, nothing found gone, no trash emptied, no try used up; it is told why."""
    assert house.asked(name) == []
    assert house.fakes[name].requests("emptyTrash") == []
    assert {each.state for each in house.deliveries(name)[1:]} <= {DeliveryState.PENDING}
    assert {each.attempts for each in house.deliveries(name)} == {0}
    assert any(warning.startswith("held: ") for warning in house.queue.warnings()), house.queue.warnings()


def until_asked(house: House, name: str) -> int:
    """Let time pass until the server has been asked for a scan; return for how many."""
    for _ in range(120):
        if house.asked(name):
            break
        house.run(1)
    return len(house.asked(name))


def ended(house: House, name: str) -> list[str]:
    assert house.queue.count_open() == 0, [scan.reason for scan in house.scans()]
    assert house.queue.warnings() == ()
    return house.results(name)[1:]


def held_lines(house: House) -> list[str]:
    steps = [step.reason for scan in house.scans() for step in house.queue.transitions(scan.id) if step.delivery_id]
    return [reason for reason in steps if reason.startswith("held: ")]


def test_deletes_that_arrive_while_the_mount_is_away_wait_until_it_is_back(
    build: Build, name: str, tmp_path: Path, mount: Mount
) -> None:
    house = build()
    mount.go()
    delete(house, tmp_path, mount.away / "tv", 1, 2, 3)
    make_media(mount.away / "tv", season("New", 1, [1]))
    house.receive(episode(tmp_path, 1, size=SIZE, show="New"))
    other = episode(tmp_path, 1, show="Other")["series"]
    house.receive({"series": other, "deletedFiles": True, "eventType": "SeriesDelete"})
    house.run(HOUR, tick=5)
    nothing_happened(house, name)
    assert house.queue.count_open() == 3
    mount.come_back()
    shutil.rmtree(mount.folder / "tv/Other")
    house.run(HOUR, tick=5)
    assert sorted(ended(house, name)) == ["verified", "verified_absent", "verified_absent"]


def test_deletes_that_are_with_a_server_already_wait_with_it(
    build: Build, name: str, tmp_path: Path, mount: Mount
) -> None:
    house = build()
    house.fakes[name].set(down=True)
    delete(house, tmp_path, mount.folder / "tv", 1, 2)
    house.run(60)
    assert house.results(name)[1:] == ["pending"]
    mount.go()
    house.fakes[name].set(down=False)
    house.run(DAY, tick=300)
    nothing_happened(house, name)
    assert len(held_lines(house)) == 1
    mount.come_back()
    house.run(HOUR, tick=5)
    assert ended(house, name) == ["verified_absent"]


def test_a_removal_that_is_looked_for_is_not_believed_while_the_mount_is_away(
    build: Build, name: str, tmp_path: Path, mount: Mount
) -> None:
    house = build()
    house.fakes[name].set(start_delay=20.0)
    delete(house, tmp_path, mount.folder / "tv", 1)
    asked = until_asked(house, name)
    mount.go()  # the server's scan finds an empty disk, and everything gone
    house.run(DAY, tick=300)
    assert len(house.asked(name)) == asked
    assert house.results(name)[1:] == ["pending"]
    assert house.fakes[name].requests("emptyTrash") == []
    mount.come_back()
    house.run(HOUR, tick=5)
    assert ended(house, name) == ["verified_absent"]


def test_a_file_that_is_looked_for_is_not_given_up_while_the_mount_is_away(
    build: Build, name: str, tmp_path: Path, mount: Mount
) -> None:
    house = build()
    house.fakes[name].set(start_delay=20.0)
    make_media(mount.folder / "tv", season("Show", 2, [1]))
    house.receive(episode(tmp_path, 1, season=2, size=SIZE))
    until_asked(house, name)
    mount.go()
    house.run(DAY, tick=300)
    assert house.results(name)[1:] == ["pending"]
    mount.come_back()
    house.run(HOUR, tick=5)
    assert ended(house, name) == ["verified"]


def test_without_its_anchor_nothing_below_a_path_is_touched(build: Build, name: str, tmp_path: Path) -> None:
    anchor = tmp_path / "mounted.bin"
    anchor.touch()
    tv = tmp_path / "media/tv"
    house = build(anchors={str(tv): (str(anchor),)})
    house.fakes[name].set(down=True)
    delete(house, tmp_path, tv, 1)
    house.run(60)
    anchor.unlink()
    house.fakes[name].set(down=False)
    delete(house, tmp_path, tv, 2)
    house.run(HOUR, tick=5)
    nothing_happened(house, name)
    anchor.touch()
    house.run(HOUR, tick=5)
    assert set(ended(house, name)) == {"verified_absent"}


def test_many_files_missing_at_once_hold_what_a_server_already_has(build: Build, name: str, tmp_path: Path) -> None:
    tv = tmp_path / "media/tv"
    house = build(mass_limit=20)
    for number in range(1, 31):
        house.receive(episode(tmp_path, number, show="Lost"))
    house.run(120)  # two of three looks in vain
    house.fakes[name].set(down=True)
    delete(house, tmp_path, tv, 1)
    house.run(60)
    house.fakes[name].set(down=False)
    house.run(HOUR, tick=5)
    nothing_happened(house, name)
    make_media(tv, season("Lost", 1, range(1, 31)))
    house.run(HOUR, tick=5)
    assert sorted(ended(house, name)) == ["verified", "verified_absent"]
