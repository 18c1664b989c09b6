"""The command line: what each command prints, where, and its exit code."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan import __version__
from autoscan.cli import addresses, build_parser, main, tables
from autoscan.cli.main import report
from autoscan.cli.parser import COMMANDS, OPTIONS
from autoscan.clock import Clock
from autoscan.errors import StoreVersionError
from tests.desks import Desk, server_entry
from tests.programs import ROOT, SECRET, free_port
from tests.servers import FakeJellyfin, FakePlex, Library

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def desk(tmp_path: Path, capsys: Capture) -> Desk:
    made = Desk(tmp_path, capsys)
    made.configure()
    return made


@pytest.fixture
def plex(tmp_path: Path) -> Iterator[FakePlex]:
    folder = tmp_path / "media" / "TV"
    folder.mkdir(parents=True)
    libraries = [
        Library(title="TV [4k]", type="tv", roots=("/media/TV", "/media/More TV")),
        Library(title="Movies", type="movies", roots=("/media/Movies",)),
    ]
    with FakePlex({"/media": tmp_path / "media"}, libraries) as server:
        yield server


def test_without_a_command_help_is_printed(capsys: Capture) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(command.name in out for command in COMMANDS)
    assert all(f"--{option}" in out for option in OPTIONS)


def test_help_comes_at_once() -> None:
    clock = Clock()
    begun = clock.monotonic()
    done = subprocess.run([sys.executable, "scan.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert clock.monotonic() - begun < 2
    assert "sections+" in done.stdout
    code = "import sys; import autoscan.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"flask", "requests", "rich", "sqlalchemy"} & set(done.stdout.split())


def test_the_version_is_printed(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out


def test_an_unknown_command_is_refused_with_code_2(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scann"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_stands_before_or_after_the_command(option: str) -> None:
    parser = build_parser()
    for argv in ([f"--{option}", "x", "url"], ["url", f"--{option}", "x"], [f"--{option}=y", "url", f"--{option}=x"]):
        assert getattr(parser.parse_args(argv), option) == "x"
    assert not hasattr(parser.parse_args(["url"]), option)


def test_all_that_is_wrong_with_the_settings_is_listed_and_the_code_is_2(desk: Desk) -> None:
    desk.configure(SERVER_PORT="high", SERVER_SCAN_DELAY="soon")
    code, out, err = desk.run("url")
    assert (code, out) == (2, "")
    assert "SERVER_PORT" in err
    assert "SERVER_SCAN_DELAY" in err
    assert "config.json:1" in err
    assert "Traceback" not in err


def test_url_prints_every_way_to_the_webhook(desk: Desk) -> None:
    code, out, _ = desk.run("url")
    assert code == 0
    assert f"http://localhost:3468/{SECRET}\n" in out
    assert "http://localhost:3468/triggers/sonarr\n" in out
    assert f"http://localhost:3468/{SECRET}/sonarr\n" in out


def test_url_quotes_the_password_and_takes_the_address_as_it_is_set(desk: Desk) -> None:
    desk.configure(SERVER_IP="192.0.2.7", SERVER_PORT=8080, SERVER_PASS="a b?c")
    _, out, _ = desk.run("url")
    assert "  http://192.0.2.7:8080/a%20b%3Fc\n" in out
    assert "localhost" not in out


def test_an_ipv6_address_stands_in_brackets(desk: Desk) -> None:
    desk.configure(SERVER_IP="::1")
    assert f"http://[::1]:3468/{SECRET}\n" in desk.run("url")[1]


def test_every_address_means_this_machines_name_or_address_and_localhost() -> None:
    hosts = list(addresses._own_hosts())
    assert hosts[-1] == "localhost"
    assert len(hosts) == 2


def test_sections_shows_the_libraries_of_every_server(desk: Desk, plex: FakePlex, tmp_path: Path) -> None:
    with FakeJellyfin({"/data": tmp_path}, [Library(title="Shows", type="tv", roots=("/data",))]) as jellyfin:
        desk.configure(MEDIA_SERVERS=[server_entry("plex", plex), server_entry("jellyfin", jellyfin)])
        code, out, _ = desk.run("sections")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("my plex (plex ")
    assert lines[1].split() == ["ID", "Title", "Type", "Folders"]
    assert lines[2].split() == ["1", "TV", "[4k]", "show", "/media/TV"]
    assert lines[3].strip() == "/media/More TV"
    assert lines[5].startswith("my jellyfin (jellyfin ")
    assert "Shows" in lines[7]
    assert plex.token not in out


def test_sections_plus_adds_state_and_item_counts(desk: Desk, plex: FakePlex) -> None:
    desk.configure(MEDIA_SERVERS=[server_entry("plex", plex)])
    code, out, _ = desk.run("sections+")
    assert code == 0
    assert out.splitlines()[1].split() == ["ID", "Title", "Type", "Folders", "State", "Items"]
    assert out.splitlines()[2].split()[-2:] == ["idle", "0"]


def test_sections_as_json(desk: Desk, plex: FakePlex) -> None:
    desk.configure(MEDIA_SERVERS=[server_entry("plex", plex)])
    (answer,) = json.loads(desk.run("sections", "--json")[1])
    assert (answer["server"], answer["type"]) == ("my plex", "plex")
    assert answer["libraries"][0] == {
        "id": "1",
        "title": "TV [4k]",
        "type": "show",
        "folders": ["/media/TV", "/media/More TV"],
    }
    (answer,) = json.loads(desk.run("sections+", "--json")[1])
    assert answer["libraries"][1]["scanning"] is False
    assert answer["libraries"][1]["items"] == 0


def test_a_server_that_cannot_be_asked_is_named_with_the_reason_and_the_others_are_shown(
    desk: Desk, plex: FakePlex
) -> None:
    gone = {"NAME": "gone", "TYPE": "plex", "URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "some-token"}
    desk.configure(MEDIA_SERVERS=[gone, server_entry("plex", plex)])
    code, out, err = desk.run("sections")
    assert code == 1
    assert "gone (plex) could not be asked: " in err
    assert "TV [4k]" in out
    code, out, _ = desk.run("sections", "--json")
    assert code == 1
    assert "error" in json.loads(out)[0]


def test_a_wrong_token_is_said_so_without_showing_it(desk: Desk, plex: FakePlex) -> None:
    desk.configure(MEDIA_SERVERS=[server_entry("plex", plex) | {"TOKEN": "wrong-t0ken"}])
    code, _, err = desk.run("sections")
    assert code == 1
    assert "wrong-t0ken" not in err
    assert "my plex (plex) could not be asked" in err


@pytest.mark.parametrize("command", ["sections", "sections+"])
def test_without_a_server_sections_says_so(desk: Desk, command: str) -> None:
    code, out, err = desk.run(command)
    assert (code, out) == (1, "")
    assert "no media server is configured" in err


def test_the_old_name_jesections_works_with_a_note(desk: Desk) -> None:
    code, _, err = desk.run("jesections")
    assert code == 1
    assert "jesections is an old name of sections" in err


def test_update_config_adds_what_is_missing_and_says_what(desk: Desk) -> None:
    code, out, _ = desk.run("update_config")
    assert code == 0
    assert "added SERVER_PORT\n" in out
    assert json.loads(desk.config.read_text())["SERVER_PASS"] == SECRET
    assert list(desk.folder.glob("config.json.*.bak"))
    code, out, _ = desk.run("update_config")
    assert (code, out) == (0, f"{desk.config} is complete\n")


@pytest.mark.parametrize("command", ["authorize", "build_caches"])
def test_google_is_not_enabled(desk: Desk, command: str) -> None:
    desk.configure(GOOGLE={"ENABLED": False})
    code, _, err = desk.run(command)
    assert code == 1
    assert "Google is not enabled (GOOGLE.ENABLED is false)" in err


def test_a_database_that_cannot_be_used_is_a_failure_with_words(desk: Desk, plex: FakePlex) -> None:
    desk.configure(MEDIA_SERVERS=[server_entry("plex", plex)])
    (desk.folder / "in-the-way").write_text("")
    code = main(["sections", "--config", str(desk.config), "--queuefile", str(desk.folder / "in-the-way" / "queue.db")])
    assert code == 1


def test_a_bug_ends_a_command_with_code_1_and_a_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert report(ValueError("what now")) == 1
    assert "this is a bug" in caplog.text
    assert "ValueError: what now" in caplog.text


def test_what_the_system_refuses_is_one_line_and_no_bug(caplog: pytest.LogCaptureFixture, capsys: Capture) -> None:
    assert report(PermissionError(13, "Permission denied", "/srv/autoscan")) == 1
    assert capsys.readouterr().err == "/srv/autoscan: Permission denied: mend that, or name another place\n"
    assert caplog.text == ""


def test_what_a_terminal_cannot_show_does_not_end_a_command(desk: Desk) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "latin-1", "PLEX_AUTOSCAN_CONFIG": str(desk.config)}
    command = [sys.executable, "scan.py", "explain", "/tv/日本/a.mkv"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert b"Error" not in done.stderr
    assert b"/tv/??/a.mkv" in done.stdout


def test_a_reader_that_has_enough_is_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    assert report(BrokenPipeError()) == 1
    assert caplog.text == ""


def test_a_terminal_gets_a_frame_and_markup_in_titles_is_text(capsys: Capture) -> None:
    tables._show_rich("A [b]server[/b]", ("ID", "Title"), [("1", "TV [4k]\x00")])
    out = capsys.readouterr().out
    assert "A [b]server[/b]" in out
    assert "TV [4k]" in out


def test_a_title_cannot_steer_the_terminal(capsys: Capture) -> None:
    tables.show("x", ("Title",), [("\x1b[31mred",)])
    assert "\x1b" not in capsys.readouterr().out


def test_columns_are_aligned_and_cells_may_have_several_lines() -> None:
    assert tables.plain(("A", "B"), [("1", "x\nyy"), ("22", "")]) == "A   B\n1   x\n    yy\n22"


NEEDED_BY_DEVELOPERS_ONLY = ("coverage", "hypothesis", "importlinter", "mypy", "pytest", "ruff", "cogapp", "piptools")


def test_the_product_starts_without_the_packages_that_developers_need() -> None:
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in NEEDED_BY_DEVELOPERS_ONLY)
    code = f"import sys; {blocked}import wsgi, autoscan.cli.serve, autoscan.cli.commands, autoscan.web.gunicorn"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_database_of_a_newer_version_is_code_2_so_that_nobody_starts_it_again_and_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(StoreVersionError("start that newer Autoscan again")) == 2
    assert "newer Autoscan" in capsys.readouterr().err
