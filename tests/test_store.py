"""The database itself: how it is opened and prepared, and what happens when it cannot be."""

import fcntl
import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock
from tests.queues import add, add_id, known, opened

PROCESSES = multiprocessing.get_context("fork")


@pytest.fixture
def store(tmp_path: Path, clock: VirtualClock) -> Iterator[Store]:
    with opened(tmp_path, clock, busy_timeout=0.2) as (store, _):
        yield store


def pragma(store: Store, name: str) -> object:
    with store.read() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


def test_nobody_else_may_read_the_database_which_holds_credentials(tmp_path: Path, clock: VirtualClock) -> None:
    for _ in ("made", "found"):
        with opened(tmp_path, clock) as (store, queue):
            add(queue, clock, "/tv/Show")
            files = list(tmp_path.glob(f"{store.path.name}*"))
            readable = [file.name for file in files if file.suffix != ".lock" and file.stat().st_mode & 0o077]
            assert readable == []
        store.path.chmod(0o644)


def test_making_a_store_touches_nothing(tmp_path: Path, clock: VirtualClock) -> None:
    store = Store(tmp_path / "data" / "autoscan.db", clock)
    assert not (tmp_path / "data").exists()
    assert store.warnings == ()
    store.dispose()


def test_a_commit_is_on_disk_and_readers_do_not_block(store: Store) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    assert [pragma(store, name) for name in names] == ["wal", 2, 1, 200]


def test_preparing_again_changes_nothing(store: Store, queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, "/tv")
    store.prepare()
    assert known(queue, scan_id).folder == "/tv"
    store.ping()


def test_what_was_added_outlives_the_store(tmp_path: Path, clock: VirtualClock) -> None:
    with opened(tmp_path, clock) as (_, queue):
        scan_id = add_id(queue, clock, "/tv")
    with opened(tmp_path, clock) as (_, queue):
        assert known(queue, scan_id).folder == "/tv"


