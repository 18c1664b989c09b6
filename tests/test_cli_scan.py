"""`scan.py scan`: each end that a path can come to, shown with its reason, and the exit code that follows."""

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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autoscan.cli import main
from autoscan.cli.scanning.command import Order, event_of, run
from autoscan.cli.scanning.foreground import Foreground
from autoscan.cli.scanning.rows import Row, ended_well
from autoscan.cli.scanning.screens import Json, Lines, Screen, Terminal
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError, TargetError
from autoscan.model import Change, Kind
from autoscan.settings import Settings
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock
from tests.desks import Desk, server_entry
from tests.homes import Home
from tests.programs import ROOT, environment, free_port
from tests.servers import Library, make_media, season, write_file
from tests.targets import FAKES, Fake
from tests.waiting import wait_until

Capture = pytest.CaptureFixture[str]
EPISODE = "Show/Season 01/Show - S01E01.mkv"


@dataclass
class World:
    """A library on disk, servers that have it, settings, and a clock that the command itself turns."""

    folder: Path
    capsys: Capture
    opened: ExitStack
    clock: VirtualClock = field(default_factory=VirtualClock)
    fakes: dict[str, Fake] = field(default_factory=dict)

    @property
    def tv(self) -> Path:
        return self.folder / "media" / "tv"

    @property
    def episode(self) -> str:
        return str(self.tv / EPISODE)

    def serve(self, *kinds: str, root: Path | None = None, **knobs: Any) -> None:
        """Start a server of each of `kinds`, whose one library is `root` (default: `media/tv`)."""
        library = Library(title="TV", type="tv", roots=(str(root or self.tv),))
        for kind in kinds:
            fake: Any = FAKES[kind](self.folder / "media", [library], clock=self.clock, **knobs)
            self.fakes[kind] = self.opened.enter_context(fake)

    def settings(self, **settings: Any) -> Settings:
        home = Home(self.folder)
        servers = [server_entry(kind, fake) | {"NAME": kind} for kind, fake in self.fakes.items()]
        home.write({"MEDIA_SERVERS": servers} | settings)
        return home.load().settings

    def scan(self, *paths: str, settings: Settings | None = None, **order: Any) -> tuple[int, list[dict[str, Any]]]:
        """Scan and return the exit code with every result there is."""
        typed = Order(paths=paths or (self.episode,), **order)
        code = run(settings or self.settings(), typed, self.clock, Json(self.clock))
        told = json.loads(self.capsys.readouterr().out)
        assert told["ok"] is (code == 0)
        return code, [result for path in told["paths"] for result in path["results"]]

    def only(self, *paths: str, **order: Any) -> tuple[int, dict[str, Any]]:
        """Scan and return the exit code with the one result."""
        code, (result,) = self.scan(*paths, **order)
        return code, result


@pytest.fixture
def world(tmp_path: Path, capsys: Capture) -> Iterator[World]:
    (tmp_path / "media" / "other").mkdir(parents=True)
    make_media(tmp_path / "media" / "tv", season("Show", 1, [1, 2]))
    with ExitStack() as opened:
        yield World(folder=tmp_path, capsys=capsys, opened=opened)


# ----- ends that are good


@pytest.mark.parametrize("kind", FAKES)
def test_a_new_file_is_verified_with_the_evidence(world: World, kind: str) -> None:
    world.serve(kind)
    code, result = world.only()
    assert (code, result["server"], result["library"], result["state"]) == (0, kind, "TV", "verified")
    assert result["good"]
    assert result["scans"] == 1
    assert 0 < result["requests"] <= 30
    assert result["seconds"] < 900
    assert [(each["path"], each["state"]) for each in result["files"]] == [(world.episode, "verified")]
    assert result["files"][0]["evidence"]


@pytest.mark.parametrize("kind", FAKES)
def test_a_removed_file_is_verified_to_be_gone(world: World, kind: str) -> None:
    world.serve(kind)
    assert world.scan()[0] == 0
    Path(world.episode).unlink()
    world.clock.advance(3600)
    code, result = world.only(removed=True)
    assert (code, result["state"]) == (0, "verified_absent")


def test_all_servers_are_asked_and_each_has_a_row(world: World) -> None:
    world.serve("plex", "jellyfin", "emby")
    code, results = world.scan()
    assert code == 0
    assert [(each["server"], each["state"]) for each in results] == [
        ("plex", "verified"),
        ("jellyfin", "verified"),
        ("emby", "verified"),
    ]


def test_a_folder_takes_over_the_file_in_it_and_both_are_shown(world: World) -> None:
    world.serve("plex")
    code, results = world.scan(world.episode, str(world.tv / "Show"))
    assert code == 0
    assert [each["state"] for each in results] == ["verified", "verified"]
    assert len(world.fakes["plex"].scans()) == 1


def test_a_sidecar_is_done_but_cannot_be_verified(world: World) -> None:
    world.serve("plex")
    subtitle = Path(world.episode).with_suffix(".en.srt")
    write_file(subtitle, 100)
    code, result = world.only(str(subtitle))
    assert (code, result["state"]) == (0, "done_unverifiable")


def test_an_extra_is_ignored_by_rule(world: World) -> None:
    world.serve("plex")
    sample = world.tv / "Show/Season 01/sample.mkv"
    write_file(sample, 100)
    code, result = world.only(str(sample))
    assert (code, result["state"]) == (0, "ignored_by_rule")


def test_a_server_without_the_library_is_no_failure_where_another_has_it(world: World) -> None:
    world.serve("plex")
    world.serve("jellyfin", root=world.folder / "media" / "other")
    code, results = world.scan()
    assert code == 0
    assert {each["server"]: each["state"] for each in results} == {"plex": "verified", "jellyfin": "not_here"}


