"""What is Plex's own: quoting, folders that are gone, sections, and who we say we are."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetRejectedError, TargetUnavailableError
from tests import servers
from tests.targets import LIBRARIES, Pair, expect, media, pair, removed, server, target

SEASON = "/data/tv/Show/Season 01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(folder: Path) -> Iterator[Pair]:
    with pair("plex", {"/data": folder}) as made:
        yield made


@pytest.mark.parametrize(
    "name",
    [
        "A & B",
        "50% #1",
        "C+D?e=f;g",
        "Amélie 日本語 😀",
        "Ame\u0301lie",
        "quote \" '",
        "a%20b",
        "back\\slash",
        " space ",
    ],
)
def test_any_name_arrives_as_it_is(it: Pair, name: str) -> None:
    it.scan(f"/data/tv/{name}", expect(f"/data/tv/{name}/x.mkv"))
    (request,) = it.asked("/refresh")
    assert request.query == (("path", f"/data/tv/{name}"),)


def test_a_scan_of_what_was_added_is_one_request_with_the_folder(it: Pair) -> None:
    it.target.libraries()
    before = len(it.asked(""))
    scope = it.scan(f"{SEASON}/", expect(f"{SEASON}/Show - S01E03.mkv"))
    assert (scope.path, scope.label, scope.root) == (SEASON, "refresh?path", False)
    (request,) = it.asked("")[before:]
    assert (request.method, request.path) == ("GET", "/library/sections/1/refresh")


def test_a_path_that_no_url_can_carry_is_a_refusal_of_this_scan_only(it: Pair) -> None:
    with pytest.raises(TargetRejectedError):
        it.scan("/data/tv/\udcff", expect("/data/tv/\udcff/x.mkv"))
    it.target.probe()


def test_a_folder_that_lost_a_file_is_scanned_itself(it: Pair) -> None:
    assert it.plan(SEASON, removed(f"{SEASON}/x.mkv")).path == SEASON
    assert len(it.asked("/services/browse")) == 1


@pytest.mark.parametrize(
    ("wanted", "scanned"),
    [
        ("/data/tv/Show/Season 09", "/data/tv/Show"),
        ("/data/tv/Nothing/Season 01/Extras", "/data/tv"),
        ("/data/tv/Show é/Season 01", "/data/tv"),
    ],
)
def test_a_folder_that_is_gone_makes_the_nearest_above_be_scanned(it: Pair, wanted: str, scanned: str) -> None:
    scope = it.plan(wanted, removed(f"{wanted}/x.mkv"))
    assert scope.path == scanned
    assert scope.root == (scanned == "/data/tv")


def test_a_folder_that_is_empty_now_still_exists(it: Pair, folder: Path) -> None:
    (folder / "tv/Show/Empty").mkdir()
    assert it.plan("/data/tv/Show/Empty", removed("/data/tv/Show/Empty/x.mkv")).path == "/data/tv/Show/Empty"


def test_a_folder_that_is_gone_with_its_whole_disk_never_makes_the_root_be_scanned(it: Pair) -> None:
    it.target.libraries()
    it.fake.set(mount_dropped=True)
    assert it.plan(SEASON, removed(f"{SEASON}/x.mkv")).path == SEASON
    it.fake.set(mount_dropped=False)
    assert it.plan(SEASON, removed(f"{SEASON}/x.mkv")).path == SEASON


def test_an_empty_root_is_never_scanned_for_what_was_removed(tmp_path: Path) -> None:
    (tmp_path / "tv").mkdir()
    with pair("plex", {"/data": tmp_path}, LIBRARIES[:1]) as it:
        assert it.plan("/data/tv/Show", removed("/data/tv/Show/x.mkv")).path == "/data/tv/Show"


def test_a_token_that_may_not_browse_has_the_folder_itself_scanned(it: Pair) -> None:
    it.fake.fail_next("/services/browse", status=403)
    assert it.plan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv")).path == "/data/tv/Gone"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_about_one_folder_means_that_it_is_not_there(it: Pair, status: int) -> None:
    it.target.libraries()
    it.fake.fail_next("/services/browse", status=status)
    assert it.plan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv")).path == "/data/tv"


def test_a_server_that_goes_away_while_browsing_is_unavailable(it: Pair) -> None:
    it.target.libraries()
    it.fake.fail_next("/services/browse", status=503)
    with pytest.raises(TargetUnavailableError):
        it.plan(SEASON, removed(f"{SEASON}/x.mkv"))


def test_a_section_that_is_gone_is_a_refusal_and_has_the_libraries_read_anew(it: Pair) -> None:
    library = it.target.libraries()[0]
    it.fake.fail_next("/refresh", status=404)
    with pytest.raises(TargetRejectedError, match="has no library 1 any more"):
        it.target.scan(library, it.plan(SEASON), ())
    assert it.asked("")[-1].path == "/library/sections"


def test_another_refusal_of_a_scan_is_told_as_it_is(it: Pair) -> None:
    library = it.target.libraries()[0]
    it.fake.fail_next("/refresh", status=400, body=b"no")
    with pytest.raises(TargetRejectedError, match="HTTP 400: no"):
        it.target.scan(library, it.plan(SEASON), ())


def test_maintenance_is_told_in_plexs_own_words(it: Pair) -> None:
    it.fake.set(startup_s=60.0)
    with pytest.raises(TargetUnavailableError, match="currently running database migrations"):
        it.target.probe()


def test_a_body_of_other_xml_is_unavailable(it: Pair) -> None:
    it.target.libraries()
    it.fake.fail_next("/library/sections", status=200, body=b"<Response/>")
    with pytest.raises(TargetUnavailableError, match="answers with <Response>"):
        it.target.states()


def test_the_marker_moves_with_each_scan(it: Pair) -> None:
    it.filled()
    before = {state.library_id: state.marker for state in it.target.states()}
    it.fake.advance(5)
    it.scan(SEASON, expect(f"{SEASON}/x.mkv"))
    it.fake.wait_idle()
    after = {state.library_id: state.marker for state in it.target.states()}
    assert [key for key in after if after[key] != before[key]] == ["1"]


def test_polling_for_states_is_one_fresh_request_each(it: Pair) -> None:
    it.target.states()
    before = len(it.asked(""))
    it.target.states()
    it.target.states()
    assert [request.path for request in it.asked("")[before:]] == ["/library/sections"] * 2


def test_a_windows_server_gets_its_own_spelling(folder: Path) -> None:
    libraries = (servers.Library(title="TV", type="tv", roots=("D:\\Media\\TV",)),)
    mappings = {"path_mappings": {"d:/media": ("/data",)}}
    with pair("plex", {"D:\\Media": folder}, libraries, settings=mappings, case_insensitive=True) as it:
        path = it.target.server_path("/data/tv/Show/Season 01")
        assert it.plan(path).path == "D:\\Media\\TV\\Show\\Season 01"
        gone = it.plan(it.target.server_path("/data/tv/Show/Gone"), removed("d:\\media\\tv\\Show\\Gone\\x.mkv"))
        assert gone.path == "D:\\Media\\TV\\Show"


def test_a_number_of_items_that_plex_does_not_tell_is_unknown(it: Pair) -> None:
    library = it.target.libraries()[0]
    page = b'<MediaContainer size="0" totalSize="17"/>'
    it.fake.fail_next("/all", status=200, body=page)
    assert it.target.counts(library) == 17
    assert it.asked("/all")[-1].headers["x-plex-container-size"] == "0"
    it.fake.fail_next("/all", status=200, body=b'<MediaContainer size="0"/>')
    assert it.target.counts(library) is None


def test_plexapi_is_imported_with_the_first_plex_only() -> None:
    code = "import sys, autoscan.targets; sys.exit('plexapi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_the_answer_of_something_that_is_no_plex_is_unavailable(it: Pair) -> None:
    for body in (b"", b"<MediaContainer/>", b"not xml", b'<MediaContainer size="a"'):
        other = target(server("plex", it.fake.url))
        it.fake.fail_next("GET /", status=200, body=body)
        with pytest.raises(TargetUnavailableError):
            other.libraries()
        other.close()
