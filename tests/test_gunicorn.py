"""Under a real Gunicorn: one leader among the workers, quick ends, reloads that cannot break it, no secret logged."""

import gc
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from autoscan.clock import Clock
from autoscan.settings import load
from autoscan.web import create_app, gunicorn, worker
from autoscan.web.gunicorn_settings import current
from autoscan.web.worker import Application
from autoscan.wiring import Autoscan
from bench.processes import handles
from tests.programs import GUNICORN, ROOT, SECRET, Program, environment, running, serving
from tests.waiting import wait_until

CLOCK = Clock()


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Program]:
    """Autoscan with four workers."""
    with serving(tmp_path, GUNICORN_WORKERS="4") as program:
        wait_until(lambda: len(program.workers()) == 4 and program.leader(), 20, "four workers, one leads")
        yield program


def another_leads(program: Program, leader: int) -> bool:
    return program.leader() not in (None, leader)


def workers_are_new(program: Program, old: set[int], number: int) -> bool:
    return len(program.workers()) == number and not program.workers() & old


def test_exactly_one_of_four_workers_leads_and_nothing_is_open_before_the_fork(four: Program) -> None:
    assert four.leader() in four.workers()
    assert four.lock.read_text().strip() == str(four.leader())
    arbiter = Path(f"/proc/{four.process.pid}")
    assert "Threads:\t1\n" in (arbiter / "status").read_text()
    opened = [str(fd.readlink()) for fd in (arbiter / "fd").iterdir()]
    assert not [
        name for name in opened if name.startswith(str(four.folder)) and not name.endswith(("stdout", "stderr"))
    ]


def test_when_the_leader_is_killed_another_leads_within_two_seconds(four: Program) -> None:
    for _ in range(3):
        leader = four.leader()
        assert leader
        os.kill(leader, signal.SIGKILL)
        wait_until(partial(another_leads, four, leader), 2, "the next leads")
        assert four.serves()
        wait_until(lambda: len(four.workers()) == 4, 5, "the killed worker is replaced")


def test_sigterm_ends_everything_within_five_seconds_whoever_is_connected(four: Program) -> None:
    kept_alive = http.client.HTTPConnection("127.0.0.1", four.port)
    kept_alive.request("GET", "/health")
    assert kept_alive.getresponse().read()
    silent = socket.create_connection(("127.0.0.1", four.port))
    half = [socket.create_connection(("127.0.0.1", four.port)) for _ in range(3)]
    for connection in half:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
    everybody = four.workers()
    begun = CLOCK.monotonic()
    four.signal(signal.SIGTERM)
    assert four.process.wait(10) == 0
    assert CLOCK.monotonic() - begun < 5
    assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]
    kept_alive.close()
    for connection in (silent, *half):
        connection.close()


def test_sigterm_ends_a_worker_that_does_not_listen_to_signals_yet(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        f"exec(open({str(ROOT / 'gunicorn_config.py')!r}).read())\n"
        "import time\n"
        "def post_fork(arbiter, worker):\n"
        "    time.sleep(2)\n"
    )
    command = (sys.executable, "-m", "gunicorn", "-c", str(slow), "wsgi:app")
    with running(tmp_path, *command, GUNICORN_WORKERS="1", SERVER_PASS=SECRET) as program:
        wait_until(program.workers, 20)
        program.signal(signal.SIGTERM)
        assert program.process.wait(5) == 0


