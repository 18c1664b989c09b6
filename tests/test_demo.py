"""`make demo`, as a newcomer runs it: it plays to its end, keeps what it claims, and leaves nothing behind."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from autoscan.model import ScanState
from bench.demo import claims
from bench.demo.watch import FolderView, ServerView, View
from tests.programs import ROOT, children
from tests.waiting import wait_until

COMMAND = (sys.executable, "-m", "bench.demo")
SUMMARY = """\
12 webhooks -> 2 scans at each server, of exactly these folders; nothing asked twice:
  Plex      tv/Sherlock Holmes (1954)/Season 01
  Plex      movies/Nosferatu (1922)
  Jellyfin  tv/Sherlock Holmes (1954)
  Jellyfin  movies
"""


def surroundings(folder: Path) -> dict[str, str]:
    """Return variables that have everything temporary in `folder`; a setting is among them, to be passed over."""
    environ = dict(os.environ)  # noqa: TID251 - as the fixture left it
    return environ | {"TMPDIR": str(folder), "TERM": "xterm", "SERVER_SCAN_DELAY": "600"}


def left_behind(folder: Path) -> list[str]:
    """Return the files in `folder`, and the processes that have to do with it."""
    processes = [told for pid in Path("/proc").glob("[0-9]*") if str(folder) in (told := process(pid))]
    return [str(path) for path in folder.iterdir()] + processes


def process(pid: Path) -> str:
    """Return a process's command, variables and folder; nothing if it has ended."""
    with suppress(OSError):
        texts = [(pid / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
        return " ".join([pid.name, *texts, str((pid / "cwd").readlink())])
    return ""


@contextmanager
def playing(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the demo on a terminal of 100 columns, which writes into `folder.out`; the demo is ended in any case."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    demo = subprocess.Popen(COMMAND, cwd=ROOT, env=surroundings(folder), stdout=side, stderr=side)
    os.close(side)
    os.set_blocking(main, False)
    try:
        wait_until(lambda: "waiting" in seen(main, folder), 40, "the first scan waits")
        assert left_behind(folder), "there is something that could be left"
        yield demo
        # It has to be read on, or the demo could not write.
        wait_until(lambda: seen(main, folder) and demo.poll() is not None, 40, "the demo ends")
        seen(main, folder)
    finally:
        demo.terminate()
        demo.wait(40)
        os.close(main)


def seen(terminal: int, folder: Path) -> str:
    """Read what the terminal has got, and return all it ever got."""
    kept = folder.with_suffix(".out")
    with kept.open("ab") as file, suppress(OSError):
        while text := os.read(terminal, 65536):
            file.write(text)
    return kept.read_text(errors="replace")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tmp"
    made.mkdir()
    return made


def test_it_ends_by_itself_with_its_summary_and_leaves_nothing_behind(folder: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=ROOT, env=surroundings(folder), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = done.stdout[done.stdout.index("12 webhooks") :]
    assert [line.partition("  asked")[0].rstrip() for line in summary.splitlines()[:5]] == SUMMARY.splitlines()
    assert "\x1b" not in done.stdout, "plain lines where there is no terminal"
    assert left_behind(folder) == []


def test_ctrl_c_ends_it_and_leaves_nothing_behind(folder: Path) -> None:
    with playing(folder) as demo:
        demo.send_signal(signal.SIGINT)
    assert demo.returncode == 130
    shown = folder.with_suffix(".out").read_text()
    assert "One scan for each folder" in shown, "a table on a terminal"
    assert "Traceback" not in shown
    assert left_behind(folder) == []


def test_an_autoscan_that_dies_is_told_with_its_log(folder: Path) -> None:
    with playing(folder) as demo:
        (autoscan,) = children(demo.pid)
        os.kill(autoscan, signal.SIGKILL)
    assert demo.returncode == 1
    assert "Autoscan has ended (exit code -9); the end of its log:" in folder.with_suffix(".out").read_text()
    assert left_behind(folder) == []


SEASON = FolderView(folder="tv/Show/Season 01", webhooks=2, states=(ScanState.DONE,), due_in=0, reason="")
AT_PLEX = ServerView(
    server="Plex",
    folder="tv/Show/Season 01",
    scope="tv/Show/Season 01",
    asked="tv/Show/Season 01",
    asked_at=1.0,
    shown_at=2.0,
    seen_at=3.0,
    evidence="1 verified by P1",
    state="verified",
)
GOOD = View(folders=(SEASON,), servers=(AT_PLEX,), asked=(("Plex", "tv/Show/Season 01"),))


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (replace(GOOD, folders=(replace(SEASON, webhooks=1),)), "of 2 webhooks, 1 were taken"),
        (replace(GOOD, folders=(replace(SEASON, states=()),)), "should have one scan that is done, but has: none"),
        (
            replace(GOOD, folders=(replace(SEASON, states=(ScanState.FAILED,), reason="file_missing"),)),
            "has: failed file_missing",
        ),
        (replace(GOOD, folders=(replace(SEASON, states=(ScanState.DONE, ScanState.DONE)),)), "has: done, done"),
        (replace(GOOD, asked=()), "Plex was asked 0 times to scan tv/Show/Season 01, not 1"),
        (replace(GOOD, asked=GOOD.asked * 2), "Plex was asked 2 times to scan tv/Show/Season 01, not 1"),
        (replace(GOOD, asked=(*GOOD.asked, ("Plex", ""))), "Plex was asked 1 times to scan everything, not 0"),
        (replace(GOOD, servers=(replace(AT_PLEX, shown_at=None),)), "Plex does not show tv/Show/Season 01"),
        (
            replace(GOOD, servers=(replace(AT_PLEX, state="unverified"),)),
            "should be verified at Plex, but is unverified",
        ),
    ],
)
def test_what_does_not_hold_is_told(view: View, told: str) -> None:
    assert claims.unmet(GOOD, 2) == []
    (reason,) = claims.unmet(view, 2)
    assert told in reason
