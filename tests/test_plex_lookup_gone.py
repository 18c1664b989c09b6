"""When a Plex no longer shows a file, or a whole folder: never believed without a reading of its place."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.model import Hints
from tests.plex_looks import ALBUM, MOVIES, SEASON, SHOW, TV, Looks, episode, gone, gone_folder, looks, want
from tests.servers import make_media, movie, season, write_file

ALIEN = f"{MOVIES}/Alien (1979)/Alien (1979).mkv"


@pytest.fixture(params=["trash kept", "trash emptied"])
def it(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Looks]:
    """Plex with either setting of "Empty trash automatically after every scan"."""
    with looks(tmp_path / "media", auto_empty_trash=request.param == "trash emptied") as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Looks]:
    with looks(tmp_path / "media") as made:
        yield made


@pytest.fixture
def emptied(tmp_path: Path) -> Iterator[Looks]:
    with looks(tmp_path / "media", auto_empty_trash=True) as made:
        yield made


def remove(it: Looks, path: str) -> None:
    it.real(path).unlink()
    it.scan(path.rpartition("/")[0], gone(path))


def is_gone(it: Looks) -> str:
    return "absent" if it.fake.knobs.auto_empty_trash else "trashed"


# ----- one file


def test_a_deleted_episode_is_seen_gone_in_the_season_that_was_learnt(it: Looks) -> None:
    it.look(want(episode(1)))
    assert it.seen(gone(episode(1))) == ("present", "P2")
    remove(it, episode(1))
    with it.requests() as asked:
        assert it.seen(gone(episode(1))) == (is_gone(it), "P2")
    assert len(asked) == 1


def test_a_deleted_episode_of_a_show_that_was_never_seen_is_looked_for_by_its_title(it: Looks) -> None:
    remove(it, episode(1))
    with it.requests() as asked:
        assert it.seen(gone(episode(1), hints=SHOW)) == (is_gone(it), "P3")
    assert len(asked) == 1


def test_a_deleted_track_without_any_hint_is_looked_for_in_its_folder(it: Looks) -> None:
    path = f"{ALBUM}/01 - Track 1.flac"
    assert it.seen(gone(path)) == ("present", "P4")
    fresh = Looks(it.pair, it.folder)
    remove(it, path)
    with it.requests() as asked:
        assert fresh.seen(gone(path)) == (is_gone(it), "P4")
    assert len(asked) == 3


def test_a_deleted_movie_is_asked_for_itself(it: Looks) -> None:
    it.look(want(ALIEN))
    assert it.seen(gone(ALIEN)) == ("present", "P2")
    remove(it, ALIEN)
    with it.requests() as asked:
        assert it.seen(gone(ALIEN)) == (is_gone(it), "P2")
    assert len(asked) == 1
    assert asked[0].endswith("checkFiles=1")


def test_a_deleted_movie_that_was_never_seen_is_looked_for_by_title_and_folder(emptied: Looks) -> None:
    remove(emptied, ALIEN)
    with emptied.requests() as asked:
        assert emptied.seen(gone(ALIEN, hints=Hints(title="Alien"))) == ("absent", "P4")
    assert len(asked) == 2


def test_a_deleted_photo_is_seen_gone_only_if_it_was_seen_before(emptied: Looks) -> None:
    paths = [f"/data/photos/2024/{name}.jpg" for name in ("one", "two")]
    emptied.look(want(paths[0]))
    for path in paths:
        remove(emptied, path)
    assert emptied.seen(gone(paths[0])) == ("absent", "P2")
    assert emptied.seen(gone(paths[1])) == ("unknown", "P4")


def test_two_movies_in_one_folder_do_not_stand_for_each_other(kept: Looks) -> None:
    kept.fake.set(mis_group="*Second*")
    make_media(kept.folder / "movies", movie("Both (2000)", "First.mkv", "Second.mkv"))
    kept.scan(f"{MOVIES}/Both (2000)")
    kept.look(want(f"{MOVIES}/Both (2000)/First.mkv"))
    # The folder view shows it in another movie, of which a version may be gone: the disk decides.
    with kept.requests() as asked:
        assert kept.seen(gone(f"{MOVIES}/Both (2000)/Second.mkv")) == ("present", "P2")
    assert "/library/sections/2/folder" in asked


def test_a_season_that_is_listed_under_another_item_now_is_no_proof(kept: Looks) -> None:
    kept.known.learn("1", SEASON, "999999")
    assert kept.seen(gone(episode(1))) == ("present", "P4")
    kept.known.learn("1", SEASON, "999999")
    assert kept.seen(gone(episode(1), hints=SHOW)) == ("present", "P3")


# ----- before a scan


def test_before_a_scan_nothing_but_what_was_learnt_is_asked(it: Looks) -> None:
    with it.requests() as asked:
        assert it.seen(gone(episode(1), hints=SHOW), look=0) == ("unknown", "")
    assert asked == []


def test_before_a_scan_a_file_that_its_disk_has_lost_is_still_listed(it: Looks) -> None:
    for path in (episode(1), ALIEN):
        it.look(want(path))
        it.real(path).unlink()
        with it.requests() as asked:
            assert it.seen(gone(path), look=0) == ("present", "P2")
        assert len(asked) == 1


def test_before_a_scan_a_movie_without_the_file_shows_that_it_is_gone(emptied: Looks) -> None:
    path = add_version(emptied)
    emptied.look(want(path))
    remove(emptied, path)
    assert emptied.seen(gone(path), look=0) == ("absent", "P2")
    remove(emptied, ALIEN)
    # Its item is gone: the file may have gone to another one.
    assert emptied.seen(gone(path), look=0) == ("unknown", "P2")
    assert emptied.seen(gone(path)) == ("absent", "P2")


def add_version(it: Looks) -> str:
    path = "/data/movies-4k/Alien (1979)/Alien (1979) [2160p].mkv"
    write_file(it.real(path))
    it.scan("/data/movies-4k/Alien (1979)")
    return path


# ----- versions, upgrades, renames


def test_a_version_that_is_gone_is_told_by_a_look_at_the_disk(kept: Looks) -> None:
    path = add_version(kept)
    assert kept.seen(gone(path, hints=Hints(title="Alien"))) == ("present", "P2")
    remove(kept, path)
    with kept.requests() as asked:
        assert kept.seen(gone(path, hints=Hints(title="Alien"))) == ("trashed", "P2")
    assert len(asked) <= 2
    assert kept.seen(want(ALIEN)) == ("present", "P1")


def test_a_version_of_an_episode_is_told_by_a_look_at_the_disk(it: Looks) -> None:
    other = f"{SEASON}/Show - S01E01 [720p].mkv"
    write_file(it.real(other))
    it.scan(SEASON)
    it.look(want(other))
    assert it.seen(gone(other)) == ("present", "P2")
    remove(it, other)
    assert it.seen(gone(other)) == (is_gone(it), "P2")


def test_a_file_that_only_the_disk_has_lost_is_not_gone(kept: Looks) -> None:
    kept.fake.set(never_remove="*")
    for path in (episode(1), ALIEN):
        kept.look(want(path))
        remove(kept, path)
        assert kept.seen(gone(path)) == ("present", "P2")
    assert kept.look(gone(ALIEN)).saw == "Alien: still listed, though its file is gone"
    path = f"{MOVIES}/Aliens (1986)/Aliens (1986).mkv"
    kept.look(want(path))
    kept.real(path).unlink()
    sighting = kept.look(want(path))
    assert (sighting.seen, sighting.saw) == ("trashed", "Aliens: its file is gone")


@pytest.mark.parametrize("hints", [SHOW, Hints()])
def test_an_upgrade_shows_the_new_file_and_not_the_old_by_the_same_requests(it: Looks, hints: Hints) -> None:
    it.look(want(episode(1)))
    new = f"{SEASON}/Show - S01E01 [1080p].mkv"
    write_file(it.real(new), 5000)
    it.real(episode(1)).unlink()
    it.scan(SEASON)
    with it.requests() as asked:
        found = it.look_all(want(new, size=5000, hints=hints), gone(episode(1), hints=hints))
    assert found[new].seen == "present"
    assert found[episode(1)].seen == is_gone(it)
    assert len(asked) <= 2


def test_a_rename_shows_the_new_name_and_not_the_old(it: Looks) -> None:
    new = f"{SEASON}/Show - S01E01 - Pilot.mkv"
    it.real(episode(1)).rename(it.real(new))
    it.scan(SEASON)
    with it.requests() as asked:
        found = it.look_all(want(new, hints=SHOW), gone(episode(1), hints=SHOW))
    assert (found[new].seen, found[episode(1)].seen) == ("present", is_gone(it))
    assert len(asked) <= 2


def test_one_of_two_episodes_files_that_is_gone_is_gone_from_both(it: Looks) -> None:
    path = f"{SEASON}/Show - S01E07-E08.mkv"
    write_file(it.real(path))
    it.scan(SEASON)
    it.look(want(path))
    remove(it, path)
    assert it.seen(gone(path)) == (is_gone(it), "P2")


# ----- a whole series


def big_series(it: Looks) -> str:
    for number in range(1, 11):
        make_media(it.folder / "tv", season("Long", number, range(1, 21)))
    it.scan(f"{TV}/Long")
    it.crowd(60)
    return f"{TV}/Long"


def delete(it: Looks, folder: str) -> None:
    shutil.rmtree(it.real(folder))
    it.scan(folder, gone_folder(folder))


@pytest.mark.parametrize("title", ["Long", "Wrong", ""])
@pytest.mark.parametrize("learnt", [True, False])
def test_a_deleted_series_of_200_episodes_is_seen_gone(it: Looks, title: str, *, learnt: bool) -> None:
    folder = big_series(it)
    if learnt:
        it.look(want(f"{folder}/Season 01/Long - S01E01.mkv"), look=3)
    wanted = gone_folder(folder, hints=Hints(title=title))
    assert it.look(wanted).seen == "present"
    it.fake.set(never_remove="*S10E20*")
    delete(it, folder)
    assert it.look(wanted).seen == "present"
    it.fake.set(never_remove="")
    it.scan(TV)
    fresh = it if learnt else Looks(it.pair, it.folder)
    with it.requests() as asked:
        assert fresh.look(wanted).seen == is_gone(it)
    assert len(asked) <= 5


def test_the_200_files_of_a_series_are_seen_gone_season_by_season(it: Looks) -> None:
    folder = big_series(it)
    paths = [f"{folder}/Season {s:02d}/Long - S{s:02d}E{e:02d}.mkv" for s in range(1, 11) for e in range(1, 21)]
    it.look_all(*(want(path, hints=Hints(title="Long")) for path in paths), look=2)
    delete(it, folder)
    with it.requests() as asked:
        found = it.look_all(*(gone(path) for path in paths))
    assert {sighting.seen for sighting in found.values()} == {is_gone(it)}
    assert len(asked) <= 12


def test_a_folder_of_many_folders_is_not_believed_gone_before_all_were_seen(kept: Looks) -> None:
    names = [f"Film {number} (2000)" for number in range(12)]
    make_media(kept.folder / "movies/Box", {path: None for name in names for path in movie(name)})
    kept.scan(f"{MOVIES}/Box")
    delete(kept, f"{MOVIES}/Box")
    with kept.requests() as asked:
        sighting = kept.look(gone_folder(f"{MOVIES}/Box"))
    assert (sighting.seen, sighting.evidence) == ("unknown", "P4")
    assert sighting.saw == "what was found below it is in the trash; there may be more"
    assert len(asked) == 10
    write_file(kept.real(f"{MOVIES}/Box/A (2000)/A (2000).mkv"))
    kept.scan(f"{MOVIES}/Box")
    assert kept.look(gone_folder(f"{MOVIES}/Box")).seen == "present"


def test_a_folder_of_several_shows_is_not_gone_with_one_of_them(it: Looks) -> None:
    other = it.look(want(episode(1, "Other")))
    it.known.learn("1", TV, it.known.parent("1", f"{TV}/Other") or "")
    delete(it, f"{TV}/Other")
    it.known.learn("1", f"{TV}/Show", "")
    assert other.seen == "present"
    assert it.seen(gone_folder(TV)) == ("present", "P4")


def test_a_folder_that_never_held_anything_is_absent(kept: Looks) -> None:
    assert kept.seen(gone_folder(f"{TV}/Nothing")) == ("absent", "P4")
    assert kept.seen(gone_folder("/data/photos/2020")) == ("unknown", "P4")


# ----- the view, spelt in other ways


def test_a_view_that_begins_with_the_locations_is_read_below_them(kept: Looks) -> None:
    def level(*entries: str) -> dict[str, object]:
        return {"status": 200, "body": f"<MediaContainer>{''.join(entries)}</MediaContainer>".encode()}

    def folder(number: int, title: str) -> str:
        return f'<Directory key="/library/sections/2/folder?parent={number}" title="{title}"/>'

    foreign = '<Directory key="/library/sections/9/folder?parent=1" title="Brazil (1985)"/>'
    movies = [folder(1, "movies"), folder(2, "movies-4k"), foreign]
    path = f"{MOVIES}/Brazil (1985)/Brazil (1985).mkv"
    item = f'<Video ratingKey="5" title="Brazil"><Media><Part file="{path}" size="1"/></Media></Video>'
    for answer in (level(*movies), level(folder(3, "Brazil (1985)")), level(item)):
        kept.fake.fail_next("/folder", **answer)
    with kept.requests() as asked:
        assert kept.seen(gone(path)) == ("present", "P4")
    assert [request.rpartition("parent=")[2] for request in asked[1:]] == ["1", "3"]


def test_an_item_that_stands_for_its_folder_is_seen(kept: Looks) -> None:
    path = f"{MOVIES}/Brazil (1985)/Brazil (1985).mkv"
    item = f'<Video ratingKey="5" title="Brazil"><Media><Part file="{path}" size="1"/></Media></Video>'
    kept.fake.fail_next("/folder", status=200, body=f"<MediaContainer>{item}</MediaContainer>".encode())
    assert kept.seen(gone(path)) == ("present", "P4")
