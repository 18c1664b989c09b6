"""What tests have in common: an environment without anybody's settings, a log of their own, a clock, a queue."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.store import Queue, Store
from tests import chances, webs
from tests.clocks import VirtualClock
from tests.queues import opened

#: What a program needs from its surroundings; everything else might be a setting.
KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "PYTHONPATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR",
        "TZ", "USER", "VIRTUAL_ENV")  # fmt: skip
KEPT_PREFIXES = ("COV", "PYTEST_", "PIP_", "HYPOTHESIS_")


def pytest_configure() -> None:
    """Draw examples as `chances` says, before any test is read.

    Let the programs that tests start be interrupted, also where a shell runs all of this in the background.
    """
    chances.load()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every variable away that could be one of Autoscan's, its servers' or its libraries'."""
    for name in list(os.environ):  # noqa: TID251 - to clean it is the point
        if name not in KEPT and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def restored_log() -> Iterator[None]:
    """Take back what `logs.setup` did to the root of all loggers."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture(autouse=True)
def closed_sites() -> Iterator[None]:
    """Close what `webs.build` opened for the test."""
    yield
    webs.close_all()


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock that the test turns."""
    return VirtualClock()


@pytest.fixture
def store(tmp_path: Path, clock: VirtualClock) -> Iterator[Store]:
    """Give a prepared store on a file of its own."""
    with opened(tmp_path, clock) as (store, _):
        yield store


@pytest.fixture
def queue(store: Store) -> Queue:
    """Return the queue in that store."""
    return Queue(store)
