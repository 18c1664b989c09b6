"""Looks at real files, by real helper processes."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker, Listing, Look, helper
from autoscan.filecheck.pool import COMMAND
from autoscan.model import Kind
from tests.clocks import VirtualClock

#: Says hello like any program, but is no helper.
NO_HELPER = (sys.executable, "-c", "print('hello')")


@pytest.fixture
def checker() -> Iterator[FileChecker]:
    made = FileChecker(clock=VirtualClock(), timeout=20)
    yield made
    made.close()


def pids(checker: FileChecker) -> list[int]:
    return [running.pid for running in checker._idle]


def ends(pid: int, seconds: float = 10) -> bool:
    """Wait until a process has ended, without asking again and again."""

    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def test_a_file_shows_its_size_and_time(checker: FileChecker, tmp_path: Path) -> None:
    file = tmp_path / "a.mkv"
    file.write_bytes(b"12345")
    os.utime(file, (1000.5, 1000.5))
    assert checker.look([str(file)]) == {str(file): Look(exists=True, kind=Kind.FILE, size=5, mtime=1000.5)}


def test_a_folder_shows_as_a_folder_without_a_size(checker: FileChecker, tmp_path: Path) -> None:
    seen = checker.look([str(tmp_path)])[str(tmp_path)]
    assert (seen.exists, seen.kind, seen.size) == (True, Kind.FOLDER, None)


@pytest.mark.parametrize("missing", ["nothing", "a.mkv/below-a-file", "dangling"])
def test_what_is_not_there_is_not_there_and_no_error(checker: FileChecker, tmp_path: Path, missing: str) -> None:
    (tmp_path / "a.mkv").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert checker.look([str(tmp_path / missing)]) == {str(tmp_path / missing): Look(exists=False)}


def test_a_name_too_long_is_reported_in_the_system_s_words(checker: FileChecker) -> None:
    path = "/" + "x" * 300
    assert checker.look([path])[path].error == os.strerror(36)


@pytest.mark.parametrize("odd", ["", "My Drive/a.mkv", r"C:\Media\a.mkv", "/a\0b", "/a\ud800b"])
def test_a_path_that_this_machine_cannot_have_is_not_there(checker: FileChecker, odd: str) -> None:
    assert checker.look([odd]) == {odd: Look(exists=False, error="not a path on this machine")}


@pytest.mark.parametrize(
    "name", [b"two\nlines", b"caf\xc3\xa9", b"latin-\xe9.mkv", b"quote\"s 'n", b" ", b"\xff\xfe", b"a\\b"]
)
def test_any_bytes_in_a_name_are_found(checker: FileChecker, tmp_path: Path, name: bytes) -> None:
    raw = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(raw)).write_bytes(b"x")
    assert checker.look([os.fsdecode(raw)])[os.fsdecode(raw)].size == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: b"/" not in b and b"\0" not in b), max_size=8)
)
def test_every_look_agrees_with_the_file_system(checker: FileChecker, tmp_path: Path, names: list[bytes]) -> None:
    paths = [os.fsdecode(os.fsencode(tmp_path) + b"/" + name) for name in names]
    for path in paths[::2]:
        if name_is_free(path):
            Path(path).touch()
    assert {path: look.exists for path, look in checker.look(paths).items()} == {
        path: Path(path).exists() for path in paths
    }


def name_is_free(path: str) -> bool:
    return not os.path.lexists(path)


def test_a_season_pack_is_one_exchange(tmp_path: Path) -> None:
    files = [tmp_path / f"S01E{number:02}.mkv" for number in range(24)]
    for file in files:
        file.write_bytes(b"x" * 3)
    log = tmp_path / "log"
    spy = tmp_path / "spy.py"
    spy.write_text(SPY.format(helper=COMMAND[-1], log=str(log)))
    checker = FileChecker(clock=VirtualClock(), command=(sys.executable, str(spy)), timeout=20)
    looks = checker.look([str(file) for file in files])
    checker.close()
    assert [look.size for look in looks.values()] == [3] * 24
    assert len(log.read_text().splitlines()) == 1


SPY = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("helper", {helper!r})
helper = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helper)
def lines():
    for line in sys.stdin.buffer:
        with open({log!r}, "ab") as log:
            log.write(line)
        yield line
helper.serve(lines(), lambda data: os.write(1, data))
"""


