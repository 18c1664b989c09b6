"""What is Jellyfin's own: computed ids, the self-check, whole roots, and base paths."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.targets.jellyfin.ids import folder_kinds, item_id
from tests import servers
from tests.servers.ids import item_id as simulated_id
from tests.targets import Pair, expect, media, pair, removed, server, target

SHOW = "/data/tv/Show"
SEASON = f"{SHOW}/Season 01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(folder: Path) -> Iterator[Pair]:
    with pair("jellyfin", {"/data": folder}) as made:
        yield made.filled()


def _refreshed(it: Pair) -> str:
    return str(it.asked("/Refresh")[-1].path.split("/")[-2])


# ----- ids


@pytest.mark.parametrize(
    ("kind", "path", "known"),
    [
        ("CollectionFolder", "root\\default\\Movies", "f137a2dd21bbc1b99aa5c0f6bf02a805"),
        ("CollectionFolder", "root\\default\\Shows", "a656b907eb3a73532e40e44b968d0225"),
        ("CollectionFolder", "root\\default\\TV", "4514ec850e5ad0c47b58444e17b6346c"),
    ],
)
def test_ids_are_those_of_real_servers(kind: str, path: str, known: str) -> None:
    assert item_id(kind, path) == known


def test_ids_may_be_blind_to_case() -> None:
    assert item_id("Folder", "/Data", case_sensitive=False) == item_id("Folder", "/data")
    assert item_id("Folder", "/Data") != item_id("Folder", "/data")


@given(st.text())
def test_ids_are_those_that_the_simulator_computes_in_its_own_way_and_never_fail(path: str) -> None:
    assert item_id("TV.Series", path) == simulated_id("Series", path)


def test_a_lone_surrogate_has_an_id_too() -> None:
    assert len(item_id("Folder", "/tv/\udcff")) == 32


def test_every_type_of_library_knows_plain_folders_and_none_an_artist() -> None:
    for kind in ("tvshows", "movies", "music", "homevideos", "books", "mixed", "new"):
        assert folder_kinds(kind)[-1] == "Folder"
        assert "Audio.MusicArtist" not in folder_kinds(kind)


# ----- planning


def test_a_known_season_is_refreshed_itself(it: Pair) -> None:
    scope = it.scan(SEASON, expect(f"{SEASON}/x.mkv"))
    assert (scope.path, scope.label, scope.root) == (SEASON, "item refresh", False)
    assert _refreshed(it) == item_id("TV.Season", SEASON)
    request = it.asked("/Refresh")[-1]
    assert request.query == (("metadataRefreshMode", "Default"), ("imageRefreshMode", "Default"))


def test_a_new_season_has_its_series_refreshed_and_a_new_series_the_root(it: Pair) -> None:
    assert it.plan(f"{SHOW}/Season 09", expect("x")).path == SHOW
    scope = it.plan("/data/tv/New/Season 01", expect("x"))
    assert (scope.path, scope.root) == ("/data/tv", True)


def test_an_album_is_refreshed_but_never_an_artist(it: Pair) -> None:
    assert it.plan("/data/music/Artist/Album", expect("x")).token == item_id(
        "Audio.MusicAlbum", "/data/music/Artist/Album"
    )
    assert it.plan("/data/music/Artist/New", expect("x")).path == "/data/music"


def test_a_movie_has_the_root_refreshed_as_its_folder_is_no_item(it: Pair) -> None:
    scope = it.plan("/data/movies/Alien (1979)", expect("x"))
    assert (scope.path, scope.root) == ("/data/movies", True)
    assert it.target.root_batch == 10


def test_of_several_roots_only_the_one_is_refreshed_and_of_one_the_library(it: Pair) -> None:
    assert it.plan("/data/movies-4k/X", expect("x")).token == item_id("Folder", "/data/movies-4k")
    assert it.plan("/data/tv/New", expect("x")).token == it.target.libraries()[0].id


def test_planning_costs_one_request_when_all_is_known(it: Pair) -> None:
    it.plan(SEASON, expect("x"))
    before = len(it.asked(""))
    it.plan(SEASON, expect("x"))
    assert [request.path for request in it.asked("")[before:]] == ["/Items"]


def test_a_removed_season_has_the_series_refreshed_that_is_still_there(it: Pair, folder: Path) -> None:
    (folder / "tv/Show/Season 01").rename(folder / "gone")
    assert it.plan(SEASON, removed(f"{SEASON}/x.mkv")).path == SHOW
    assert [json.loads(request.body)["Path"] for request in it.asked("ValidatePath")] == [SEASON, SHOW]


def test_a_removed_file_has_its_folder_refreshed_after_one_look(it: Pair) -> None:
    assert it.plan(SEASON, removed(f"{SEASON}/x.mkv")).path == SEASON
    assert len(it.asked("ValidatePath")) == 1


def test_if_nothing_up_to_the_root_is_on_the_disk_the_folder_is_reported(it: Pair) -> None:
    it.fake.fail_next("ValidatePath", status=404, times=9)
    scope = it.scan(SEASON, removed(f"{SEASON}/x.mkv"))
    assert (scope.path, scope.label) == (SEASON, "media updated")
    (update,) = json.loads(it.asked("/Media/Updated")[-1].body)["Updates"]
    assert update == {"Path": SEASON, "UpdateType": "Deleted"}


def test_a_token_that_may_not_look_has_the_deepest_item_refreshed(it: Pair) -> None:
    it.fake.fail_next("ValidatePath", status=403)
    assert it.plan(SEASON, removed("x")).path == SEASON


def test_a_root_that_is_no_item_yet_has_the_folder_reported(it: Pair) -> None:
    libraries = it.target.libraries()
    scope = it.target.plan(libraries[0], "/elsewhere/Show", (expect("x"),))
    assert (scope.path, scope.label, scope.token) == ("/elsewhere/Show", "media updated", "")


@pytest.mark.parametrize("status", [404, 403])
def test_an_item_that_cannot_be_refreshed_has_its_folder_reported(it: Pair, status: int) -> None:
    it.fake.fail_next("/Refresh", status=status)
    it.scan(SEASON, expect(f"{SEASON}/x.mkv"))
    (update,) = json.loads(it.asked("/Media/Updated")[-1].body)["Updates"]
    assert update == {"Path": SEASON, "UpdateType": "Created"}


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, TargetUnauthorizedError), (503, TargetUnavailableError), (400, TargetRejectedError)],
)
def test_any_other_failure_of_a_refresh_is_told(it: Pair, status: int, error: type[Exception]) -> None:
    it.fake.fail_next("/Refresh", status=status)
    with pytest.raises(error):
        it.scan(SEASON, expect("x"))


def test_a_deep_folder_is_looked_up_in_batches_whose_urls_stay_short(it: Pair) -> None:
    deep = SEASON + "".join(f"/{number}" for number in range(100))
    before = len(it.asked("GET /Items"))
    assert it.plan(deep, expect("x")).path == SEASON
    asked = [request.arg("ids").split(",") for request in it.asked("GET /Items")[before:]]
    assert max(map(len, asked)) == 100
    assert sum(map(len, asked)) > 300


# ----- the self-check


def test_a_server_with_other_ids_has_folders_reported(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, foreign_ids=True) as it:
        it.filled()
        scope = it.scan(SEASON, expect("x"))
        assert scope.label == "media updated"
        assert it.asked("/Refresh") == []


def test_the_self_check_is_made_once_and_again_ten_minutes_after_it_failed(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}) as it:
        it.fake.fail_next("GET /Items", status=200, body=b'{"Items": [1, {"Id": "x"}, {}]}')
        assert it.plan(SEASON, expect("x")).label == "media updated"
        it.clock.advance(599)
        assert it.plan(SEASON, expect("x")).label == "media updated"
        assert len(it.asked("/System/Configuration")) == 1
        it.clock.advance(1)
        assert it.plan(SEASON, expect("x")).label == "item refresh"
        it.clock.advance(6000)
        assert it.plan(SEASON, expect("x")).label == "item refresh"
        assert len(it.asked("/System/Configuration")) == 2


def test_an_odd_answer_to_a_look_up_finds_nothing(it: Pair) -> None:
    it.plan(SEASON, expect("x"))
    for body in (b"[]", b'{"Items": 5}', b'{"Items": [{"Id": "0123456789abcdef0123456789abcdef"}]}'):
        it.fake.fail_next("GET /Items", status=200, body=body)
        assert it.plan(SEASON, expect("x")).label == "media updated"


def test_ids_are_computed_without_case_where_the_server_does_so(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, case_sensitive_ids=False) as it:
        it.filled()
        assert it.plan(SEASON, expect("x")).token == item_id("TV.Season", SEASON, case_sensitive=False)


@pytest.mark.parametrize("status", [403, 404])
def test_without_a_look_at_the_configuration_ids_tell_cases_apart(it: Pair, status: int) -> None:
    other = target(server("jellyfin", it.fake.url))
    it.fake.fail_next("/System/Configuration", status=status)
    library = other.libraries()[0]
    assert other.plan(library, SEASON, (expect("x"),)).token == item_id("TV.Season", SEASON)
    other.close()


def test_no_empty_list_of_ids_is_ever_sent(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, ()) as it:
        library = servers.Library(title="x", type="tv", roots=("/data",))
        assert it.target.plan(library, "/data/x", (expect("x"),)).label == "media updated"
        assert it.asked("GET /Items") == []


def test_a_windows_server_gets_its_own_spelling(folder: Path) -> None:
    libraries = (servers.Library(title="TV", type="tv", roots=("D:\\Media\\TV",)),)
    with pair("jellyfin", {"D:\\Media": folder}, libraries, case_insensitive=True) as it:
        it.filled()
        scope = it.plan("d:/media/tv/Show/Season 01", expect("x"))
        assert (scope.path, scope.label) == ("D:\\Media\\TV\\Show\\Season 01", "item refresh")


# ----- auth and base paths


def test_the_token_goes_in_the_one_header_that_version_12_takes(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, version="12.0.0") as it:
        it.target.probe()
        header = it.asked("/System/Info")[-1].headers["authorization"]
        assert header.startswith('MediaBrowser Token="sim-token", Client="Autoscan", Device="Autoscan", DeviceId="auto')


@pytest.mark.parametrize("outside", ["404", "html"])
def test_the_base_path_that_2_x_put_behind_the_url_is_found_and_remembered(folder: Path, outside: str) -> None:
    with pair("jellyfin", {"/data": folder}, base_path="/jellyfin", outside=outside) as it:
        other = target(
            server("jellyfin", f"http://127.0.0.1:{it.fake.port}"),
            remember=lambda name, prefix: it.remembered.append((name, prefix)),
        )
        other.probe()
        other.close()
        assert it.remembered == [("Jellyfin", "/jellyfin")]
        assert [request.path for request in it.asked("")] == [
            "/System/Info/Public",
            "/jellyfin/System/Info/Public",
            "/jellyfin/System/Info",
        ]


def test_a_remembered_base_path_is_tried_first_and_given_up_when_it_is_wrong(folder: Path) -> None:
    url = "http://127.0.0.1:{}"
    with pair("jellyfin", {"/data": folder}, base_path="/jellyfin") as it:
        other = target(server("jellyfin", url.format(it.fake.port)), prefix=lambda _: "/jellyfin")
        other.probe()
        other.close()
        assert [request.path for request in it.asked("")] == ["/jellyfin/System/Info/Public", "/jellyfin/System/Info"]
    with pair("jellyfin", {"/data": folder}, prefix=lambda _: "/jellyfin") as it:
        it.target.probe()
        assert it.remembered == [("Jellyfin", "")]


def test_a_redirect_into_the_base_path_is_seen_through(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, base_path="/jellyfin", outside="redirect") as it:
        other = target(server("jellyfin", f"http://127.0.0.1:{it.fake.port}"))
        other.probe()
        other.close()


def test_a_place_without_a_jellyfin_is_unavailable_and_named_without_a_password(folder: Path) -> None:
    with servers.FakePlex({"/data": folder}, ()) as plex:
        plex.forgive()
        other = target(server("jellyfin", plex.url.replace("//", "//me:pw@")))
        with pytest.raises(TargetUnavailableError, match=r"at 127\.0\.0\.1:\d+ is no Jellyfin") as caught:
            other.probe()
        assert "pw" not in str(caught.value)
        other.close()


def test_json_of_something_else_is_no_jellyfin(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}) as it:
        it.fake.fail_next("Public", status=200, body=b'{"status": "ok"}', times=2)
        with pytest.raises(TargetUnavailableError, match="JSON of something else"):
            it.target.probe()


def test_the_start_page_of_10_11_is_unavailable(folder: Path) -> None:
    with pair("jellyfin", {"/data": folder}, startup_s=60.0) as it, pytest.raises(TargetUnavailableError, match="503"):
        it.target.probe()
