"""The monitor of Google Drive: what happens in a simulated Drive, and what is asked for because of it."""

from pathlib import Path
from typing import Any

import pytest

from autoscan.drive.monitor_walk import build_page
from autoscan.model import Kind
from tests import webs
from tests.drives import World, added, removed, renamed, watching
from tests.servers.google import FakeGoogle

FOLDER = Kind.FOLDER
SHOW = "/mnt/gd/TV/Show"


def a_show(fake: FakeGoogle) -> None:
    """Make a show of two episodes, long before anybody watches."""
    world = fake.world
    world.path("Meine Ablage/TV/Show/S01/e1.mkv")
    world.path("Meine Ablage/TV/Show/S01/e2.mkv", size=2000)
    fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with watching(tmp_path, before=a_show) as found:
        yield found


def by_name(world: World, name: str) -> str:
    found: str = next(node.id for _, node in world.drive.nodes.slice(0) if node.name == name)
    return found


def learn(world: World) -> None:
    """Fill the cache, as `scan.py build_caches` does, long before what follows."""
    api = world.autoscan.drive_api()
    while not world.state().complete:
        build_page(api, world.queue, world.clock, world.state())
    api.close()
    world.clock.advance(3600)
    assert world.poll() == []


# ----- every kind of change


def test_what_was_there_before_is_not_asked_for(world: World) -> None:
    assert world.poll() == []
    assert world.state().ok
    assert world.state().name == "My Drive"


def test_a_new_file_is_asked_for_with_its_size(world: World) -> None:
    world.drive.path("Meine Ablage/TV/Show/S01/e3.mkv", size=4096)
    assert world.poll() == [added(f"{SHOW}/S01/e3.mkv", 4096)]


def test_new_folders_say_nothing_besides_their_files(world: World) -> None:
    world.drive.path("Meine Ablage/TV/New/S01/e1.mkv")
    assert world.poll() == [added("/mnt/gd/TV/New/S01/e1.mkv")]


def test_other_contents_are_asked_for(world: World) -> None:
    learn(world)
    world.drive.write(by_name(world, "e1.mkv"), size=5000)
    assert world.poll() == [added(f"{SHOW}/S01/e1.mkv", 5000)]


def test_a_file_that_is_as_it_was_is_skipped(world: World) -> None:
    learn(world)
    world.drive.touch(by_name(world, "e1.mkv"))
    assert world.poll() == []


def test_a_renamed_file_is_gone_there_and_here_now(world: World) -> None:
    learn(world)
    world.drive.rename(by_name(world, "e1.mkv"), "e9.mkv")
    assert world.poll() == [removed(f"{SHOW}/S01/e1.mkv"), renamed(f"{SHOW}/S01/e9.mkv")]


def test_a_moved_file_is_gone_there_and_here_now(world: World) -> None:
    learn(world)
    world.drive.move(by_name(world, "e1.mkv"), by_name(world, "Show"))
    assert world.poll() == [removed(f"{SHOW}/S01/e1.mkv"), renamed(f"{SHOW}/e1.mkv")]


def test_a_file_in_the_trash_is_gone_and_comes_back(world: World) -> None:
    episode = by_name(world, "e1.mkv")
    world.drive.trash(episode)
    assert world.poll() == [removed(f"{SHOW}/S01/e1.mkv")]
    world.drive.untrash(episode)
    assert world.poll() == [added(f"{SHOW}/S01/e1.mkv")]


def test_a_deleted_file_is_gone_if_it_was_known(world: World) -> None:
    learn(world)
    world.drive.delete(by_name(world, "e1.mkv"))
    assert world.poll() == [removed(f"{SHOW}/S01/e1.mkv")]
    assert world.queue.drive_twins(by_name(world, "S01"), "e1.mkv") == []


def test_what_is_gone_is_waited_for_until_the_mount_shows_it_gone(world: World) -> None:
    world.drive.trash(by_name(world, "e1.mkv"))
    world.poll()
    assert world.rows("SELECT announced FROM expectations") == [{"announced": 1}]


# ----- folders stand for what lies below


def test_a_renamed_folder_is_two_requests_whatever_it_holds(world: World) -> None:
    learn(world)
    world.drive.rename(by_name(world, "Show"), "Film")
    assert world.poll() == [removed(SHOW, FOLDER), renamed("/mnt/gd/TV/Film", None, FOLDER)]


