"""One archive holds all that is needed, is whole although others write, and is put in place without losing anything."""

import json
import os
import shutil
import stat
import tarfile
import threading
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text

from autoscan.services.lock import LeaderLock
from autoscan.store import Queue, Store
from autoscan.store.migrations import HEAD
from tests.clocks import VirtualClock
from tests.desks import Desk
from tests.programs import SECRET, serving
from tests.queues import add, opened
from tests.waiting import wait_until


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Store, clock: VirtualClock) -> Desk:
    """A folder with a configuration, a key, and a database with three scans."""
    desk = Desk(tmp_path, capsys)
    desk.configure(SERVER_SCAN_DELAY=77)
    (tmp_path / "secret_key").write_text("k" * 64)
    for number in range(3):
        add(Queue(store), clock, f"/tv/{number}", files=["a.mkv"])
    return desk


def another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    (tmp_path / "other").mkdir()
    return Desk(tmp_path / "other", capsys)


def folders(folder: Path, clock: VirtualClock) -> list[str]:
    with opened(folder, clock) as (_, queue):
        return sorted(scan.folder for scan in queue.recent(1000))


def test_an_archive_makes_the_same_service_on_another_machine(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: VirtualClock
) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    code, out, _ = desk.run("backup", str(archive))
    assert code == 0
    assert "autoscan.db, config.json, secret_key (0.0 MiB)" in out or "secret_key (0.1 MiB)" in out
    there = another(tmp_path, capsys)
    code, out, _ = there.run("restore", str(archive))
    assert code == 0, out
    assert folders(there.folder, clock) == ["/tv/0", "/tv/1", "/tv/2"]
    assert json.loads(there.config.read_text())["SERVER_SCAN_DELAY"] == 77
    assert (there.folder / "secret_key").read_text() == "k" * 64
    assert not list(there.folder.glob(".autoscan-*"))


def test_only_its_owner_may_read_an_archive_or_what_comes_of_it(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    desk.run("backup", str(archive))
    there = another(tmp_path, capsys)
    there.run("restore", str(archive))
    for path in (archive, there.folder / "autoscan.db", there.folder / "secret_key", there.config):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_an_archive_is_of_one_moment_although_others_write(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Store, clock: VirtualClock
) -> None:
    """Each event of the writer adds a pair of scans in one transaction; no archive may hold one without the other."""
    queue, stop = Queue(store), threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            number = len(written)
            with store.write() as connection:
                for half in "ab":
                    connection.execute(
                        text("INSERT INTO facts (key, value) VALUES (:key, :value)"),
                        {"key": f"pair:{number}:{half}", "value": "x" * 2000},
                    )
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            so_far = len(written)
            wait_until(lambda before=so_far: len(written) > before + 20, what="the writer writes")  # type: ignore[misc]
            before = len(written)
            assert desk.run("backup", str(tmp_path / f"{number}.tar.gz"))[0] == 0
            there = Desk(tmp_path / f"there{number}", capsys)
            there.folder.mkdir()
            assert there.run("restore", str(tmp_path / f"{number}.tar.gz"))[0] == 0
            with opened(there.folder, clock) as (copy, _), copy.read() as connection:
                keys = set(connection.execute(text("SELECT key FROM facts WHERE key LIKE 'pair:%'")).scalars())
            halves = [{key for key in keys if key.endswith(half)} for half in "ab"]
            assert len(halves[0]) == len(halves[1]) >= before
    finally:
        stop.set()
        writer.join()
    assert queue.count_open() == 3


def test_what_was_there_before_a_restore_is_kept_aside(
    desk: Desk, tmp_path: Path, store: Store, clock: VirtualClock
) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    desk.run("backup", str(archive))
    add(Queue(store), clock, "/tv/later", files=["a.mkv"])
    desk.configure(SERVER_SCAN_DELAY=88)
    store.dispose()
    code, out, _ = desk.run("restore", str(archive))
    assert code == 0
    assert folders(tmp_path, clock) == ["/tv/0", "/tv/1", "/tv/2"]
    (aside,) = tmp_path.glob("before-restore-*")
    assert str(aside) in out
    assert "/tv/later" in folders(aside, clock)
    assert json.loads((aside / "config.json").read_text())["SERVER_SCAN_DELAY"] == 88
    assert json.loads(desk.config.read_text())["SERVER_SCAN_DELAY"] == 77


def test_a_restore_refuses_while_the_service_runs(desk: Desk, tmp_path: Path, store: Store) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    desk.run("backup", str(archive))
    lock = LeaderLock(store.lock_path)
    assert lock.acquire()
    code, _, err = desk.run("restore", str(archive))
    lock.release()
    assert code == 1
    assert "Autoscan is running" in err
    assert not list(tmp_path.glob("before-restore-*"))
    assert desk.run("restore", str(archive))[0] == 0


def test_a_running_service_is_backed_up_and_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1") as program:
        wait_until(program.leader, 20, "one leads")
        event = {"eventType": "Download", "series": {"path": "/tv/A"}, "episodeFile": {"relativePath": "a.mkv"}}
        assert program.post(f"/{SECRET}/sonarr", event) == 200
        desk = Desk(tmp_path, capsys)
        assert desk.run("backup", str(tmp_path / "a.tar.gz"))[0] == 0
        assert desk.run("restore", str(tmp_path / "a.tar.gz"))[0] == 1
        assert program.post(f"/{SECRET}/sonarr", event) == 200
    there = another(tmp_path, capsys)
    assert there.run("restore", str(tmp_path / "a.tar.gz"))[0] == 0
    assert folders(there.folder, VirtualClock()) == ["/tv/A"]


def damaged(path: Path) -> None:
    """Break a page of the database inside the archive."""
    with tarfile.open(path) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    content = bytearray(members["autoscan.db"])
    content[8192:40960] = os.urandom(40960 - 8192)
    pack(path, {**members, "autoscan.db": bytes(content)})


def pack(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))


