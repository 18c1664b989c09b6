"""The systemd unit: valid, as confined as it says, and Autoscan works as the unit has it."""

import ctypes
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import ROOT, SECRET, serving
from tests.waiting import wait_until

UNIT = ROOT / "system" / "autoscan.service"
#: The exposure that the unit's own comment tells, times ten.
EXPOSURE = 15

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, env={"LC_ALL": "C.UTF-8"}
    )


@needs_systemd
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    here = tmp_path / "autoscan.service"
    here.write_text(UNIT.read_text().replace("/opt/autoscan/.venv/bin/python", sys.executable))
    done = analyze("verify", str(here))
    mine = [line for line in done.stderr.splitlines() if "autoscan" in line]
    assert not mine
    assert done.returncode == 0, done.stderr


@needs_systemd
def test_it_is_as_confined_as_it_says(tmp_path: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", str(UNIT))
    assert done.returncode == 0, done.stdout
    assert f"says {EXPOSURE / 10} OK" in UNIT.read_text()
    open_ = tmp_path / "autoscan.service"
    open_.write_text(UNIT.read_text().replace("NoNewPrivileges=yes", "NoNewPrivileges=no"))
    assert analyze("security", "--offline=true", f"--threshold={EXPOSURE}", str(open_)).returncode != 0


def test_every_option_stands_in_it_once_and_a_reload_is_a_hangup() -> None:
    keys = re.findall(r"^(\w+)=", UNIT.read_text(), re.MULTILINE)
    twice = {key for key in keys if keys.count(key) > 1}
    assert twice <= {"Environment", "SystemCallFilter"}
    assert values("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert values("StateDirectory") == ["autoscan"]


#: As MemoryDenyWriteExecute=: for this program and what it starts, no memory is both written and executed.
DENIED = """
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def can_be_denied() -> bool:
    """Tell whether the kernel knows PR_GET_MDWE (Linux 6.3)."""
    return bool(ctypes.CDLL(None).prctl(66, 0, 0, 0, 0) >= 0)


def test_autoscan_says_when_it_listens_reloads_and_stops_as_the_unit_expects(tmp_path: Path) -> None:
    """With the unit's variables and its start, below a folder that stands for `/var/lib/autoscan`."""
    state = str(tmp_path)
    pairs = dict(pair.split("=", 1) for line in values("Environment") for pair in line.split())
    variables = {name: value.replace("/var/lib/autoscan", state) for name, value in pairs.items()}
    command = [sys.executable, *values("ExecStart")[0].replace("/opt/autoscan", str(ROOT)).split()[1:]]
    if can_be_denied():
        command = [sys.executable, "-c", DENIED, *command]
    told = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(told))
        listener.settimeout(20)
        with serving(tmp_path, *command, **variables, NOTIFY_SOCKET=str(told), GUNICORN_WORKERS="2") as program:
            assert b"READY=1" in listener.recv(1000)
            old = program.workers()
            program.signal(signal.SIGHUP)
            wait_until(lambda: len(program.workers()) == 2 and not program.workers() & old, 20, "the workers are new")
            assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
            program.signal(signal.SIGTERM)
            assert program.process.wait(int(values("TimeoutStopSec")[0])) == 0
    assert (tmp_path / "autoscan.db").exists()
    assert "Traceback" not in program.log