def test_files_of_a_renamed_folder_have_its_new_path(world: World) -> None:
    learn(world)
    world.drive.rename(by_name(world, "Show"), "Film")
    world.poll()
    world.drive.write(by_name(world, "e1.mkv"), size=7)
    assert world.poll() == [added("/mnt/gd/TV/Film/S01/e1.mkv", 7)]


@pytest.mark.parametrize("tells_below", [False, True])
def test_a_folder_in_the_trash_takes_everything_with_it(world: World, tells_below: bool) -> None:
    learn(world)
    world.drive.tells_below = tells_below
    world.drive.trash(by_name(world, "Show"))
    assert removed(SHOW, FOLDER) in world.poll()
    assert world.rows("SELECT folder FROM scans WHERE state = 'waiting'") == [{"folder": SHOW}]
    world.drive.untrash(by_name(world, "Show"))
    assert added(SHOW, None, FOLDER) in world.poll()


def test_a_deleted_folder_is_forgotten_with_all_that_lay_in_it(world: World) -> None:
    learn(world)
    world.drive.delete(by_name(world, "Show"))
    assert world.poll() == [removed(SHOW, FOLDER)]
    assert {row["name"] for row in world.rows("SELECT name FROM drive_files")} == {"TV"}
    assert world.rows("SELECT * FROM drive_places") == world.rows(
        "SELECT p.* FROM drive_places p JOIN drive_files f ON f.id = p.file_id"
    )


def test_a_folder_that_comes_from_elsewhere_is_asked_for_whole(tmp_path: Path) -> None:
    with watching(tmp_path, before=_elsewhere, google={"TEAMDRIVES": ["Films"], "TEAMDRIVE": True}) as world:
        elsewhere = next(each.id for each in world.drive.drives.values() if each.name == "Elsewhere")
        films = next(each.id for each in world.drive.drives.values() if each.name == "Films")
        (alien,) = [node.id for node in world.drive.nodes.children(elsewhere)]
        world.drive.move(alien, films)
        asked = world.poll()
    assert added("/mnt/films/Alien", None, FOLDER) in asked


def _elsewhere(fake: FakeGoogle) -> None:
    fake.world.shared_drive("Films")
    fake.world.shared_drive("Elsewhere")
    fake.world.path("Elsewhere/Alien/Alien.mkv")
    fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one


# ----- odd things in Drive


def test_documents_of_googles_editors_are_no_files(world: World) -> None:
    world.drive.document("Notes", by_name(world, "Show"))
    assert world.poll() == []


def test_a_shortcut_is_scanned_under_its_own_path(world: World) -> None:
    world.drive.shortcut("again.mkv", by_name(world, "e1.mkv"), by_name(world, "TV"))
    world.drive.shortcut("Show again", by_name(world, "Show"), by_name(world, "TV"))
    assert world.poll() == [added("/mnt/gd/TV/Show again", None, FOLDER), added("/mnt/gd/TV/again.mkv", None)]


def test_a_file_in_two_folders_is_asked_for_in_both(world: World) -> None:
    world.drive.add_parent(by_name(world, "e1.mkv"), by_name(world, "TV"))
    assert world.poll() == [added("/mnt/gd/TV/Show/S01/e1.mkv"), added("/mnt/gd/TV/e1.mkv")]


def test_a_slash_in_a_name_is_spelt_as_on_a_mount(world: World) -> None:
    world.drive.file("Face/Off.mkv", by_name(world, "TV"))
    assert world.poll() == [added("/mnt/gd/TV/Face\uff0fOff.mkv")]


def test_of_two_files_of_one_name_the_other_stays(world: World) -> None:
    learn(world)
    twin = world.drive.file("e1.mkv", by_name(world, "S01"), size=77)
    assert world.poll() == [added(f"{SHOW}/S01/e1.mkv", 77)]
    world.drive.delete(twin)
    assert world.poll() == []


def test_what_lies_in_nobodys_folder_has_no_path(world: World) -> None:
    lonely = world.drive.file("lonely.mkv", by_name(world, "S01"))
    world.drive._change(world.drive.node(lonely), parents=["1unreachable"])
    assert world.poll() == []


