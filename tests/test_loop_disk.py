"""The closed loop where the disk says otherwise than the events: what is missing, what stays, what is larger."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.intake import Received
from autoscan.model import DeliveryState, ScanState
from autoscan.triggers import from_paths
from tests import houses
from tests.houses import House, episode
from tests.servers import make_media, season, write_file
from tests.servers.media import SIZE
from tests.test_loop import HOUR, SERVERS, learn

SHOW = "media/tv/Show/Season 01"


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    """A house with one server that knows two shows and a movie; the budget is looked at in the end."""
    make_media(tmp_path / "media/tv", season("Other", 1, [1, 2]) | season("Show", 1, [1, 2, 3]))
    make_media(tmp_path / "media/movies", {"Old (2001)/Old (2001).avi": None, "Other (2000)/Other (2000).mkv": None})
    with houses.build(tmp_path, [name]) as built:
        learn(built, name)
        yield built
        assert all(scans <= 5 and requests <= 30 for scans, requests in built.spent()), built.spent()


def by_hand(house: House, *paths: Path) -> None:
    received = Received(source="manual", request_id="r", body="{}", at=house.clock.now())
    house.intake.submit(from_paths([], list(map(str, paths))), received)


def found(house: House, scan: int = 0) -> dict[str, str]:
    """Return how each path of a scan ended, by the name of its file."""
    asks = house.queue.asks(house.scans()[scan].id)
    return {Path(each.path).name: each.result.value for ask in asks for each in ask.findings}


@pytest.mark.parametrize("replaced_first", [True, False])
def test_a_path_that_was_replaced_is_wanted_gone_beside_the_one_that_is_there(
    house: House, name: str, tmp_path: Path, replaced_first: bool
) -> None:
    folder = tmp_path / "media/movies/Old (2001)"
    old, new = folder / "Old (2001).avi", folder / "Old (2001).mkv"
    old.unlink()
    write_file(new, 5000)
    by_hand(house, *((old, new) if replaced_first else (new, old)))
    house.run(600)
    assert house.results(name) == ["verified"]
    assert found(house) == {old.name: DeliveryState.VERIFIED_ABSENT, new.name: DeliveryState.VERIFIED}
    assert len(house.asked(name)) == 1


@pytest.mark.parametrize("missing", [4, 5, 6])
def test_a_file_that_never_comes_keeps_no_other_from_the_servers(
    house: House, name: str, tmp_path: Path, missing: int
) -> None:
    there = {4, 5, 6} - {missing}
    make_media(tmp_path / "media/tv", season("Show", 1, there))
    for number in (4, 5, 6):
        house.receive(episode(tmp_path, number, size=SIZE))
    house.run(600)
    assert house.results(name) == ["verified"]
    assert found(house) == {f"Show - S01E{number:02d}.mkv": DeliveryState.VERIFIED for number in there}
    assert len(house.asked(name)) == 1
    scan, apart = house.scans()
    assert (scan.state, apart.state, apart.code) == (ScanState.DONE, ScanState.FAILED, "file_missing")
    assert [Path(each.path).name for each in apart.expectations] == [f"Show - S01E{missing:02d}.mkv"]


def test_a_file_that_failed_alone_is_seen_after_a_retry(house: House, name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [4]))
    for number in (4, 5):
        house.receive(episode(tmp_path, number, size=SIZE))
    house.run(600)
    make_media(tmp_path / "media/tv", season("Show", 1, [5]))
    house.queue.retry([house.scans()[1].id], "test")
    house.run(600)
    assert house.results(name) == ["verified", "verified"]
    assert found(house, 1) == {"Show - S01E05.mkv": DeliveryState.VERIFIED}


def test_a_removal_is_told_whatever_is_missing_beside_it(house: House, name: str, tmp_path: Path) -> None:
    (tmp_path / SHOW / "Show - S01E01.mkv").unlink()
    house.receive(episode(tmp_path, 1) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})
    house.receive(episode(tmp_path, 4, size=SIZE))
    house.run(HOUR)
    assert house.results(name) == ["verified_absent"]
    assert [scan.state for scan in house.scans()] == [ScanState.DONE, ScanState.FAILED]


def test_the_old_name_of_a_rename_goes_though_the_new_one_never_comes(house: House, name: str, tmp_path: Path) -> None:
    old = tmp_path / SHOW / "Show - S01E01.mkv"
    old.unlink()
    renamed = {
        "relativePath": "Season 01/Show - S01E01 new.mkv",
        "previousRelativePath": f"Season 01/{old.name}",
        "size": SIZE,
    }
    series = {"title": "Show", "path": str(old.parents[1])}
    house.receive({"series": series, "renamedEpisodeFiles": [renamed], "eventType": "Rename"})
    house.run(HOUR)
    assert found(house) == {old.name: DeliveryState.VERIFIED_ABSENT}
    assert [scan.code for scan in house.scans()] == ["", "file_missing"]


def test_while_the_mount_is_away_nothing_that_is_missing_is_wanted_gone(
    house: House, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "media/movies/Old (2001)"
    write_file(folder / "Old (2001).mkv", 5000)
    by_hand(house, folder / "Old (2001).avi", folder / "Old (2001).mkv")
    house.queue.root_seen(str(tmp_path / "media"))
    shutil.move(tmp_path / "media", tmp_path / "away")
    house.run(HOUR)
    (scan,) = house.scans()
    assert scan.reason.startswith("held: ")
    assert all(each.change.wants_presence for each in scan.expectations)
    assert house.asked(name) == []


def series_delete(folder: Path, show: str = "Show") -> dict[str, object]:
    series = {"title": show, "path": str(folder / "media/tv" / show)}
    return {"series": series, "deletedFiles": True, "eventType": "SeriesDelete"}


def movie_event(folder: Path, event: str, **more: object) -> dict[str, object]:
    named = {"title": "Old", "folderPath": str(folder / "media/movies/Old (2001)"), "tmdbId": 9}
    return {"movie": named, "eventType": event, **more}


def test_a_series_that_is_deleted_after_an_import_is_seen_gone(house: House, name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [4]))
    house.receive(episode(tmp_path, 4, size=SIZE))
    house.run(10)
    house.receive(series_delete(tmp_path))
    shutil.rmtree(tmp_path / "media/tv/Show")
    house.run(HOUR)
    assert house.results(name) == ["verified_absent"]
    assert [scan.state for scan in house.scans()] == [ScanState.ABSORBED, ScanState.DONE]


def test_a_movie_that_is_deleted_after_an_upgrade_is_seen_gone(house: House, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "media/movies/Old (2001)"
    upgrade = {"relativePath": "Old (2001).mkv", "size": 5000}
    replaced = [{"relativePath": "Old (2001).avi"}]
    house.receive(movie_event(tmp_path, "Download", movieFile=upgrade, isUpgrade=True, deletedFiles=replaced))
    house.run(10)
    house.receive(movie_event(tmp_path, "MovieDelete", deletedFiles=True))
    shutil.rmtree(folder)
    house.run(HOUR)
    assert house.results(name) == ["verified_absent"]


@pytest.mark.parametrize("pause", [5, 25])
def test_a_series_that_is_deleted_and_imported_anew_is_seen(
    house: House, name: str, tmp_path: Path, pause: int
) -> None:
    house.receive(series_delete(tmp_path))
    house.run(2)
    shutil.rmtree(tmp_path / "media/tv/Show")
    house.run(pause)
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(episode(tmp_path, 1, size=SIZE))
    house.run(300)
    assert [scan.state for scan in house.scans()] == [ScanState.DONE]
    assert found(house)["Show - S01E01.mkv"] == DeliveryState.VERIFIED


def test_a_movie_that_is_deleted_and_imported_anew_is_seen(house: House, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "media/movies/Old (2001)"
    house.receive(movie_event(tmp_path, "MovieDelete", deletedFiles=True))
    shutil.rmtree(folder)
    house.run(10)
    write_file(folder / "Old (2001) new.mkv", 5000)
    new = {"relativePath": "Old (2001) new.mkv", "size": 5000}
    house.receive(movie_event(tmp_path, "Download", movieFile=new, isUpgrade=False))
    house.run(600)
    assert house.results(name) == ["verified"]
    assert found(house)["Old (2001) new.mkv"] == DeliveryState.VERIFIED


def test_a_file_that_was_changed_after_its_event_is_seen_with_the_size_it_has(
    house: House, name: str, tmp_path: Path
) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(episode(tmp_path, 1, size=SIZE + 1))
    house.run(1800)
    assert house.results(name) in (["verified"], ["already_there"])
