"""Sidecars in the closed loop: scanned, then their item is read anew; never a failure, and within the budget."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import houses
from tests.houses import House
from tests.servers import make_media, season, write_file
from tests.servers.media import SIZE

WORDS = {"plex": "P3", "jellyfin": "J4", "emby": "ParentId="}


@pytest.fixture(params=WORDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    """A house with one server, which knows a season and sees a subtitle come."""
    make_media(tmp_path / "media/tv", season("Show", 1, [1, 2, 3]))
    with houses.build(tmp_path, [name]) as built:
        target = built.targets[0]
        for library in target.libraries():
            target.scan(library, target.plan(library, library.roots[0], ()), ())
        built.clock.advance(600)
        built.fakes[name].wait_idle()
        yield built
        assert built.over_budget() == []


def receive(house: House, folder: Path, *files: str) -> None:
    for file in files:
        write_file(folder / "media/tv/Show" / file, 10)
        house.receive({"eventType": "Manual", "filepath": str(folder / "media/tv/Show" / file)})


def refreshes(house: House, name: str) -> int:
    match = "PUT /library/metadata/" if name == "plex" else "/Refresh"
    return len(house.fakes[name].requests(match))


def test_a_subtitle_ends_with_its_item_read_anew(house: House, name: str, tmp_path: Path) -> None:
    receive(house, tmp_path, "Season 01/Show - S01E02.en.srt")
    house.run(400)
    assert house.results(name) == ["done_unverifiable"]
    assert house.evidence(name).endswith(f"scanned; refreshed its item Show - S01E02 ({WORDS[name]})")


def test_a_subtitle_without_a_video_is_no_failure_and_refreshes_nothing(
    house: House, name: str, tmp_path: Path
) -> None:
    receive(house, tmp_path, "Season 01/Show - S01E09.en.srt")
    house.run(40)
    before = refreshes(house, name)
    house.run(400)
    assert house.results(name) == ["done_unverifiable"]
    assert house.evidence(name).endswith("scanned; a sidecar is no item of its own")
    assert refreshes(house, name) == before


def test_a_server_that_will_not_refresh_changes_nothing(house: House, name: str, tmp_path: Path) -> None:
    receive(house, tmp_path, "Season 01/Show - S01E02.en.srt")
    house.run(40)
    match = "PUT /library/metadata/" if name == "plex" else "/Refresh"
    house.fakes[name].fail_next(match, times=100, status=500)
    house.run(400)
    assert house.results(name) == ["done_unverifiable"]


def test_a_subtitle_that_went_has_its_item_read_anew(house: House, name: str, tmp_path: Path) -> None:
    path = tmp_path / "media/tv/Show/Season 01/Show - S01E02.srt"
    body = houses.episode(tmp_path, 2) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"}
    body["episodeFile"] = {"relativePath": "Season 01/Show - S01E02.srt", "path": str(path)}
    house.receive(body)
    house.run(600)
    assert house.results(name)[0] in {"verified_absent", "done_unverifiable"}
    assert "refreshed its item Show - S01E02" in house.evidence(name)


def notify(house: House, *files: Path) -> None:
    """Send what Bazarr does: it names the videos, and the subtitles came beside them."""
    for file in files:
        write_file(file.with_suffix(".en.srt"), 10)
        house.receive({"version": "1.0", "title": "Bazarr", "message": "x", "type": "info", "path": str(file)})


def test_a_subtitle_of_bazarrs_has_the_item_of_its_video_read_anew_once(
    house: House, name: str, tmp_path: Path
) -> None:
    notify(house, tmp_path / "media/tv/Show/Season 01/Show - S01E02.mkv")
    house.run(40)
    before = refreshes(house, name)
    house.run(400)
    assert house.results(name) == ["verified"]
    assert house.evidence(name).count("; refreshed its item Show - S01E02 (") == 1
    assert refreshes(house, name) == before + 1
    [(scans, requests)] = house.spent()
    assert scans == 1
    assert requests <= 12


def test_a_video_that_was_only_imported_is_not_read_anew(house: House, name: str, tmp_path: Path) -> None:
    write_file(tmp_path / "media/tv/Show/Season 01/Show - S01E04.mkv")
    house.receive(houses.episode(tmp_path, 4, size=SIZE))
    house.run(400)
    assert house.results(name) == ["verified"]
    assert "refreshed" not in house.evidence(name)


def test_that_the_item_of_bazarrs_video_cannot_be_read_anew_changes_nothing(
    house: House, name: str, tmp_path: Path
) -> None:
    match = "PUT /library/metadata/" if name == "plex" else "/Refresh"
    notify(house, tmp_path / "media/tv/Show/Season 01/Show - S01E02.mkv")
    house.fakes[name].fail_next(match, times=1, status=500)
    house.run(400)
    assert house.results(name) == ["verified"]


def test_bazarrs_subtitles_of_a_season_are_read_anew_by_few_requests(house: House, name: str, tmp_path: Path) -> None:
    notify(house, *(tmp_path / f"media/tv/Show/Season 01/Show - S01E0{number}.mkv" for number in (1, 2, 3)))
    house.run(40)
    before = refreshes(house, name)
    house.run(400)
    assert house.results(name) == ["verified"]
    assert "refreshed its item" in house.evidence(name)
    assert 1 <= refreshes(house, name) - before <= 3


def test_sidecars_of_many_folders_stay_within_the_budget(house: House, name: str, tmp_path: Path) -> None:
    seasons = [f"Season {number:02d}" for number in range(2, 12)]
    make_media(tmp_path / "media/tv", {f"Show/{each}/Show - S{each[-2:]}E01.mkv": None for each in seasons})
    receive(house, tmp_path, *(f"{each}/Show - S{each[-2:]}E01.srt" for each in seasons))
    body = {"eventType": "Manual", "filepath": str(tmp_path / "media/tv/Show")}
    house.receive(body)
    house.run(900)
    assert house.queue.count_open() == 0
    assert {each.state.is_good for each in house.deliveries(name)} == {True}


def test_videos_with_their_sidecars_are_all_seen(house: House, name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Show", 2, range(1, 25)))
    for number in range(1, 25):
        house.receive(houses.episode(tmp_path, number, season=2, size=SIZE))
        receive(house, tmp_path, f"Season 02/Show - S02E{number:02d}.nfo", f"Season 02/Show - S02E{number:02d}.en.srt")
    house.run(600)
    assert house.results(name) == ["verified"]
