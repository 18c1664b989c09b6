"""Under a real Gunicorn: whichever worker answers, and however many came and went, the figures are the same."""

import http.client
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from autoscan.metrics import folder_of
from tests.programs import SECRET, Program, serving
from tests.test_metrics import Samples, parsed
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with serving(tmp_path_factory.mktemp("metrics"), GUNICORN_WORKERS="3") as program:
        wait_until(lambda: len(program.workers()) == 3 and program.leader(), 20, "three workers, one leads")
        yield program


def read(program: Program, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)
    try:
        connection.request("GET", path, headers={"X-Api-Key": SECRET, "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def scrape(program: Program) -> Samples:
    status, text = read(program, "/metrics")
    assert status == 200, text
    return parsed(text)


def webhooks(program: Program) -> float:
    return sum(scrape(program).get("autoscan_webhooks_total", {}).values())


def send(program: Program, number: int) -> None:
    for _ in range(number):
        assert program.post(f"/{SECRET}/sonarr", {"eventType": "Test"}) == 200


def test_every_worker_tells_the_same_sums_also_of_workers_that_are_gone(program: Program) -> None:
    send(program, 30)
    assert {webhooks(program) for _ in range(20)} == {30}
    for pid in program.workers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(program.workers()) == 3 and program.serves(), 20, "three new workers")
    send(program, 30)
    assert {webhooks(program) for _ in range(20)} == {60}
    folder = folder_of(program.folder / "autoscan.db")
    assert len(list(folder.glob("slot-*"))) <= 6


def test_a_reload_keeps_them(program: Program) -> None:
    before, old = webhooks(program), program.workers()
    program.signal(signal.SIGHUP)
    wait_until(lambda: len(program.workers()) == 3 and not program.workers() & old, 20, "new workers")
    wait_until(program.serves, 10, "they answer")
    assert webhooks(program) == before


def test_the_leader_is_seen_alive(program: Program) -> None:
    def leads() -> bool:
        with suppress(OSError, http.client.HTTPException):
            return '"leader":{"status":"ok"' in read(program, "/ready")[1].replace(" ", "")
        return False

    wait_until(leads, 10, "the leader ticks")
    assert scrape(program)["autoscan_leader_changes_total"][()] >= 1


def test_an_end_leaves_nothing_in_memory_and_a_new_start_begins_at_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "autoscan.db")
    for _ in range(2):
        with serving(tmp_path, GUNICORN_WORKERS="1") as program:
            send(program, 2)
            assert webhooks(program) == 2
            assert folder.exists()
        assert not folder.exists()
