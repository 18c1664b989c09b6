"""`scan.py server`: from nothing to a program that answers, and what it says where it cannot."""

import errno
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autoscan import settings
from autoscan.cli import serve
from autoscan.clock import Clock
from tests.programs import ROOT, SECRET, Program, environment, free_port, running, serving
from tests.waiting import wait_until

SERVER = (sys.executable, "scan.py", "server")


def out(program: Program) -> str:
    return (program.folder / "stdout").read_text()


def test_a_fresh_machine_serves_at_once_at_the_printed_address(tmp_path: Path) -> None:
    with running(tmp_path, *SERVER, "--show-url") as program:
        wait_until(program.serves, 30)
        config = tmp_path / "config.json"
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert "config.json (new)" in out(program)
        assert "Not configured yet:\n  - media servers" in out(program)
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+(/\w{32})\n", out(program))
        assert program.post(url, {"eventType": "Test"}) == 200
        assert url[1:] not in program.log
        wait_until(program.leader, 5)
    assert program.process.returncode == 0


def test_where_no_configuration_can_be_written_the_environment_has_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, PLEX_AUTOSCAN_CONFIG=str(tmp_path / "file" / "config.json"), SERVER_PASS=SECRET)
    assert "cannot be written" in done.stderr
    assert "The environment has to do." in done.stderr
    assert done.returncode == 2, "a folder that is a file is a mistake of its own"


def test_where_output_may_be_kept_the_secret_stays_out_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, *SERVER) as program:
        assert "`scan.py url` shows it" in out(program)
    assert SECRET not in out(program) + program.log


def test_options_reach_the_workers_from_whatever_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({"SERVER_PASS": SECRET, "SERVER_ALLOW_MANUAL_SCAN": True}))
    port = free_port()
    variables = environment(tmp_path, port)
    for name in ("CONFIG", "QUEUEFILE", "LOGFILE"):
        del variables[f"PLEX_AUTOSCAN_{name}"]
    options = ("--config", "mine.json", "--queuefile", "data/queue.db", "--logfile", "my.log", "--loglevel", "debug")
    command = [sys.executable, str(ROOT / "scan.py"), "server", *options]
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.DEVNULL) as process:
        program = Program(process=process, port=port, folder=tmp_path / "data")
        wait_until(program.serves, 30)
        assert program.get(f"/{SECRET}") == 200
        wait_until(program.leader, 5)
        process.terminate()
    assert "DEBUG" in (tmp_path / "my.log").read_text()
    assert SECRET not in (tmp_path / "my.log").read_text()


def test_a_port_in_use_is_named_and_who_to_ask(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run(tmp_path, port=other.getsockname()[1])
    assert done.returncode == 1
    assert re.search(r"port \d+ of 127\.0\.0\.1 is in use: `ss -ltnp", done.stderr)
    assert "Traceback" not in done.stderr


def test_an_address_that_is_not_this_machines_is_said_so(tmp_path: Path) -> None:
    done = run(tmp_path, SERVER_IP="203.0.113.1")
    assert done.returncode == 1
    assert "SERVER_IP has to be an address of this machine" in done.stderr


def test_a_port_for_root_only_is_said_so(tmp_path: Path) -> None:
    found = settings.load({"config": str(tmp_path / "none.json"), "queuefile": str(tmp_path / "queue.db")}).settings
    assert "set SERVER_PORT to 1024 or more" in serve._port_advice(found, OSError(errno.EACCES, "Permission denied"))


def test_a_database_of_a_newer_version_ends_the_start_without_a_traceback(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "autoscan.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    done = run(tmp_path)
    assert done.returncode == 2
    assert "newer Autoscan" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"SERVER_PASS": settings.SAMPLE_PASS}))
    found = settings.load({"config": str(path)}).settings
    assert [line.partition(":")[0] for line in serve._missing(found)] == [
        "media servers",
        "SERVER_PATH_MAPPINGS",
        "SERVER_PASS",
    ]
    path.write_text(json.dumps({"SERVER_PASS": "x1", "PLEX_TOKEN": "t0ken", "SERVER_PATH_MAPPINGS": {"/a": ["/b"]}}))
    assert serve._missing(settings.load({"config": str(path)}).settings) == []


@pytest.fixture
def no_gunicorn(tmp_path: Path) -> str:
    """A PYTHONPATH on which Gunicorn cannot be imported."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "gunicorn.py").write_text("raise ImportError('not here')")
    return str(folder)


@pytest.mark.parametrize("script", ["scan.py", "wsgi.py"])
def test_without_gunicorn_flasks_server_serves_with_a_warning(tmp_path: Path, no_gunicorn: str, script: str) -> None:
    command = SERVER if script == "scan.py" else (sys.executable, script)
    with serving(tmp_path, *command, PYTHONPATH=no_gunicorn) as program:
        assert "Gunicorn is not installed: Flask's own server serves" in program.log
        assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
        wait_until(lambda: program.lock.read_text().strip() == str(program.process.pid), 5, "it leads")
        clock = Clock()
        begun = clock.monotonic()
        program.signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
        assert clock.monotonic() - begun < 5
    assert SECRET not in program.log


def test_ctrl_c_ends_flasks_server(tmp_path: Path, no_gunicorn: str) -> None:
    with serving(tmp_path, *SERVER, PYTHONPATH=no_gunicorn) as program:
        os.kill(program.process.pid, signal.SIGINT)
        assert program.process.wait(10) == 0


UNDER_ANOTHER_SERVER = """
import threading
from wsgiref.simple_server import make_server
from wsgi import app
server = make_server("127.0.0.1", 0, app)
print(server.server_port, flush=True)
server.handle_request()
app.stop()
"""


def test_under_another_server_the_first_request_starts_everything(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET}))
    variables = environment(tmp_path, 1)
    command = [sys.executable, "-c", UNDER_ANOTHER_SERVER]
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        assert not (tmp_path / "autoscan.db").exists()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()
        process.communicate(timeout=20)
    assert process.returncode == 0


def run(folder: Path, port: int = 0, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `scan.py server` to its end."""
    if not (folder / "config.json").exists():
        (folder / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET}))
    return subprocess.run(
        SERVER,
        cwd=ROOT,
        env=environment(folder, port or free_port(), **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
