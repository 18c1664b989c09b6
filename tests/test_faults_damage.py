"""A damaged database is judged at a start only, put aside, and replaced by what can be read of it; nothing else is."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError, StoreVersionError
from autoscan.model import ScanState
from autoscan.store import Queue, Store, mending
from tests.clocks import VirtualClock
from tests.programs import serving
from tests.queues import add, claimed, opened
from tests.waiting import wait_until

PROCESSES = multiprocessing.get_context("fork")
PAGE = 4096
NUMBER = 600


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with history and a queue, in one file."""
    folder, clock = tmp_path_factory.mktemp("whole"), VirtualClock()
    with opened(folder, clock) as (_, queue):
        for number in range(NUMBER):
            add(queue, clock, f"/tv/Show {number}", files=[f"e{number}.mkv"], delay=0, request_id=f"r{number}")
        clock.advance(60)
        ended = claimed(queue)
        queue.deliver(ended.id, ["plex"])
        queue.warn("test", "a warning")
        queue.client_id()
    return folder / "autoscan.db"


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return copied(whole, tmp_path / "autoscan.db")


def copied(source: Path, target: Path) -> Path:
    shutil.copy(source, target)
    return target


def spoil(path: Path, pages: list[int]) -> None:
    """Overwrite pages, counted from 0, with anything."""
    chance = random.Random(1)
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(chance.randbytes(PAGE))


def pages_of(path: Path, table: str) -> list[int]:
    """Return the pages that hold rows of a table, counted from 0."""
    query = "SELECT pageno - 1 FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno"
    with closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute(query, (table,))]


@contextmanager
def prepared(path: Path) -> Iterator[Store]:
    store = Store(path, VirtualClock(), busy_timeout=1)
    try:
        store.prepare()
        yield store
    finally:
        store.dispose()


def asides(path: Path) -> list[Path]:
    return [found for found in path.parent.glob("autoscan.db.corrupt-*") if found.suffix != ".txt"]


def folders(queue: Queue) -> set[str]:
    return {scan.folder for scan in queue.recent(10_000)}


def is_sound(store: Store) -> bool:
    with store.read() as connection:
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        return connection.execute(text("PRAGMA integrity_check")).scalar() == "ok" and not broken