def test_without_verification_it_ends_with_the_request_accepted(world: World) -> None:
    world.serve("plex")
    code, result = world.only(settings=world.settings(VERIFY=False))
    assert (code, result["state"], result["files"]) == (0, "accepted", [])
    assert f"for {world.tv}/Show/Season 01" in result["text"]


def test_commands_of_the_settings_are_run_before_it_ends(world: World) -> None:
    world.serve("plex", "emby")
    told = world.folder / "told"
    command = f'echo "$AUTOSCAN_SERVER $AUTOSCAN_RESULT" >> {told}'
    assert world.scan(settings=world.settings(RUN_COMMAND_AFTER_SCAN=command))[0] == 0
    assert sorted(told.read_text().splitlines()) == ["emby verified", "plex verified"]


# ----- ends that are not


def test_a_path_without_any_library_is_not_here_with_the_nearest(world: World) -> None:
    world.serve("plex", root=world.folder / "media" / "other")
    code, result = world.only()
    assert (code, result["state"], result["library"]) == (1, "not_here", "")
    assert f"the nearest is {world.folder}/media/other" in result["text"]


def test_a_file_that_is_not_there_is_file_missing_at_once_and_nobody_is_asked(world: World) -> None:
    world.serve("plex")
    code, result = world.only(str(world.tv / "Show/Season 01/typo.mkv"))
    assert (code, result["state"], result["server"]) == (1, "file_missing", "")
    assert result["text"].startswith(f"looked once for {world.tv}/Show/Season 01/typo.mkv, and it was not there; ")
    assert result["seconds"] < 10
    assert world.fakes["plex"].requests() == []


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_the_server_does_not_see_is_not_visible_with_advice(world: World, kind: str) -> None:
    world.serve(kind, mount_dropped=True)
    code, result = world.only()
    assert (code, result["state"]) == (1, "not_visible")
    assert "mount it there" in result["text"]
    assert result["scans"] == 0


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_never_comes_is_unverified_with_the_last_evidence(world: World, kind: str) -> None:
    world.serve(kind, never_add="*E01*")
    code, result = world.only()
    assert (code, result["state"]) == (1, "unverified")
    assert 1 < result["scans"] <= 5
    assert result["requests"] <= 30
    assert result["files"][0]["evidence"]


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_stays_listed_is_a_stale_entry(world: World, kind: str) -> None:
    world.serve(kind)
    assert world.scan()[0] == 0
    Path(world.episode).unlink()
    world.fakes[kind].set(never_remove="*E01*")
    world.clock.advance(3600)
    code, result = world.only(removed=True)
    assert (code, result["state"]) == (1, "stale_entry")


def test_a_scan_that_is_refused_to_the_end_has_failed_with_the_refusal(world: World) -> None:
    world.serve("plex")
    world.fakes["plex"].fail_next("/refresh", status=400, times=100)
    code, result = world.only()
    assert (code, result["state"]) == (1, "failed")
    assert "HTTP 400" in result["text"]


def test_a_token_that_is_refused_is_a_configuration_error_at_once(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(bad_token=True)
    code, results = world.scan()
    assert code == 1
    states = {each["server"]: each for each in results}
    assert states["plex"]["state"] == "config_error"
    assert "refuses the token" in states["plex"]["text"]
    assert states["jellyfin"]["state"] == "verified"


def test_a_server_that_does_not_answer_is_given_up_after_a_minute(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(down=True)
    code, results = world.scan()
    assert code == 1
    states = {each["server"]: each for each in results}
    assert states["plex"]["state"] == "unavailable"
    assert "connection refused" in states["plex"]["text"]
    assert 60 <= states["plex"]["seconds"] < 90
    assert states["jellyfin"]["state"] == "verified"


def test_what_is_not_over_in_time_is_timed_out_with_what_it_waited_for(world: World) -> None:
    world.serve("plex", mount_dropped=True)
    code, result = world.only(timeout=30)
    assert (code, result["state"], result["seconds"]) == (1, "timed_out", None)
    assert result["text"].startswith("not visible yet after 30 s: plex does not see ")


def test_the_time_out_leaves_alone_what_is_over(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(mount_dropped=True)
    code, results = world.scan(timeout=900)
    assert code == 1
    assert {each["server"]: each["state"] for each in results} == {"plex": "timed_out", "jellyfin": "verified"}


def test_a_time_out_before_the_file_was_looked_at_says_so(world: World) -> None:
    world.serve("plex")
    code, result = world.only(timeout=0.0)
    assert (code, result["state"], result["text"]) == (1, "timed_out", "waiting after 0 s")


def test_an_ignored_path_is_not_scanned_and_that_is_no_success(world: World) -> None:
    world.serve("plex")
    code, result = world.only(settings=world.settings(SERVER_IGNORE_LIST=["Show - S01"]))
    assert (code, result["state"]) == (1, "ignored")
    assert "Show - S01" in result["text"]


def test_without_a_server_the_code_is_2(world: World, capsys: Capture) -> None:
    code = run(world.settings(), Order(paths=("/x",)), world.clock, Json(world.clock))
    assert code == 2
    assert "no media server is configured" in capsys.readouterr().err


def test_a_path_that_is_none_is_refused_with_code_2(world: World, capsys: Capture) -> None:
    world.serve("plex")
    assert run(world.settings(), Order(paths=("",)), world.clock, Json(world.clock)) == 2
    assert "no usable path" in capsys.readouterr().err


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
