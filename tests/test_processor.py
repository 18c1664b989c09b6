"""From a webhook to a scan of exactly the changed folder, whatever the servers do meanwhile."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from autoscan.model import DeliveryState, ScanState
from tests import houses
from tests.houses import House, episode
from tests.servers import Library, make_media, season


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with houses.build(tmp_path) as built:
        yield built


def import_season(house: House, folder: Path, number: int = 1, episodes: int = 3, show: str = "Show") -> str:
    make_media(folder / "media/tv", season(show, number, range(1, episodes + 1)))
    for each in range(1, episodes + 1):
        house.receive(episode(folder, each, season=number, show=show))
    return str(folder / "media/tv" / show / f"Season {number:02d}")


def test_a_season_import_is_one_scan_of_the_season_folder_for_each_server(house: House, tmp_path: Path) -> None:
    folder = import_season(house, tmp_path, episodes=24)
    house.run(120)
    assert house.asked("plex") == [folder]
    # Jellyfin knows nothing of the show yet: the deepest item it has is the library's folder.
    assert house.asked("jellyfin") == [str(tmp_path / "media/tv")]
    assert [scan.state for scan in house.scans()] == [ScanState.DONE]


def test_nothing_is_asked_before_the_delay_is_over(house: House, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(28)
    assert house.asked("plex") == []


def test_a_server_that_is_down_does_not_delay_the_other_and_gets_everything_afterwards(
    house: House, tmp_path: Path
) -> None:
    house.fakes["plex"].set(down=True)
    folders = [import_season(house, tmp_path, number) for number in (1, 2, 3)]
    house.run(90)
    assert house.asked("jellyfin")
    assert {each.state for each in house.deliveries("jellyfin")} == {DeliveryState.VERIFIED}
    assert {each.state for each in house.deliveries("plex")} == {DeliveryState.PENDING}
    house.run(3 * 24 * 3600 / 1000)  # the pauses grow; what counts is that nothing is used up
    assert {each.attempts for each in house.deliveries("plex")} == {0}
    house.fakes["plex"].set(down=False)
    house.run(400)
    assert sorted(house.asked("plex")) == folders
    assert {scan.state for scan in house.scans()} == {ScanState.DONE}


def test_the_pauses_of_a_server_that_keeps_failing_double_up_to_five_minutes(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].set(down=True)
    import_season(house, tmp_path)
    pauses, last = [], None
    for _ in range(3000):
        house.run(1)
        state = house.queue.server("plex")
        if state.paused_until is not None and state.paused_until != last:
            pauses.append((state.paused_until - house.clock.now()).total_seconds())
            last = state.paused_until
    assert pauses[0] == pytest.approx(5, abs=1.5)
    assert all(later > earlier for earlier, later in pairwise(pauses[:6]))
    assert 200 < max(pauses) <= 300


def test_a_refused_token_pauses_the_server_until_it_works(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].set(bad_token=True)
    folder = import_season(house, tmp_path)
    house.run(200)
    assert house.queue.server("plex").unauthorized
    assert 2 <= len(house.fakes["plex"].requests()) <= 6
    house.fakes["plex"].set(bad_token=False)
    house.run(70)
    assert house.asked("plex") == [folder]
    assert house.queue.server("plex").paused_until is None


def test_a_scan_that_is_refused_is_tried_five_times_and_then_failed_with_the_reason(
    house: House, tmp_path: Path
) -> None:
    house.fakes["plex"].fail_next("/refresh", status=400, times=100)
    import_season(house, tmp_path)
    house.run(1200)
    (delivery,) = house.deliveries("plex")
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 5)
    assert "400" in delivery.error
    assert [scan.state for scan in house.scans()] == [ScanState.FAILED]


def test_one_scan_at_a_time_for_each_library(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].set(per_dir=10.0)
    folders = [import_season(house, tmp_path, number) for number in (1, 2, 3)]
    house.run(45)
    assert len(house.asked("plex")) == 1
    house.run(120)
    assert sorted(house.asked("plex")) == folders
    assert house.fakes["plex"].overlaps() == []
    spans = [(scan.started_at, scan.finished_at) for scan in house.fakes["plex"].scans()]
    assert all(ended <= began for (_, ended), (began, _) in pairwise(spans) if ended and began)


def test_a_library_that_never_looks_idle_gives_its_slot_back_after_a_minute(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].set(per_dir=500.0)
    for number in (1, 2):
        import_season(house, tmp_path, number)
    house.run(85)
    assert len(house.asked("plex")) == 1
    house.run(20)
    assert len(house.asked("plex")) == 2


def test_who_waits_shares_a_scan_that_covers_him(house: House, tmp_path: Path) -> None:
    for number in range(1, 11):
        import_season(house, tmp_path, 1, 1, show=f"Show {number}")
    house.run(120)
    assert len(house.asked("jellyfin")) == 1
    assert {each.state for each in house.deliveries("jellyfin")} == {DeliveryState.VERIFIED}
    assert len(house.asked("plex")) == 10


def test_an_event_during_the_scan_of_the_same_folder_makes_a_scan_of_its_own(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].set(per_dir=20.0)
    folder = import_season(house, tmp_path, episodes=1)
    house.run(36)
    assert house.asked("plex") == [folder]
    make_media(tmp_path / "media/tv", season("Show", 1, [2]))
    house.receive(episode(tmp_path, 2))
    house.run(120)
    assert house.asked("plex") == [folder, folder]
    assert house.fakes["plex"].overlaps() == []


def test_a_path_in_no_library_fails_and_names_the_nearest_root(house: House, tmp_path: Path) -> None:
    (tmp_path / "media/tv2/Show/Season 01").mkdir(parents=True)
    (tmp_path / "media/tv2/Show/Season 01/a.mkv").write_bytes(b"x")
    house.receive({"eventType": "Manual", "filepath": str(tmp_path / "media/tv2/Show/Season 01/a.mkv")})
    house.run(60)
    (scan,) = house.scans()
    assert scan.state is ScanState.FAILED
    assert str(tmp_path / "media/tv") in scan.reason
    assert "SERVER_PATH_MAPPINGS" in scan.reason
    assert {each.state for each in house.deliveries("plex")} == {DeliveryState.NOT_HERE}


def test_a_server_without_the_library_is_no_failure_when_another_has_it(tmp_path: Path) -> None:
    elsewhere = {"jellyfin": {"path_mappings": {"/elsewhere": [str(tmp_path)]}}}
    with houses.build(tmp_path, servers=elsewhere) as house:
        import_season(house, tmp_path)
        house.run(60)
        assert [scan.state for scan in house.scans()] == [ScanState.DONE]
        assert [each.state for each in house.deliveries("jellyfin")] == [DeliveryState.NOT_HERE]


def test_every_library_that_holds_the_folder_is_asked(tmp_path: Path) -> None:
    tv = str(tmp_path / "media/tv")
    libraries = [
        Library(title="TV", type="tv", roots=(tv,)),
        Library(title="All", type="tv", roots=(str(tmp_path / "media"),)),
    ]
    with houses.build(tmp_path, ["plex"], libraries=libraries) as house:
        folder = import_season(house, tmp_path)
        house.run(60)
        assert [(scan.library_id, scan.path) for scan in house.fakes["plex"].scans()] == [("1", folder), ("2", folder)]


def test_a_deleted_folder_is_scanned_from_the_nearest_one_that_exists(house: House, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Other", 1, [1]))
    house.receive(
        {
            "series": {"title": "Show", "path": str(tmp_path / "media/tv/Show")},
            "deletedFiles": True,
            "eventType": "SeriesDelete",
        }
    )
    house.run(60)
    assert house.asked("plex") == [str(tmp_path / "media/tv")]


def test_a_file_that_never_comes_fails_as_missing(house: House, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Other", 1, [1]))
    house.receive(episode(tmp_path, 1))
    house.run(400)
    (scan,) = house.scans()
    assert scan.state is ScanState.FAILED
    assert "file_missing" in scan.reason
    assert house.asked("plex") == []


def test_a_file_that_comes_late_is_scanned_when_it_is_there(house: House, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Other", 1, [1]))
    house.receive(episode(tmp_path, 1))
    house.run(60)
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.run(70)
    assert house.asked("plex") == [str(tmp_path / "media/tv/Show/Season 01")]


def test_without_a_server_scans_wait(tmp_path: Path) -> None:
    with houses.build(tmp_path, []) as house:
        import_season(house, tmp_path)
        house.run(600)
        assert [scan.state for scan in house.scans()] == [ScanState.WAITING]


def test_after_a_restart_a_held_slot_still_keeps_the_library(house: House, tmp_path: Path) -> None:
    folder = import_season(house, tmp_path)
    house.run(10)
    # A leader that died between taking the slot and hearing the answer.
    assert house.queue.take_slot("plex", "1", folder)
    house.queue.recover()
    house.run(22)
    assert house.asked("plex") == []
    house.run(60)
    assert house.asked("plex") == [folder]


def test_a_library_that_is_gone_ends_the_delivery_with_a_reason(house: House, tmp_path: Path) -> None:
    house.fakes["plex"].fail_next("/refresh", status=404, times=100)
    import_season(house, tmp_path)
    house.run(1200)
    assert ["has no library 1 any more" in each.error for each in house.deliveries("plex")] == [True]
