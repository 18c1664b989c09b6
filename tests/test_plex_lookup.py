"""How a file that should be there is found in a Plex, by which question, and how many it takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetRejectedError, TargetUnavailableError
from autoscan.model import Hints, Kind
from tests.plex_looks import ALBUM, MOVIES, SEASON, SHOW, TV, Looks, episode, looks, want
from tests.servers import Library, make_media, movie, season, write_file
from tests.targets import pair


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Looks]:
    with looks(tmp_path / "media") as made:
        yield made


def add(it: Looks, path: str, size: int | None = None) -> str:
    write_file(it.real(path), size)
    it.scan(path.rpartition("/")[0])
    return path


# ----- P1


def test_a_new_episode_is_among_the_newest(it: Looks) -> None:
    path = add(it, episode(3))
    sighting = it.look(want(path, size=1000))
    assert (sighting.seen, sighting.evidence, sighting.size) == ("present", "P1", 1000)
    assert sighting.item
    assert sighting.saw == "Show: Episode 3: listed"


@pytest.mark.parametrize(
    "path",
    [
        f"{MOVIES}/Dune (2021)/Dune (2021).mkv",
        "/data/movies-4k/Dune (2021)/Dune (2021).mkv",
        f"{ALBUM}/03 - Track 3.flac",
        "/data/photos/2024/three.jpg",
    ],
)
def test_a_new_file_of_any_library_is_among_the_newest(it: Looks, path: str) -> None:
    add(it, path)
    with it.requests() as asked:
        assert it.seen(want(path)) == ("present", "P1")
    assert len(asked) == 1


def test_nothing_is_seen_before_the_scan_has_come_to_it(it: Looks) -> None:
    write_file(it.real(episode(3)))
    assert it.seen(want(episode(3)), look=0) == ("unknown", "P1")
    it.fake.set(scan_delay_s=60)
    it.pair.scan(SEASON)
    assert it.seen(want(episode(3))) == ("unknown", "P1")
    it.fake.wait_idle()
    assert it.seen(want(episode(3))) == ("present", "P1")


def test_a_season_pack_of_24_is_one_request(it: Looks) -> None:
    make_media(it.folder / "tv", season("Pack", 1, range(1, 25)))
    it.scan(f"{TV}/Pack")
    wanted = [want(episode(number, "Pack"), size=1000) for number in range(1, 25)]
    with it.requests() as asked:
        found = it.look_all(*wanted)
    assert {sighting.seen for sighting in found.values()} == {"present"}
    assert sorted(found) == sorted(item.path for item in wanted)
    assert asked == ["/library/sections/1/all?type=4&sort=addedAt:desc"]


def test_thirty_folders_that_wait_for_one_section_share_the_newest(it: Looks) -> None:
    names = [f"Film {number} (2001)" for number in range(30)]
    make_media(it.folder / "movies", {path: None for name in names for path in movie(name)})
    it.scan(MOVIES)
    with it.requests() as asked:
        found = it.look_all(*(want(f"{MOVIES}/{name}/{name}.mkv") for name in names))
    assert {sighting.evidence for sighting in found.values()} == {"P1"}
    assert len(asked) == 1


def test_a_file_of_two_episodes_is_one_file(it: Looks) -> None:
    path = add(it, f"{SEASON}/Show - S01E03-E04.mkv")
    assert it.seen(want(path, size=1000)) == ("present", "P1")


def test_each_file_of_a_movie_in_two_parts_is_seen(it: Looks) -> None:
    paths = [f"{MOVIES}/Dune (1984)/Dune (1984) - part{part}.mkv" for part in (1, 2)]
    for path in paths:
        write_file(it.real(path))
    it.scan(f"{MOVIES}/Dune (1984)")
    found = it.look_all(*map(want, paths))
    assert [found[path].seen for path in paths] == ["present", "present"]
    assert len({found[path].item for path in paths}) == 1


def test_a_second_version_of_a_movie_is_seen_in_the_one_item(it: Looks) -> None:
    it.crowd(60, "2")
    path = add(it, "/data/movies-4k/Alien (1979)/Alien (1979) [2160p].mkv")
    assert it.seen(want(path)) == ("unknown", "P1")  # the movie itself is not new
    assert it.seen(want(path, hints=Hints(title="Alien", year=1978)), look=2) == ("present", "P3")
    assert it.look(want(path)).item == it.look(want(f"{MOVIES}/Alien (1979)/Alien (1979).mkv"), look=3).item


def test_names_are_compared_whatever_their_unicode_form(it: Looks) -> None:
    add(it, f"{TV}/Ame\u0301lie/Season 01/Ame\u0301lie - S01E01.mkv")
    assert it.seen(want(f"{TV}/Amélie/Season 01/Amélie - S01E01.mkv")) == ("present", "P1")
    assert it.seen(want(f"{TV}/amélie/Season 01/Amélie - S01E01.mkv"))[0] == "unknown"


# ----- P1b


def test_a_flood_of_500_others_is_looked_through_by_their_age(it: Looks) -> None:
    path = add(it, episode(3))
    it.crowd(500, ago=-1)
    with it.requests() as asked:
        assert it.seen(want(path)) == ("present", "P1b")
    assert asked[1] == "/library/sections/1/all?type=4&sort=addedAt:desc&addedAt>>=-900"
    assert len(asked) == 2


def test_before_a_scan_a_flood_is_not_looked_through(it: Looks) -> None:
    add(it, episode(3))
    it.crowd(60, ago=-1)
    with it.requests() as asked:
        assert it.seen(want(episode(3)), look=0) == ("unknown", "P1")
    assert len(asked) == 1


def test_a_flood_of_long_ago_is_none(it: Looks) -> None:
    it.crowd(60, ago=86_400 * 1.5)
    with it.requests() as asked:
        assert it.seen(want(episode(3))) == ("unknown", "P1")
    assert len(asked) == 1


# ----- P2


def test_an_upgrade_under_a_new_name_is_seen_in_the_season_that_was_learnt(it: Looks) -> None:
    add(it, episode(3))
    it.look(want(episode(3)))
    it.crowd(60)
    path = add(it, f"{SEASON}/Show - S01E03 [1080p].mkv")
    with it.requests() as asked:
        assert it.seen(want(path), look=0) == ("present", "P2")
    assert [request.rpartition("/")[2] for request in asked] == ["children"]


def test_a_season_that_is_gone_is_forgotten_and_others_are_asked(it: Looks) -> None:
    it.known.learn("1", SEASON, "999999")
    add(it, episode(3))
    assert it.seen(want(episode(3))) == ("unknown", "P2")
    assert it.known.parent("1", SEASON) == ""
    assert it.seen(want(episode(3))) == ("present", "P1")


def test_a_folder_of_several_seasons_is_remembered_as_the_show(it: Looks) -> None:
    paths = [f"{TV}/Flat/Flat - S{number:02d}E01.mkv" for number in (1, 2)]
    for path in paths:
        add(it, path)
    it.look_all(*map(want, paths))
    it.crowd(60)
    path = add(it, f"{TV}/Flat/Flat - S03E01.mkv")
    with it.requests() as asked:
        assert it.seen(want(path)) == ("present", "P2")
    assert [request.rpartition("/")[2] for request in asked] == ["children", "allLeaves"]
    it.look(want(path))
    assert len({it.known.parent("1", f"{TV}/Flat"), it.look(want(path)).item}) == 2


def test_a_second_version_is_seen_in_the_movie_that_was_learnt(it: Looks) -> None:
    alien = f"{MOVIES}/Alien (1979)/Alien (1979).mkv"
    it.look(want(alien))
    it.crowd(60, "2")
    path = add(it, f"{MOVIES}/Alien (1979)/Alien (1979) [1080p].mkv")
    assert it.seen(want(path)) == ("present", "P2")
    it.known.learn("2", f"{MOVIES}/Alien (1979)", "999999")
    it.known.learn("2", path, "")
    assert it.seen(want(path)) == ("unknown", "P2")


def test_what_lies_at_the_top_of_a_location_is_remembered_by_file(it: Looks) -> None:
    path = add(it, f"{MOVIES}/Brazil (1985).mkv")
    it.look(want(path))
    it.crowd(60, "2")
    with it.requests() as asked:
        assert it.seen(want(path)) == ("present", "P2")
    assert len(asked) == 1
    assert it.known.parent("2", MOVIES) is None


def test_an_upgrade_in_place_shows_its_size_once_the_item_is_read_anew(it: Looks) -> None:
    it.look(want(episode(1)))
    write_file(it.real(episode(1)), 5000)
    it.scan(SEASON)
    wanted = want(episode(1), size=5000)
    sighting = it.look(wanted)
    assert (sighting.seen, sighting.size) == ("other size", 1000)
    assert sighting.saw == "Show: Episode 1: 1000 bytes instead of 5000"
    library = it.pair.target.libraries()[0]
    it.pair.target.touch_item(library, sighting)
    assert it.fake.requests("PUT")[-1].path.endswith(f"/{sighting.item}/analyze")
    assert it.seen(wanted) == ("present", "P2")


def test_an_item_that_is_gone_meanwhile_is_not_read_anew(it: Looks) -> None:
    library, sighting = it.pair.target.libraries()[0], it.look(want(episode(1)))
    it.fake.fail_next("/analyze", status=404)
    it.pair.target.touch_item(library, sighting)
    it.fake.fail_next("/analyze", status=400)
    with pytest.raises(TargetRejectedError):
        it.pair.target.touch_item(library, sighting)
    before = len(it.fake.requests())
    it.pair.target.touch_item(library, it.look(want("/data/tv/nothing.mkv"), look=0))
    assert len(it.fake.requests()) == before + 1  # the look alone


# ----- P3


def test_an_upgrade_in_a_show_that_was_never_seen_is_found_by_its_title(it: Looks) -> None:
    it.crowd(60)
    path = add(it, f"{SEASON}/Show - S01E01 [1080p].mkv")
    assert it.seen(want(path, hints=SHOW)) == ("unknown", "P1")
    with it.requests() as asked:
        assert it.seen(want(path, hints=SHOW), look=2) == ("present", "P3")
    assert asked == ["/library/sections/1/all?type=4&show.title==Show&season.index=1"]


def test_a_query_writes_its_equal_signs_as_they_stand(it: Looks) -> None:
    with it.requests():
        it.look(want(episode(9), hints=Hints(title="Tom & Jerry = 100% C++")), look=2)
    assert it.fake.requests("/all")[-1].query[1] == ("show.title", "=Tom & Jerry = 100% C++")


def test_a_track_is_found_by_its_artist(it: Looks) -> None:
    it.crowd(60, "3")
    wanted = want(f"{ALBUM}/01 - Track 1.flac", hints=Hints(title="Artist"))
    assert it.seen(wanted, look=2) == ("present", "P3")


def test_a_show_without_the_file_is_a_reading_of_its_place(it: Looks) -> None:
    assert it.seen(want(episode(9), hints=SHOW), look=2) == ("absent", "P3")
    assert it.seen(want(episode(9), hints=Hints(title="Nobody")), look=2) == ("unknown", "P3")


def test_photos_are_asked_for_by_no_title_and_no_folder(it: Looks) -> None:
    wanted = want("/data/photos/2024/nine.jpg", hints=Hints(title="2024"))
    for look in range(8):
        assert it.seen(wanted, look=look) == ("unknown", "P1")


# ----- P4


@pytest.mark.parametrize("look", [3, 6, 9])
def test_what_has_another_title_and_an_old_date_is_found_in_its_folder(it: Looks, look: int) -> None:
    it.crowd(60)
    with it.requests() as asked:
        assert it.seen(want(episode(1), hints=Hints(title="Wrong")), look=look) == ("present", "P4")
    assert len(asked) == 3
    assert asked[0] == "/library/sections/1/folder"


def test_a_file_merged_into_another_item_is_found_where_it_lies(it: Looks) -> None:
    it.fake.set(mis_group="*S01E03*")
    path = add(it, episode(3))
    it.crowd(60)
    assert it.seen(want(path), look=3) == ("present", "P4")
    assert it.seen(want(path)) == ("present", "P2")


def test_a_folder_that_plex_does_not_know_is_one_request(it: Looks) -> None:
    with it.requests() as asked:
        assert it.seen(want(f"{TV}/New/Season 01/New - S01E01.mkv"), look=3) == ("absent", "P4")
    assert asked == ["/library/sections/1/folder"]


def test_twenty_folders_read_the_first_level_of_the_view_once(it: Looks) -> None:
    wanted = [want(f"{TV}/New {number}/Season 01/x.mkv") for number in range(20)]
    with it.requests() as asked:
        found = it.look_all(*wanted, look=3)
    assert {sighting.seen for sighting in found.values()} == {"absent"}
    assert len(asked) == 2


def test_a_section_that_refuses_the_view_goes_on_without(it: Looks) -> None:
    wanted = [want(f"{TV}/New {number}/Season 01/x.mkv") for number in range(2)]
    it.fake.fail_next("/folder", status=404)
    found = it.look_all(*wanted, look=3)
    assert {sighting.seen for sighting in found.values()} == {"unknown"}


# ----- whole folders


@pytest.mark.parametrize(("folder", "kind"), [(SEASON, Kind.FOLDER), (f"{TV}/Show", Kind.UNKNOWN)])
def test_a_folder_is_there_when_anything_below_it_is(it: Looks, folder: str, kind: Kind) -> None:
    assert it.seen(want(folder, kind=kind)) == ("present", "P1")
    it.crowd(60)
    fresh = Looks(it.pair, it.folder)
    assert fresh.seen(want(folder, kind=kind)) == ("unknown", "P1")
    assert fresh.seen(want(folder, kind=kind), look=3) == ("present", "P4")
    assert fresh.seen(want(folder, kind=kind)) == ("present", "P2")


def test_a_whole_location_is_there_when_anything_below_it_is(it: Looks) -> None:
    it.crowd(60)
    assert it.seen(want(TV, kind=Kind.FOLDER), look=3) == ("present", "P4")


# ----- in the trash


def test_what_is_in_the_trash_is_not_there(it: Looks) -> None:
    it.real(episode(1)).unlink()
    it.scan(SEASON)
    write_file(it.real(episode(1)))
    assert it.seen(want(episode(1)), look=0) == ("trashed", "P1")
    it.scan(SEASON)
    assert it.seen(want(episode(1)), look=0) == ("present", "P2")


# ----- cost and trouble


@pytest.mark.parametrize(("library_id", "large"), [("1", 100_000), ("2", 5_000), ("3", 5_000)])
def test_a_library_of_100_000_items_costs_as_many_requests_as_one_of_100(
    tmp_path: Path, library_id: str, large: int
) -> None:
    root = {"1": f"{TV}/New/Season 01", "2": f"{MOVIES}/New (2020)", "3": "/data/music/New/Album"}[library_id]
    wanted = want(f"{root}/New - S01E01.mkv", hints=Hints(title="New", season=1))
    costs = []
    for count in (100, large):
        with looks(tmp_path / str(count)) as it:
            it.fake.bulk(count, library_id)
            with it.requests() as asked:
                for look in range(4):
                    it.look(wanted, look=look)
            costs.append(len(asked))
    assert costs[0] == costs[1] <= 4


def test_no_look_pages(it: Looks) -> None:
    it.fake.bulk(3000)
    for look in range(7):
        it.look(want(episode(9), hints=Hints(title="Bulk 0")), look=look)
    starts = {request.headers.get("x-plex-container-start") for request in it.fake.requests("/all")}
    assert starts == {"0"}


def test_an_answer_that_is_not_all_of_a_title_proves_nothing(it: Looks) -> None:
    page = b'<MediaContainer size="1" totalSize="5000"><Video ratingKey="1" title="x"><Media/></Video></MediaContainer>'
    it.fake.fail_next("/all", status=200, body=page)
    assert it.seen(want(episode(9), hints=SHOW), look=2) == ("unknown", "P3")


def test_an_answer_without_numbers_is_taken_for_what_it_says(it: Looks) -> None:
    part = f'<Part file="{episode(9)}"/>'
    body = f'<MediaContainer><Video ratingKey="7"><Media>{part}</Media></Video></MediaContainer>'
    it.fake.fail_next("/all", status=200, body=body.encode())
    assert it.seen(want(episode(9), size=5)) == ("present", "P1")


def test_a_section_that_is_gone_has_the_libraries_read_anew(it: Looks) -> None:
    it.pair.target.libraries()
    it.fake.fail_next("/all", status=404)
    with pytest.raises(TargetRejectedError, match="has no library 1 any more"):
        it.look(want(episode(9)))
    assert it.fake.requests()[-1].path == "/library/sections"


def test_any_other_refusal_is_told_as_it_is(it: Looks) -> None:
    it.fake.fail_next("/all", status=400, body=b"no")
    with pytest.raises(TargetRejectedError, match="HTTP 400"):
        it.look(want(episode(9)))
    it.look(want(episode(1)))
    it.fake.fail_next("/children", status=400, body=b"no")
    with pytest.raises(TargetRejectedError, match="HTTP 400"):
        it.look(want(episode(9)))


def test_a_server_in_trouble_is_unavailable_and_nothing_is_absent(it: Looks) -> None:
    for look in (1, 2, 3):
        it.fake.fail_next("/library/sections/1", status=503)
        with pytest.raises(TargetUnavailableError):
            it.look(want(episode(9), hints=SHOW), look=look)


def test_a_windows_server_compares_without_case(tmp_path: Path) -> None:
    make_media(tmp_path / "TV", season("Show", 1, [1]))
    root = "D:\\Media\\TV"
    libraries = (Library(title="TV", type="tv", roots=(root,)),)
    with pair("plex", {"D:\\Media": tmp_path}, libraries, case_insensitive=True) as made:
        made.filled()
        it = Looks(made, tmp_path)
        wanted = want("d:/media/tv/SHOW/Season 01/show - s01e01.mkv")
        assert it.seen(wanted) == ("present", "P1")
        it.crowd(60, ago=-100_000_000)
        assert it.seen(wanted) == ("present", "P2")
        assert Looks(made, tmp_path).seen(wanted, look=3) == ("present", "P4")
