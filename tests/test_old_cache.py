"""The Google cache of plex_autoscan and 2.x: read once, never changed."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import StoreUnavailableError
from autoscan.model import DriveEntry
from autoscan.store import Queue, Store, drive_legacy
from tests.drives import monitor_of, watching

TOKEN = {"access_token": "old", "refresh_token": "1//old", "expires_in": 3599, "token_type": "Bearer"}


def write_old(file: Path, tables: Mapping[str, Mapping[str, Any]], *, journal: str = "DELETE") -> None:
    """Write a file as SqliteDict does: a table for each drive, JSON by key."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        for table, values in tables.items():
            connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (key TEXT PRIMARY KEY, value BLOB)')
            rows = [(key, json.dumps(value)) for key, value in values.items()]
            connection.executemany(f'REPLACE INTO "{table}" (key, value) VALUES (?, ?)', rows)
        connection.commit()


def entry(name: str, *parents: str, md5: str | None = None) -> dict[str, Any]:
    return {"name": name, "parents": list(parents), "paths": [f"My Drive/{name}"], "md5Checksum": md5}


OLD: dict[str, dict[str, Any]] = {
    "settings": {"token": TOKEN},
    "drive_root": {"page_token": "4711", "d1": entry("TV", "root"), "f1": entry("e1.mkv", "d1", md5="a")},
    "teamdrive_0Afilms": {"page_token": 99, "f2": entry("Alien.mkv", "0Afilms", md5="b")},
}


def taken_over(queue: Queue, file: Path) -> None:
    for _ in queue.read_old_drive_cache(file):
        pass


def test_authorisation_places_and_files_are_taken_over(tmp_path: Path, queue: Queue) -> None:
    write_old(tmp_path / "cache.db", OLD)
    taken_over(queue, tmp_path / "cache.db")
    assert json.loads(queue.drive_credentials()) == TOKEN
    states = {drive: queue.drive_state(drive) for drive in ("", "0Afilms")}
    assert {drive: state.page_token for drive, state in states.items() if state} == {"": "4711", "0Afilms": "99"}
    assert queue.drive_states() == ()
    found = queue.drive_entries(["d1", "f1", "f2"])
    assert found["f1"] == DriveEntry(id="f1", drive="", name="e1.mkv", parents=("d1",), md5="a")
    assert found["d1"].is_folder
    assert found["f2"].drive == "0Afilms"


def test_it_is_read_once_and_takes_nothing_away(tmp_path: Path, queue: Queue) -> None:
    old = tmp_path / "cache.db"
    write_old(old, OLD)
    queue.keep_drive_credentials("mine")
    taken_over(queue, old)
    assert queue.drive_credentials() == "mine"
    write_old(old, {"drive_root": {"f3": entry("late.mkv", "d1", md5="c")}})
    taken_over(queue, old)
    assert queue.drive_entries(["f3"]) == {}


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_the_old_file_is_not_touched(tmp_path: Path, queue: Queue, journal: str) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    write_old(folder / "cache.db", OLD, journal=journal)
    before = {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()}
    folder.chmod(0o555)
    taken_over(queue, folder / "cache.db")
    assert queue.drive_entries(["f1"])
    assert {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in folder.iterdir()} == before


def test_what_lies_in_a_journal_is_read_as_well(tmp_path: Path, queue: Queue) -> None:
    old = tmp_path / "cache.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute('CREATE TABLE "drive_root" (key TEXT PRIMARY KEY, value BLOB)')
        connection.execute('INSERT INTO "drive_root" VALUES (?, ?)', ("f1", json.dumps(entry("e.mkv", "d", md5="a"))))
        connection.commit()
        assert (tmp_path / "cache.db-wal").exists()
        taken_over(queue, old)
    assert queue.drive_entries(["f1"])


def test_half_a_character_in_a_name_stops_nothing(tmp_path: Path, queue: Queue) -> None:
    write_old(tmp_path / "cache.db", {"drive_root": {"page_token": "1", "f1": entry("a\ud800.mkv", md5="a")}})
    taken_over(queue, tmp_path / "cache.db")
    assert queue.drive_entries(["f1"])["f1"].name == "a?.mkv"


def test_many_files_are_taken_over_in_slices_and_again_after_a_kill(tmp_path: Path, queue: Queue) -> None:
    files = {f"f{number}": entry(f"{number}.mkv", "d1", md5=f"{number}") for number in range(2500)}
    write_old(tmp_path / "cache.db", {"drive_root": {"page_token": "1", **files}})
    slices = queue.read_old_drive_cache(tmp_path / "cache.db")
    next(slices)
    assert len(queue.drive_entries(files)) == 999
    assert queue.drive_state("") is None
    slices.close()  # type: ignore[attr-defined]  # a generator
    taken_over(queue, tmp_path / "cache.db")
    assert len(queue.drive_entries(files)) == 2500


@pytest.mark.parametrize(
    "content",
    [b"", b"no database at all" * 100, None],
    ids=["empty", "damaged", "strange"],
)
def test_what_is_no_such_cache_is_left_alone(tmp_path: Path, queue: Queue, store: Store, content: bytes | None) -> None:
    old = tmp_path / "cache.db"
    if content is None:
        write_old(old, {"settings": {"token": 5}, "drive_root": {"f": [1], "g": {"name": 7}, "page_token": {}}})
    else:
        old.write_bytes(content)
    taken_over(queue, old)
    assert queue.drive_credentials() == ""
    assert queue.drive_entries(["f", "g"]) == {}
    assert queue.drive_states() == ()


def busy(*_: Any, **__: Any) -> None:
    raise StoreUnavailableError("the database is busy")


@pytest.mark.parametrize("is_busy", [False, True], ids=["at once", "after a busy database"])
def test_the_monitor_goes_on_where_the_old_program_had_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_busy: bool
) -> None:
    with watching(tmp_path, settled=False, authorized=False) as world:
        token = world.drive.logs[""].next_number
        season = world.drive.folder("TV")
        kept, gone, moved = (world.drive.file(f"{name}.mkv", season) for name in ("kept", "gone", "moved"))
        start = world.drive.logs[""].next_number
        world.drive.touch(kept)
        world.drive.delete(gone)
        world.drive.rename(moved, "new.mkv")
        world.clock.advance(3600)
        nodes = {each: world.drive.nodes.get(each) for each in (kept, moved)}
        files = {
            season: entry("TV", world.drive.root),
            kept: entry("kept.mkv", season, md5=nodes[kept].md5),
            gone: entry("gone.mkv", season, md5="x"),
            moved: entry("moved.mkv", season, md5=nodes[moved].md5),
        }
        stored = json.loads(world.fake.stored_token())
        write_old(
            world.autoscan.settings.cache_file,
            {"settings": {"token": stored}, "drive_root": {"page_token": str(start), **files}},
        )
        world.monitor.close()
        world.monitor = monitor_of(world.autoscan)
        if is_busy:
            monkeypatch.setattr(drive_legacy, "add_new", busy)
            with pytest.raises(StoreUnavailableError):
                world.settle()
            monkeypatch.undo()
        world.settle()
        world.poll()
        assert token < start
        found = world.rows("SELECT mapped FROM event_paths ORDER BY mapped")
        assert [row["mapped"] for row in found] == [
            "/mnt/gd/TV/gone.mkv",
            "/mnt/gd/TV/moved.mkv",
            "/mnt/gd/TV/new.mkv",
        ]
