"""How files are found in a Jellyfin whose ids are the computed ones."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetUnauthorizedError, TargetUnavailableError
from autoscan.model import Change, Expectation, Kind, Seen
from autoscan.targets.jellyfin.ids import file_kinds, item_id, listed_kinds
from autoscan.targets.values import Library, Scope
from tests import servers
from tests.lookups import ALIEN, SEASON, SIZE, Looker, episode, file, folder, gone, removed
from tests.servers import make_media, movie, season, write_file
from tests.targets import LIBRARIES, Pair, media, pair

PRESENT, ABSENT, UNKNOWN = Seen.PRESENT, Seen.ABSENT, Seen.UNKNOWN


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(disk: Path) -> Iterator[Pair]:
    with pair("jellyfin", {"/data": disk}) as made:
        yield made.filled()


@pytest.fixture
def look(it: Pair) -> Looker:
    return Looker(it)


# ----- what is there


@pytest.mark.parametrize("path", [episode(1), ALIEN, "/data/music/Artist/Album/01 - Track 1.flac"])
def test_a_file_that_is_listed_is_seen_by_its_computed_id(look: Looker, path: str) -> None:
    sighting = look.sighting(file(path))
    assert (sighting.seen, sighting.evidence, sighting.size) == (PRESENT, "J1", SIZE)
    assert path in sighting.saw


@pytest.mark.parametrize("path", [episode(9), "/data/movies/New (2020)/New (2020).mkv"])
def test_a_file_that_is_not_listed_is_absent_even_when_the_disk_has_it(look: Looker, disk: Path, path: str) -> None:
    write_file(disk / path.removeprefix("/data/"))
    assert look.one(path) == (ABSENT, "J1")
    look.scan(path.rpartition("/")[0])
    assert look.one(path) == (PRESENT, "J1")


def test_a_season_pack_is_one_request(look: Looker, disk: Path) -> None:
    make_media(disk / "tv", season("Show", 3, range(1, 25)))
    wanted = [file(episode(number, 3)) for number in range(1, 25)]
    assert {each.seen for each in look.all(wanted).values()} == {ABSENT}
    look.scan("/data/tv/Show/Season 03")
    assert {each.seen for each in look.all(wanted).values()} == {PRESENT}
    (request,) = look.cost(wanted)
    assert len(request.arg("Ids").split(",")) <= 100
    assert "startIndex" not in dict(request.query)


def test_two_hundred_files_are_asked_for_in_short_urls(look: Looker) -> None:
    wanted = [removed(episode(number, 3)) for number in range(200)]
    look.all(wanted)
    requests = look.cost(wanted)
    assert len(requests) == 5
    assert max(len(request.arg("Ids").split(",")) for request in requests) == 100


def test_a_multi_episode_file_is_one_item(look: Looker, disk: Path) -> None:
    path = f"{SEASON}/Show - S01E05-E06.mkv"
    write_file(disk / path.removeprefix("/data/"))
    look.scan(SEASON)
    assert look.one(path) == (PRESENT, "J1")


@pytest.mark.parametrize("version", ["10.8.13", "10.11.5"])
def test_parts_and_versions_are_videos_up_to_10_11(disk: Path, version: str) -> None:
    names = [f"Alien (1979){end}.mkv" for end in (" - cd1", " - cd2", " - 2160p")]
    make_media(disk / "movies", movie("Alien (1979)", *names))
    with pair("jellyfin", {"/data": disk}, version=version) as made:
        look = Looker(made.filled())
        seen = look.all(file(f"/data/movies/Alien (1979)/{name}") for name in names)
        assert {(each.seen, each.evidence) for each in seen.values()} == {(PRESENT, "J1")}
        assert any("Video" in each.saw for each in seen.values())


def test_a_file_merged_into_another_item_is_still_seen(look: Looker, disk: Path) -> None:
    look.it.fake.set(mis_group="Merged*")
    write_file(disk / "movies/Alien (1979)/Merged.mkv")
    look.scan("/data/movies/Alien (1979)")
    assert look.one("/data/movies/Alien (1979)/Merged.mkv") == (PRESENT, "J1")


def test_a_disc_is_its_folder(look: Looker, disk: Path) -> None:
    write_file(disk / "movies/Disc (2000)/BDMV/STREAM/00001.m2ts")
    look.scan("/data/movies/Disc (2000)")
    assert look.one(file("/data/movies/Disc (2000)/BDMV/STREAM/00001.m2ts", 77)) == (PRESENT, "J1")
    assert look.one(folder("/data/movies/Disc (2000)")) == (PRESENT, "J1")


def test_a_path_without_a_kind_is_taken_for_what_its_name_says(look: Looker) -> None:
    for path in (episode(1), SEASON):
        assert look.one(Expectation(path=path, kind=Kind.UNKNOWN, change=Change.ADDED)) == (PRESENT, "J1")


def test_nothing_wanted_costs_nothing(look: Looker) -> None:
    library = look.it.target.libraries()[0]
    before = len(look.it.asked(""))
    assert look.it.target.look_up(library, (), look=1, known=look.known) == {}
    assert len(look.it.asked("")) == before


def test_the_same_path_in_a_library_of_another_type_is_seen_in_either(disk: Path) -> None:
    libraries = (*LIBRARIES, servers.Library(title="All", type="homevideos", roots=("/data/tv",)))
    with pair("jellyfin", {"/data": disk}, libraries) as made:
        look = Looker(made.filled())
        for library in made.target.libraries_for(episode(1)):
            seen = made.target.look_up(library, [file(episode(1))], look=1, known=look.known)
            assert seen[episode(1)].seen is PRESENT


def test_a_windows_server_is_asked_in_its_own_spelling(disk: Path) -> None:
    libraries = (servers.Library(title="TV", type="tv", roots=("D:\\Media\\TV",)),)
    with pair("jellyfin", {"D:\\Media": disk}, libraries, case_insensitive=True) as made:
        look = Looker(made.filled())
        assert look.one("d:/media/tv/Show/Season 01/Show - S01E01.mkv") == (PRESENT, "J1")


@pytest.mark.parametrize("alike", [episode(1), episode(1).replace("Season", "SEASON")])
def test_ids_that_are_blind_to_case_find_either_spelling(disk: Path, alike: str) -> None:
    with pair("jellyfin", {"/data": disk}, case_sensitive_ids=False) as made:
        assert Looker(made.filled()).one(alike) == (PRESENT, "J1")


def test_every_type_of_library_has_kinds_of_files_and_folders() -> None:
    for kind in ("tvshows", "movies", "music", "musicvideos", "homevideos", "books", "mixed", "new"):
        assert file_kinds(kind)
        assert "Folder" in listed_kinds(kind)
    assert len(file_kinds("mixed")) == 5


# ----- sizes


def test_a_file_replaced_in_place_has_another_size_until_it_is_read_again(look: Looker, disk: Path) -> None:
    write_file(disk / ALIEN.removeprefix("/data/"), 2000)
    sighting = look.sighting(file(ALIEN, 2000))
    assert (sighting.seen, sighting.size) == (Seen.OTHER_SIZE, SIZE)
    look.it.target.touch_item(look.it.target.libraries()[1], sighting)
    look.it.fake.wait_idle()
    assert look.one(file(ALIEN, 2000)) == (PRESENT, "J1")
    (request,) = look.it.asked(f"/{sighting.item}/Refresh")
    assert request.query == (("metadataRefreshMode", "FullRefresh"), ("imageRefreshMode", "Default"))


def test_the_owner_of_a_sidecar_is_refreshed_as_usual(look: Looker) -> None:
    sighting = look.sighting(ALIEN)
    look.it.target.touch_item(look.it.target.libraries()[1], sighting)
    assert look.it.asked("/Refresh")[-1].arg("metadataRefreshMode") == "Default"


@pytest.mark.parametrize("status", [404, 403])
def test_an_item_that_cannot_be_touched_is_left_to_the_next_look(look: Looker, status: int) -> None:
    before = len(look.it.asked("/Refresh"))
    sighting = look.sighting(ALIEN)
    look.it.fake.fail_next("/Refresh", status=status)
    look.it.target.touch_item(look.it.target.libraries()[1], sighting)
    look.it.target.touch_item(look.it.target.libraries()[1], look.sighting("/data/movies/x/x.mkv"))
    assert len(look.it.asked("/Refresh")) == before + 1


def test_a_file_that_was_not_read_yet_is_present_without_a_size(look: Looker, disk: Path) -> None:
    write_file(disk / "tv/Show/Season 01/Show - S01E09.mkv")
    look.it.fake.set(per_new_item=500.0)
    look.it.scan(SEASON)
    look.it.fake.advance(10)
    sighting = look.sighting(file(episode(9)))
    assert (sighting.seen, sighting.size) == (PRESENT, None)


def test_a_symbolic_link_is_found_by_its_own_path_and_measured(disk: Path) -> None:
    write_file(disk / "store/real.mkv", 4000)
    (disk / "tv/Show/Season 01/Show - S01E07.mkv").symlink_to(disk / "store/real.mkv")
    with pair("jellyfin", {"/data": disk}, symlink_resolve=True) as made:
        sighting = Looker(made.filled()).sighting(file(episode(7), 4000))
        assert (sighting.seen, sighting.size) == (PRESENT, 4000)


# ----- what is gone


def test_a_deleted_file_stays_present_until_its_folder_is_refreshed(look: Looker, disk: Path) -> None:
    (disk / episode(1).removeprefix("/data/")).unlink()
    assert look.one(removed(episode(1))) == (PRESENT, "J1")
    look.scan(SEASON, removed(episode(1)))
    assert look.one(removed(episode(1))) == (ABSENT, "J1")


def test_a_rename_is_the_new_present_and_the_old_absent(look: Looker, disk: Path) -> None:
    old = disk / episode(1).removeprefix("/data/")
    old.rename(old.with_name("Renamed S01E01.mkv"))
    look.scan(SEASON)
    wanted = [file(f"{SEASON}/Renamed S01E01.mkv", change=Change.RENAMED), removed(episode(1))]
    assert [each.seen for each in look.all(wanted).values()] == [PRESENT, ABSENT]


def test_an_entry_that_the_server_keeps_stays_present(look: Looker, disk: Path) -> None:
    look.it.fake.set(never_remove="*S01E01*")
    (disk / episode(1).removeprefix("/data/")).unlink()
    look.scan(SEASON, removed(episode(1)))
    assert look.one(removed(episode(1)), look=3) == (PRESENT, "J1")


def test_a_deleted_series_of_200_episodes_is_seen_gone(look: Looker, disk: Path) -> None:
    for number in range(1, 11):
        make_media(disk / "tv", season("Long", number, range(1, 21)))
    look.scan("/data/tv/Long")
    paths = sorted(path for path in look.it.fake.paths() if "/Long/" in path)
    assert len(paths) == 200
    shutil.rmtree(disk / "tv/Long")
    wanted = [removed(path) for path in paths] + [gone("/data/tv/Long")]
    assert {each.seen for each in look.all(wanted).values()} == {PRESENT}
    look.scan("/data/tv/Long", *wanted)
    assert {each.seen for each in look.all(wanted).values()} == {ABSENT}
    assert len(look.cost(wanted)) <= 5


def test_the_last_file_of_a_root_stays_as_the_server_skips_empty_roots(look: Looker, disk: Path) -> None:
    shutil.rmtree(disk / "movies-4k/Alien (1979)")
    path = "/data/movies-4k/Alien (1979)/Alien (1979).mkv"
    look.scan("/data/movies-4k", removed(path))
    assert look.one(removed(path), look=3) == (PRESENT, "J1")


# ----- folders


@pytest.mark.parametrize(
    "path", [SEASON, "/data/tv/Show", "/data/music/Artist", "/data/music/Artist/Album", "/data/tv"]
)
def test_a_folder_that_is_an_item_is_present(look: Looker, path: str) -> None:
    assert look.one(folder(path)) == (PRESENT, "J1")


def test_a_folder_that_should_be_an_item_and_is_none_is_absent(look: Looker) -> None:
    assert look.one(gone("/data/tv/None")) == (ABSENT, "J1")
    assert look.one(gone("/data/music/None")) == (ABSENT, "J1")


def test_a_movie_folder_is_known_by_the_movie_that_was_seen_in_it(look: Looker, disk: Path) -> None:
    look.all([file(ALIEN)])
    path = "/data/movies/Alien (1979)"
    assert look.one(gone(path), look=0) == (PRESENT, "J1")
    shutil.rmtree(disk / "movies/Alien (1979)")
    look.scan("/data/movies", gone(path))
    assert look.one(gone(path), look=0) == (UNKNOWN, "J5")
    assert look.one(gone(path)) == (ABSENT, "J5")


def test_a_movie_folder_of_which_nothing_is_known_is_found_by_its_title(look: Looker) -> None:
    path = "/data/movies/Aliens (1986)"
    assert look.one(folder(path), look=0) == (UNKNOWN, "J5")
    assert look.one(folder(path)) == (PRESENT, "J5")
    assert look.one(folder(path), look=0) == (PRESENT, "J1")  # by now it is known


def test_a_title_that_too_many_answer_to_proves_nothing(look: Looker) -> None:
    look.it.fake.bulk(200, look.it.target.libraries()[1].id)
    assert look.one(folder("/data/movies/Bulk (1999)", title="Bulk")) == (UNKNOWN, "J5")
    assert look.one(gone("/data/movies/[tag]")) == (UNKNOWN, "J5")


# ----- roots and self-check


def test_below_a_root_that_is_no_item_nothing_is_called_absent(look: Looker) -> None:
    other = Library(id=look.it.target.libraries()[0].id, title="x", type="tvshows", roots=("/else/where",))
    seen = look.it.target.look_up(other, [file("/else/where/x.mkv")], look=1, known=look.known)
    assert (seen["/else/where/x.mkv"].seen, seen["/else/where/x.mkv"].evidence) == (UNKNOWN, "J3")


def test_an_answer_without_items_is_no_reading(look: Looker) -> None:
    look.one(episode(1))
    look.it.fake.fail_next("GET /Items", status=200, body=b"{}")
    with pytest.raises(TargetUnavailableError):
        look.one(episode(1))


@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_large_library_costs_no_more_than_a_small_one(disk: Path, number: int) -> None:
    costs = []
    for count in (0, 100_000):
        with pair("jellyfin", {"/data": disk}) as made:
            look = Looker(made.filled())
            made.fake.bulk(count, made.target.libraries()[1].id)
            wanted = [file(ALIEN), removed("/data/movies/x/x.mkv"), gone("/data/movies/Gone (2001)")]
            look.all(wanted, number)
            costs.append([request.path for request in look.cost(wanted, number)])
    assert costs[0] == costs[1]
    assert len(costs[0]) <= 2


# ----- what else is asked of it


def test_a_file_is_visible_once_the_server_sees_it_as_such(look: Looker, disk: Path) -> None:
    target, library = look.it.target, look.it.target.libraries()[0]
    for path, kind, seen in (
        (episode(1), Kind.FILE, True),
        (SEASON, Kind.FOLDER, True),
        (SEASON, Kind.FILE, False),
        (episode(1), Kind.UNKNOWN, True),
        (episode(9), Kind.FILE, False),
    ):
        assert target.visible(library, Expectation(path=path, kind=kind, change=Change.ADDED)) is seen
    look.it.fake.set(non_admin=True)
    assert target.visible(library, file(episode(1))) is None
    look.it.fake.set(bad_token=True)
    with pytest.raises(TargetUnauthorizedError):
        target.visible(library, file(episode(1)))


def test_pauses_fit_what_was_asked(look: Looker) -> None:
    def pauses(label: str, *, root: bool = False) -> tuple[float, ...]:
        made: tuple[float, ...] = look.it.target.look_pauses(Scope(path="/data/tv", label=label, root=root))
        return made

    assert pauses("item refresh") == (3, 6, 12, 24, 48, 96)
    assert sum(pauses("item refresh", root=True)) >= 600
    look.it.fake.set(monitor_delay=30)
    look.it.fake.fail_next("/System/Configuration", status=200, body=b"[]")
    assert pauses("media updated") == (65, 10, 20, 40, 80)


def test_the_delay_of_reports_is_read_once(look: Looker) -> None:
    look.it.fake.set(monitor_delay=30)
    scope = Scope(path="/data/tv", label="media updated")
    before = len(look.it.asked("Configuration"))
    assert [look.it.target.look_pauses(scope)[0] for _ in range(3)] == [35, 35, 35]
    assert len(look.it.asked("Configuration")) == before + 1


@pytest.mark.parametrize("status", [403, 404, 503])
def test_without_the_configuration_reports_wait_a_minute(look: Looker, status: int) -> None:
    look.it.fake.fail_next("/System/Configuration", status=status)
    assert look.it.target.look_pauses(Scope(path="/data/tv", label="media updated"))[0] == 65


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("Show/Season 01/Show - S01E01.mkv", ""),
        ("Show/Season 01/sample.mkv", "**/sample.?"),
        ("Show/Season 01/Show.S01E01.Sample.mkv", "**/*.sample.?"),
        ("Show/Season 01/Sample/x.mkv", "**/sample/*"),
        ("Sample/Season 01/x.mkv", ""),
        ("Show/.hidden/x.mkv", "**/.*"),
        ("Show/.x.mkv", "**/.*"),
        ("Show/@eaDir/x.mkv", "**/@eadir/**"),
        ("Show/x.trickplay/320/0.jpg", "*.trickplay"),
        ("Show/x.trickplay", "*.trickplay"),
        ("Show/Subs/x.srt", "**/subs/**"),
        ("Show/Subs", "**/subs"),
        ("Show/Thumbs.db", "**/thumbs.db"),
        ("", ""),
    ],
)
def test_names_that_jellyfin_passes_over_are_told_with_the_pattern(look: Looker, path: str, rule: str) -> None:
    assert look.it.target.ignores(look.it.target.libraries()[0], f"/data/tv/{path}") == rule


def test_a_sample_is_never_listed_and_has_its_rule(look: Looker, disk: Path) -> None:
    path = f"{SEASON}/show.sample.mkv"
    write_file(disk / path.removeprefix("/data/"))
    look.scan(SEASON)
    assert look.one(path) == (ABSENT, "J1")
    assert look.it.target.ignores(look.it.target.libraries()[0], path)


def test_the_self_check_of_a_server_in_order(look: Looker) -> None:
    checks = look.it.target.self_check()
    assert all(check.ok for check in checks)
    assert checks[0].text == "4 of 4 library folders have the computed id"


def test_the_self_check_tells_what_is_wrong(look: Looker, disk: Path) -> None:
    shutil.rmtree(disk / "music")
    look.it.fake.set(non_admin=False)
    (wrong,) = [check for check in look.it.target.self_check() if not check.ok]
    assert (wrong.name, wrong.text) == ("Music: /data/music", "the server does not see this folder")
    look.it.fake.fail_next("ValidatePath", status=403)
    assert look.it.target.self_check()[-1].text == "it is no administrator's"


def test_the_self_check_of_foreign_ids_and_of_no_libraries(disk: Path) -> None:
    with pair("jellyfin", {"/data": disk}, foreign_ids=True) as made:
        check = made.filled().target.self_check()[0]
        assert (check.name, check.ok) == ("item ids", False)
        assert check.text.startswith("0 of 4 library folders have the computed id; not: /data/")
    with pair("jellyfin", {"/data": disk}, ()) as made:
        assert [check.ok for check in made.target.self_check()] == [None, False]


def test_a_version_of_a_file_has_the_id_of_its_kind() -> None:
    assert item_id("Video", ALIEN) != item_id("Movies.Movie", ALIEN)
