"""What a Plex sees of its disks, passes over by name, and says when it is tried; and whose turn a look is."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from autoscan.errors import TargetUnavailableError
from autoscan.model import Hints, Kind
from autoscan.targets.plex.turns import turn
from autoscan.targets.values import Check, Scope
from tests.plex_looks import LIBRARIES, MOVIES, SEASON, TV, Looks, episode, looks, want
from tests.servers import write_file
from tests.targets import pair


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Looks]:
    with looks(tmp_path / "media") as made:
        yield made


# ----- the disk


@pytest.mark.parametrize(
    ("path", "kind", "visible"),
    [
        (episode(1), Kind.FILE, True),
        (episode(9), Kind.FILE, False),
        (f"{TV}/Nothing/x.mkv", Kind.FILE, False),
        (SEASON, Kind.FOLDER, True),
        ("/data/movies-4k", Kind.FOLDER, True),
        (f"{TV}/Nothing", Kind.UNKNOWN, False),
    ],
)
def test_what_plex_sees_on_its_disk(it: Looks, path: str, kind: Kind, *, visible: bool) -> None:
    library = it.pair.target.libraries()[0]
    assert it.pair.target.visible(library, want(path, kind=kind)) is visible


def test_a_file_is_one_look_at_the_disk_and_seen_in_either_unicode_form(it: Looks) -> None:
    write_file(it.folder / "tv/Ame\u0301lie.mkv")
    library = it.pair.target.libraries()[0]
    before = len(it.fake.requests())
    assert it.pair.target.visible(library, want(f"{TV}/Amélie.mkv")) is True
    assert len(it.fake.requests()) == before + 1


def test_a_token_that_may_not_browse_says_nothing_of_the_disk(it: Looks) -> None:
    library = it.pair.target.libraries()[0]
    it.fake.set(non_admin=True)
    assert it.pair.target.visible(library, want(episode(1))) is None


def test_a_server_in_trouble_says_nothing_of_the_disk_either(it: Looks) -> None:
    library = it.pair.target.libraries()[0]
    it.fake.fail_next("/services", status=503)
    with pytest.raises(TargetUnavailableError):
        it.pair.target.visible(library, want(episode(1)))


# ----- names


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"{SEASON}/.hidden.mkv", "hidden names: .hidden.mkv"),
        (f"{TV}/.grab/x.mkv", "hidden names: .grab"),
        (f"{TV}/Show/@eaDir/x.mkv", "folders of the system: @eaDir"),
        (f"{SEASON}/x.mkv.partial~", "unfinished files: x.mkv.partial~"),
        (f"{SEASON}/Sample/x.mkv", "samples: Sample"),
        (f"{SEASON}/show-sample.mkv", "samples: show-sample.mkv"),
        (f"{SEASON}/sample.mkv", "samples: sample.mkv"),
    ],
)
def test_names_that_plex_passes_over(it: Looks, path: str, reason: str) -> None:
    library = it.pair.target.libraries()[0]
    assert it.pair.target.ignores(library, path) == f"Plex passes over {reason}"


@pytest.mark.parametrize(
    "path",
    [episode(1), f"{TV}/Sample/Season 01/x.mkv", f"{TV}/Show/Season 01/Sampler.mkv", f"{TV}/Samples", TV, "/data/.x/y"],
)
def test_names_that_plex_takes(it: Looks, path: str) -> None:
    library = it.pair.target.libraries()[0] if path.startswith(TV) else it.pair.target.libraries()[1]
    assert it.pair.target.ignores(library, path) == ""


def test_what_is_passed_over_is_never_listed(it: Looks) -> None:
    path = f"{SEASON}/Show - S01E09.sample.mkv"
    write_file(it.real(path))
    it.scan(SEASON)
    assert it.seen(want(path), look=3) == ("absent", "P4")


# ----- self-check


def by_name(checks: tuple[Check, ...]) -> dict[str, bool | None]:
    return {check.name: check.ok for check in checks}


def test_a_plex_as_it_should_be_has_nothing_to_complain_of(it: Looks) -> None:
    write_file(it.folder / "movies-4k/Dune (2021)/Dune (2021).mkv")
    before = len(it.fake.requests())
    found = by_name(it.pair.target.self_check())
    assert found == {
        "rights of the token": True,
        "TV: /data/tv": True,
        "Movies: /data/movies": True,
        "Movies: /data/movies-4k": True,
        "Music: /data/music": True,
        "Photos: /data/photos": True,
        "TV: newest items": True,
        "TV: folder view": True,
        "Movies: newest items": True,
        "Movies: folder view": True,
        "Music: newest items": True,
        "Music: folder view": True,
        "Photos: newest items": True,
        "Photos: folder view": None,
    }
    assert len(it.fake.requests()) - before == 1 + 5 + 4 + 3


def test_a_location_in_which_plex_sees_nothing_is_a_finding(it: Looks) -> None:
    it.fake.set(mount_dropped=True)
    checks = {check.name: check for check in it.pair.target.self_check()}
    assert checks["TV: /data/tv"].ok is False
    assert "Mount the disk" in checks["TV: /data/tv"].advice
    assert checks["rights of the token"].ok is True


def test_a_token_that_may_not_scan_is_a_finding(it: Looks) -> None:
    it.fake.set(non_admin=True)
    checks = {check.name: check for check in it.pair.target.self_check()}
    assert checks["rights of the token"].ok is False
    assert "owner" in checks["rights of the token"].advice
    assert "TV: /data/tv" not in checks


def test_questions_that_do_not_work_are_findings(it: Looks) -> None:
    videos = "".join(f'<Video addedAt="{time}"><Media/></Video>' for time in (1, 2))
    it.fake.fail_next("/all", status=200, body=f"<MediaContainer>{videos}</MediaContainer>".encode())
    it.fake.fail_next("/folder", status=404)
    found = by_name(it.pair.target.self_check())
    assert (found["TV: newest items"], found["TV: folder view"]) == (False, False)
    assert (found["Movies: newest items"], found["Movies: folder view"]) == (True, True)


def test_an_empty_library_is_no_fault_of_plex(tmp_path: Path) -> None:
    (tmp_path / "tv").mkdir()
    with pair("plex", {"/data": tmp_path}, LIBRARIES[:1]) as made:
        found = by_name(made.target.self_check())
        assert (found["TV: newest items"], found["TV: folder view"]) == (None, None)


def test_a_plex_without_libraries_is_a_finding(tmp_path: Path) -> None:
    with pair("plex", {"/data": tmp_path}, ()) as made:
        (check,) = made.target.self_check()
        assert (check.ok, check.advice) == (False, "Add libraries in Plex.")


def test_a_library_without_folders_leaves_the_rights_open(it: Looks) -> None:
    section = b'<MediaContainer><Directory key="1" type="show" title="TV"/></MediaContainer>'
    it.fake.fail_next("/library/sections", status=200, body=section)
    assert by_name(it.pair.target.self_check())["rights of the token"] is None


# ----- turns


def test_looks_wait_twice_as_long_each_time(it: Looks) -> None:
    scope = Scope(path=SEASON, label="refresh?path")
    assert it.pair.target.look_pauses(scope) == (5, 10, 20, 40, 80, 160)


def test_a_new_file_of_a_title_that_is_known_to_nobody_takes_turns() -> None:
    assert [turn(look, known=False, titled=True, folders=True) for look in range(7)] == [
        "P1",
        "P1",
        "P3",
        "P4",
        "P1",
        "P3",
        "P4",
    ]
    assert [turn(look, known=True, titled=False, folders=False) for look in range(7)] == [
        "P2",
        "P2",
        "P2",
        "P2",
        "P1",
        "P2",
        "P1",
    ]


def test_each_round_of_looks_asks_for_the_newest_and_ends_as_wide_as_it_can() -> None:
    for known, titled, folders in product((True, False), repeat=3):
        turns = [turn(look, known=known, titled=titled, folders=folders) for look in range(7, 13)]
        assert "P1" in turns
        assert turns[-1] == ("P4" if folders else "P1")
        assert ("P3" in turns, "P2" in turns) == (titled, known)


@pytest.mark.parametrize("hints", [Hints(), Hints(title="Show", season=1)])
@pytest.mark.parametrize("learnt", [True, False])
def test_a_file_that_never_comes_costs_few_requests_in_six_looks(it: Looks, hints: Hints, *, learnt: bool) -> None:
    if learnt:
        it.look(want(f"{MOVIES}/Alien (1979)/Alien (1979).mkv"))
        it.look(want(episode(1)))
    for path in (episode(9), f"{MOVIES}/Alien (1979)/Alien (1979) [4K].mkv"):
        with it.requests() as asked:
            for look in range(1, 7):
                it.look(want(path, hints=hints), look=look)
        assert len(asked) <= 10