def test_a_store_that_was_closed_opens_itself_again(store: Store, queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv")
    store.dispose()
    store.dispose()
    assert queue.count_open() == 1


def test_a_store_that_was_never_prepared_says_so(tmp_path: Path, clock: VirtualClock) -> None:
    store = Store(tmp_path / "autoscan.db", clock)
    with pytest.raises(StoreUnavailableError, match="has not been prepared"):
        store.ping()
    store.dispose()


def test_half_a_transaction_is_none(store: Store, queue: Queue, clock: VirtualClock) -> None:
    def stumble() -> None:
        with store.write() as connection:
            connection.execute(text("DELETE FROM scans"))
            raise RuntimeError

    add(queue, clock, "/tv")
    with pytest.raises(RuntimeError):
        stumble()
    assert queue.count_open() == 1


def test_a_mistake_of_ours_is_not_called_an_unavailable_store(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(text("INSERT INTO facts (key, value) VALUES ('a', NULL)"))


def test_a_database_that_another_program_holds_is_unavailable(store: Store, queue: Queue, clock: VirtualClock) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="another program holds it"):
            add(queue, clock, "/tv")
        assert queue.count_open() == 0
    assert add(queue, clock, "/tv").event_id


def test_threads_that_wait_too_long_to_write_are_told(store: Store, queue: Queue, clock: VirtualClock) -> None:
    errors: list[Exception] = []

    def run() -> None:
        try:
            add(queue, clock, "/tv")
        except StoreUnavailableError as error:
            errors.append(error)

    with store.write():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert "too many threads" in str(errors[0])


def test_while_the_database_cannot_be_written_one_thread_tries_and_the_others_do_not_queue_up(
    tmp_path: Path, clock: VirtualClock
) -> None:
    waited: list[float] = []

    def write(queue: Queue) -> None:
        begun = Clock().monotonic()
        with pytest.raises(StoreUnavailableError):
            add(queue, clock, "/tv")
        waited.append(Clock().monotonic() - begun)

    with (
        opened(tmp_path, clock, busy_timeout=4.0) as (store, queue),
        closing(sqlite3.connect(store.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        write(queue)
        threads = [threading.Thread(target=write, args=(queue,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        *hasty, last, _ = sorted(waited)
        assert len(hasty) == 3
        assert max(hasty) < 1.5 < last
        other.execute("ROLLBACK")
        assert add(queue, clock, "/tv").event_id


def test_whoever_waits_to_write_begins_when_the_other_has_ended(
    store: Store, queue: Queue, clock: VirtualClock
) -> None:
    for seconds in (0.02, 0.12):  # while it looks by itself, and while SQLite does
        with closing(sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            end = threading.Timer(seconds, other.execute, ["ROLLBACK"])
            end.start()
            assert add(queue, clock, f"/tv/{seconds}").event_id
            end.join()
        assert pragma(store, "busy_timeout") == 200


def test_a_full_disk_is_unavailable_and_loses_nothing(store: Store, queue: Queue, clock: VirtualClock) -> None:
    def fill() -> None:
        for number in range(500):
            add(queue, clock, f"/tv/{number}")

    with store.look() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}").close()
    with pytest.raises(StoreUnavailableError, match="free some space"):
        fill()
    assert pragma(store, "integrity_check") == "ok"
    assert queue.count_open() == len(queue.recent(500))


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file" / "autoscan.db", clock)
    with pytest.raises(StoreUnavailableError, match="writable"):
        store.prepare()
    with pytest.raises(StoreUnavailableError):
        store.ping()


READ_ONLY = """
import os, sys
from pathlib import Path
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.store import Queue, Store
from tests.queues import add
if os.getuid() == 0:
    os.setuid(65534)
clock = Clock()
store = Store(Path(sys.argv[1]) / "autoscan.db", clock)
for call in (store.prepare, lambda: add(Queue(store), clock, "/tv")):
    try:
        call()
    except StoreUnavailableError as error:
        print(error)
"""


@pytest.mark.parametrize("exists", [False, True], ids=["an empty folder", "a folder with a database"])
def test_a_read_only_folder_is_unavailable(tmp_path: Path, clock: VirtualClock, exists: bool) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if exists:
        with opened(folder, clock):
            pass
        for file in folder.iterdir():
            file.chmod(0o444)
    folder.chmod(0o555)
    for above in (folder.parent, *folder.parent.parents[:2]):
        above.chmod(above.stat().st_mode | 0o055)
    run = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(folder)],
        cwd=Path(__file__).parent.parent,
        # Nothing that measures this process may write there either.
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    folder.chmod(0o755)
    assert run.stderr == ""
    assert run.stdout.count(f"{folder}/autoscan.db: ") == 2


def test_the_leader_locks_a_file_beside_the_database(store: Store, tmp_path: Path) -> None:
    assert store.lock_path == tmp_path / "autoscan.db.leader.lock"


def test_preparing_waits_for_another_process_and_not_for_ever(
    store: Store, tmp_path: Path, clock: VirtualClock
) -> None:
    with (tmp_path / "autoscan.db.leader.prepare.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        start = clock.monotonic()
        with pytest.raises(StoreUnavailableError, match="30 s"):
            store.prepare()
        assert 30 <= clock.monotonic() - start < 31
    store.prepare()


def test_a_leader_does_not_keep_others_from_preparing(store: Store) -> None:
    with store.lock_path.open("w") as leader:
        fcntl.flock(leader, fcntl.LOCK_EX)
        store.prepare()


def prepare_and_add(folder: Path, name: str, ready: threading.Barrier) -> None:
    """Do what a worker does first, as all others do it."""
    clock = Clock()
    ready.wait()
    with opened(folder, clock) as (_, queue):
        add(queue, clock, f"/tv/{name}")


def _look_and_add(folder: Path, clock: VirtualClock) -> None:
    with opened(folder, clock) as (_, queue):
        assert queue.soonest() is None
        add(queue, clock, "/tv", delay=30)


def test_a_look_sees_what_others_wrote_also_after_a_fork(
    tmp_path: Path, store: Store, queue: Queue, clock: VirtualClock
) -> None:
    assert queue.soonest() is None
    child = PROCESSES.Process(target=_look_and_add, args=(tmp_path, clock))
    child.start()
    child.join()
    assert child.exitcode == 0
    due_at = clock.now() + timedelta(seconds=30)
    assert queue.soonest() == due_at
    store.dispose()
    assert queue.soonest() == due_at


def test_a_look_that_fails_leaves_nothing_behind(store: Store, queue: Queue) -> None:
    with store.write() as connection:
        connection.execute(text("ALTER TABLE servers RENAME TO elsewhere"))
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="no such table"):
            queue.server("plex")
    with store.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO servers"))
    assert queue.server("plex").paused_until is None


def test_four_processes_may_prepare_at_once(tmp_path: Path, clock: VirtualClock) -> None:
    ready = PROCESSES.Barrier(4)
    workers = [
        PROCESSES.Process(target=prepare_and_add, args=(tmp_path / "data", str(number), ready)) for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with opened(tmp_path / "data", clock) as (_, queue):
        assert queue.count_open() == 4


def test_alembic_is_not_imported_by_a_worker_that_finds_its_tables(store: Store) -> None:
    code = f"""
import sys
from pathlib import Path
from autoscan.clock import Clock
from autoscan.store import Store
Store(Path({str(store.path)!r}), Clock()).prepare()
print("alembic" in sys.modules)
"""
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def in_a_child(store: Store, results: "multiprocessing.Queue[str]") -> None:
    """Use the store that the parent has used."""
    queue = Queue(store)
    try:
        for number in range(20):
            add(queue, VirtualClock(), f"/child/{number}")
        results.put(f"counts {queue.count_open()}")
    except StoreUnavailableError as error:
        results.put(str(error))
    store.dispose()


def test_parent_and_child_of_a_fork_both_use_the_store(tmp_path: Path, clock: VirtualClock) -> None:
    with opened(tmp_path, clock) as (store, queue):
        add(queue, clock, "/parent")
        results: multiprocessing.Queue[str] = PROCESSES.Queue()
        child = PROCESSES.Process(target=in_a_child, args=(store, results))
        child.start()
        for number in range(20):
            add(queue, clock, f"/parent/{number}")
        assert results.get().startswith("counts ")
        child.join()
        store.dispose()
        assert queue.count_open() == 41
        assert pragma(store, "integrity_check") == "ok"


@pytest.mark.parametrize("transaction", ["read", "write"])
def test_a_child_forked_in_the_middle_of_a_transaction_keeps_its_hands_off(
    store: Store, queue: Queue, clock: VirtualClock, transaction: str
) -> None:
    add(queue, clock, "/parent")
    results: multiprocessing.Queue[str] = PROCESSES.Queue()
    child = PROCESSES.Process(target=in_a_child, args=(store, results))
    with store.read() if transaction == "read" else store.write() as connection:
        connection.execute(text("SELECT count(*) FROM scans"))
        child.start()
        assert "forked in the middle" in results.get()
        child.join()
    add(queue, clock, "/parent/2")
    assert queue.count_open() == 2