def test_a_request_that_has_begun_to_arrive_is_answered_though_the_worker_was_told_to_stop(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1") as program:
        wait_until(program.leader)
        body = json.dumps({"eventType": "Test"}).encode()
        with socket.create_connection(("127.0.0.1", program.port), timeout=20) as slow:
            slow.sendall(
                f"POST /{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
            )
            threading.Event().wait(0.5)
            program.signal(signal.SIGTERM)
            wait_until(lambda: program.leader() is None, 3, "the jobs end at once")
            slow.sendall(body)
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
        assert program.process.wait(5) == 0


def test_a_stop_waits_for_an_answer_but_not_for_half_a_request(tmp_path: Path) -> None:
    # A webhook waits for the database four seconds at most.
    quick = tmp_path / "quick.py"
    quick.write_text(
        f"exec(open({str(ROOT / 'gunicorn_config.py')!r}).read())\n"
        "from autoscan.web import gunicorn_worker\n"
        "gunicorn_worker.LINGER = 0.5\n"
    )
    command = (sys.executable, "-m", "gunicorn", "-c", str(quick), "wsgi:app")
    with serving(tmp_path, *command, GUNICORN_WORKERS="1") as program:
        wait_until(program.leader)
        database = sqlite3.connect(tmp_path / "autoscan.db", isolation_level=None)
        half = socket.create_connection(("127.0.0.1", program.port), timeout=20)
        half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        database.execute("BEGIN IMMEDIATE")
        answers: list[int] = []
        webhook = {"eventType": "Manual", "filepath": "/TV/A/b.mkv"}
        asker = threading.Thread(target=lambda: answers.append(program.post(f"/{SECRET}", webhook)))
        asker.start()
        threading.Event().wait(0.5)
        program.signal(signal.SIGTERM)
        assert half.recv(100).startswith(b"HTTP/1.1 408")
        assert not answers, "the request waits for the database"
        database.execute("ROLLBACK")
        database.close()
        asker.join(10)
        assert answers == [200]
        half.close()
        assert program.process.wait(10) == 0


def test_a_broken_configuration_does_not_stop_a_reload_and_a_good_one_comes_into_force(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2") as program:
        wait_until(lambda: len(program.workers()) == 2)
        old = program.workers()
        program.configure('{"SERVER_SCAN_DELAY": "soon", "SERVER_PASS": ')
        program.signal(signal.SIGHUP)
        wait_until(lambda: "the last good one stays in force" in program.log, 10)
        wait_until(partial(workers_are_new, program, old, 2), 10, "the workers are new")
        assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
        assert program.process.poll() is None

        program.configure(SERVER_PASS="another-s3cret", SERVER_ALLOW_MANUAL_SCAN=True)
        program.signal(signal.SIGHUP)
        wait_until(lambda: program.get("/another-s3cret") == 200, 10, "the new password counts")
        wait_until(lambda: program.post(f"/{SECRET}", {"eventType": "Test"}) == 401, 10, "the old one does not")
        wait_until(program.leader)


def test_no_request_is_lost_in_a_reload(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2") as program:
        wait_until(lambda: len(program.workers()) == 2)
        stop, answers = threading.Event(), []

        def ask() -> None:
            while not stop.is_set():
                answers.append(program.post(f"/{SECRET}", {"eventType": "Test"}))

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        for _ in range(2):
            old = program.workers()
            program.signal(signal.SIGHUP)
            wait_until(partial(workers_are_new, program, old, 2), 20)
        stop.set()
        for asker in askers:
            asker.join()
        assert set(answers) == {200}
        assert len(answers) > 20


def test_a_reload_keeps_the_address_and_says_what_needs_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1", SERVER_IP="", SERVER_PORT="") as program:
        old = program.workers()
        program.configure(SERVER_IP="127.0.0.1", SERVER_PORT=program.port + 1)
        program.signal(signal.SIGHUP)
        wait_until(partial(workers_are_new, program, old, 1), 10)
        assert program.serves()
        assert "restart Autoscan for a changed SERVER_PORT to take effect" in program.log


def test_workers_are_replaced_after_max_requests_and_nothing_fails(tmp_path: Path) -> None:
    with serving(
        tmp_path, GUNICORN_WORKERS="2", GUNICORN_MAX_REQUESTS="10", GUNICORN_MAX_REQUESTS_JITTER="5"
    ) as program:
        seen = program.workers()
        for _ in range(80):
            assert program.get("/health") == 200
            seen |= program.workers()
        assert len(seen) > 4
        wait_until(program.leader, 5, "somebody leads")


def test_a_wrong_configuration_ends_the_start_with_code_2_and_every_problem(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"SERVER_PORT": "high", "SERVER_SCAN_DELAY": -1}')
    variables = environment(tmp_path, 1)
    del variables["SERVER_PORT"]
    done = subprocess.run(GUNICORN, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert "SERVER_PORT" in done.stderr
    assert "SERVER_SCAN_DELAY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_ends_the_start_with_advice(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "autoscan.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    (tmp_path / "config.json").write_text("{}")
    with running(tmp_path) as program:
        # Gunicorn's arbiter stumbles, with code 1, where several workers cannot start at once.
        assert program.process.wait(60) in (gunicorn.CANNOT_START, 1)
        assert "newer Autoscan" in program.log


def test_without_a_database_webhooks_get_503_until_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET}))
    (tmp_path / "data").write_text("in the way")
    with running(tmp_path, GUNICORN_WORKERS="2", PLEX_AUTOSCAN_QUEUEFILE=str(tmp_path / "data/queue.db")) as program:
        wait_until(lambda: "webhooks are refused until" in program.log, 60)
        wait_until(lambda: status(program) == 503, 30, "503 without a database")
        (tmp_path / "data").unlink()
        wait_until(lambda: status(program) == 200, 30, "200 with it")


def status(program: Program) -> int:
    try:
        return program.post(f"/{SECRET}", {"eventType": "Manual", "filepath": "/TV/A/b.mkv"})
    except OSError:
        return 0


def test_the_secret_is_in_no_log_line_whatever_is_asked(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1", PLEX_AUTOSCAN_LOGLEVEL="DEBUG") as program:
        program.get(f"/{SECRET}", Referer=f"http://x/{SECRET}/y")
        program.get(f"/{SECRET}/sonarr?path=/TV/%00")
        program.post(f"/{SECRET}", {"eventType": "Test"})
        raw(program.port, f"GET /{SECRET} HTTQ/9.9\r\n\r\n")
        raw(program.port, f"GE\x00T /{SECRET} HTTP/1.1\r\n\r\n")
        raw(program.port, f"GET /{SECRET}?{'x' * 9000} HTTP/1.1\r\n\r\n")
        raw(program.port, f"GET / HTTP/1.1\r\nBad Header {SECRET}: 1\r\n\r\n")
        wait_until(lambda: "GET /***" in program.log, 5, "the access log has the path, masked")
        assert "Invalid" in program.log
    assert SECRET not in program.log


def raw(port: int, text: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text.encode())
        connection.recv(1000)


def test_another_application_may_run_under_the_same_configuration(tmp_path: Path) -> None:
    command = (*GUNICORN[:-1], "wsgiref.simple_server:demo_app")
    with serving(tmp_path, *command, GUNICORN_WORKERS="1") as program:
        assert program.get("/") == 200
    assert program.process.returncode == 0


def test_gunicorn_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1") as program:
        names = {path.name for path in tmp_path.iterdir()}
        assert program.serves()
    assert not {name for name in names if "gunicorn" in name}


def test_wsgi_py_serves_by_itself_and_every_line_is_json_requests_included(tmp_path: Path) -> None:
    variables = {"GUNICORN_WORKERS": "1", "LOG_FORMAT": "json", "GUNICORN_ACCESS_LOG": "yes"}
    with serving(tmp_path, sys.executable, "wsgi.py", **variables) as program:
        wait_until(program.leader)
        program.get(f"/{SECRET}?a=b", Referer=f"http://x/{SECRET}/y")
        wait_until(lambda: "/***?a=b" in program.log, 5, "the request is in the log")
    lines = [json.loads(line) for line in program.log.splitlines()]
    assert {"gunicorn.error", "gunicorn.access", "autoscan.services.leader"} <= {line["logger"] for line in lines}
    request = next(line["message"] for line in lines if "/***?a=b" in line["message"])
    assert '"http://x/***/y"' in request
    assert SECRET not in program.log


def test_requests_are_not_in_the_log_unless_it_is_wanted(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1") as program:
        assert program.get("/health") == 200
    assert "/health" not in program.log


def test_signs_of_life_are_files_in_memory_else_beside_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = load(environ={"PLEX_AUTOSCAN_QUEUEFILE": str(tmp_path / "queue.db")}, cwd=tmp_path).settings
    assert gunicorn._heartbeats(found) == "/dev/shm"
    monkeypatch.setattr(gunicorn, "SHARED_MEMORY", tmp_path / "none")
    assert gunicorn._heartbeats(found) == str(tmp_path)


def test_to_make_the_application_has_no_effect(tmp_path: Path) -> None:
    threads = threading.active_count()
    application = Application()
    application.ask_to_stop()
    application.stop()
    assert threading.active_count() == threads


def test_to_build_the_application_opens_and_starts_nothing(tmp_path: Path) -> None:
    files, threads = handles(os.getpid()), threading.active_count()
    application = Application()
    application.build(load(environ={"SERVER_PASS": SECRET}, cwd=tmp_path))
    application.stop()
    assert application.is_built
    assert (handles(os.getpid()), threading.active_count()) == (files, threads)
    assert not [*tmp_path.rglob("*.db")]


def test_what_cannot_be_built_anew_leaves_workers_what_was_built_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_autoscan: object) -> None:
        raise RuntimeError("no room")

    application = Application()
    arbiter = SimpleNamespace(app=SimpleNamespace(callable=application))
    monkeypatch.setattr(current, "loaded", load(environ={"SERVER_PASS": SECRET}, cwd=tmp_path))
    monkeypatch.setattr("gc.freeze", lambda: None)
    with monkeypatch.context() as broken:
        broken.setattr(worker, "create_app", fail)
        with pytest.raises(RuntimeError):
            gunicorn.on_reload(arbiter)
    gunicorn.on_reload(arbiter)
    monkeypatch.setattr(worker, "create_app", fail)
    gunicorn.on_reload(arbiter)
    assert application.is_built
    assert "go on with what was built before" in caplog.text


def test_what_was_built_before_is_freed_at_a_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Flask]] = []

    def noted(autoscan: Autoscan) -> Flask:
        app = create_app(autoscan)
        made.append(weakref.ref(app))
        return app

    arbiter = SimpleNamespace(app=SimpleNamespace(callable=Application()))
    monkeypatch.setattr(current, "loaded", load(environ={"SERVER_PASS": SECRET}, cwd=tmp_path))
    monkeypatch.setattr(worker, "create_app", noted)
    try:
        gunicorn.on_reload(arbiter)
        gunicorn.on_reload(arbiter)
    finally:
        gc.unfreeze()
    assert [app() is not None for app in made] == [False, True]


def test_an_ipv6_address_is_served(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="1", SERVER_IP="::1") as program:
        assert program.serves()
