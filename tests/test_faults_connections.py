"""Thousands of connections at once: webhooks are answered all the same, and nothing is left of them."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoscan.clock import Clock
from tests.programs import SECRET, Program, serving
from tests.waiting import wait_until

NUMBER = 3000
CLOCK = Clock()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * NUMBER:
        pytest.skip("the system does not allow a process as many open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with serving(tmp_path, GUNICORN_WORKERS="2") as made:
            yield made
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def handles(program: Program) -> int:
    """Return how many files and connections the workers have open."""
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in program.workers())


def test_three_thousand_silent_connections_keep_no_webhook_from_its_answer(program: Program) -> None:
    before = handles(program)
    with ExitStack() as stack:
        for _ in range(NUMBER):
            connection = stack.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", program.port))
        wait_until(lambda: handles(program) > before + 200, 10, "the workers have as many as they take")
        slowest = 0.0
        for _ in range(5):
            begun = CLOCK.monotonic()
            assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
            slowest = max(slowest, CLOCK.monotonic() - begun)
        assert slowest < 10
    wait_until(lambda: handles(program) <= before + 10, 30, "nothing is left of them")
    assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
    assert "Traceback" not in program.log
