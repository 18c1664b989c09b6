"""What is remembered of Google Drive: found by indexes, written whole, and forgotten in slices."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, Executable

from autoscan.model import DriveEntry, DriveState, Walk
from autoscan.model.drive import FOLDER_TYPE
from autoscan.store import Queue, Store, drive, drive_cache
from autoscan.store.connections import open_engine
from tests.clocks import VirtualClock
from tests.test_queue_plans import plan

STATE = DriveState(drive="", name="My Drive", root="r", page_token="1")

#: By the question: its parameters, and the index that answers it.
PLANS: dict[str, tuple[Executable, dict[str, Any], str]] = {
    "what is known of files": (drive_cache.FILES, {"ids": ["a", "b"]}, "sqlite_autoindex_drive_files_1 (id=?)"),
    "where they are": (drive_cache.PLACES, {"ids": ["a"]}, "sqlite_autoindex_drive_places_1 (file_id=?)"),
    "who is called the same": (
        drive_cache.TWINS,
        {"parent": "a", "called": "b", "count": 9},
        "drive_places_parent (parent_id=? AND name=?)",
    ),
    "what a listing did not see": (
        drive_cache.STALE,
        {"of": "", "before": 2, "count": 9},
        "drive_files_round (drive=? AND round<?)",
    ),
    "which folder is gone": (drive_cache.NEXT_GONE, {}, "drive_files_gone"),
    "what lay in it": (drive_cache.BELOW, {"parent": "a", "count": 9}, "drive_places_parent (parent_id=?)"),
    "where it lies no more": (
        drive_cache.LEAVE,
        {"ids": ["a"], "parent": "b"},
        "sqlite_autoindex_drive_places_1 (file_id=? AND parent_id=?)",
    ),
    "what of it holds something": (drive_cache.HOLDERS, {"ids": ["a"]}, "drive_places_parent (parent_id=?)"),
    "what rclone said": (drive.DECODED, {"of": "r:", "names": ["a"]}, "drive_names_1 (remote=? AND name=?)"),
}


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.path, busy_timeout=1, wal=True)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("question", PLANS)
def test_an_index_answers(engine: Engine, question: str) -> None:
    statement, values, index = PLANS[question]
    assert index in plan(engine, statement, values)


def folder(file_id: str, *parents: str) -> DriveEntry:
    return DriveEntry(id=file_id, drive="", name=file_id, parents=parents, mime=FOLDER_TYPE)


def file(file_id: str, *parents: str, **more: Any) -> DriveEntry:
    return DriveEntry(id=file_id, drive="", name=f"{file_id}.mkv", parents=parents, md5="m", size=1, **more)


def test_a_file_comes_back_as_it_was_written(queue: Queue, clock: VirtualClock) -> None:
    entries = [folder("d", "r"), file("f", "d", "e", listed_at=clock.now()), file("g", trashed=True)]
    queue.keep_drive_changes(STATE, entries)
    assert queue.drive_entries(["d", "f", "g", "x"]) == {each.id: each for each in entries}
    moved = replace(entries[1], parents=("z",), name="h.mkv", listed_at=None)
    queue.keep_drive_changes(STATE, [moved])
    assert queue.drive_entries(["f"]) == {"f": moved}
    assert queue.drive_twins("d", "f.mkv") == []
    assert queue.drive_twins("z", "h.mkv") == ["f"]


def test_a_page_and_the_place_to_read_on_are_written_together_or_not_at_all(queue: Queue, store: Store) -> None:
    queue.keep_drive_changes(STATE, [file("f", "d")])
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TRIGGER t BEFORE UPDATE ON drives BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(Exception, match="no"):
        queue.keep_drive_changes(replace(STATE, page_token="2"), [file("g", "d")], [file("f", "d")])
    assert set(queue.drive_entries(["f", "g"])) == {"f"}
    assert queue.drive_state("") == STATE


def test_what_is_known_is_not_overwritten_by_a_listing(queue: Queue) -> None:
    queue.keep_drive_changes(STATE, [file("f", "d")])
    queue.add_drive_entries([file("f", "elsewhere"), file("g", "d")], 1)
    assert queue.drive_entries(["f"])["f"].parents == ("d",)
    assert "g" in queue.drive_entries(["g"])


def test_what_lay_in_a_deleted_folder_is_forgotten_in_slices(queue: Queue, store: Store) -> None:
    tree = [folder("top", "r"), *(folder(f"d{n}", "top") for n in range(5))]
    files = [file(f"f{n}", f"d{n % 5}") for n in range(100)]
    queue.keep_drive_changes(STATE, [*tree, *files, file("other", "r")])
    queue.keep_drive_changes(STATE, [], [tree[0]])
    assert queue.drive_entries(["top"]) == {}
    steps = 0
    while queue.clear_drive_cache(count=7):
        steps += 1
    assert steps >= 100 / 7
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT id FROM drive_files").scalars().all() == ["other"]
        assert connection.exec_driver_sql("SELECT file_id FROM drive_places").scalars().all() == ["other"]


def test_what_lies_in_another_folder_too_is_not_forgotten(queue: Queue) -> None:
    """It is shown there, and must be gone from there once it moves."""
    tree = [folder("gone", "r"), folder("kept", "r"), folder("both", "gone", "kept")]
    queue.keep_drive_changes(STATE, [*tree, file("f", "gone", "kept"), file("in", "both"), file("lost", "gone")])
    queue.keep_drive_changes(STATE, [], [tree[0]])
    while queue.clear_drive_cache(count=2):
        pass
    found = queue.drive_entries(["gone", "kept", "both", "f", "in", "lost"])
    assert {each.id: each.parents for each in found.values()} == {
        "kept": ("r",),
        "both": ("kept",),
        "f": ("kept",),
        "in": ("both",),
    }


def test_folders_that_hold_each_other_are_forgotten_as_well(queue: Queue) -> None:
    queue.keep_drive_changes(STATE, [folder("a", "b"), folder("b", "a")])
    queue.keep_drive_changes(STATE, [], [folder("a", "b")])
    for _ in range(10):
        queue.clear_drive_cache()
    assert not queue.clear_drive_cache()
    assert queue.drive_entries(["a", "b"]) == {}


def test_files_that_a_listing_did_not_see_come_folders_first(queue: Queue) -> None:
    queue.keep_drive_changes(STATE, [file("f", "d"), folder("d", "r"), file("g", "r")])
    queue.saw_drive_entries(["g"], 2)
    assert [each.id for each in queue.stale_drive_entries("", 2, 1)] == ["d"]
    assert {each.id for each in queue.stale_drive_entries("", 2, 9)} == {"d", "f"}


def test_drives_that_are_watched_no_more_keep_their_place(queue: Queue) -> None:
    queue.keep_drive_state(STATE)
    queue.keep_drive_state(DriveState(drive="0A", name="Films", page_token="7"))
    queue.keep_drive_state(DriveState(drive="?Nobody", name="Nobody", problem="no such drive"))
    assert [state.name for state in queue.drive_states()] == ["My Drive", "Films", "Nobody"]
    queue.watch_drives([""])
    assert [state.name for state in queue.drive_states()] == ["My Drive"]
    known = queue.drive_state("0A")
    assert known is not None
    assert known.page_token == "7"
    assert queue.drive_state("?Nobody") is None


def test_a_build_and_the_monitor_do_not_undo_each_others_work(queue: Queue) -> None:
    queue.keep_drive_state(STATE)
    monitors = queue.drive_state("")
    assert monitors is not None
    assert queue.keep_build(monitors, [file("f", "d")], next_token="p2")
    assert not queue.keep_build(monitors, [file("g", "d")], next_token="p2")
    queue.keep_drive_changes(replace(monitors, page_token="9", walk=Walk.RECONCILE), [])
    after = queue.drive_state("")
    assert after is not None
    assert (after.page_token, after.walk, after.build_token, after.built) == ("9", Walk.RECONCILE, "p2", 1)
    assert queue.drive_entries(["g"]) == {}
    assert queue.keep_build(after, [], next_token="")
    queue.keep_drive_state(monitors)
    done = queue.drive_state("")
    assert done is not None
    assert done.complete


def test_polls_are_counted_by_drive_and_result(queue: Queue, store: Store) -> None:
    queue.keep_drive_changes(STATE, [], polled="ok")
    queue.keep_drive_state(STATE, polled="failed")
    queue.keep_drive_state(STATE)
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT subject, label, value FROM counters ORDER BY label").all()
    assert [tuple(row) for row in rows] == [("My Drive", "failed", 1), ("My Drive", "ok", 1)]


def test_of_decoded_names_the_newest_are_kept(queue: Queue, store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql(
            f"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {drive.NAMES})
            INSERT INTO drive_names (remote, name, decoded) SELECT 'r:', 'old' || n, 'x' FROM numbers
            """
        )
    queue.keep_decoded_names("r:", {"new1": "a", "new2": "b"})
    assert queue.decoded_names("r:", ["old1", "old2", "old3", "new1", "new2"]) == {
        "old3": "x",
        "new1": "a",
        "new2": "b",
    }
    assert queue.decoded_names("other:", ["new1"]) == {}


def test_credentials_are_kept_and_forgotten(queue: Queue) -> None:
    assert queue.drive_credentials() == ""
    queue.keep_drive_credentials("secret")
    queue.keep_drive_credentials("other")
    assert queue.drive_credentials() == "other"
    queue.keep_drive_credentials("")
    assert queue.drive_credentials() == ""
