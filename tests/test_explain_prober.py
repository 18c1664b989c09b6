"""A look at media for somebody who waits: never longer than he does, and never many at once."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.explain import Prober
from autoscan.filecheck import FileChecker
from tests.clocks import VirtualClock
from tests.waiting import wait_until

#: A helper that answers once the file `go` exists.
WAITS = """
import json, os, select, sys
print(flush=True)
for line in sys.stdin:
    open(sys.argv[1] + str(os.getpid()), "w").close()
    while not os.path.exists(sys.argv[2]):
        select.select([], [], [], 0.01)
    for path in json.loads(line)["paths"]:
        print('{"exists": true}', flush=True)
"""


@pytest.fixture
def prober(clock: VirtualClock) -> Iterator[Prober]:
    made = Prober(clock)
    yield made
    made.close()


def waiting(tmp_path: Path, clock: VirtualClock, patience: float) -> Prober:
    script = tmp_path / "waits.py"
    script.write_text(WAITS)
    command = (sys.executable, "-I", "-S", str(script), str(tmp_path / "asked."), str(tmp_path / "go"))
    return Prober(clock, FileChecker(clock=clock, command=command), patience=patience)


def test_it_tells_what_is_there(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    paths = [str(tmp_path / "a"), str(tmp_path / "b"), "relative", "D:\\x"]
    assert prober.exists(paths) == {paths[0]: True, paths[1]: False, "relative": None, "D:\\x": None}
    assert prober.exists([]) == {}


def test_nothing_is_started_before_the_first_question(clock: VirtualClock, tmp_path: Path) -> None:
    before = threading.active_count()
    waiting(tmp_path, clock, 1).close()
    assert threading.active_count() == before
    assert not list(tmp_path.glob("asked.*"))


def test_who_waits_too_long_gets_no_answer_and_the_third_at_once_none_either(
    clock: VirtualClock, tmp_path: Path
) -> None:
    prober = waiting(tmp_path, clock, 0.2)
    for _ in range(2):
        began = time.monotonic()
        assert prober.exists(["/a"]) == {"/a": None}
        assert 0.2 <= time.monotonic() - began < 1
    wait_until(lambda: len(list(tmp_path.glob("asked.*"))) == 2)
    assert prober.exists(["/a"]) == {"/a": None}
    assert len(list(tmp_path.glob("asked.*"))) == 2
    (tmp_path / "go").touch()
    wait_until(lambda: prober.exists(["/a"]) == {"/a": True})
    prober.close()


def test_a_helper_that_does_not_start_is_no_answer(clock: VirtualClock) -> None:
    prober = Prober(clock, FileChecker(clock=clock, command=("/does/not/exist",)))
    assert prober.exists(["/a"]) == {"/a": None}
    assert prober.names("/a", within="/a", prefix="", limit=5) == ()
    prober.close()