def test_a_folder_out_of_reach_is_asked_for_once_whatever_it_holds(world: World) -> None:
    folder = by_name(world, "S01")
    for number in range(50):
        world.drive.file(f"{number}.mkv", folder)
    world.fake.fail(f"/files/{folder}", times=None, status=404, reason="notFound")
    assert world.poll() == []
    assert len(world.fake.requests(f"/files/{folder}")) == 1


def test_what_has_no_name_is_on_no_mount(world: World) -> None:
    """It is not its folder, which would be scanned whole."""
    world.drive.file("", by_name(world, "S01"))
    world.drive.file("e.mkv", world.drive.folder("", by_name(world, "S01")))
    assert world.poll() == []


def test_a_file_that_takes_the_place_of_another_counts(world: World) -> None:
    learn(world)
    world.drive.rename(by_name(world, "e1.mkv"), "old.mkv")
    world.drive.file("e1.mkv", by_name(world, "S01"), size=9)
    assert world.poll() == [added(f"{SHOW}/S01/e1.mkv", 9), renamed(f"{SHOW}/S01/old.mkv")]


# ----- what counts


def test_only_what_is_allowed_is_asked_for(tmp_path: Path) -> None:
    allowed = {"FILE_PATHS": ["my drive/tv"], "FILE_EXTENSIONS": True, "FILE_EXTENSIONS_LIST": ["mkv"]}
    with watching(tmp_path, allowed=allowed) as world:
        for path in ("TV/a.mkv", "TV/a.nfo", "Films/a.mkv", "TVs/a.mkv"):
            world.drive.path(f"Meine Ablage/{path}")
        assert world.poll() == [added("/mnt/gd/TV/a.mkv")]


def test_types_count_also_of_what_is_gone(tmp_path: Path) -> None:
    with watching(tmp_path, allowed={"MIME_TYPES": True, "MIME_TYPES_LIST": ["video"]}) as world:
        world.drive.path("Meine Ablage/a.mkv")
        poster = world.drive.file("a.jpg", mime="image/jpeg")
        assert world.poll() == [added("/mnt/gd/a.mkv")]
        world.drive.trash(poster)
        assert world.poll() == []


def test_without_file_paths_nothing_counts_and_it_is_said(tmp_path: Path) -> None:
    with watching(tmp_path, allowed={"FILE_PATHS": []}) as world:
        world.drive.path("Meine Ablage/a.mkv")
        assert world.poll() == []
        assert any("FILE_PATHS is empty, which allows nothing" in text for text in world.autoscan.warnings())


def test_what_no_mapping_speaks_of_is_left_out_and_told_once_for_each_folder(tmp_path: Path) -> None:
    with watching(tmp_path, mappings={"/mnt/tv": ["My Drive/TV/"]}) as world:
        for path in ("TV/a.mkv", "Films/a.mkv", "Films/b.mkv", "Music/a.flac"):
            world.drive.path(f"Meine Ablage/{path}")
        assert "/mnt/tv/a.mkv" in [each.path for each in world.poll()]
        assert world.rows("SELECT folder FROM scans") == [{"folder": "/mnt/tv"}]
        told = [text for text in world.autoscan.warnings() if "SERVER_PATH_MAPPINGS" in text]
        assert [text.split(" in Google")[0] for text in told] == [
            "changes below My Drive/Films",
            "changes below My Drive/Music",
        ]
        assert "no path of this machine" in world.notes[0]


def test_a_path_that_no_mapping_speaks_of_is_explained_on_every_way(tmp_path: Path) -> None:
    with watching(tmp_path, mappings={"/mnt/tv": ["My Drive/TV/"]}) as world:
        client = webs.serve(world.autoscan).client
        said = client.post("/triggers/google", json={"path": "My Drive/Films/a.mkv"}, headers=webs.basic(webs.SECRET))
        assert said.text == (
            "'My Drive/Films/a.mkv' is left out: no path of this machine: say in SERVER_PATH_MAPPINGS where it lies.\n"
        )
        found = world.autoscan.explainer().explain("My Drive/Films/a.mkv", "google", probe=False)
        assert (found.folder, found.servers, found.ignored_by) == ("", (), "")
        assert world.autoscan.explainer().explain("My Drive/TV/a.mkv", "google", probe=False).folder == "/mnt/tv"


