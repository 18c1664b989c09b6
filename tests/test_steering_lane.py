"""What people do while a server is being asked: a lane takes it as it comes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from autoscan.model import DeliveryState, ScanState
from autoscan.processor import Rules
from autoscan.processor.lane import LOOK, LOOK_PAUSED
from autoscan.targets import Target
from tests import houses
from tests.clocks import VirtualClock
from tests.houses import House, episode
from tests.servers import make_media, season
from tests.test_processor import import_season


def described(_target: Target, _clock: VirtualClock) -> Rules:
    return Rules(describe=True)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with houses.build(tmp_path, ["plex"], rules_for=described) as built:
        built.run(5)
        built.skip["requests"] = len(built.fakes["plex"].requests())
        yield built


def requests(house: House) -> int:
    """Return how many requests there were after the start."""
    return len(house.fakes["plex"].requests()) - house.skip["requests"]


# ----- a server paused by hand


def test_a_server_paused_by_hand_is_not_asked_until_it_is_resumed(house: House, tmp_path: Path) -> None:
    house.queue.hold("plex", "page")
    folder = import_season(house, tmp_path)
    house.run(3600, tick=30)
    house.restart()
    house.run(3600, tick=30)
    assert requests(house) == 0
    assert house.results("plex") == ["pending"]
    house.queue.release("plex", "page")
    house.run(60)
    assert house.asked("plex") == [folder]
    assert house.results("plex") == ["verified"]


def test_what_is_looked_for_goes_on_after_a_pause_by_hand(house: House, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(episode(tmp_path, 1))
    house.fakes["plex"].set(per_dir=100.0)
    house.run(45)
    house.queue.hold("plex", "page")
    house.run(24 * 3600, tick=60)
    house.queue.release("plex", "page")
    house.run(600)
    assert house.results("plex") == ["verified"]


def test_a_server_paused_by_hand_is_probed_once_and_stays_so(house: House, tmp_path: Path) -> None:
    house.queue.hold("plex", "page")
    import_season(house, tmp_path)
    house.queue.probe_now("plex")
    house.run(60)
    assert requests(house) == 1
    assert house.queue.server("plex").held_since is not None
    assert house.queue.server("plex").probe_asked_at is None


def test_a_lane_looks_less_often_while_its_server_is_paused(house: House) -> None:
    (lane,) = house.lanes
    house.run(5)
    assert lane.calm == LOOK
    house.queue.hold("plex", "page")
    house.run(5)
    assert lane.calm == LOOK_PAUSED
    house.queue.release("plex", "page")
    house.run(5)
    assert lane.calm == LOOK


# ----- a probe


def test_a_server_that_is_away_is_probed_at_once(house: House) -> None:
    until = house.clock.now() + timedelta(hours=1)
    house.queue.pause("plex", until=until, reason="down", unauthorized=False)
    house.run(5)
    assert requests(house) == 0
    house.queue.probe_now("plex")
    house.run(5)
    assert house.queue.server("plex").paused_until is None


def test_a_probe_finds_out_that_a_server_is_away(house: House) -> None:
    house.fakes["plex"].set(down=True)
    house.queue.probe_now("plex")
    house.run(2)
    state = house.queue.server("plex")
    assert state.paused_until is not None
    assert state.probe_asked_at is None


# ----- what it told


def test_a_server_is_described_at_the_start(house: House, tmp_path: Path) -> None:
    facts = house.queue.facts("plex")
    assert facts is not None
    assert facts.version
    assert {library.title: library.roots for library in facts.libraries} == {
        "TV": (str(tmp_path / "media/tv"),),
        "Movies": (str(tmp_path / "media/movies"),),
    }


def test_a_server_with_nothing_to_do_is_left_alone(house: House) -> None:
    house.run(24 * 3600, tick=60)
    assert requests(house) == 0


def test_a_server_is_described_anew_when_its_libraries_were_read(house: House, tmp_path: Path) -> None:
    before = house.queue.facts("plex")
    house.run(3600, tick=30)
    import_season(house, tmp_path)
    house.run(60)
    after = house.queue.facts("plex")
    assert before is not None
    assert after is not None
    assert after.at > before.at + timedelta(hours=1)


def test_a_server_that_was_away_is_described_anew(house: House) -> None:
    house.run(900)
    house.queue.probe_now("plex")
    house.run(5)
    facts = house.queue.facts("plex")
    assert facts is not None
    assert facts.at >= house.clock.now() - timedelta(seconds=10)


def test_a_server_that_will_not_tell_its_version_is_asked_to_scan_all_the_same(tmp_path: Path) -> None:
    with houses.build(tmp_path, ["plex"], rules_for=described) as house:
        house.fakes["plex"].fail_next("/identity", status=404, times=100)
        house.fakes["plex"].fail_next("/", status=404, times=1)
        import_season(house, tmp_path)
        house.run(90)
        assert house.results("plex") == ["verified"]


# ----- a scan that is cancelled under way


@pytest.mark.parametrize("seconds", [20, 32, 36, 45])
def test_a_cancelled_scan_ends_whatever_the_server_is_doing(house: House, tmp_path: Path, seconds: int) -> None:
    import_season(house, tmp_path)
    house.fakes["plex"].set(per_dir=30.0)
    house.run(seconds)
    (scan,) = house.scans()
    assert house.queue.cancel([scan.id], "page").done == (scan.id,)
    asked = house.asked("plex")
    house.run(600)
    assert [each.state for each in house.scans()] == [ScanState.CANCELLED]
    assert {each.state for each in house.deliveries("plex")} <= {DeliveryState.CANCELLED}
    assert house.asked("plex") == asked


def test_the_next_scan_of_a_library_goes_on_after_one_that_was_cancelled(house: House, tmp_path: Path) -> None:
    first = import_season(house, tmp_path, 1)
    house.run(36)
    assert house.asked("plex") == [first]
    house.queue.cancel([scan.id for scan in house.scans()], "page")
    second = import_season(house, tmp_path, 2)
    house.run(180)
    assert house.asked("plex") == [first, second]
    assert [scan.state for scan in house.scans()] == [ScanState.CANCELLED, ScanState.DONE]


def test_a_cancelled_scan_that_is_tried_again_is_seen(house: House, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(33)
    ids = [scan.id for scan in house.scans()]
    house.queue.cancel(ids, "page")
    house.run(60)
    house.queue.retry(ids, "page")
    house.run(120)
    assert [scan.state for scan in house.scans()] == [ScanState.DONE]