@pytest.mark.parametrize("kind", ["damaged", "truncated", "foreign", "missing", "newer"])
def test_an_archive_that_is_no_good_changes_nothing(desk: Desk, tmp_path: Path, store: Store, kind: str) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    if kind == "newer":
        with store.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    desk.run("backup", str(archive))
    if kind == "newer":
        with store.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})
    if kind == "damaged":
        damaged(archive)
    elif kind == "truncated":
        archive.write_bytes(archive.read_bytes()[:2000])
    elif kind == "foreign":
        pack(archive, {"readme": b"hello"})
    elif kind == "missing":
        archive.unlink()
    store.dispose()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix in {".db", ".json"}}
    code, _, err = desk.run("restore", str(archive))
    assert code == (2 if kind == "newer" else 1)
    assert err
    assert "bug" not in err
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert not list(tmp_path.glob("before-restore-*"))


def test_members_of_an_archive_cannot_leave_their_place(desk: Desk, tmp_path: Path) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    desk.run("backup", str(archive))
    with tarfile.open(archive) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    pack(archive, {**members, "../escaped": b"x", "/tmp/escaped-absolutely": b"x"})
    assert desk.run("restore", str(archive))[0] == 0
    assert not (tmp_path.parent / "escaped").exists()
    assert not Path("/tmp/escaped-absolutely").exists()


def test_an_older_archive_stays_when_a_new_one_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    archive = tmp_path / "autoscan.tar.gz"
    desk.run("backup", str(archive))
    before = archive.read_bytes()
    shutil.move(tmp_path / "autoscan.db", tmp_path / "away.db")
    code, _, err = desk.run("backup", str(archive))
    assert code == 1
    assert "there is no database" in err
    assert archive.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    code, _, err = desk.run("backup", str(tmp_path / "nowhere" / "a.tar.gz"))
    assert code == 1
    assert "nowhere" in err
    assert "bug" not in err
