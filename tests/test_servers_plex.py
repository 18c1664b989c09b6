"""The simulated Plex, as python-plexapi and the guide to media servers know the real one: scans, trash, disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound, Unauthorized

from tests.clocks import VirtualClock
from tests.servers import FakePlex, make_media, write_file
from tests.servers.samples import LIBRARIES, SEASON, call, fill, open_plex, scan

#: python-plexapi has no types.
Api = Any


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def plex(root: Path, clock: VirtualClock) -> Iterator[FakePlex]:
    with FakePlex({"/data": root}, LIBRARIES, clock=clock) as server:
        yield server


@pytest.fixture
def api(plex: FakePlex) -> Iterator[Api]:
    with requests.Session() as session:
        yield open_plex(plex.url, plex.token, session)


# ----- who it is


def test_plexapi_reads_identity_and_libraries(plex: FakePlex, api: Api) -> None:
    assert (api.machineIdentifier, api.version) == (plex.machine, plex.knobs.version)
    assert api.identity().machineIdentifier == plex.machine
    assert [(section.key, section.type, section.title) for section in api.library.sections()] == [
        (1, "movie", "Movies"),
        (2, "show", "Shows"),
        (3, "artist", "Music"),
    ]
    assert api.library.section("Shows").locations == ["/data/tv", "/data/anime"]


def test_sections_are_json_for_those_who_accept_it_with_the_key_as_text(plex: FakePlex) -> None:
    section = call(plex, "/library/sections").json()["MediaContainer"]["Directory"][1]
    assert section["key"] == "2"
    assert section["refreshing"] is False
    assert section["Location"] == [{"id": 20, "path": "/data/tv"}, {"id": 21, "path": "/data/anime"}]


def test_plexapi_turns_its_refusals_into_its_exceptions(plex: FakePlex) -> None:
    with pytest.raises(Unauthorized):
        open_plex(plex.url, "wrong")
    plex.set(startup_s=60)
    with pytest.raises(BadRequest, match=r"\(503\).*database migrations"):
        open_plex(plex.url, plex.token)
    plex.set(startup_s=0, proxy_login_page=True)
    with pytest.raises(ParseError):
        open_plex(plex.url, plex.token)


def test_identity_can_say_503_as_well(plex: FakePlex) -> None:
    plex.set(identity_503_xml=True)
    answer = requests.get(plex.url + "/identity", timeout=5)
    assert (answer.status_code, 'title="Maintenance"' in answer.text) == (503, True)


# ----- scans


def test_a_partial_scan_adds_exactly_its_folder_and_bumps_the_section(
    plex: FakePlex, api: Api, clock: VirtualClock
) -> None:
    make = api.library.section("Shows")
    before = call(plex, "/library/sections/2").json()["MediaContainer"]["Directory"][0]
    clock.advance(100)
    make.update(SEASON)
    during = call(plex, "/library/sections/2").json()["MediaContainer"]["Directory"][0]
    plex.wait_idle()
    after = call(plex, "/library/sections/2").json()["MediaContainer"]["Directory"][0]
    assert (before["refreshing"], during["refreshing"], after["refreshing"]) == (False, True, False)
    assert after["scannedAt"] >= before["scannedAt"] + 100
    assert after["contentChangedAt"] > before["contentChangedAt"]
    assert plex.paths() == [f"{SEASON}/Show - S01E0{number}.mkv" for number in (1, 2, 3)]
    assert [(one.library_id, one.path) for one in plex.scans()] == [("2", SEASON)]


def test_a_scan_that_finds_nothing_moves_scanned_at_but_not_the_content(plex: FakePlex, clock: VirtualClock) -> None:
    before = call(plex, "/library/sections/2").json()["MediaContainer"]["Directory"][0]
    clock.advance(100)
    scan(plex, "2", "/data/tv/Nothing")
    after = call(plex, "/library/sections/2").json()["MediaContainer"]["Directory"][0]
    assert after["scannedAt"] > before["scannedAt"]
    assert after["contentChangedAt"] == before["contentChangedAt"]


@pytest.mark.parametrize("path", [f"{SEASON}/Show - S01E01.mkv", "/data/movies", "/data/tv/Gone", "/data"])
def test_a_file_a_foreign_or_a_missing_path_is_answered_200_and_finds_nothing(plex: FakePlex, path: str) -> None:
    scan(plex, "2", path)
    assert plex.paths() == []


def test_a_scan_without_a_path_or_of_the_root_takes_the_whole_section(plex: FakePlex) -> None:
    scan(plex, "1")
    scan(plex, "2", "/data/tv/")
    assert len(plex.paths()) == 4


def test_post_scans_like_get_but_put_is_not_known(plex: FakePlex) -> None:
    assert call(plex, "/library/sections/1/refresh", "POST").status_code == 200
    assert call(plex, "/library/sections/1/refresh", "PUT").status_code == 404
    assert plex.violations == ["unknown route: PUT /library/sections/1/refresh"]
    plex.forgive()


def test_delete_cancels_the_scans_of_a_section(plex: FakePlex) -> None:
    plex.set(start_delay=60)
    call(plex, "/library/sections/1/refresh", "POST")
    call(plex, "/library/sections/1/refresh", "POST")
    call(plex, "/library/sections/1/refresh", "DELETE")
    plex.wait_idle()
    assert plex.paths() == []


def test_unknown_sections_items_and_sub_lists_are_404(plex: FakePlex) -> None:
    paths = ["/library/sections/9", "/library/sections/9/refresh", "/library/sections/9/all"]
    paths += ["/library/metadata/99", "/library/metadata/99/children", "/library/metadata/99/allLeaves"]
    paths += ["/library/sections/9/timeline", "/library/sections/9/folder"]
    assert {call(plex, path).status_code for path in paths} == {404}
    assert call(plex, "/library/sections/9/emptyTrash", "PUT").status_code == 404


def test_the_activity_of_a_scan_names_its_section_only_after_a_second(
    plex: FakePlex, api: Api, clock: VirtualClock
) -> None:
    plex.set(start_delay=10, activity_header=True)
    assert call(plex, "/library/sections/2/refresh").headers["X-Plex-Activity"]
    assert [activity.title for activity in api.activities] == ["Scanning Shows"]
    assert "Context" not in call(plex, "/activities").text
    clock.advance(1.5)
    activity = call(plex, "/activities").json()["MediaContainer"]["Activity"][0]
    assert activity["Context"] == [{"librarySectionID": "2"}]


def test_samples_extras_hidden_and_ignored_files_are_passed_over(plex: FakePlex, root: Path) -> None:
    names = ["sample.mkv", "Show-trailer.mkv", ".hidden.mkv", "Extras/x S01E09.mkv", "skip S01E08.mkv", "a.txt"]
    make_media(root / "tv/Show/Season 01", names)
    write_file(root / "tv/Show/Season 01/.plexignore", "# mine\nskip*\n")
    scan(plex, "2", SEASON)
    assert len(plex.paths()) == 3


def test_a_scan_can_be_lost_missed_or_done_elsewhere(plex: FakePlex, root: Path) -> None:
    plex.set(drop_scan_if_busy=1.0, start_delay=5)
    call(plex, "/library/sections/1/refresh")
    call(plex, "/library/sections/2/refresh")
    plex.wait_idle()
    assert len(plex.scans()) == 1
    plex.set(drop_scan_if_busy=0.0, new_toplevel_missed=1)
    scan(plex, "2", SEASON)
    assert len(plex.paths()) == 1
    plex.set(wrong_location_rewrite=True)
    scan(plex, "2", SEASON)
    assert (plex.scans()[-1].path, plex.scans()[-1].asked_path) == ("/data/anime/Show/Season 01", SEASON)
    assert len(plex.paths()) == 1


def test_unchanged_directories_can_be_skipped(plex: FakePlex, root: Path) -> None:
    plex.set(skip_unchanged=True, never_add="*")
    scan(plex, "2", SEASON)
    plex.set(never_add="")
    scan(plex, "2", SEASON)
    assert plex.paths() == []


# ----- the trash


def test_a_missed_file_goes_to_the_trash_and_comes_back(plex: FakePlex, root: Path, api: Api) -> None:
    scan(plex, "2")
    file = root / "tv/Show/Season 01/Show - S01E01.mkv"
    file.unlink()
    scan(plex, "2", SEASON)
    assert plex.trash("2") == [f"{SEASON}/Show - S01E01.mkv"]
    (gone,) = api.fetchItems("/library/sections/2/all?type=4&trash=1")
    assert gone._data.attrib["deletedAt"]
    assert gone.reload(checkFiles=True).media[0].parts[0].exists is False
    write_file(file)
    scan(plex, "2", SEASON)
    assert plex.trash("2") == []


def test_a_scan_of_a_missing_folder_removes_nothing_but_one_of_its_parent_does(plex: FakePlex, root: Path) -> None:
    scan(plex, "2")
    (root / "tv/Show").rename(root / "elsewhere")
    scan(plex, "2", "/data/tv/Show")
    assert plex.trash("2") == []
    scan(plex, "2", "/data/tv")
    assert len(plex.trash("2")) == 3


def test_emptying_the_trash_purges_what_is_missing(plex: FakePlex, root: Path, api: Api) -> None:
    scan(plex, "2")
    (root / "tv/Show").rename(root / "elsewhere")
    write_file(root / "tv/Other/Season 01/Other S01E01.mkv")
    scan(plex, "2")
    api.library.section("Shows").update()
    plex.wait_idle()
    write_file(root / "anime/keep.txt")
    api.library.section("Shows").emptyTrash()
    assert plex.trash("2") == []
    assert plex.paths() == ["/data/tv/Other/Season 01/Other S01E01.mkv"]
    assert [show.title for show in api.library.section("Shows").all()] == ["Other"]


def test_a_dropped_mount_looks_deleted_and_emptying_the_trash_then_fails_the_test(root: Path) -> None:
    with FakePlex({"/data/movies": root / "movies"}, LIBRARIES[:1]) as plex:
        scan(plex, "1")
        plex.set(mount_dropped=True)
        scan(plex, "1")
        assert plex.trash("1") == ["/data/movies/Alien (1979)/Alien (1979).mkv"]
        call(plex, "/library/sections/1/emptyTrash", "PUT")
        assert "emptyTrash while /data/movies is empty" in plex.violations[0]
        plex.forgive()


def test_the_trash_can_empty_itself(plex: FakePlex, root: Path) -> None:
    plex.set(auto_empty_trash=True)
    scan(plex, "1")
    (root / "movies/Alien (1979)/Alien (1979).mkv").unlink()
    scan(plex, "1")
    assert plex.trash("1") == []
    assert plex.catalog.items == {}


def test_a_file_replaced_in_place_keeps_its_size_until_it_is_analyzed(plex: FakePlex, root: Path, api: Api) -> None:
    scan(plex, "1")
    write_file(root / "movies/Alien (1979)/Alien (1979).mkv", 9_000)
    scan(plex, "1")
    (alien,) = api.library.section("Movies").all()
    assert alien.media[0].parts[0].size == 1000
    alien.analyze()
    alien.refresh()
    assert alien.reload().media[0].parts[0].size == 9_000


def test_a_scan_can_take_over_a_new_size_and_dates_can_come_from_files(plex: FakePlex, root: Path) -> None:
    plex.set(rescan_updates_size=True, added_at_from_mtime=True)
    scan(plex, "1")
    file = write_file(root / "movies/Alien (1979)/Alien (1979).mkv", 9_000)
    scan(plex, "1")
    (item,) = plex.catalog.items.values()
    assert [part.size for part in item.parts] == [9_000]
    assert abs(item.added_at - file.stat().st_mtime) < 60


# ----- the disk


def test_plexapi_browses_what_the_server_sees(plex: FakePlex, api: Api, root: Path) -> None:
    assert [path.path for path in api.browse()] == ["/data"]
    assert [file.title for file in api.browse(SEASON)] == [f"Show - S01E0{number}.mkv" for number in (1, 2, 3)]
    assert api.browse(SEASON, includeFiles=False) == []
    with pytest.raises(NotFound):
        api.browse("/data/tv/Gone")


def test_a_browse_path_that_is_no_base64_is_a_violation(plex: FakePlex) -> None:
    assert call(plex, "/services/browse/%%%").status_code == 400
    assert "no base64" in plex.violations[0]
    plex.forgive()


def test_deleting_items_is_forbidden_and_does_nothing(plex: FakePlex) -> None:
    scan(plex, "1")
    call(plex, "/library/metadata/1", "DELETE")
    call(plex, "/library/sections/1", "DELETE")
    assert len(plex.paths()) == 1
    assert [text.split(":")[0] for text in plex.violations] == ["forbidden call"] * 2
    plex.forgive()
