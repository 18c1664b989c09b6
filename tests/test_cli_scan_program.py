"""`scan.py scan` as a program: beside the service, on a terminal or none, and ended by signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from autoscan.cli import main
from autoscan.cli.scanning.command import Order, event_of, run
from autoscan.cli.scanning.foreground import Foreground
from autoscan.cli.scanning.rows import Row, ended_well
from autoscan.cli.scanning.screens import Json, Lines, Screen, Terminal
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError, TargetError
from autoscan.model import Change, Kind
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock
from tests.desks import Desk, server_entry
from tests.foregrounds import EPISODE, Capture, World, made
from tests.programs import ROOT, environment, free_port
from tests.servers import Library, make_media, season
from tests.targets import FAKES
from tests.waiting import wait_until


@pytest.fixture
def world(tmp_path: Path, capsys: Capture) -> Iterator[World]:
    with ExitStack() as opened:
        yield made(tmp_path, capsys, opened)


# ----- the service beside it


def test_delays_repeated_checks_and_folders_instead_are_the_services_affair(world: World) -> None:
    world.serve("plex")
    settings = world.settings(
        SERVER_SCAN_DELAY=3600,
        SERVER_MAX_FILE_CHECKS=100,
        SERVER_SCAN_FOLDER_ON_FILE_EXISTS_EXHAUSTION=True,
        SOURCES={"cli": {"SCAN_DELAY": 3600, "PATH_MAPPINGS": {str(world.tv): ["/as-typed"]}}},
    )
    code, result = world.only(f"/as-typed/{EPISODE}", settings=settings)
    assert (code, result["state"]) == (0, "verified")
    assert result["seconds"] < 60
    code, result = world.only("/as-typed/none.mkv", settings=settings)
    assert (code, result["state"]) == (1, "file_missing")


def test_to_the_servers_it_is_the_client_that_the_service_is_and_its_queue_stays_as_it_was(world: World) -> None:
    world.serve("plex")
    settings = world.settings()
    store = Store(settings.store_file, world.clock)
    store.prepare()
    known = Queue(store).client_id()
    assert world.only(settings=settings)[0] == 0
    assert {each.headers["x-plex-client-identifier"] for each in world.fakes["plex"].requests()} == {known}
    assert Queue(store).recent(10) == []
    store.dispose()


def test_a_database_of_the_service_that_is_broken_does_not_matter(world: World) -> None:
    world.serve("plex")
    settings = world.settings()
    settings.store_file.write_text("no database at all, but long enough to be taken for something else" * 20)
    assert world.only(settings=settings)[0] == 0


def test_media_that_autoscan_does_not_see_are_scanned_with_a_note(world: World, capsys: Capture) -> None:
    world.serve("plex", root=Path("/elsewhere/tv"), mount_dropped=True)
    run(world.settings(), Order(paths=("/elsewhere/tv/x.mkv",), timeout=5), world.clock, Json(world.clock))
    (path,) = json.loads(capsys.readouterr().out)["paths"]
    assert "Autoscan sees nothing of /elsewhere" in path["notes"][0]
    run(world.settings(), Order(paths=("/elsewhere/tv/x.mkv",), timeout=5), world.clock, Lines(world.clock))
    out = capsys.readouterr().out
    assert "Note: not checked: Autoscan sees nothing of /elsewhere" in out
    assert "Not everything ended well." in out


# ----- what was typed


def test_relative_paths_of_this_machine_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tv").mkdir()
    typed = ("tv/x.mkv", "tv/", "./y.mkv", "My Drive/tv/z.mkv", "Z:\\tv\\x.mkv", "/abs/x.mkv")
    found = [request.path for request in event_of(Order(paths=typed)).requests]
    assert found == [
        f"{tmp_path}/tv/x.mkv",
        f"{tmp_path}/tv",
        f"{tmp_path}/y.mkv",
        "My Drive/tv/z.mkv",
        "Z:\\tv\\x.mkv",
        "/abs/x.mkv",
    ]


def test_what_is_gone_is_known_by_its_name() -> None:
    file, folder, slashed = event_of(Order(paths=("/tv/x.mkv", "/tv/Show", "/tv/S.mkv/"), removed=True)).requests
    assert {each.change for each in (file, folder, slashed)} == {Change.REMOVED}
    assert (file.kind, folder.kind, slashed.kind) == (Kind.FILE, Kind.FOLDER, Kind.FOLDER)


# ----- what is shown


def shown(world: World, capsys: Capture, screen: Screen) -> str:
    assert run(world.settings(), Order(paths=(world.episode,)), world.clock, screen) == 0
    return capsys.readouterr().out


def test_without_a_terminal_each_change_is_a_line_and_the_table_comes_last(world: World, capsys: Capture) -> None:
    world.serve("plex")
    out = shown(world, capsys, Lines(world.clock))
    lines, _, table = out.partition("\n\n")
    assert [re.sub(r"^ +[\d.]+ s  ", "", line).split("  ")[0] for line in lines.splitlines()][-1] == "plex / TV"
    assert "asked library 1 for" in lines
    assert table.splitlines()[0] == "Everything ended well."
    assert table.splitlines()[1].split() == ["Path", "Server", "Library", "State", "Evidence"]
    assert re.search(r"plex +TV +verified: it is there +.* \(after \d+ s\)$", table, re.MULTILINE)


def test_a_terminal_gets_one_table_that_stays(world: World, capsys: Capture) -> None:
    world.serve("plex")
    out = shown(world, capsys, Terminal(world.clock))
    assert out.count("Evidence") == 1
    assert "verified" in out
    assert out.endswith("Everything ended well.\n")


def test_a_row_that_is_not_over_makes_the_title_say_so(capsys: Capture) -> None:
    Lines(VirtualClock()).end([Row(typed="/x", path="/x", state="looking")])
    assert capsys.readouterr().out.splitlines()[1] == "Not over yet."


@pytest.mark.parametrize(
    ("states", "well"),
    [
        (["verified", "not_here"], True),
        (["not_here", "not_here"], False),
        (["verified", "unverified"], False),
        (["accepted", "already_there", "verified_absent"], True),
        ([], False),
    ],
)
def test_a_path_ends_well_where_every_server_that_has_a_library_for_it_does(states: list[str], well: bool) -> None:
    blank = Row(typed="/x", path="/x", state="", over=True)
    assert ended_well([replace(blank, server=str(n), state=state) for n, state in enumerate(states)]) is well


# ----- jobs


class Steps:
    """A job that does what it is told."""

    def __init__(self, name: str, step: Callable[[], bool]) -> None:
        self.name = name
        self.step = step
        self.closed = False

    def close(self) -> None:
        self.closed = True
        raise TargetError("its connection was closed already")


def test_a_job_that_hangs_does_not_hold_the_others() -> None:
    let_go = threading.Event()
    done: list[int] = []

    def work() -> bool:
        done.append(1)
        return True

    jobs = Steps("hangs", lambda: let_go.wait(30)), Steps("works", work)
    foreground = Foreground(jobs, Clock())
    for _ in range(3):
        foreground.round()
    let_go.set()
    foreground.close()
    assert len(done) == 3
    assert all(job.closed for job in jobs)


def test_what_a_job_raises_ends_the_command() -> None:
    def fail() -> bool:
        raise StoreUnavailableError("the disk is full")

    with pytest.raises(StoreUnavailableError, match="the disk is full"):
        Foreground([Steps("fails", fail)], VirtualClock()).round()


# ----- the program itself


@pytest.fixture
def desk(tmp_path: Path, capsys: Capture) -> Desk:
    return Desk(tmp_path, capsys)


def test_the_command_scans_over_real_sockets_on_the_real_clock(desk: Desk, tmp_path: Path) -> None:
    make_media(tmp_path / "media", season("Show", 1, [1]))
    libraries = [Library(title="TV", type="tv", roots=(str(tmp_path / "media"),))]
    with FAKES["emby"](tmp_path / "media", libraries, never_add="*") as emby:
        desk.configure(MEDIA_SERVERS=[server_entry("emby", emby)])
        code, out, err = desk.run("scan", str(tmp_path / "media" / EPISODE), "--timeout", "1", "--json")
        assert code == 1
        assert [each["state"] for each in json.loads(out)["paths"][0]["results"]] == ["timed_out"]
        assert err == ""
        code, out, err = desk.run("scan", str(tmp_path / "media/none.mkv"), "--loglevel", "DEBUG")
        assert code == 1
        assert "file missing" in out
        assert "state=" in err or "failed" in err, "with DEBUG the log is shown besides"
    assert list(Path(tmp_path).glob("autoscan.db*")) == []


def test_settings_that_do_not_hold_are_code_2(desk: Desk) -> None:
    desk.configure(SERVER_PORT="high")
    code, out, err = desk.run("scan", "/x")
    assert (code, out) == (2, "")
    assert "SERVER_PORT" in err


@pytest.mark.parametrize("timeout", ["0", "-1", "inf", "soon"])
def test_a_time_out_that_is_none_is_refused(timeout: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", "/x", "--timeout", timeout])
    assert ended.value.code == 2
    assert "--timeout" in capsys.readouterr().err


@dataclass
class Waiting:
    """The program, which waits for a server that is down, with the terminal or pipe that it writes to."""

    process: "subprocess.Popen[bytes]"
    temporary: Path

    def begun(self) -> bool:
        return any(self.temporary.glob("autoscan-*/autoscan.db"))

    def left(self) -> list[Path]:
        return list(self.temporary.glob("autoscan-*"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[int], Waiting]]:
    make_media(tmp_path / "media", season("Show", 1, [1]))
    server = {"NAME": "gone", "TYPE": "plex", "URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "some-token"}
    (tmp_path / "config.json").write_text(json.dumps({"SERVER_PASS": "x" * 32, "MEDIA_SERVERS": [server]}))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    running: list[Waiting] = []

    def begin(stdout: int) -> Waiting:
        command = [sys.executable, "scan.py", "scan", str(tmp_path / "media" / EPISODE)]
        variables = environment(tmp_path, free_port(), TMPDIR=str(temporary))
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=stdout, stderr=subprocess.PIPE)
        running.append(Waiting(process=process, temporary=temporary))
        wait_until(running[-1].begun, 30, "it has begun")
        return running[-1]

    yield begin
    for each in running:
        each.process.kill()
        each.process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_cleanly(start: Callable[[int], Waiting], number: signal.Signals, code: int) -> None:
    program = start(subprocess.PIPE)
    program.process.send_signal(number)
    _, err = program.process.communicate(timeout=20)
    assert program.process.returncode == code
    assert b"Traceback" not in err
    assert program.left() == []


def test_on_a_terminal_the_table_is_live(start: Callable[[int], Waiting]) -> None:
    ours, theirs = pty.openpty()
    program = start(theirs)
    os.close(theirs)
    seen = b""
    while b"Evidence" not in seen:
        seen += os.read(ours, 4096)
    program.process.terminate()
    program.process.wait(20)
    os.close(ours)
    assert program.process.returncode == 143