def test_a_source_of_its_own_may_map_and_prioritise(tmp_path: Path) -> None:
    sources = {"google": {"PATH_MAPPINGS": {"/mnt/own": ["My Drive"]}, "PRIORITY": 4}}
    with watching(tmp_path, mappings={}, SOURCES=sources) as world:
        world.drive.path("Meine Ablage/TV/a.mkv")
        assert world.poll() == [added("/mnt/own/TV/a.mkv")]
        assert world.rows("SELECT priority, source FROM scans") == [{"priority": 4, "source": "google"}]


def test_without_the_size_check_it_is_enough_that_a_server_lists_a_file(tmp_path: Path) -> None:
    with watching(tmp_path, google={"DISABLE_DISK_FILE_SIZE_CHECK": True}) as world:
        world.drive.path("Meine Ablage/TV/a.mkv")
        assert world.poll() == [added("/mnt/gd/TV/a.mkv", None)]
        (scan,) = world.queue.recent(1)
        assert scan.expectations[0].hints.listed_is_enough


# ----- shared drives


def _shared(fake: FakeGoogle) -> None:
    for name in ("Films", "Shows"):
        fake.world.shared_drive(name)
    fake.world.path("Films/Alien/Alien.mkv")
    fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one


def test_shared_drives_are_watched_by_name_and_by_id(tmp_path: Path) -> None:
    ids: list[str] = []

    def before(fake: FakeGoogle) -> None:
        _shared(fake)
        ids.extend(fake.world.drives)

    with watching(tmp_path, before=before, google={"TEAMDRIVE": True, "TEAMDRIVES": ["FILMS"]}) as world:
        assert set(world.states()) == {"My Drive", "Films"}
    google = {
        "TEAMDRIVE": False,
        "TEAMDRIVES": [],
        "DRIVES": {"MY_DRIVE": False, "SHARED_DRIVES": True, "SHARED_DRIVES_LIST": ids[1:]},
    }
    with watching(tmp_path / "other", before=_shared, google=google) as world:
        assert set(world.states()) == {"Shows"}
        world.drive.path("Shows/Alien/e1.mkv")
        assert world.poll() == [added("/mnt/shows/Alien/e1.mkv")]


def test_a_file_that_moves_between_drives_is_gone_there_and_here_now(tmp_path: Path) -> None:
    with watching(tmp_path, before=_shared) as world:
        episode = world.drive.path("Meine Ablage/TV/e1.mkv")
        world.poll()
        films = next(each.id for each in world.drive.drives.values() if each.name == "Films")
        world.drive.move(episode, films)
        assert world.poll() in (
            [added("/mnt/films/e1.mkv"), removed("/mnt/gd/TV/e1.mkv")],
            [removed("/mnt/gd/TV/e1.mkv"), renamed("/mnt/films/e1.mkv")],
        )
        assert world.poll() == []


def test_a_name_that_no_drive_has_is_told_until_one_has_it(tmp_path: Path) -> None:
    with watching(tmp_path, before=_shared, google={"TEAMDRIVES": ["Nobody", "Films"]}) as world:
        assert "Nobody" in world.states()["Nobody"].problem
        assert any("no shared drive of this account" in text for text in world.autoscan.warnings())
        drive = world.drive.shared_drive("Nobody")
        world.clock.advance(3601)
        world.settle()
        assert world.states()["Nobody"].drive == drive
        assert world.states()["Nobody"].ok
        assert not any("no shared drive of this account" in text for text in world.autoscan.warnings())


def test_a_drive_that_is_renamed_has_other_paths(tmp_path: Path) -> None:
    google: dict[str, Any] = {"TEAMDRIVE": True, "TEAMDRIVES": []}

    def before(fake: FakeGoogle) -> None:
        _shared(fake)
        google["TEAMDRIVES"] = list(fake.world.drives)[:1]

    with watching(tmp_path, before=before, google=google) as world:
        (films,) = google["TEAMDRIVES"]
        world.drive.rename_drive(films, "Shows")
        world.clock.advance(3601)
        world.settle()
        world.drive.path("Shows/Heat.mkv")
        assert world.poll() == [added("/mnt/shows/Heat.mkv")]
