"""The closed loop, every scenario at every kind of server: how it ends, on which evidence, and within which budget."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autoscan.model import ScanState
from tests import houses
from tests.houses import House, episode, movie
from tests.servers import FakeEmby, Library, make_media, season, write_file
from tests.servers.media import SIZE

SERVERS = ["plex", "jellyfin", "emby"]
HOUR = 3600


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    """A house with one server, in whose libraries something stands already; the budget is looked at in the end."""
    make_media(tmp_path / "media/tv", season("Other", 1, [1, 2]))
    make_media(tmp_path / "media/movies", {"Other (2000)/Other (2000).mkv": None})
    with houses.build(tmp_path, [name]) as built:
        learn(built, name)
        yield built
        assert all(scans <= 5 and requests <= 30 for scans, requests in built.spent()), built.spent()


def learn(house: House, name: str) -> None:
    """Let the server scan everything that is there."""
    target = house.targets[0]
    for library in target.libraries():
        target.scan(library, target.plan(library, library.roots[0], ()), ())
    house.clock.advance(300)
    house.fakes[name].wait_idle()
    house.skip[name] = len(house.fakes[name].scans())


def tv(folder: Path) -> Path:
    return folder / "media/tv"


def import_season(house: House, folder: Path, episodes: int = 1, **more: Any) -> None:
    make_media(tv(folder), season("Show", 1, range(1, episodes + 1)))
    for number in range(1, episodes + 1):
        house.receive(episode(folder, number, size=SIZE, **more))


def ended(house: House, name: str) -> list[str]:
    assert house.queue.count_open() == 0, [scan.reason for scan in house.scans()]
    return house.results(name)


def test_a_new_episode_is_seen(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    assert ended(house, name) == ["verified"]


def test_a_season_pack_is_one_scan_and_a_finding_for_each_file(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path, 24)
    house.run(300)
    assert ended(house, name) == ["verified"]
    assert len(house.asked(name)) == 1
    ((_, requests),) = house.spent()
    assert requests <= 11


def test_a_movie_in_a_new_folder_is_seen(house: House, name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/movies", {"Alien (1979)/Alien (1979).mkv": None})
    house.receive(movie(tmp_path, "Alien (1979)", size=SIZE))
    house.run(300)
    assert ended(house, name) == ["verified"]


def test_ten_movies_at_once_are_seen_with_at_most_two_scans_of_a_root(house: House, name: str, tmp_path: Path) -> None:
    for number in range(10):
        make_media(tmp_path / "media/movies", {f"Film {number}/Film {number}.mkv": None})
        house.receive(movie(tmp_path, f"Film {number}", size=SIZE))
    house.run(600)
    assert set(ended(house, name)) == {"verified"}
    roots = [path for path in house.asked(name) if path == str(tmp_path / "media/movies")]
    assert len(roots) <= 2


@pytest.mark.parametrize("name", ["emby"])
def test_thirty_movies_share_the_cost_of_the_look_before_their_scan(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(per_new_item=2.0, per_dir=0.5)
    for number in range(30):
        make_media(tmp_path / "media/movies", {f"Film {number}/Film {number}.mkv": None})
        house.receive(movie(tmp_path, f"Film {number}", size=SIZE))
    house.run(HOUR)
    assert ended(house, name) == ["verified"] * 30


@pytest.mark.parametrize("name", ["emby"])
def test_four_hundred_movies_at_once_are_no_flood(house: House, name: str, tmp_path: Path) -> None:
    for number in range(400):
        make_media(tmp_path / "media/movies", {f"Film {number}/Film {number}.mkv": None})
        house.receive(movie(tmp_path, f"Film {number}", size=SIZE))
    fake = house.fakes[name]
    most, before = 0, len(fake.requests())
    for _ in range(60):
        house.run(5)
        most, before = max(most, len(fake.requests()) - before), len(fake.requests())
    assert most <= 250
    assert set(house.results(name)) <= {"pending", "verified"}


def test_an_upgrade_under_a_new_name_shows_the_new_and_not_the_old(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    folder = tv(tmp_path) / "Show/Season 01"
    (folder / "Show - S01E01.mkv").unlink()
    write_file(folder / "Show - S01E01 [1080p].mkv", 5000)
    body = episode(tmp_path, 1) | {
        "episodeFile": {"relativePath": "Season 01/Show - S01E01 [1080p].mkv", "size": 5000},
        "isUpgrade": True,
        "deletedFiles": [{"relativePath": "Season 01/Show - S01E01.mkv", "path": str(folder / "Show - S01E01.mkv")}],
    }
    house.receive(body)
    house.run(400)
    assert ended(house, name) == ["verified", "verified"]


def test_between_the_delete_of_an_upgrade_and_its_new_file_no_server_is_asked(
    house: House, name: str, tmp_path: Path
) -> None:
    import_season(house, tmp_path)
    house.run(200)
    before = len(house.asked(name))
    file = tv(tmp_path) / "Show/Season 01/Show - S01E01.mkv"
    file.unlink()
    house.receive(episode(tmp_path, 1) | {"eventType": "EpisodeFileDelete", "deleteReason": "upgrade"})
    house.run(500)
    assert len(house.asked(name)) == before
    write_file(file, 5000)
    house.receive(episode(tmp_path, 1, size=5000) | {"isUpgrade": True, "deletedFiles": []})
    assert house.scans()[-1].due_at == house.clock.now() + timedelta(seconds=30)
    house.run(900)
    assert ended(house, name) == ["verified", "verified"]
    assert house.over_budget() == []


def test_the_delete_of_an_upgrade_that_never_comes_is_seen_later(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    (tv(tmp_path) / "Show/Season 01/Show - S01E01.mkv").unlink()
    house.receive(episode(tmp_path, 1) | {"eventType": "EpisodeFileDelete", "deleteReason": "upgrade"})
    house.run(1200)
    assert ended(house, name) == ["verified", "verified_absent"]


def test_an_upgrade_in_place_is_seen_by_its_size(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    write_file(tv(tmp_path) / "Show/Season 01/Show - S01E01.mkv", 7777)
    house.receive(episode(tmp_path, 1, size=7777) | {"isUpgrade": True, "deletedFiles": []})
    house.run(900)
    assert ended(house, name) == ["verified", "verified"]


def test_a_rename_shows_the_new_name_and_not_the_old(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    folder = tv(tmp_path) / "Show/Season 01"
    (folder / "Show - S01E01.mkv").rename(folder / "Show - S01E01 - Pilot.mkv")
    renamed = {
        "relativePath": "Season 01/Show - S01E01 - Pilot.mkv",
        "previousRelativePath": "Season 01/Show - S01E01.mkv",
        "previousPath": str(folder / "Show - S01E01.mkv"),
        "size": SIZE,
    }
    series = episode(tmp_path, 1)["series"]
    house.receive({"series": series, "renamedEpisodeFiles": [renamed], "eventType": "Rename"})
    house.run(500)
    assert ended(house, name) == ["verified", "verified"]


def test_a_deleted_file_is_seen_gone(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path, 2)
    house.run(200)
    (tv(tmp_path) / "Show/Season 01/Show - S01E02.mkv").unlink()
    house.receive(episode(tmp_path, 2) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})
    house.run(500)
    assert ended(house, name) == ["verified", "verified_absent"]


def test_a_deleted_series_of_200_episodes_is_seen_gone(house: House, name: str, tmp_path: Path) -> None:
    make_media(tv(tmp_path), season("Show", 1, range(1, 201)))
    house.receive({"eventType": "Manual", "filepath": str(tv(tmp_path) / "Show")})
    house.run(300)
    for path in (tv(tmp_path) / "Show/Season 01").iterdir():
        path.unlink()
    (tv(tmp_path) / "Show/Season 01").rmdir()
    (tv(tmp_path) / "Show").rmdir()
    series = episode(tmp_path, 1)["series"]
    house.receive({"series": series, "deletedFiles": True, "eventType": "SeriesDelete"})
    house.run(900)
    assert ended(house, name)[-1] == "verified_absent"


def test_a_subtitle_alone_is_scanned_and_never_a_failure(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    write_file(tv(tmp_path) / "Show/Season 01/Show - S01E01.en.srt", 10)
    house.receive({"eventType": "Manual", "filepath": str(tv(tmp_path) / "Show/Season 01/Show - S01E01.en.srt")})
    house.run(400)
    assert ended(house, name) == ["verified", "done_unverifiable"]
    folders = [path for path in house.asked(name) if not path.endswith(".mkv")]
    assert len(folders) == 2  # besides, Jellyfin and Emby were asked for the episode itself


def test_a_sample_is_let_go(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(200)
    write_file(tv(tmp_path) / "Show/Season 01/sample.mkv", 10)
    house.receive({"eventType": "Manual", "filepath": str(tv(tmp_path) / "Show/Season 01/sample.mkv")})
    house.run(400)
    assert ended(house, name) == ["verified", "ignored_by_rule"]


def test_a_file_of_two_episodes_is_one_file(house: House, name: str, tmp_path: Path) -> None:
    write_file(tv(tmp_path) / "Show/Season 01/Show - S01E01-E02.mkv")
    body = episode(tmp_path, 1) | {"episodeFile": {"relativePath": "Season 01/Show - S01E01-E02.mkv", "size": SIZE}}
    house.receive(body)
    house.run(300)
    assert ended(house, name) == ["verified"]


def test_a_movie_in_two_parts_is_seen(house: House, name: str, tmp_path: Path) -> None:
    for part in (1, 2):
        write_file(tmp_path / f"media/movies/Dune (1984)/Dune (1984) - part{part}.mkv")
        house.receive(movie(tmp_path, "Dune (1984)", size=SIZE, name=f"Dune (1984) - part{part}.mkv"))
    house.run(400)
    assert ended(house, name) == ["verified"]


def test_a_file_that_the_server_sees_ten_minutes_late_is_scanned_then(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(mount_lag_s=600)
    make_media(tv(tmp_path), season("Other", 1, [3]))
    house.receive(episode(tmp_path, 3, size=SIZE, show="Other"))
    house.run(HOUR, tick=5)
    assert ended(house, name) == ["verified"]
    assert len(house.asked(name)) == 1


@pytest.mark.parametrize("name", ["jellyfin"])
def test_a_file_that_shared_a_scan_before_the_server_saw_it_is_scanned_once_more_when_it_does(
    house: House, name: str, tmp_path: Path
) -> None:
    hidden = str(tmp_path / "media/movies/Late (2001)")
    house.fakes[name].view.hidden.add(hidden)
    for title in ("Early (2000)", "Late (2001)"):
        make_media(tmp_path / "media/movies", {f"{title}/{title}.mkv": None})
        house.receive(movie(tmp_path, title, size=SIZE))
    house.run(25 * 60, tick=2)
    house.fakes[name].view.hidden.discard(hidden)
    house.run(HOUR, tick=5)
    assert ended(house, name) == ["verified", "verified"]
    assert len(house.asked(name)) == 2


def test_a_file_that_the_server_never_sees_ends_as_not_visible(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].view.hidden.add(str(tv(tmp_path) / "Show*"))
    import_season(house, tmp_path)
    house.run(2 * HOUR, tick=10)
    assert ended(house, name) == ["not_visible"]
    assert "PATH_MAPPINGS" in house.evidence(name)
    assert house.asked(name) == []


def test_a_file_that_the_server_never_adds_ends_as_unverified_after_asking_more_widely(
    house: House, name: str, tmp_path: Path
) -> None:
    house.fakes[name].set(never_add="*S01E01*")
    import_season(house, tmp_path)
    house.run(4 * HOUR, tick=5)
    assert ended(house, name) == ["unverified"]
    assert 3 <= len(house.asked(name)) <= 5
    assert [scan.state for scan in house.scans()] == [ScanState.FAILED]


def test_what_the_server_never_removes_ends_as_a_stale_entry(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path, 2)
    house.run(200)
    house.fakes[name].set(never_remove="*S01E02*")
    (tv(tmp_path) / "Show/Season 01/Show - S01E02.mkv").unlink()
    house.receive(episode(tmp_path, 2) | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})
    house.run(6 * HOUR, tick=5)
    assert ended(house, name) == ["verified", "stale_entry"]


def test_the_last_file_of_a_library_cannot_be_seen_gone(house: House, name: str, tmp_path: Path) -> None:
    shutil.rmtree(tv(tmp_path) / "Other")
    body = episode(tmp_path, 2, show="Other")
    house.receive(body | {"eventType": "EpisodeFileDelete", "deleteReason": "manual"})
    house.run(4 * HOUR, tick=5)
    assert ended(house, name) in (["done_unverifiable"], ["verified_absent"])
    assert "keep one file in it" in house.evidence(name) or name == "emby"


def test_a_file_merged_into_another_item_is_seen(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(mis_group="*S01E01*")
    import_season(house, tmp_path)
    house.run(600)
    assert ended(house, name) == ["verified"]


def test_five_hundred_other_additions_hide_nothing(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(34)
    for library in house.targets[0].libraries():
        house.fakes[name].bulk(500, library.id)
    house.run(600)
    assert ended(house, name) == ["verified"]


def test_a_scan_that_somebody_else_began_is_waited_for(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(start_delay=400.0)
    target = house.targets[0]
    (library, *_) = target.libraries()
    target.scan(library, target.plan(library, library.roots[0], ()), ())
    import_season(house, tmp_path)
    house.run(2 * HOUR, tick=5)
    assert ended(house, name) == ["verified"]


def test_a_file_that_two_scans_did_not_add_is_seen_after_the_third(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(never_add="*S01E01*")
    import_season(house, tmp_path)
    while len(house.asked(name)) < 2:
        house.run(10)
    house.fakes[name].wait_idle()
    house.fakes[name].set(never_add="")
    house.run(2 * HOUR, tick=5)
    assert ended(house, name) == ["verified"]


def test_a_server_that_is_down_for_an_hour_costs_no_try(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(down=True)
    import_season(house, tmp_path)
    house.run(HOUR, tick=5)
    house.fakes[name].set(down=False)
    house.run(900)
    assert ended(house, name) == ["verified"]


def test_a_server_that_starts_up_is_waited_for(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(startup_s=120)
    import_season(house, tmp_path)
    house.run(900)
    assert ended(house, name) == ["verified"]


def test_a_token_that_stops_working_in_between_is_waited_for(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(36)
    house.fakes[name].set(bad_token=True)
    house.run(300)
    house.fakes[name].set(bad_token=False)
    house.run(600)
    assert ended(house, name) == ["verified"]


def test_a_login_page_in_front_is_no_answer(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(proxy_login_page=True)
    import_season(house, tmp_path)
    house.run(300)
    house.fakes[name].set(proxy_login_page=False)
    house.run(900)
    assert ended(house, name) == ["verified"]


def test_a_scan_that_takes_two_hours_is_waited_for(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(start_delay=2.0 * HOUR)
    import_season(house, tmp_path)
    house.run(6 * HOUR, tick=10)
    assert ended(house, name) == ["verified"]


def test_what_is_there_already_needs_no_scan(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path)
    house.run(300)
    house.receive(episode(tmp_path, 1, size=SIZE))
    house.run(300)
    assert ended(house, name) == ["verified", "already_there"]
    assert len(house.asked(name)) == 1


@pytest.mark.parametrize("seconds", [10, 31, 34, 36, 40, 47, 60])
def test_a_restart_at_any_time_goes_on_in_the_middle(house: House, name: str, tmp_path: Path, seconds: int) -> None:
    import_season(house, tmp_path, 3)
    house.run(seconds)
    house.restart()
    house.run(600)
    assert ended(house, name) == ["verified"]


def test_a_hundred_thousand_items_cost_no_more_requests(house: House, name: str, tmp_path: Path) -> None:
    import_season(house, tmp_path, 3)
    house.run(300)
    (before,) = house.spent()
    for library in house.targets[0].libraries():
        house.fakes[name].bulk(50_000, library.id)
    make_media(tv(tmp_path), season("Show", 2, [1, 2, 3]))
    for number in (1, 2, 3):
        house.receive(episode(tmp_path, number, season=2, size=SIZE))
    house.run(300)
    assert ended(house, name) == ["verified", "verified"]
    assert house.spent()[-1][1] <= before[1] + 2


def test_a_path_in_two_libraries_is_seen_in_both(name: str, tmp_path: Path) -> None:
    make_media(tv(tmp_path), season("Other", 1, [1]))
    if name != "plex":
        pytest.skip("the same folder in two libraries is ignored in one of them by Jellyfin and Emby")
    libraries = [
        Library(title="TV", type="tv", roots=(str(tv(tmp_path)),)),
        Library(title="All", type="tv", roots=(str(tmp_path / "media"),)),
    ]
    with houses.build(tmp_path, [name], libraries=libraries) as house:
        import_season(house, tmp_path)
        house.run(300)
        assert ended(house, name) == ["verified"]
        assert len(house.asked(name)) == 2


def test_with_verify_off_the_server_s_word_is_enough(name: str, tmp_path: Path) -> None:
    make_media(tv(tmp_path), season("Other", 1, [1]))
    with houses.build(tmp_path, [name], verify=False) as house:
        import_season(house, tmp_path)
        house.run(120)
        assert ended(house, name) == ["accepted"]


def test_a_fifth_of_all_scans_dropped_and_every_file_is_seen(tmp_path: Path) -> None:
    make_media(tv(tmp_path), season("Other", 1, [1]))
    with houses.build(tmp_path, ["plex"]) as house:
        house.fakes["plex"].set(drop_scan_if_busy=0.2, scan_delay_s=3)
        for number in range(1, 31):
            make_media(tv(tmp_path), season(f"Show {number}", 1, [1]))
            house.receive(episode(tmp_path, 1, size=SIZE, show=f"Show {number}"))
        house.run(2 * HOUR, tick=2)
        assert set(ended(house, "plex")) == {"verified"}


@pytest.mark.parametrize("empty", [False, True])
def test_of_several_locations_plex_may_scan_the_wrong_one(tmp_path: Path, *, empty: bool) -> None:
    roots = [tmp_path / "media/torrents", tmp_path / "media/films"]
    for root in roots:
        make_media(root, {f"Other {root.name}/Other {root.name}.mkv": None})
    movies = Library(title="Movies", type="movies", roots=tuple(map(str, roots)))
    with houses.build(tmp_path, ["plex"], libraries=[movies]) as house:
        learn(house, "plex")
        if empty:
            shutil.rmtree(roots[1] / "Other films")
        house.fakes["plex"].set(wrong_location_rewrite=True)
        make_media(roots[0], {"Alien (1979)/Alien (1979).mkv": None})
        body = movie(tmp_path, "Alien (1979)", size=SIZE)
        house.receive(body | {"movie": body["movie"] | {"folderPath": str(roots[0] / "Alien (1979)")}})
        house.run(26 * HOUR, tick=5)
        assert ended(house, "plex") == ["unverified" if empty else "verified"]
        asked = [scan.asked_path for scan in house.fakes["plex"].scans()[house.skip["plex"] :]]
        assert asked.count("") == (0 if empty else 1)
        assert house.over_budget() == []


def test_what_an_emby_makes_nothing_of_is_asked_for_by_the_refresh_of_its_item(tmp_path: Path) -> None:
    make_media(tv(tmp_path), season("Show", 1, [1]) | season("Other", 1, [1]))
    with houses.build(tmp_path, ["emby"]) as house:
        learn(house, "emby")
        fake = house.fakes["emby"]
        assert isinstance(fake, FakeEmby)
        fake.monitor.report = lambda *_: True  # type: ignore[method-assign]
        import_season(house, tmp_path, 2)
        house.run(2 * HOUR, tick=5)
        assert ended(house, "emby") == ["verified"]
        assert house.asked("emby") == [str(tv(tmp_path) / "Show")]
        assert house.over_budget() == []


@pytest.mark.parametrize("kept_out", [False, True])
def test_a_photo_asked_for_by_its_path_is_scanned_in_its_folder(name: str, tmp_path: Path, *, kept_out: bool) -> None:
    root = tmp_path / "media/photos"
    make_media(root, {"2020/a.heic": None})
    with houses.build(tmp_path, [name], libraries=[Library(title="P", type="homevideos", roots=(str(root),))]) as house:
        learn(house, name)
        house.fakes[name].set(never_add="*b.heic" if kept_out else "")
        make_media(root, {"2020/b.heic": None})
        house.receive({"eventType": "Manual", "filepath": str(root / "2020/b.heic")})
        house.run(HOUR)
        assert ended(house, name) == ["done_unverifiable" if kept_out else "verified"]
        assert len(house.asked(name)) == 1