def test_what_can_be_read_of_a_damaged_database_is_saved(path: Path) -> None:
    leaves = pages_of(path, "scans")
    spoil(path, [leaves[len(leaves) // 2], pages_of(path, "events")[2], pages_of(path, "expectations")[1]])
    was = path.read_bytes()
    with prepared(path) as store:
        queue = Queue(store)
        kept = queue.recent(10_000)
        assert NUMBER * 0.8 < len(kept) < NUMBER
        assert {scan.folder for scan in kept} < {f"/tv/Show {number}" for number in range(NUMBER)}
        assert all(scan.state in ScanState for scan in kept)
        assert sum(len(scan.expectations) for scan in kept) > NUMBER * 0.7
        assert "a warning" in queue.warnings()
        assert is_sound(store)
        added = add(queue, VirtualClock(), "/tv/later", files=["e.mkv"])
        assert added.scans["/tv/later"].scan_id > NUMBER
        (aside,) = asides(path)
        assert aside.read_bytes() == was
        (warning,) = store.warnings
        assert str(aside) in warning
        aside.unlink()
        assert store.warnings == ()
    assert not mending.is_under_way(path)


def test_a_file_that_is_no_database_any_more_is_kept_and_a_new_one_begun(path: Path) -> None:
    spoil(path, [0])
    with prepared(path) as store:
        assert Queue(store).recent(10) == []
        assert len(asides(path)) == len(store.warnings) == 1
        assert add(Queue(store), VirtualClock(), "/tv/Show").event_id


def test_an_index_that_disagrees_with_its_table_is_made_anew_and_no_row_lost(path: Path) -> None:
    spoil(path, pages_of(path, "scans_waiting_due")[:2])
    with prepared(path) as store:
        assert len(folders(Queue(store))) == NUMBER
        assert len(asides(path)) == 1


def test_every_page_may_be_the_damaged_one(whole: Path, tmp_path: Path) -> None:
    count = whole.stat().st_size // PAGE
    for page in random.Random(2).sample(range(count), 5):
        path = copied(whole, tmp_path / f"{page}.db")
        spoil(path, [page])
        with prepared(path) as store:
            assert is_sound(store)
            assert add(Queue(store), VirtualClock(), "/tv/later").event_id


def test_half_a_file_is_damage_too(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)
    with prepared(path) as store:
        assert asides(path)
        assert is_sound(store)


def test_a_whole_database_is_left_alone_even_when_suspected(path: Path) -> None:
    mending.suspect(path)
    with prepared(path) as store:
        assert len(folders(Queue(store))) == NUMBER
    assert not asides(path)
    assert not (path.parent / "autoscan.db.suspect").exists()


def test_a_lock_is_never_taken_for_damage(path: Path) -> None:
    mending.suspect(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        with held_by_another(path), pytest.raises(StoreUnavailableError, match="locked"), prepared(path):
            pass
    assert not asides(path)
    with prepared(path) as store:
        assert len(folders(Queue(store))) == NUMBER


@contextmanager
def held_by_another(path: Path, sql: str = "BEGIN EXCLUSIVE") -> Iterator[None]:
    """Have another process hold the database."""
    ready, done = PROCESSES.Event(), PROCESSES.Event()

    def hold() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(sql).fetchall()
            ready.set()
            done.wait(30)

    process = PROCESSES.Process(target=hold)
    process.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        done.set()
        process.join()


def test_damage_is_not_judged_while_another_process_has_the_database_open(path: Path) -> None:
    with held_by_another(path, "SELECT count(*) FROM events"):
        spoil(path, [0, *pages_of_scans(path)])
        with pytest.raises(StoreUnavailableError, match="restart Autoscan"), prepared(path):
            pass
        assert not asides(path)
    with prepared(path):
        assert asides(path)


def pages_of_scans(path: Path) -> list[int]:
    return pages_of(path, "scans")[1:2]


def test_a_file_that_the_system_cannot_read_is_never_taken_for_damage(tmp_path: Path) -> None:
    path = tmp_path / "autoscan.db"
    path.symlink_to("/proc/self/mem")  # reading its beginning fails with EIO
    with pytest.raises(StoreUnavailableError, match="Input/output error; look at the disk"):
        mending.mend(path, Clock())
    assert list(tmp_path.iterdir()) == [path]


def in_a_child(work: Callable[[], object]) -> int | None:
    """Run `work` in a child of this process; return how it ended."""
    process = PROCESSES.Process(target=work)
    process.start()
    process.join()
    return process.exitcode


def test_an_error_of_the_disk_while_writing_is_never_taken_for_damage(path: Path) -> None:
    def work() -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (PAGE, before[1]))
        with pytest.raises(StoreUnavailableError, match="disk"), prepared(path) as store:
            add(Queue(store), VirtualClock(), "/tv/later")
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert in_a_child(work) == 0
    assert not asides(path)
    with prepared(path) as store:
        assert folders(Queue(store)) == {f"/tv/Show {number}" for number in range(NUMBER)}


def test_damage_that_shows_later_is_judged_at_the_next_start_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "SMALL", 0)  # as if the database were large
    spoil(path, pages_of_scans(path))
    with prepared(path) as store:
        with pytest.raises(StoreUnavailableError, match="restart Autoscan"):
            Queue(store).recent(10_000)
        store.prepare()
        assert not asides(path)
    with prepared(path) as store:
        assert len(folders(Queue(store))) > NUMBER * 0.8
    assert asides(path)


def test_a_damaged_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    spoil(path, pages_of_scans(path))
    with pytest.raises(StoreVersionError, match="newer Autoscan"), prepared(path):
        pass
    assert not asides(path)


def test_nobody_opens_a_database_that_is_being_replaced(path: Path) -> None:
    store = Store(path, VirtualClock())
    (path.parent / "autoscan.db.salvaging").write_text("autoscan.db.corrupt-x\nbad")
    with pytest.raises(StoreUnavailableError, match="is being replaced"):
        store.ping()


def test_a_replacement_that_is_killed_anywhere_is_finished_by_the_next_start(path: Path, tmp_path: Path) -> None:
    spoil(path, pages_of_scans(path))
    for step in range(1, 100, 3):
        folder = tmp_path / str(step)
        folder.mkdir()
        mine = copied(path, folder / "autoscan.db")
        code = in_a_child(lambda mine=mine, step=step: die_at(step, mine))  # type: ignore[misc]  # bound at once
        with prepared(mine) as store:
            assert len(folders(Queue(store))) > NUMBER * 0.8, step
            assert is_sound(store)
        assert len(asides(mine)) == 1
        assert not mending.is_under_way(mine)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert step > 10


def die_at(step: int, path: Path) -> None:
    """Prepare the database, and die at the given step that changes or opens a file beside it."""
    left = step

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in {"open", "os.rename", "os.remove", "sqlite3.connect"} and str(path.parent) in str(arguments[0]):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    with prepared(path):
        pass


def test_of_four_workers_that_start_one_replaces_a_damaged_database(path: Path) -> None:
    spoil(path, pages_of_scans(path))
    with serving(path.parent, GUNICORN_WORKERS="4") as program:
        wait_until(lambda: len(program.workers()) == 4 and program.leader(), 60)
        assert program.post("/s3cret-of-the-test", {"eventType": "Test"}) == 200
        assert program.get("/ready") == 200
        assert program.log.count("it is put aside as") == 1
        wait_until(lambda: "has been replaced" in program.log, 60)
    assert len(asides(path)) == 1
