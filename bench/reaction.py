"""How soon Autoscan reacts: when a scan is due, and when a server shows what was scanned.

The real program under Gunicorn, and three simulated servers that take time as servers do. Each folder is a new season
of a show in a library of its own, so that no scan waits for another's slot; its file was written some minutes ago, as
that of a download that was moved, so that nobody has to look twice (three seconds apart) whether it is still written.
"""

import json
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from bench.lines import Line, percentile, show
from tests.houses import KINDS
from tests.programs import SECRET, Program, serving
from tests.servers import FakeEmby, FakeJellyfin, FakePlex, Library, make_media, season
from tests.servers.base import FakeServer
from tests.servers.media import SIZE

#: Folders that change, and the seconds between two of them in the middle.
FOLDERS = 60
BETWEEN = 0.35
#: Seconds that the last of them gets to be over.
TIMEOUT = 90.0
#: Seconds that Autoscan waits for further webhooks of a folder.
SCAN_DELAY = 1
#: The goal, in seconds, for what 95 of 100 stay below.
GOAL = 0.5
#: Seconds that a server takes before a scan reads anything: one scan after the other, so that some wait.
SLOWNESS = 0.25
#: Seconds since a file was written when its webhook comes.
AGE = 300
#: Seconds between two looks into Autoscan's database.
WATCH = 0.1

NEVER = threading.Event()

PROGRESS = """
    SELECT deliveries.id, deliveries.server, scans.folder, scans.due_at AS scan_due_at, asks.due_at AS look_at,
        asks.phase, asks.scans, asks.first_asked_at, deliveries.state, deliveries.ended_at
    FROM scans JOIN deliveries ON deliveries.scan_id = scans.id JOIN asks ON asks.delivery_id = deliveries.id
"""

Fake = FakePlex | FakeJellyfin | FakeEmby


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of one folder at one server; times in seconds since 1970."""

    server: str
    folder: str
    due_at: float
    #: When the look that saw it was to be.
    look_at: float
    asked_at: float
    ended_at: float
    result: str
    scans: int


def main(folders: int = FOLDERS) -> list[Line]:
    """Let `folders` folders change, one after the other, and print how soon each server was asked, and believed."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory())).resolve()
        fakes: dict[str, FakeServer] = {name: opened.enter_context(_server(name, folder, folders)) for name in KINDS}
        _configure(folder, fakes)
        with serving(folder) as program:
            courses = list(_send_all(program, folders))
        lines = [line for name, fake in fakes.items() for line in _lines(name, fake, courses)]
    show(lines)
    return lines


def _server(name: str, folder: Path, folders: int) -> Fake:
    libraries = [
        Library(title=f"TV {number}", type="tv", roots=(str(_root(folder, number)),)) for number in range(folders)
    ]
    for number in range(folders):
        make_media(_root(folder, number), season("Show", 1, [1]))
    knobs: dict[str, Any] = {} if name == "plex" else {"monitor_delay": 1.0}
    fake = KINDS[name](folder / "media", libraries, start_delay=SLOWNESS, **knobs)
    if isinstance(fake, FakePlex):
        return fake
    fake.full_scan(fake.now())
    fake.wait_idle()
    return fake


def _root(folder: Path, number: int) -> Path:
    return folder / f"media/tv{number}"


def _configure(folder: Path, fakes: Mapping[str, FakeServer]) -> None:
    servers = [
        {"NAME": name, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token} for name, fake in fakes.items()
    ]
    config = {"SERVER_PASS": SECRET, "SERVER_SCAN_DELAY": SCAN_DELAY, "MEDIA_SERVERS": servers}
    (folder / "config.json").write_text(json.dumps(config))


def _send_all(program: Program, folders: int) -> Iterator[Course]:
    """Send a webhook for each folder, now and then, and yield what became of it at each server."""
    chance = random.Random(1)
    watch = _Watch(program.folder / "autoscan.db")
    for number in range(folders):
        _import(_root(program.folder, number))
        if program.post(f"/{SECRET}", _webhook(program.folder, number)) != 200:
            raise AssertionError("a webhook was refused")
        watch.go_on(chance.uniform(0, 2 * BETWEEN))
    return watch.until_over(folders * len(KINDS))


