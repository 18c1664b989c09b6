"""The simulated Jellyfin, as its source code and the guide to media servers know the real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clocks import VirtualClock
from tests.servers import FakeJellyfin, make_media, movie, write_file
from tests.servers.ids import item_id
from tests.servers.samples import ALIEN, EPISODES, LIBRARIES, SEASON, call, fill, found

ROOT = item_id("Folder", "/data/movies")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def jellyfin(root: Path, clock: VirtualClock) -> Iterator[FakeJellyfin]:
    with FakeJellyfin({"/data": root}, LIBRARIES, clock=clock) as server:
        yield server


def refresh(jellyfin: FakeJellyfin, kind: str, path: str, mode: str = "Default") -> None:
    address = f"/Items/{item_id(kind, path)}/Refresh"
    answer = call(jellyfin, address, "POST", metadataRefreshMode=mode, imageRefreshMode=mode)
    assert answer.status_code == 204
    jellyfin.wait_idle()


def folder(jellyfin: FakeJellyfin, title: str) -> dict[str, object]:
    return next(one for one in call(jellyfin, "/Library/VirtualFolders").json() if one["Name"] == title)


# ----- who it is


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("CollectionFolder", ("root\\default\\Movies", "f137a2dd21bbc1b99aa5c0f6bf02a805")),
        ("CollectionFolder", ("root\\default\\Shows", "a656b907eb3a73532e40e44b968d0225")),
        ("UserRootFolder", ("root\\default", "e9d5075a555c1cbc394eec4cef295274")),
        ("AggregateFolder", ("root", "f27caa37e5142225cceded48f6553502")),
    ],
)
def test_the_id_formula_gives_ids_that_real_servers_have(name: str, known: tuple[str, str]) -> None:
    assert item_id(name, known[0]) == known[1]


def test_info_configuration_and_libraries_are_as_documented(jellyfin: FakeJellyfin) -> None:
    public = requests.get(jellyfin.url + "/System/Info/Public", timeout=5).json()
    assert (public["ProductName"], public["Version"]) == ("Jellyfin Server", "10.11.5")
    assert call(jellyfin, "/System/Info").json()["Id"] == public["Id"]
    assert call(jellyfin, "/System/Ping").json() == "Jellyfin Server"
    assert call(jellyfin, "/health").text == "Healthy"
    assert call(jellyfin, "/System/Configuration").json()["LibraryMonitorDelay"] == 60
    assert folder(jellyfin, "Movies")["ItemId"] == "f137a2dd21bbc1b99aa5c0f6bf02a805"
    assert folder(jellyfin, "Shows")["CollectionType"] == "tvshows"
    assert call(jellyfin, "/Library/PhysicalPaths").json() == [
        "/data/movies",
        "/data/tv",
        "/data/anime",
        "/data/music",
    ]


@pytest.mark.parametrize(
    ("version", "legacy", "status"), [("10.11.5", None, 200), ("12.0.0", None, 401), ("12.0.0", True, 200)]
)
def test_old_ways_to_send_the_token_end_with_version_12(
    jellyfin: FakeJellyfin, version: str, legacy: bool | None, status: int
) -> None:
    jellyfin.set(version=version, legacy_auth=legacy)
    ways = [{"X-Emby-Token": "sim-token"}, {"X-MediaBrowser-Token": "sim-token"}]
    ways += [{"X-Emby-Authorization": 'MediaBrowser Token="sim-token"'}, {"Authorization": 'Emby Token="sim-token"'}]
    address = jellyfin.url + "/System/Info"
    assert {requests.get(address, headers=headers, timeout=5).status_code for headers in ways} == {status}
    assert call(jellyfin, "/System/Info").status_code == 200


def test_a_starting_server_answers_as_its_version_does(jellyfin: FakeJellyfin) -> None:
    jellyfin.set(startup_s=60)
    answer = call(jellyfin, "/System/Info")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "005")
    assert call(jellyfin, "/System/Info/Public").status_code == 200
    jellyfin.set(version="10.10.7")
    assert "Jellyfin Server is loading" in call(jellyfin, "/System/Info/Public").text


# ----- refreshing an item


def test_an_item_refresh_scans_that_folder_without_delay(jellyfin: FakeJellyfin) -> None:
    refresh(jellyfin, "Folder", "/data/tv")
    assert jellyfin.paths() == list(EPISODES)
    kinds = {path: item["Type"] for path, item in found(jellyfin, recursive="true").items()}
    assert (kinds["/data/tv/Show"], kinds[SEASON], kinds[EPISODES[0]]) == ("Series", "Season", "Episode")


def test_without_a_mode_new_items_are_inserted_but_not_probed(jellyfin: FakeJellyfin) -> None:
    refresh(jellyfin, "Folder", "/data/movies", mode="None")
    (item,) = found(jellyfin, ids=item_id("Movie", ALIEN)).values()
    assert "RunTimeTicks" not in item
    assert "Size" not in item["MediaSources"][0]
    refresh(jellyfin, "Folder", "/data/movies")
    (item,) = found(jellyfin, ids=item_id("Movie", ALIEN)).values()
    assert (item["MediaSources"][0]["Size"], item["RunTimeTicks"] > 0) == (1000, True)


def test_new_items_of_a_root_scan_are_visible_before_they_are_probed(
    jellyfin: FakeJellyfin, clock: VirtualClock
) -> None:
    jellyfin.set(per_new_item=60)
    call(jellyfin, f"/Items/{ROOT}/Refresh", "POST", metadataRefreshMode="Default", imageRefreshMode="Default")
    clock.advance(30)
    (item,) = found(jellyfin, ids=item_id("Movie", ALIEN)).values()
    assert "RunTimeTicks" not in item


def test_the_refresh_of_a_movie_reads_only_that_file_anew(jellyfin: FakeJellyfin, root: Path) -> None:
    refresh(jellyfin, "Folder", "/data/movies")
    make_media(root / "movies", movie("Heat (1995)"))
    write_file(root / "movies/Alien (1979)/Alien (1979).mkv", 5000)
    refresh(jellyfin, "Movie", ALIEN)
    assert jellyfin.paths() == [ALIEN]
    assert found(jellyfin, ids=item_id("Movie", ALIEN))[ALIEN]["MediaSources"][0]["Size"] == 5000


def test_an_artist_knows_only_its_known_albums(jellyfin: FakeJellyfin, root: Path) -> None:
    refresh(jellyfin, "Folder", "/data/music")
    make_media(root / "music", ["Artist/Album/03 - Track 3.flac", "Artist/New/01 - Track 1.flac"])
    refresh(jellyfin, "MusicArtist", "/data/music/Artist")
    assert [path.split("/", 4)[4] for path in jellyfin.paths()] == [
        "Album/01 - Track 1.flac",
        "Album/02 - Track 2.flac",
        "Album/03 - Track 3.flac",
    ]
    refresh(jellyfin, "Folder", "/data/music")
    assert len(jellyfin.paths()) == 4


def test_unknown_ids_are_404_and_need_an_administrator(jellyfin: FakeJellyfin) -> None:
    assert call(jellyfin, f"/Items/{'0' * 32}/Refresh", "POST").status_code == 404
    jellyfin.set(non_admin=True)
    assert call(jellyfin, f"/Items/{ROOT}/Refresh", "POST").status_code == 403


def test_vanished_items_are_removed_but_never_those_of_an_empty_library_root(
    jellyfin: FakeJellyfin, root: Path
) -> None:
    refresh(jellyfin, "Folder", "/data/tv")
    refresh(jellyfin, "Folder", "/data/movies")
    (root / "tv/Show/Season 01/Show - S01E01.mkv").unlink()
    (root / "movies/Alien (1979)").rename(root / "elsewhere")
    refresh(jellyfin, "Season", SEASON)
    refresh(jellyfin, "Folder", "/data/movies")
    assert jellyfin.paths() == [ALIEN, *EPISODES[1:]]
    write_file(root / "movies/keep.txt")
    refresh(jellyfin, "Folder", "/data/movies")
    assert jellyfin.paths() == list(EPISODES[1:])


def test_library_state_shows_root_scans_but_not_waiting_folders(jellyfin: FakeJellyfin, clock: VirtualClock) -> None:
    jellyfin.set(root_scan_s=60)
    for item in (ROOT, item_id("Folder", "/data/tv"), jellyfin.libraries[1].id):
        call(jellyfin, f"/Items/{item}/Refresh", "POST", metadataRefreshMode="Default", imageRefreshMode="Default")
    clock.advance(1)
    assert (folder(jellyfin, "Movies")["RefreshStatus"], folder(jellyfin, "Shows")["RefreshStatus"]) == (
        "Active",
        "Queued",
    )
    jellyfin.wait_idle()
    assert folder(jellyfin, "Movies")["RefreshStatus"] == "Idle"


def test_a_folder_that_waits_shows_as_idle(jellyfin: FakeJellyfin) -> None:
    jellyfin.set(root_scan_s=60)
    refresh_path = f"/Items/{item_id('Folder', '/data/tv')}/Refresh"
    call(jellyfin, f"/Items/{ROOT}/Refresh", "POST", metadataRefreshMode="Default", imageRefreshMode="Default")
    call(jellyfin, refresh_path, "POST", metadataRefreshMode="Default", imageRefreshMode="Default")
    assert folder(jellyfin, "Shows")["RefreshStatus"] == "Idle"


def test_a_scan_can_be_stuck(jellyfin: FakeJellyfin, clock: VirtualClock) -> None:
    jellyfin.set(scan_stuck=True)
    call(jellyfin, f"/Items/{ROOT}/Refresh", "POST", metadataRefreshMode="Default", imageRefreshMode="Default")
    clock.advance(36_000)
    assert folder(jellyfin, "Movies")["RefreshStatus"] == "Active"
    jellyfin.set(scan_stuck=False)
    jellyfin.wait_idle()
    assert jellyfin.paths() == [ALIEN]


def test_the_full_scan_and_deletes_are_forbidden(jellyfin: FakeJellyfin) -> None:
    assert call(jellyfin, "/Library/Refresh", "POST").status_code == 204
    task = call(jellyfin, "/ScheduledTasks").json()[0]
    assert (task["Key"], task["State"]) == ("RefreshLibrary", "Running")
    jellyfin.wait_idle()
    assert call(jellyfin, "/ScheduledTasks").json()[0]["LastExecutionResult"]["Status"] == "Completed"
    call(jellyfin, "/Items", "DELETE", ids=item_id("Movie", ALIEN))
    call(jellyfin, f"/Items/{item_id('Movie', ALIEN)}", "DELETE")
    call(jellyfin, f"/Items/{ROOT}/Refresh", "POST", metadataRefreshMode="Default", replaceAllMetadata="true")
    assert len(jellyfin.violations) == 4
    assert ALIEN in jellyfin.paths()
    jellyfin.forgive()


# ----- where it answers


def test_a_base_path_is_the_only_place_where_it_answers(tmp_path: Path) -> None:
    with FakeJellyfin(tmp_path, [], base_path="/jellyfin") as server:
        outside = server.url.removesuffix("/jellyfin")
        assert call(server, "/System/Info").json()["Version"]
        assert requests.get(outside + "/System/Info/Public", timeout=5).status_code == 404
        server.set(outside="html")
        assert "<form" in requests.get(outside + "/System/Info/Public", timeout=5).text
        server.set(outside="redirect")
        answer = requests.get(outside + "/System/Info/Public", timeout=5, allow_redirects=False)
        assert answer.headers["Location"] == "/jellyfin/web/"
        assert server.violations == []
        requests.get(outside + "/System/Info", timeout=5, allow_redirects=False)
        assert "outside the base path" in server.violations[0]
        server.forgive()
