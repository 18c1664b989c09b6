"""How files are found in a Jellyfin that hides versions (12), and in one with other ids (a migrated database)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetUnavailableError
from autoscan.model import Seen
from tests.lookups import ALIEN, SEASON, Looker, episode, file, folder, gone, removed
from tests.servers import make_media, movie, season, write_file
from tests.targets import media, pair

PRESENT, ABSENT, UNKNOWN = Seen.PRESENT, Seen.ABSENT, Seen.UNKNOWN
UHD = ALIEN.replace(".mkv", " - 2160p.mkv")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


# ----- hidden versions


@pytest.fixture
def hiding(disk: Path) -> Iterator[Looker]:
    make_media(disk / "movies", movie("Alien (1979)", "Alien (1979) - 2160p.mkv"))
    with pair("jellyfin", {"/data": disk}, version="12.0.0") as made:
        yield Looker(made.filled())


def _versions(looker: Looker) -> list[str]:
    """Return the two versions of one movie: first the one that is hidden."""
    seen = looker.all([file(ALIEN), file(UHD)])
    return sorted(seen, key=lambda path: seen[path].seen is PRESENT)


def test_a_hidden_version_that_should_be_there_is_asked_for_from_the_second_look_on(hiding: Looker) -> None:
    hidden, shown = _versions(hiding)
    assert hiding.one(shown) == (PRESENT, "J1")
    assert hiding.one(hidden) == (ABSENT, "J1")
    assert hiding.one(hidden, look=2) == (PRESENT, "J2")
    assert hiding.one("/data/movies/Alien (1979)/no.mkv", look=2) == (ABSENT, "J2")


def test_a_hidden_version_that_should_be_gone_is_never_overlooked(hiding: Looker, disk: Path) -> None:
    hidden, _ = _versions(hiding)
    assert hiding.one(removed(hidden), look=0) == (UNKNOWN, "J1")
    assert hiding.one(removed(hidden), look=1) == (PRESENT, "J2")
    (disk / hidden.removeprefix("/data/")).unlink()
    hiding.scan("/data/movies/Alien (1979)", removed(hidden))
    assert hiding.one(removed(hidden), look=1) == (ABSENT, "J2")


def test_files_in_a_folder_that_is_gone_are_gone_at_once(hiding: Looker) -> None:
    wanted = [removed(episode(number, 9)) for number in range(30)]
    seen = hiding.all(wanted, look=0)
    assert {(each.seen, each.evidence) for each in seen.values()} == {(ABSENT, "J1")}
    assert len(hiding.cost(wanted, 3)) == 1


def test_many_files_of_one_folder_are_listed_together(hiding: Looker, disk: Path) -> None:
    make_media(disk / "tv", season("Show", 1, range(1, 25)))
    hiding.scan(SEASON)
    old = [removed(f"{SEASON}/Old S01E{number:02d}.mkv") for number in range(24)]
    assert {each.seen for each in hiding.all(old, look=0).values()} == {UNKNOWN}
    assert {(each.seen, each.evidence) for each in hiding.all(old).values()} == {(ABSENT, "J4")}
    assert len(hiding.cost(old)) == 2


def test_a_listing_shows_the_versions_that_are_hidden(hiding: Looker, disk: Path) -> None:
    hiding.it.fake.set(mis_group="*2160p*")
    paths = [f"{SEASON}/Show S01E{number:02d} 2160p.mkv" for number in (1, 2, 3, 4)]
    make_media(disk, [path.removeprefix("/data/") for path in paths])
    hiding.scan(SEASON)
    seen = hiding.all([removed(path) for path in paths])
    assert {(each.seen, each.evidence) for each in seen.values()} == {(PRESENT, "J4")}


def test_a_listing_that_is_cut_off_proves_nothing(hiding: Looker, disk: Path) -> None:
    make_media(disk / "tv", season("Show", 1, range(1, 502)))
    hiding.scan(SEASON)
    wanted = [removed(f"{SEASON}/Old S01E{number:02d}.mkv") for number in range(4)]
    assert {each.seen for each in hiding.all(wanted).values()} == {UNKNOWN}


def test_a_few_missing_files_of_a_season_and_of_a_root_are_asked_for(hiding: Looker) -> None:
    for path in (f"{SEASON}/no.mkv", "/data/tv/no.mkv"):
        assert hiding.one(removed(path)) == (ABSENT, "J2")


def test_what_is_too_much_for_one_look_is_left_for_the_next(hiding: Looker) -> None:
    wanted = [file(f"/data/movies/New {number}/x.mkv") for number in range(5)]
    wanted += [removed(f"/data/movies/Old {number}/x.mkv") for number in range(12)]
    seen = hiding.all(wanted, look=2)
    assert [seen[each.path].evidence for each in wanted].count("J2") == 10
    assert [seen[each.path].seen for each in wanted[:5]] == [ABSENT] * 5
    assert [seen[each.path].seen for each in wanted[5:]].count(UNKNOWN) == 2
    assert len(hiding.cost(wanted, 2)) == 11


def test_a_failure_while_asking_for_a_version_is_told(hiding: Looker) -> None:
    hiding.one(ALIEN)
    hiding.it.fake.fail_next("/Ancestors", status=502)
    with pytest.raises(TargetUnavailableError):
        hiding.one(removed(f"{SEASON}/no.mkv"))


# ----- other ids


@pytest.fixture
def migrated(disk: Path) -> Iterator[Looker]:
    with pair("jellyfin", {"/data": disk}, foreign_ids=True) as made:
        looker = Looker(made.filled())
        made.clock.advance(10_000)  # what was there is nothing new
        yield looker


def _grow(looker: Looker, disk: Path, *paths: str) -> None:
    """Add files and have them scanned."""
    make_media(disk, [path.removeprefix("/data/") for path in paths])
    looker.scan(paths[0].rpartition("/")[0])


def test_with_other_ids_what_is_new_is_found_and_what_is_old_is_unknown(migrated: Looker, disk: Path) -> None:
    assert migrated.one(episode(1)) == (UNKNOWN, "J3")
    assert migrated.one(episode(9)) == (UNKNOWN, "J3")
    _grow(migrated, disk, episode(9))
    assert migrated.one(file(episode(9))) == (PRESENT, "J3")
    assert migrated.one(episode(9)) == (PRESENT, "J1")  # its id is known now


def test_with_other_ids_a_season_pack_is_one_request_each_look(migrated: Looker, disk: Path) -> None:
    wanted = [file(episode(number, 3)) for number in range(1, 25)]
    assert len(migrated.cost(wanted, 0)) <= 7
    assert len(migrated.cost(wanted)) == 1
    _grow(migrated, disk, *(each.path for each in wanted))
    assert {each.seen for each in migrated.all(wanted).values()} == {PRESENT}
    assert len(migrated.cost(wanted)) == 1


def test_with_other_ids_a_known_file_is_seen_gone(migrated: Looker, disk: Path) -> None:
    _grow(migrated, disk, episode(9), episode(8))
    migrated.all([file(episode(9))])
    for number in (8, 9):
        (disk / episode(number).removeprefix("/data/")).unlink()
    migrated.scan(SEASON, removed(episode(9)))
    assert migrated.one(removed(episode(9))) == (ABSENT, "J1")
    # Its neighbour was never seen, but their folder's item is known.
    assert migrated.one(removed(episode(8))) == (ABSENT, "J4")


def test_with_other_ids_the_children_of_a_known_folder_are_seen(migrated: Looker, disk: Path) -> None:
    _grow(migrated, disk, episode(9))
    migrated.all([file(episode(9))])
    assert migrated.one(file(episode(1))) == (PRESENT, "J4")
    assert migrated.one(file(episode(1))) == (PRESENT, "J1")


def test_with_other_ids_what_was_in_a_folder_that_is_gone_is_gone(migrated: Looker, disk: Path) -> None:
    _grow(migrated, disk, episode(1, 5), episode(2, 5))
    migrated.all([file(episode(1, 5))])
    for number in (1, 2):
        (disk / episode(number, 5).removeprefix("/data/")).unlink()
    (disk / "tv/Show/Season 05").rmdir()
    migrated.scan("/data/tv/Show/Season 05", removed(episode(1, 5)))
    assert {each.seen for each in migrated.all([removed(episode(1, 5)), removed(episode(2, 5))]).values()} == {ABSENT}


def test_with_other_ids_a_cut_off_listing_proves_nothing(migrated: Looker, disk: Path) -> None:
    _grow(migrated, disk, *(episode(number, 5) for number in range(1, 502)))
    migrated.it.fake.advance(10_000)
    migrated.it.clock.advance(10_000)
    _grow(migrated, disk, episode(502, 5))
    assert migrated.one(episode(502, 5)) == (PRESENT, "J3")
    assert migrated.one(removed(f"{SEASON}/x.mkv".replace("01", "05"))) == (UNKNOWN, "J3")


def test_with_other_ids_a_movie_is_found_and_seen_gone_and_no_root_is_listed(migrated: Looker, disk: Path) -> None:
    path = "/data/movies/New (2020)/New (2020).mkv"
    _grow(migrated, disk, path)
    assert migrated.one(file(path)) == (PRESENT, "J3")
    (disk / path.removeprefix("/data/")).unlink()
    migrated.scan("/data/movies", removed(path))
    assert migrated.one(removed(path)) == (ABSENT, "J1")
    assert not [request for request in migrated.it.asked("GET /Items") if request.arg("ParentId")]


def test_with_other_ids_folders_are_seen_by_what_is_new_in_them_or_by_title(migrated: Looker, disk: Path) -> None:
    assert migrated.one(folder("/data/tv/Show")) == (UNKNOWN, "J3")
    _grow(migrated, disk, episode(9))
    assert migrated.one(folder("/data/tv/Show")) == (PRESENT, "J3")
    assert migrated.one(folder("/data/movies/Aliens (1986)")) == (PRESENT, "J5")
    assert migrated.one(gone("/data/movies/None (1986)")) == (UNKNOWN, "J5")


@pytest.mark.parametrize("count", [0, 100_000])
def test_with_other_ids_a_large_library_costs_no_more(disk: Path, count: int) -> None:
    with pair("jellyfin", {"/data": disk}, foreign_ids=True) as made:
        looker = Looker(made.filled())
        made.fake.bulk(count)
        wanted = [file(episode(1)), removed(episode(9))]
        looker.all(wanted)
        assert len(looker.cost(wanted)) <= 4


def test_a_file_that_is_back_under_a_new_id_is_not_called_gone(migrated: Looker, disk: Path) -> None:
    _grow(migrated, disk, episode(9))
    migrated.one(episode(9))
    migrated.known.learn(migrated.it.target.libraries()[0].id, episode(9), "0" * 32)
    assert migrated.one(removed(episode(9)))[0] is PRESENT


def test_a_known_id_that_leads_elsewhere_is_no_sighting(migrated: Looker, disk: Path) -> None:
    library = migrated.it.target.libraries()[0].id
    _grow(migrated, disk, episode(9), episode(8))
    migrated.all([file(episode(9)), file(episode(8))])
    migrated.known.learn(library, episode(7), str(migrated.known.parent(library, episode(8))))
    assert migrated.one(file(episode(7))) == (ABSENT, "J4")


def test_a_loose_file_in_a_root_teaches_no_folder(migrated: Looker, disk: Path) -> None:
    write_file(disk / "tv/Loose S01E01.mkv")
    migrated.scan("/data/tv")
    assert migrated.one("/data/tv/Loose S01E01.mkv") == (PRESENT, "J3")
    assert migrated.known.parent(migrated.it.target.libraries()[0].id, "/data/tv") is None
