"""A full disk and a database that somebody holds, under Gunicorn: refusals in time, nothing lost, and it recovers."""

import http.client
import json
import multiprocessing
import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from autoscan.clock import Clock
from tests.houses import episode
from tests.programs import SECRET, Program, serving
from tests.waiting import wait_until

PROCESSES = multiprocessing.get_context("fork")
CLOCK = Clock()
#: Seconds that the database is held: longer than anybody waits for it.
HELD = 8
#: Seconds within which a webhook is answered whatever happens: those who send them wait for 10 s or more.
IN_TIME = 9


class Sender:
    """Sends webhooks, each of another episode, and remembers which were acknowledged."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.acknowledged: list[str] = []
        self.statuses: list[int] = []
        self.slowest = 0.0
        self._number = 0

    def send(self, **more: Any) -> int:
        self._number += 1
        name = f"fault-{self._number}"
        begun = CLOCK.monotonic()
        status = self.program.post(f"/{SECRET}", episode(Path("/srv"), self._number) | {"downloadId": name} | more)
        self.slowest = max(self.slowest, CLOCK.monotonic() - begun)
        self.statuses.append(status)
        if status == 200:
            self.acknowledged.append(name)
        return status

    def lost(self, database: Path) -> set[str]:
        """Return what was acknowledged and is not in the database."""
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            stored = {json.loads(body).get("downloadId") for (body,) in connection.execute("SELECT body FROM events")}
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return set(self.acknowledged) - stored


def ready(program: Program) -> int:
    with suppress(OSError, http.client.HTTPException):
        return program.get("/ready")
    return 0


@contextmanager
def held(database: Path) -> Iterator[Callable[[], None]]:
    """Have another process hold the database; give what ends it."""
    begun, over = PROCESSES.Event(), PROCESSES.Event()

    def hold() -> None:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            begun.set()
            over.wait(60)

    process = PROCESSES.Process(target=hold)
    process.start()
    assert begun.wait(20)
    try:
        yield over.set
    finally:
        over.set()
        process.join()


def test_while_another_process_holds_the_database_webhooks_are_refused_in_time_and_none_is_lost(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2") as program:
        senders = [Sender(program) for _ in range(4)]
        assert senders[0].send() == 200
        with held(tmp_path / "autoscan.db") as let_go:
            ends = CLOCK.monotonic() + HELD

            def keep_sending(sender: Sender) -> None:
                while CLOCK.monotonic() < ends:
                    sender.send()

            threads = [threading.Thread(target=keep_sending, args=(sender,)) for sender in senders]
            for thread in threads:
                thread.start()
            wait_until(lambda: ready(program) == 503, HELD, "it says that it takes nothing")
            assert program.get("/health") == 200
            for thread in threads:
                thread.join()
            let_go()
        assert {status for sender in senders for status in sender.statuses} == {200, 503}
        assert max(sender.slowest for sender in senders) < IN_TIME
        wait_until(lambda: senders[0].send() == 200 and ready(program) == 200, 10, "it recovers by itself")
        assert [sender.lost(tmp_path / "autoscan.db") for sender in senders] == [set()] * 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "autoscan-test", str(folder)]
    if os.getuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("to mount a small disk takes root; a full database is tried in test_store.py")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_webhooks_and_when_there_is_room_again_it_goes_on(tmp_path: Path, small_disk: Path) -> None:
    with serving(tmp_path, GUNICORN_WORKERS="2", PLEX_AUTOSCAN_QUEUEFILE=str(small_disk / "queue.db")) as program:
        sender = Sender(program)
        assert sender.send() == 200
        ballast = small_disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        wait_until(lambda: sender.send(note="x" * 20_000) == 503, 20, "503 on a full disk")
        assert ready(program) == 503
        ballast.unlink()
        wait_until(lambda: sender.send() == 200 and ready(program) == 200, 20, "it recovers by itself")
        assert sender.lost(small_disk / "autoscan.db") == set()
        assert "Traceback" not in program.log
