"""A changed configuration comes into force by itself if it is valid, and changes nothing if it is not."""

import http.client
import json
import logging
import signal
import threading
from pathlib import Path

import pytest

from autoscan import settings
from autoscan.settings import Loaded
from autoscan.store import Queue
from autoscan.web import gunicorn
from autoscan.web.gunicorn_settings import Configuration
from autoscan.web.reloading import EVERY, ConfigurationWatch
from tests.clocks import VirtualClock
from tests.programs import SECRET, serving
from tests.waiting import wait_until


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file, and the environment that names it."""
    path = tmp_path / "config.json"
    write(path)
    monkeypatch.setenv("PLEX_AUTOSCAN_CONFIG", str(path))
    monkeypatch.setenv("PLEX_AUTOSCAN_QUEUEFILE", str(tmp_path / "queue.db"))
    return path


def write(path: Path, **more: object) -> None:
    path.write_text(json.dumps({"SERVER_PASS": SECRET} | more))


def read_again(configuration: Configuration) -> Loaded:
    configuration.read()
    assert configuration.loaded
    return configuration.loaded


class Watched:
    """A watch over the files, and how often it asked for a reload."""

    def __init__(self, queue: Queue, clock: VirtualClock) -> None:
        self.reloads = 0
        self._clock = clock
        self._job = ConfigurationWatch(stamp=settings.stamp(), queue=queue, clock=clock, reload=self._count)

    def _count(self) -> None:
        self.reloads += 1

    def pass_time(self, looks: int = 3) -> int:
        """Let time for so many looks pass; return how many reloads were asked for so far."""
        for _ in range(looks):
            assert not self._job.step()
            self._clock.advance(EVERY + 0.1)
        return self.reloads


@pytest.fixture
def watched(queue: Queue, clock: VirtualClock, file: Path) -> Watched:
    """A watch that has looked before."""
    assert file.exists()
    found = Watched(queue, clock)
    found.pass_time()
    return found


def test_a_valid_change_asks_for_one_reload(watched: Watched, file: Path) -> None:
    assert watched.pass_time() == 0
    write(file, SERVER_SCAN_DELAY=30)
    assert watched.pass_time() == 1
    assert watched.pass_time() == 1


def test_a_file_is_left_alone_while_it_is_being_written(watched: Watched, file: Path) -> None:
    for delay in range(5):
        write(file, SERVER_SCAN_DELAY=delay)
        assert watched.pass_time(1) == 0
    assert watched.pass_time(2) == 1


def test_a_file_that_was_only_touched_is_no_change(watched: Watched, file: Path) -> None:
    file.touch()
    assert watched.pass_time() == 0


def test_an_invalid_change_is_told_once_and_warned_of_until_it_is_mended(
    watched: Watched, file: Path, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text('{"SERVER_PASS": "x",\n "SERVER_PORT": "high", "SERVER_SCAN_DELAY": -1}')
    assert watched.pass_time(9) == 0
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "SERVER_PORT" in errors[0]
    assert "SERVER_SCAN_DELAY" in errors[0]
    assert queue.warnings("configuration") == (errors[0],)

    write(file, SERVER_SCAN_DELAY=3)
    assert watched.pass_time() == 1
    assert queue.warnings("configuration") == ()


def test_an_invalid_change_that_is_taken_back_needs_no_reload(watched: Watched, file: Path, queue: Queue) -> None:
    good = file.read_text()
    file.write_text("{")
    watched.pass_time()
    assert queue.warnings("configuration")
    file.write_text(good)
    assert watched.pass_time() == 0
    assert queue.warnings("configuration") == ()


def test_a_new_leader_takes_back_what_an_earlier_one_warned_of(queue: Queue, clock: VirtualClock, file: Path) -> None:
    assert file.exists()
    queue.warn("configuration", "the file was bad once")
    Watched(queue, clock).pass_time(1)
    assert queue.warnings("configuration") == ()


@pytest.mark.parametrize("text", [None, "{", ""], ids=["gone", "half", "empty"])
def test_a_file_that_is_gone_or_half_there_never_ends_the_watch(watched: Watched, file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    watched.pass_time()
    write(file, SERVER_SCAN_DELAY=4)
    before = watched.reloads
    assert watched.pass_time() == before + 1


def test_the_stamp_knows_both_files_and_what_cannot_be_read(tmp_path: Path) -> None:
    def stamp() -> str:
        return settings.stamp(environ={}, cwd=tmp_path)

    (tmp_path / "config").mkdir()
    stamps = [stamp()]
    (tmp_path / ".env").write_text("SERVER_PORT=3000")
    stamps.append(stamp())
    (tmp_path / "config" / "config.json").write_text("{}")
    stamps.append(stamp())
    (tmp_path / ".env").write_text("PLEX_AUTOSCAN_CONFIG=other.json")
    stamps.append(stamp())
    (tmp_path / "other.json").mkdir()
    stamps.append(stamp())
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    stamps.append(stamp())
    assert len(set(stamps)) == len(stamps)
    assert stamp() == stamps[-1]


def test_a_reload_keeps_what_was_there_whatever_goes_wrong(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = Configuration()
    first = read_again(configuration)
    file.write_text('{"SERVER_PORT": "high"}')
    kept = read_again(configuration)
    assert kept.settings == first.settings
    assert any("SERVER_PORT" in warning for warning in kept.warnings)
    stamp = configuration.stamp
    monkeypatch.setattr(settings, "load", lambda: 1 // 0)
    assert read_again(configuration).settings == first.settings
    monkeypatch.undo()
    assert configuration.stamp == stamp


def test_what_needs_a_restart_stays_and_is_named_until_then(file: Path, tmp_path: Path) -> None:
    configuration = Configuration()
    first = read_again(configuration)
    write(file, SERVER_PORT=first.settings.server_port + 1, SERVER_SCAN_DELAY=7)
    found = first
    for _ in range(2):
        found = read_again(configuration)
        assert found.settings.server_port == first.settings.server_port
        assert found.settings.server_scan_delay == 7
        assert "restart Autoscan for a changed SERVER_PORT to take effect" in found.warnings
    write(file)
    assert not [warning for warning in read_again(configuration).warnings if "restart" in warning]
    assert found.settings.store_file.parent == tmp_path


def test_the_database_stays_where_it_is_until_a_restart(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file.exists()
    configuration = Configuration()
    first = read_again(configuration)
    monkeypatch.setenv("PLEX_AUTOSCAN_QUEUEFILE", str(tmp_path / "elsewhere" / "queue.db"))
    found = read_again(configuration)
    assert found.settings.store_file == first.settings.store_file
    assert found.settings.old_queue_files == first.settings.old_queue_files
    assert "restart Autoscan for a changed PLEX_AUTOSCAN_QUEUEFILE to take effect" in found.warnings


def test_nobody_is_asked_for_a_reload_once_the_arbiter_has_gone() -> None:
    gunicorn._ask_for_reload(arbiter=1 << 22)


def test_a_changed_file_comes_into_force_under_gunicorn_without_anybodys_doing(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2") as program:
        wait_until(program.leader)
        program.configure('{"SERVER_PASS": "half')
        wait_until(lambda: "cannot be used" in program.log, 15, "the leader tells that it is bad")
        assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
        assert "Hang up" not in program.log
        program.configure(SERVER_PASS="another-s3cret")
        wait_until(lambda: program.post("/another-s3cret", {"eventType": "Test"}) == 200, 15, "the new password counts")
        wait_until(program.leader, 10, "somebody leads")
        threading.Event().wait(2.5 * EVERY)
        assert program.log.count("Hang up") == 1


def test_no_request_on_a_kept_connection_is_lost_in_a_reload(tmp_path: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2") as program:
        wait_until(lambda: len(program.workers()) == 2)
        over, answers = threading.Event(), list[int]()

        def ask() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)
            while not over.wait(0.01):
                connection.request("GET", "/health")
                response = connection.getresponse()
                response.read()
                answers.append(response.status)
            connection.close()

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        old = program.workers()
        program.signal(signal.SIGHUP)
        wait_until(lambda: len(program.workers()) == 2 and not program.workers() & old, 20)
        over.set()
        for asker in askers:
            asker.join()
        assert set(answers) == {200}
        assert len(answers) > 20
