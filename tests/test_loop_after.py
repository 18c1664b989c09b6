"""After a file was seen, or seen gone: analysis, trash, the operator's commands; before: the server's own scans."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscan.commands import Command
from autoscan.processor import Afterwards
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
from tests.waiting import wait_until

RULES = PlexRules(analyze="off", analyze_directory=True, fix_mismatched=False, language="en", trash=None)
Build = Callable[..., House]


@pytest.fixture
def plex(tmp_path: Path) -> Iterator[Build]:
    """Make a house with a Plex and with rules of its own."""
    make_media(tmp_path / "media/tv", season("Other", 1, [1]))
    built: list[House] = []

    def make(*, plex: PlexRules = RULES, **rules: Any) -> House:
        def rules_for(target: Target, clock: VirtualClock) -> LaneRules:
            assert isinstance(target, PlexTarget)
            return replace(LaneRules(**rules), care=PlexCare(target, plex, clock))

        built.append(houses.build(tmp_path, ["plex"], rules_for=rules_for))
        return built[0]

    yield make
    for house in built:
        house.__exit__()


def import_season(house: House, folder: Path, episodes: Sequence[int] = (1, 2, 3)) -> None:
    make_media(folder / "media/tv", season("Show", 1, episodes))
    for number in episodes:
        house.receive(episode(folder, number, size=SIZE))
    house.run(300)


def reasons(house: House) -> str:
    return "\n".join(step.reason for scan in house.scans() for step in house.queue.transitions(scan.id))


def test_a_season_is_analyzed_once(plex: Build, tmp_path: Path) -> None:
    house = plex(plex=replace(RULES, analyze="basic"))
    import_season(house, tmp_path)
    assert len(house.fakes["plex"].requests("/analyze")) == 1
    assert "analyzed item" in reasons(house)


def test_each_item_is_analyzed_by_one_request(plex: Build, tmp_path: Path) -> None:
    house = plex(plex=replace(RULES, analyze="basic", analyze_directory=False))
    import_season(house, tmp_path)
    (request,) = house.fakes["plex"].requests("/analyze")
    assert request.path.count(",") == 2


def delete_one(house: House, folder: Path) -> None:
    (folder / "media/tv/Show/Season 01/Show - S01E02.mkv").unlink()
    house.receive(episode(folder, 2) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})
    house.run(400)


def test_the_trash_is_emptied_once_the_removal_was_seen(plex: Build, tmp_path: Path) -> None:
    trash = TrashRules(max_files=10, zero_deleted=False, missing_control_files=list)
    house = plex(plex=replace(RULES, trash=trash))
    import_season(house, tmp_path)
    assert house.fakes["plex"].requests("/emptyTrash") == []
    delete_one(house, tmp_path)
    assert len(house.fakes["plex"].requests("/emptyTrash")) == 1
    assert "emptied of 1 item" in reasons(house)


def test_the_trash_is_held_without_its_control_files(plex: Build, tmp_path: Path) -> None:
    trash = TrashRules(max_files=10, zero_deleted=False, missing_control_files=lambda: ["/mnt/mounted.bin"])
    house = plex(plex=replace(RULES, trash=trash))
    import_season(house, tmp_path)
    delete_one(house, tmp_path)
    assert house.fakes["plex"].requests("/emptyTrash") == []
    assert "/mnt/mounted.bin is not there" in reasons(house)


def test_a_library_that_scans_of_its_own_accord_is_waited_for(plex: Build, tmp_path: Path) -> None:
    house = plex(wait_for_idle=True)
    house.fakes["plex"].set(start_delay=100.0)
    target = house.targets[0]
    (library, *_) = target.libraries()
    target.scan(library, target.plan(library, library.roots[0], ()), ())
    house.skip["plex"] = 1
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(episode(tmp_path, 1, size=SIZE))
    house.run(60)
    assert house.asked("plex") == []
    house.run(600)
    assert "waits until it is idle" in reasons(house)
    assert house.results("plex")[0] in {"verified", "already_there"}


def test_the_command_before_a_scan_gets_the_path_in_its_environment(plex: Build, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    house = plex(before=Command(f'echo "$AUTOSCAN_SERVER $AUTOSCAN_FOLDER" >> {seen}; exit 3'), check_first=True)
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(episode(tmp_path, 1, size=SIZE))
    house.run(36)
    wait_until(seen.exists)

    def asked() -> bool:
        house.run(2)
        return bool(house.asked("plex"))

    wait_until(asked)
    assert seen.read_text() == f"plex {tmp_path}/media/tv/Show/Season 01\n"
    assert "command before the scan: exit code 3" in reasons(house)


def test_the_command_after_a_scan_gets_the_result(plex: Build, tmp_path: Path) -> None:
    house = plex()
    import_season(house, tmp_path)
    seen = tmp_path / "seen"
    command = Command(f'echo "$AUTOSCAN_RESULT $AUTOSCAN_REQUEST_ID" >> {seen}')
    job = Afterwards(queue=house.queue, clock=house.clock, command=command)
    wait_until(lambda: not job.step() and seen.exists() and "command after" in reasons(house))
    assert seen.read_text() == "verified r1\n"
    assert not job.step()
    job.close()