def _import(root: Path) -> None:
    (file,) = make_media(root, season("Show", 2, [1]))
    written = Clock().now().timestamp() - AGE
    os.utime(file, (written, written))


def _webhook(folder: Path, number: int) -> dict[str, Any]:
    return {
        "series": {"title": "Show", "path": str(_root(folder, number) / "Show"), "tvdbId": number + 1},
        "episodes": [{"seasonNumber": 2, "episodeNumber": 1}],
        "episodeFile": {"relativePath": "Season 02/Show - S02E01.mkv", "size": SIZE},
        "eventType": "Download",
    }


class _Watch:
    """Reads how far everything has come, often enough to know when each look was to be."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._look_at: dict[int, float] = {}
        self._rows: list[sqlite3.Row] = []

    def go_on(self, seconds: float) -> None:
        """Look, for so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look()
            NEVER.wait(WATCH)

    def until_over(self, number: int) -> Iterator[Course]:
        """Look until `number` deliveries have ended, and yield them."""
        end = time.monotonic() + TIMEOUT
        while sum(row["ended_at"] is not None for row in self._rows) < number:
            if time.monotonic() > end:
                raise AssertionError(f"not all was over after {TIMEOUT:g} s")
            self.go_on(1)
        return (self._course(row) for row in self._rows)

    def _look(self) -> None:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            self._rows = connection.execute(PROGRESS).fetchall()
        for row in self._rows:
            if row["ended_at"] is None and row["phase"] == "looking":
                self._look_at[row["id"]] = row["look_at"] / 1000

    def _course(self, row: sqlite3.Row) -> Course:
        return Course(
            server=row["server"],
            folder=row["folder"],
            due_at=row["scan_due_at"] / 1000,
            look_at=self._look_at.get(row["id"], 0.0),
            asked_at=row["first_asked_at"] / 1000,
            ended_at=row["ended_at"] / 1000,
            result=row["state"],
            scans=row["scans"],
        )


def _lines(name: str, fake: FakeServer, courses: list[Course]) -> Iterator[Line]:
    own = [course for course in courses if course.server == name]
    asked = [_request(fake, course) - course.due_at for course in own]
    believed = [course.ended_at - _could_be_seen(fake, course) for course in own]
    for what, seconds in (("due, to the request", asked), ("visible, to verified, less the look's pause", believed)):
        yield Line(what=f"{name}: {what}, p50", value=percentile(seconds, 50), unit="s")
        yield Line(what=f"{name}: {what}, p95", value=percentile(seconds, 95), unit="s", most=GOAL)
    verified = sum(course.result == "verified" and course.scans == 1 for course in own) / len(own)
    yield Line(what=f"{name}: verified after one scan", value=100 * verified, unit="%", least=100)


def _request(fake: FakeServer, course: Course) -> float:
    """Return when the server got the request for a scan: the last one before Autoscan noted it as asked."""
    asks = (each for each in fake.requests() if each.method == "POST" or each.path.endswith("/refresh"))
    # Noted in whole milliseconds.
    return max(each.wall for each in asks if each.wall < course.asked_at + 0.001)


def _could_be_seen(fake: FakeServer, course: Course) -> float:
    """Return when the look that saw it was to be, or when the server showed it, whichever was later."""
    shown_at = _shown_at(fake, course)
    # A scan shows what it found some moments before it is over.
    return max(course.look_at, shown_at) if shown_at < course.ended_at else course.look_at


def _shown_at(fake: FakeServer, course: Course) -> float:
    """Return when the scan that found the folder was over; it showed it shortly before."""
    root = str(Path(course.folder).parents[1])
    own = (scan for scan in fake.scans() if scan.path.startswith(root) or scan.library_id == _library(fake, root))
    ends = [scan.finished_at for scan in own if scan.finished_at is not None and scan.wall > course.due_at]
    return min(ends)


def _library(fake: FakeServer, root: str) -> str:
    return next(library.id for library in fake.libraries if root in library.roots)
