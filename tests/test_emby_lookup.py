"""How files are found in an Emby: by its filter, by listings of known folders, and without the filter."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetUnavailableError
from autoscan.model import Change, Expectation, Kind, Seen
from autoscan.targets.values import Scope
from tests.lookups import ALIEN, SEASON, SIZE, Looker, episode, file, folder, gone, removed
from tests.servers import make_media, movie, season, write_file
from tests.targets import Pair, media, pair

PRESENT, ABSENT, UNKNOWN = Seen.PRESENT, Seen.ABSENT, Seen.UNKNOWN


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


def _filled(it: Pair) -> Looker:
    """Let the server scan everything, root by root, and forget what is new."""
    looker = Looker(it)
    for library in it.target.libraries():
        for root in library.roots:
            looker.scan(root)
    it.fake.advance(600)
    it.clock.advance(10_000)
    return looker


@pytest.fixture
def look(disk: Path) -> Iterator[Looker]:
    with pair("emby", {"/data": disk}) as made:
        yield _filled(made)


# ----- by path


@pytest.mark.parametrize("path", [episode(1), ALIEN, "/data/music/Artist/Album/01 - Track 1.flac"])
def test_a_file_that_is_listed_is_seen_by_its_path(look: Looker, path: str) -> None:
    sighting = look.sighting(file(path))
    assert (sighting.seen, sighting.evidence, sighting.size) == (PRESENT, "Path=", SIZE)


@pytest.mark.parametrize("path", [episode(9), "/data/movies/New (2020)/New (2020).mkv"])
def test_a_file_is_absent_until_it_was_scanned(look: Looker, disk: Path, path: str) -> None:
    write_file(disk / path.removeprefix("/data/"))
    assert look.one(path) == (ABSENT, "Path=")
    look.scan(path.rpartition("/")[0])
    assert look.one(path) == (PRESENT, "Path=")


def test_a_few_files_are_one_request_each(look: Looker) -> None:
    wanted = [file(episode(1)), file(episode(2)), file(episode(1, 2))]
    look.all(wanted)
    assert [request.arg("Path") for request in look.cost(wanted)] == [each.path for each in wanted]


def test_a_season_pack_is_one_listing_of_the_season_that_is_known(look: Looker, disk: Path) -> None:
    wanted = [file(episode(number, 3)) for number in range(1, 25)]
    make_media(disk / "tv", season("Show", 3, range(1, 25)))
    seen = look.all(wanted, look=0)
    assert {(each.seen, each.evidence) for each in seen.values()} == {(ABSENT, "Path=")}
    assert len(look.cost(wanted, 0)) == 2
    look.scan("/data/tv/Show/Season 03")
    seen = look.all(wanted)
    assert {(each.seen, each.evidence) for each in seen.values()} == {(PRESENT, "ParentId=")}
    assert len(look.cost(wanted)) == 1


def test_files_of_two_seasons_share_a_listing_of_their_series(look: Looker) -> None:
    wanted = [file(episode(number, number % 2 + 1)) for number in (1, 2, 3, 4)]
    seen = look.all(wanted)
    assert {each.evidence for each in seen.values()} == {"ParentId="}
    assert look.known.parent(look.it.target.libraries()[0].id, "/data/tv/Show")


def test_a_season_that_came_back_with_another_id_is_found_again(look: Looker, disk: Path) -> None:
    wanted = [file(episode(number)) for number in (1, 2, 3, 4)]
    look.all(wanted)
    shutil.move(disk / "tv/Show/Season 01", disk / "away")
    look.scan("/data/tv/Show", removed(episode(1)))
    assert {each.seen for each in look.all(wanted).values()} == {ABSENT}
    shutil.move(disk / "away", disk / "tv/Show/Season 01")
    look.scan("/data/tv/Show")
    assert [each.seen for each in look.all(wanted).values()] == [PRESENT, PRESENT, ABSENT, ABSENT]


def test_a_season_without_any_file_left_is_listed_once(look: Looker, disk: Path) -> None:
    wanted = [removed(episode(number)) for number in (1, 2, 3, 4)]
    look.all(wanted)
    for path in (disk / "tv/Show/Season 01").iterdir():
        path.unlink()
    look.scan(SEASON, *wanted)
    assert {(each.seen, each.evidence) for each in look.all(wanted).values()} == {(ABSENT, "ParentId=")}
    assert len(look.cost(wanted)) == 2


def test_a_series_that_is_too_long_is_listed_season_by_season(look: Looker, disk: Path) -> None:
    for number in (1, 2, 3):
        make_media(disk / "tv", season("Long", number, range(1, 200)))
    look.scan("/data/tv/Long")
    wanted = [
        file(f"/data/tv/Long/Season 0{number}/Long - S0{number}E{each:02d}.mkv")
        for number in (1, 2, 3)
        for each in (1, 2, 3, 4, 198, 199)
    ] + [removed("/data/tv/Long/no.mkv")]
    seen = look.all(wanted)
    assert [seen[each.path].seen for each in wanted] == [PRESENT] * 18 + [ABSENT]


def test_a_deleted_series_of_200_episodes_is_seen_gone(look: Looker, disk: Path) -> None:
    for number in range(1, 11):
        make_media(disk / "tv", season("Long", number, range(1, 21)))
    look.scan("/data/tv/Long")
    paths = sorted(path for path in look.it.fake.paths() if "/Long/" in path)
    shutil.rmtree(disk / "tv/Long")
    wanted = [removed(path) for path in paths] + [gone("/data/tv/Long")]
    assert {each.seen for each in look.all(wanted).values()} == {PRESENT}
    look.scan("/data/tv/Long", *wanted)
    assert {each.seen for each in look.all(wanted).values()} == {ABSENT}
    assert len(look.cost(wanted)) <= 4


def test_when_a_file_shows_in_a_folder_that_does_not_each_is_asked_for(look: Looker) -> None:
    wanted = [file(episode(number)) for number in (1, 2, 3, 4)]
    look.one(episode(1))
    look.it.fake.fail_next("GET /emby/Items", status=200, body=b'{"Items": []}')
    seen = look.all(wanted)
    assert [each.seen for each in seen.values()] == [PRESENT, PRESENT, ABSENT, ABSENT]
    assert {each.evidence for each in seen.values()} == {"Path="}


def test_versions_and_parts_are_seen_in_their_item(look: Looker, disk: Path) -> None:
    names = [f"Alien (1979) - cd{number}.mkv" for number in range(1, 5)]
    make_media(disk / "movies", movie("Alien (1979)", *names))
    look.scan("/data/movies/Alien (1979)")
    wanted = [file(f"/data/movies/Alien (1979)/{name}") for name in names]
    assert {each.seen for each in look.all(wanted).values()} == {PRESENT}
    assert len(look.cost(wanted)) < 8


def test_of_many_files_without_a_folder_item_some_are_left_for_the_next_look(look: Looker) -> None:
    wanted = [removed(f"/data/movies/Gone (1999)/{number}.mkv") for number in range(8)]
    seen = [each.seen for each in look.all(wanted).values()]
    assert (seen.count(ABSENT), seen.count(UNKNOWN)) == (6, 2)
    wanted = [removed(f"/data/tv/{number}.mkv") for number in range(8)]
    assert [each.seen for each in look.all(wanted).values()].count(UNKNOWN) == 2


def test_a_multi_episode_file_and_a_merged_one_are_seen(look: Looker, disk: Path) -> None:
    look.it.fake.set(mis_group="Merged*")
    paths = [f"{SEASON}/Show - S01E05-E06.mkv", "/data/movies/Alien (1979)/Merged.mkv"]
    for path in paths:
        write_file(disk / path.removeprefix("/data/"))
        look.scan(path.rpartition("/")[0])
        assert look.one(path) == (PRESENT, "Path=")


def test_a_disc_is_its_folder(look: Looker, disk: Path) -> None:
    names = [f"/data/movies/Disc (2000)/BDMV/STREAM/0000{number}.m2ts" for number in range(5)]
    make_media(disk, [name.removeprefix("/data/") for name in names])
    look.scan("/data/movies/Disc (2000)")
    assert {each.seen for each in look.all([file(name, 77) for name in names]).values()} == {PRESENT}


# ----- sizes, and what is gone


def test_a_file_replaced_in_place_has_another_size_until_it_is_read_again(look: Looker, disk: Path) -> None:
    write_file(disk / ALIEN.removeprefix("/data/"), 2000)
    sighting = look.sighting(file(ALIEN, 2000))
    assert (sighting.seen, sighting.size) == (Seen.OTHER_SIZE, SIZE)
    look.it.target.touch_item(look.it.target.libraries()[1], sighting)
    look.it.fake.wait_idle()
    assert look.one(file(ALIEN, 2000)) == (PRESENT, "Path=")
    (request,) = look.it.asked(f"/{sighting.item}/Refresh")
    assert request.arg("MetadataRefreshMode") == "FullRefresh"
    assert request.arg("ReplaceAllMetadata") == "false"


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
    assert look.one(removed(episode(1)), look=3) == (PRESENT, "Path=")


def test_the_last_file_of_a_root_stays_as_the_server_skips_empty_roots(look: Looker, disk: Path) -> None:
    shutil.rmtree(disk / "movies-4k/Alien (1979)")
    path = "/data/movies-4k/Alien (1979)/Alien (1979).mkv"
    look.scan("/data/movies-4k", removed(path))
    assert look.one(removed(path), look=3) == (PRESENT, "Path=")


# ----- folders


def test_folders_are_seen_by_their_path_or_by_what_is_in_them(look: Looker, disk: Path) -> None:
    assert look.one(folder("/data/tv/Show")) == (PRESENT, "Path=")
    assert look.one(gone("/data/tv/None")) == (ABSENT, "Path=")
    assert look.one(folder("/data/movies/Aliens (1986)")) == (PRESENT, "SearchTerm=")
    look.one(ALIEN)
    assert look.one(folder("/data/movies/Alien (1979)"), look=0) == (PRESENT, "Ids=")
    assert look.one(gone("/data/movies/None (1986)")) == (UNKNOWN, "SearchTerm=")
    assert look.one(Expectation(path=SEASON, kind=Kind.UNKNOWN, change=Change.ADDED)) == (PRESENT, "Path=")


# ----- costs


@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_large_library_costs_no_more_than_a_small_one(disk: Path, number: int) -> None:
    costs = []
    for count in (0, 100_000):
        with pair("emby", {"/data": disk}) as made:
            look = _filled(made)
            made.fake.bulk(count)
            wanted = [file(episode(1)), *(file(episode(each, 2)) for each in range(1, 12))]
            look.all(wanted, number)
            costs.append([dict(request.query) for request in look.cost(wanted, number)])
    assert costs[0] == costs[1]
    assert len(costs[0]) == 1


def test_the_first_look_costs_the_self_check_besides(look: Looker) -> None:
    assert len(look.cost([file(episode(number)) for number in range(1, 25)], 0)) <= 5  # with the libraries
    library = look.it.target.libraries()[0]
    assert look.it.target.look_up(library, (), look=0, known=look.known) == {}


# ----- the filter's self-check


def test_a_filter_that_is_ignored_is_never_believed(disk: Path) -> None:
    with pair("emby", {"/data": disk}, path_filter_ignored=True) as made:
        look = _filled(made)
        assert look.one(episode(1)) == (UNKNOWN, "MinDateLastSaved=")
        assert look.one("/data/tv/nonsense.mkv") == (UNKNOWN, "MinDateLastSaved=")
        write_file(disk / episode(9).removeprefix("/data/"))
        look.scan(SEASON)
        assert look.one(episode(9)) == (PRESENT, "MinDateLastSaved=")
        assert look.one(episode(9)) == (PRESENT, "Ids=")
        assert look.one(episode(1)) == (PRESENT, "ParentId=")
        assert look.one(removed(episode(8))) == (ABSENT, "ParentId=")
        (check,) = [check for check in made.target.self_check() if not check.ok]
        assert check.name == "Path filter"


def test_an_ignored_filter_is_tried_again_after_ten_minutes(disk: Path) -> None:
    with pair("emby", {"/data": disk}, path_filter_ignored=True) as made:
        look = _filled(made)
        assert look.one(episode(1))[1] == "MinDateLastSaved="
        made.fake.set(path_filter_ignored=False)
        assert look.one(episode(1))[1] == "MinDateLastSaved="
        made.clock.advance(600)
        assert look.one(episode(1)) == (PRESENT, "Path=")


def test_a_filter_that_never_found_anything_proves_nothing_absent(disk: Path) -> None:
    with pair("emby", {"/data": disk}) as made:
        look = Looker(made)
        made.fake.fail_next("GET /emby/Items", status=200, body=b'{"Items": []}', times=2)
        assert look.one(episode(1)) == (UNKNOWN, "Path=")
        look.scan("/data/tv")
        assert look.one(episode(1)) == (PRESENT, "Path=")
        assert look.one(episode(9)) == (ABSENT, "Path=")


def test_without_libraries_there_is_nothing_to_prove_it_with(disk: Path) -> None:
    with pair("emby", {"/data": disk}, ()) as made:
        assert [(check.name, check.ok) for check in made.target.self_check()] == [
            ("Path filter", None),
            ("libraries", False),
        ]


def test_the_self_check_of_a_server_in_order(look: Looker) -> None:
    checks = look.it.target.self_check()
    assert all(check.ok for check in checks)
    assert checks[0].text == "4 of 4 library folders are found by their path"


def test_an_answer_without_items_is_no_reading(look: Looker) -> None:
    look.one(episode(1))
    look.it.fake.fail_next("/Items", status=200, body=b"[]")
    with pytest.raises(TargetUnavailableError):
        look.one(episode(1))


# ----- what else is asked of it


def test_a_file_is_visible_once_the_server_sees_it_as_such(look: Looker) -> None:
    target, library = look.it.target, look.it.target.libraries()[0]
    assert target.visible(library, file(episode(1))) is True
    assert target.visible(library, file(episode(9))) is False
    assert target.visible(library, folder(SEASON)) is True
    look.it.fake.set(non_admin=True)
    assert target.visible(library, folder(SEASON)) is None


def test_reports_are_given_the_delay_that_the_server_waits(look: Looker) -> None:
    look.it.fake.set(monitor_delay=90)
    assert look.it.target.look_pauses(Scope(path=SEASON, label="media updated")) == (95, 10, 20, 40, 80)


def test_hidden_files_and_samples_have_a_rule(disk: Path) -> None:
    with pair("emby", {"/data": disk}, sample_ignore_size=500) as made:
        look = _filled(made)
        target, library = made.target, made.target.libraries()[0]
        assert target.ignores(library, episode(1)) == ""
        assert target.ignores(library, "/data/tv/Show/.x.mkv").startswith("hidden")
        assert target.ignores(library, "/data/tv/Show/show-sample.mkv").startswith("SampleIgnoreSize")
        write_file(disk / episode(9).removeprefix("/data/"), 400)
        look.scan(SEASON)
        assert look.one(file(episode(9), 400))[0] is ABSENT
        assert target.ignores(library, episode(9)) == "SampleIgnoreSize: files below 500 bytes are samples"
        look.one(file(episode(9), 600))
        assert target.ignores(library, episode(9)) == ""


def test_a_server_that_ignores_no_samples_has_no_such_rule(disk: Path) -> None:
    with pair("emby", {"/data": disk}, no_query=True) as made:
        assert made.target.ignores(made.target.libraries()[0], "/data/tv/Show/sample.mkv") == ""
