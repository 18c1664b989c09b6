"""Where the database lies: what a network file system changes."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from autoscan.errors import StoreUnavailableError
from autoscan.store import Queue, Store, mounts
from tests.clocks import VirtualClock
from tests.queues import add

LOCAL = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
MOUNTINFO = (
    LOCAL
    + """\
30 22 0:30 / /mnt/nas rw - nfs4 nas:/export rw,vers=4.2
31 22 0:31 / /mnt/nas/local rw - xfs /dev/sdb1 rw
32 22 0:32 / /mnt/with\\040space rw - cifs //nas/share rw
33 22 0:33 / /srv rw shared:9 master:2 - nfs nas:/srv rw
34 22 0:34 / /srv rw - ext4 /dev/sdc1 rw
35 22 0:35 / /drive rw - fuse.rclone remote: rw
36 22 0:36 / /union rw - fuse.mergerfs a:b rw
garbage
37 22
"""
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/autoscan.db", None),
        ("/mnt/nas/autoscan.db", "nfs4"),
        ("/mnt/nas/deep/autoscan.db", "nfs4"),
        ("/mnt/nas2/autoscan.db", None),
        ("/mnt/nas/local/autoscan.db", None),
        ("/mnt/with space/autoscan.db", "cifs"),
        ("/srv/autoscan.db", None),
        ("/drive/autoscan.db", "fuse.rclone"),
        ("/union/autoscan.db", None),
    ],
)
def test_the_mount_that_is_seen_at_a_path_decides(path: str, kind: str | None) -> None:
    assert mounts.network_type(Path(path), MOUNTINFO) == kind


def test_without_a_word_from_the_system_a_path_is_local() -> None:
    assert mounts.network_type(Path("/data"), "") is None


def test_this_machine_tells_its_mounts() -> None:
    assert " - " in mounts.read_mountinfo()


def test_a_system_without_a_list_of_mounts_has_none(tmp_path: Path) -> None:
    assert mounts.read_mountinfo(tmp_path / "missing") == ""


def on_a_network(tmp_path: Path) -> Store:
    """Return a store on what calls itself a network file system."""
    mountinfo = LOCAL + f"40 22 0:40 / {tmp_path.resolve() / 'nas'} rw - nfs4 nas:/x rw\n"
    (tmp_path / "run").mkdir()
    return Store(tmp_path / "nas" / "autoscan.db", VirtualClock(), run_dir=tmp_path / "run", mountinfo=mountinfo)


def test_on_a_network_the_rollback_journal_is_used_and_the_lock_is_local(tmp_path: Path) -> None:
    store = on_a_network(tmp_path)
    store.prepare()
    add(Queue(store), VirtualClock(), "/tv")
    with store.read() as connection:
        modes = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["delete", 3]
    assert store.lock_path.parent == tmp_path / "run"
    assert not list((tmp_path / "nas").glob("*.lock"))
    assert not list((tmp_path / "nas").glob("*-wal"))
    (warning,) = store.warnings
    assert "nfs4" in warning
    assert "local disk" in warning
    store.dispose()


def test_a_database_that_moved_to_a_network_leaves_its_write_ahead_log_behind(tmp_path: Path) -> None:
    clock = VirtualClock()
    before = Store(tmp_path / "nas" / "autoscan.db", clock, mountinfo=LOCAL)
    before.prepare()
    add(Queue(before), clock, "/tv")
    before.dispose()
    store = on_a_network(tmp_path)
    store.prepare()
    with store.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
    assert Queue(store).count_open() == 1
    store.dispose()


def test_two_databases_have_two_locks(tmp_path: Path) -> None:
    assert mounts.lock_name(tmp_path / "a.db") != mounts.lock_name(tmp_path / "b.db")
    assert mounts.lock_name(tmp_path / "a.db") == mounts.lock_name(tmp_path / "a.db")


def test_a_file_system_that_refuses_the_journal_is_told_of() -> None:
    assert mounts.journal_warnings(Path("/data/a.db"), "wal", "wal") == ()
    (warning,) = mounts.journal_warnings(Path("/data/a.db"), "delete", "wal")
    assert warning.startswith("/data/a.db: ")


def test_lock_files_have_a_folder_of_their_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert mounts.run_dir(tmp_path, os.getuid()) == tmp_path
    folder = mounts.run_dir(tmp_path / "missing", os.getuid())
    assert os.access(folder, os.W_OK)
    with (folder / mounts.lock_name(tmp_path)).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_another_user_made_holds_no_lock_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(StoreUnavailableError, match="another user"):
        mounts.run_dir(None, user=4_000_000)


def test_without_a_place_for_temporary_files_there_are_no_lock_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(StoreUnavailableError, match="TMPDIR"):
        mounts.run_dir(None, user=4_000_000)