def test_more_than_a_pipe_holds_goes_through(checker: FileChecker, tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{'long name ' * 20}{number}" for number in range(2000)]
    assert [look.exists for look in checker.look(paths).values()] == [False] * 2000


def test_nothing_to_look_at_starts_nothing(checker: FileChecker) -> None:
    assert (checker.look([]), pids(checker)) == ({}, [])


def test_a_listing_counts_no_further_than_asked(checker: FileChecker, tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()
    assert checker.listing(str(tmp_path)) == Listing(exists=True, kind=Kind.FOLDER, entries=1)
    assert checker.listing(str(tmp_path), limit=9).entries == 3


def test_a_listing_of_no_folder_has_no_entries(checker: FileChecker, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert checker.listing(str(tmp_path / "empty")) == Listing(exists=True, kind=Kind.FOLDER, entries=0)
    assert checker.listing(str(tmp_path / "file")) == Listing(exists=True, kind=Kind.FILE, entries=0)
    assert checker.listing(str(tmp_path / "gone")) == Listing(exists=False)


def test_links_are_followed_in_circles_only_so_far(checker: FileChecker, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    path = str(tmp_path / "one")
    assert checker.look([path])[path].error == os.strerror(40)


def test_links_are_told_of_before_they_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "Show").mkdir(parents=True)
    (tmp_path / "media").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "alias").symlink_to("../real/Show")
    told = list(helper.exchange([f"{tmp_path}/media/alias/a.mkv"]))
    assert told == [
        {"link": f"{tmp_path}/media", "at": f"{tmp_path}/real/alias/a.mkv"},
        {"link": f"{tmp_path}/media", "at": f"{tmp_path}/real/Show/a.mkv"},
        {"exists": False, "error": ""},
    ]


def test_the_helper_speaks_json_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    out: list[bytes] = []
    asked = [{"paths": [str(tmp_path / "file"), "\ud800"]}, {"paths": [str(tmp_path), f"{tmp_path}/file"], "limit": 5}]
    helper.serve([json.dumps(one).encode() for one in asked], out.append)
    assert out.pop(0) == b"\n"
    answers = [json.loads(line) for line in out]
    assert [answer.get("size") for answer in answers] == [3, None, None, 3]
    assert [answer.get("entries") for answer in answers] == [None, None, 1, None]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody who may not read a folder")
def test_a_folder_that_may_not_be_read_says_why(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o300)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/tmp") and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o711)
    try:
        os.seteuid(65534)
        answer = helper.count(os.fsencode(locked), 1)
    finally:
        os.seteuid(0)
    assert answer["error"] == os.strerror(13)


def test_a_helper_holds_nothing_but_its_pipes(checker: FileChecker, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        checker.look([str(tmp_path)])
        (pid,) = pids(checker)
        held = {int(held.name): held.readlink() for held in Path(f"/proc/{pid}/fd").iterdir()}
        assert sorted(held) == [0, 1, 2]
        assert all(str(place).startswith(("pipe:", "/dev/null")) for place in held.values())


def test_a_helper_has_no_environment_and_a_session_of_its_own(checker: FileChecker, tmp_path: Path) -> None:
    checker.look([str(tmp_path)])
    (pid,) = pids(checker)
    assert Path(f"/proc/{pid}/environ").read_bytes() == b""
    assert os.getsid(pid) == os.getpgid(pid) == pid


PARENT = """
import sys
from autoscan.clock import Clock
from autoscan.filecheck import FileChecker
checker = FileChecker(clock=Clock())
checker.look(["/"])
print(checker._idle[0].pid, flush=True)
sys.stdin.read()
"""


def test_a_helper_ends_when_its_parent_is_killed() -> None:
    root = str(Path(__file__).parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert ends(pid)


def test_close_ends_the_helpers_and_a_later_look_starts_anew(checker: FileChecker, tmp_path: Path) -> None:
    checker.look([str(tmp_path)])
    (first,) = pids(checker)
    checker.close()
    assert ends(first, 0)
    assert checker.look([str(tmp_path)])[str(tmp_path)].exists
    assert pids(checker) != [first]


def test_a_helper_that_was_killed_is_replaced_unnoticed(checker: FileChecker, tmp_path: Path) -> None:
    checker.look([str(tmp_path)])
    (first,) = pids(checker)
    os.kill(first, signal.SIGKILL)
    assert ends(first)
    assert checker.look([str(tmp_path)])[str(tmp_path)].exists


@pytest.mark.parametrize(
    "command", [NO_HELPER, (sys.executable, "-c", ""), (sys.executable, "-c", r"print('\n[]', flush=True); input()")]
)
def test_a_helper_that_never_answers_sense_is_an_error(command: tuple[str, ...]) -> None:
    checker = FileChecker(clock=VirtualClock(), command=command, timeout=20)
    with pytest.raises(FileCheckError, match="ended twice without an answer"):
        checker.look(["/"])
    checker.close()


def test_a_helper_that_cannot_start_is_an_error_each_time(tmp_path: Path) -> None:
    checker = FileChecker(clock=VirtualClock(), command=(str(tmp_path / "none"),), helpers=1)
    for _ in range(3):
        with pytest.raises(FileCheckError, match="cannot start"):
            checker.look(["/"])
    checker.close()


def test_many_threads_share_the_helpers(checker: FileChecker, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / str(number)).write_bytes(b"x" * number)
    wrong: list[object] = []

    def look(number: int) -> None:
        for _ in range(10):
            path = str(tmp_path / str(number))
            seen = checker.look([path])[path]
            if seen.size != number:
                wrong.append((number, seen))

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, len(pids(checker)) <= 2) == ([], True)
