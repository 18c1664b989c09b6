"""The operator's own commands: what reaches them, what comes back, and that they end."""

import os
import time
from pathlib import Path

import pytest

from autoscan.commands import TAIL, Command, Outcome
from autoscan.settings import plain_environ
from tests.waiting import wait_until


def test_a_command_is_a_line_of_shell_with_the_values_in_its_environment() -> None:
    outcome = Command('echo "$AUTOSCAN_PATH" | tr a-z A-Z; echo err >&2; exit 3').run({"AUTOSCAN_PATH": "/data/tv"})
    assert (outcome.exit_code, outcome.output, outcome.timed_out) == (3, "/DATA/TV\nerr\n", False)
    assert not outcome.ok
    assert str(outcome) == "exit code 3: err"
    assert outcome.seconds > 0


@pytest.mark.parametrize(
    "path", ["/a/$(touch x)`touch y`; touch z \" ' & |", "/a\nb", "/-rf *", "/日本語 é", "/not\udcffutf8"]
)
def test_a_path_is_never_a_part_of_the_command(tmp_path: Path, path: str) -> None:
    out = tmp_path / "out"
    command = Command(f'cd "{tmp_path}" && printf %s "$AUTOSCAN_PATH" > out')
    assert command.run({"AUTOSCAN_PATH": path}).ok
    assert out.read_bytes() == path.encode("utf-8", "surrogateescape")
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("value", "arrives"), [("a\0b", "a\N{REPLACEMENT CHARACTER}b"), ("a\ud800b", "a?b"), ("x" * 200_000, "x" * 65_536)]
)
def test_a_value_that_no_environment_can_hold_is_bent_until_it_fits(value: str, arrives: str, tmp_path: Path) -> None:
    assert Command(f'printf %s "$V" > "{tmp_path}/out"').run({"V": value}).ok
    assert (tmp_path / "out").read_text() == arrives


def test_nothing_else_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEX_TOKEN", "s3cr3t")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    output = Command("env; ls /proc/self/fd | wc -l").run({"AUTOSCAN_SERVER": "plex"}).output
    assert "s3cr3t" not in output
    names = {line.partition("=")[0] for line in output.splitlines()[:-1]}
    assert {"AUTOSCAN_SERVER", "PATH", "TZ"} <= names <= {"AUTOSCAN_SERVER", "PWD", "SHLVL", "_", "OLDPWD", *PLAIN}
    assert plain_environ().keys() <= PLAIN
    # Its three streams and the one that `ls` reads the folder with; a pipe of the shell's at most.
    assert int(output.splitlines()[-1]) <= 5


PLAIN = {"PATH", "HOME", "LANG", "TZ"}


def test_its_input_is_empty() -> None:
    assert Command("cat; echo done").run({}).output == "done\n"


def test_only_the_end_of_a_long_output_is_kept() -> None:
    outcome = Command("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last").run({})
    assert (len(outcome.output), outcome.output[-6:]) == (TAIL, "\nlast\n")
    assert str(outcome) == "exit code 0: last"


def test_output_that_is_no_text_is_shown_all_the_same() -> None:
    assert Command("printf '\\377a'").run({}).output == "\N{REPLACEMENT CHARACTER}a"
    assert str(Command("true").run({})) == "exit code 0"


def test_a_command_is_killed_at_its_limit_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    outcome = Command(f"sleep 60 & echo $! > {pid}; echo begun; wait", timeout=0.5).run({})
    assert (outcome.exit_code, outcome.output, outcome.timed_out, outcome.ok) == (-9, "begun\n", True, False)
    assert str(outcome).startswith("killed after ")
    child = int(pid.read_text())
    wait_until(lambda: not _runs(child))


def test_one_that_closes_its_output_is_killed_as_well() -> None:
    outcome = Command("exec >&- 2>&-; sleep 60", timeout=0.3).run({})
    assert (outcome.exit_code, outcome.timed_out) == (-9, True)


def test_what_a_command_leaves_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    outcome = Command(f"sleep 60 & echo $! > {pid}; echo done").run({})
    assert (outcome.exit_code, outcome.output, outcome.timed_out) == (0, "done\n", False)
    child = int(pid.read_text())
    assert _runs(child)
    os.kill(child, 9)


def test_what_chatters_on_in_the_background_is_not_listened_to() -> None:
    assert Command("yes & exec sleep 0.2").run({}).output.endswith("y\ny\n")


def test_a_lane_starts_a_command_and_asks_for_its_result_later(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    running = Command(f"until [ -e {flag} ]; do sleep 0.02; done; echo ok").start({})
    assert running.result() is None
    flag.touch()
    wait_until(lambda: running.result() is not None)
    outcome = running.result()
    assert outcome == Outcome(exit_code=0, output="ok\n", seconds=outcome.seconds if outcome else 0)
    assert running.wait() is outcome


def test_a_command_can_be_ended_at_once() -> None:
    running = Command("sleep 60").start({})
    began = time.monotonic()
    running.kill()
    assert time.monotonic() - began < 30
    assert running.wait().timed_out


def test_a_command_that_cannot_be_started_says_why() -> None:
    outcome = Command("true").run({f"V{count}": "x" * 65_536 for count in range(100)})
    assert (outcome.exit_code, outcome.timed_out) == (126, False)
    assert "too long" in outcome.output
    assert Command("a\0b").run({}).exit_code == 126


def test_a_command_of_nothing_is_none() -> None:
    assert not Command("  ")
    assert Command("x")
    assert Command(" no-such-program ", environ={"PATH": "/"}).run({}).exit_code == 127


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
