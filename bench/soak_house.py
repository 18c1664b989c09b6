"""The house that *soak* lives in: the whole application in one process, a virtual clock, and a life full of imports.

`python -m bench.soak_house FOLDER SERVERS DAYS GROUPS` prints a line of counts at the end of each day and goes on when
it is told so by a line.
"""

import gc
import io
import json
import logging
import mmap
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import text

from autoscan import settings, wiring
from autoscan.web import create_app
from tests.clocks import START, VirtualClock
from tests.houses import episode
from tests.servers import Library, make_media

if TYPE_CHECKING:
    from autoscan.services import Job

DAYS = 50
#: In a day; each brings so many seasons at once, of so many episodes.
GROUPS = 5
SEASONS = 4
EPISODES = 24
#: Each comes so often, as from several applications; so many events of a season name nothing to scan.
TIMES = 4
OTHERS = 4
#: In a group.
WEBHOOKS = SEASONS * (TIMES * EPISODES + OTHERS)
#: Shows that are improved, season by season, again and again.
SHOWS = 50
SERVERS = ("plex", "jellyfin")
SECRET = "soak"
SIZE = 1000
HOUR = 3600.0
#: After a group, the jobs look around so often, so many seconds apart; then the hours until the next one pass.
TICKS = (20.0,) * 12 + (60.0,) * 6
LONG_TICKS = 6
CONFIG = {
    "SERVER_PASS": SECRET,
    "SERVER_SCAN_DELAY": 60,
    "EVENT_RETENTION_DAYS": 5,
    "HISTORY_RETENTION_DAYS": 10,
}
COUNTS = {
    "open": "SELECT count(*) FROM scans WHERE ended_at IS NULL",
    "events": "SELECT count(*) FROM events",
    "scans": "SELECT count(*) FROM scans",
    "verified": "SELECT coalesce(sum(number), 0) FROM marks WHERE name = 'ended:done'",
    "bad": "SELECT coalesce(sum(number), 0) FROM marks WHERE name = 'ended:failed'",
}


class SharedClock(VirtualClock):
    """A virtual clock whose time stands in a file, so that two processes live in it; one of them turns it."""

    def __init__(self, file: Path, start: datetime = START) -> None:
        super().__init__(start)
        if not file.exists():
            file.write_bytes(struct.pack("d", 0.0))
        with file.open("r+b") as opened:
            self._passed_there = mmap.mmap(opened.fileno(), 8)

    def now(self) -> datetime:
        """Return the virtual time of both processes."""
        self._follow()
        return super().now()

    def monotonic(self) -> float:
        """Return the seconds that have passed in both."""
        self._follow()
        return super().monotonic()

    def advance(self, seconds: float) -> datetime:
        """Let `seconds` pass in both."""
        now = super().advance(seconds)
        self._passed_there[:] = struct.pack("d", super().monotonic())
        return now

    def _follow(self) -> None:
        (there,) = struct.unpack("d", self._passed_there[:])
        behind = there - super().monotonic()
        if behind > 0:
            super().advance(behind)


def libraries(folder: Path) -> list[Library]:
    """Return the one library, made if it is not there."""
    root = folder / "media/tv"
    root.mkdir(parents=True, exist_ok=True)
    return [Library(title="TV", type="tv", roots=(str(root),))]


class Life:
    """Everything that happens in the house."""

    def __init__(self, folder: Path, servers: Sequence[dict[str, str]], clock: VirtualClock) -> None:
        (folder / "config.json").write_text(json.dumps(CONFIG | {"MEDIA_SERVERS": servers}))
        loaded = settings.load({"config": str(folder / "config.json")}, environ={}, cwd=folder)
        self.autoscan = wiring.build(loaded.settings, clock)
        self.autoscan.recover()
        self._app = create_app(self.autoscan)
        self._jobs: tuple[Job, ...] = self.autoscan.jobs()
        self._folder = folder
        self._clock = clock
        self._groups = 0

    def day(self, groups: int) -> dict[str, int]:
        """Live through a day of `groups` imports and return what is in memory and in the database then."""
        for _ in range(groups):
            for body in self._group():
                call(self._app, "POST", f"/{SECRET}", json.dumps(body).encode())
            self._pass(24 * HOUR / groups)
        for page in (
            "/health",
            "/ready",
            "/metrics",
            "/api/v1/scans",
            "/api/v1/stats",
            f"/api/{SECRET}?cmd=queue_count",
        ):
            call(self._app, "GET", page)
        with self.autoscan.store.read() as connection:
            counts = {name: int(connection.execute(text(sql)).scalar_one()) for name, sql in COUNTS.items()}
        gc.collect()
        return {"blocks": sys.getallocatedblocks(), **counts}

    def close(self) -> None:
        """End the jobs and close the database."""
        for job in self._jobs:
            job.close()
        self.autoscan.close()

    def _pass(self, seconds: float) -> None:
        rest = (seconds - sum(TICKS)) / LONG_TICKS
        for tick in (*TICKS, *(rest,) * LONG_TICKS):
            for job in self._jobs:
                while job.step():
                    pass
            self._clock.advance(tick)

    def _group(self) -> Iterator[dict[str, Any]]:
        """Write better files for the next seasons, and yield the webhooks that tell of them."""
        for number in range(self._groups * SEASONS, (self._groups + 1) * SEASONS):
            turn, show = divmod(number, SHOWS)
            for _ in range(OTHERS):
                yield {"eventType": "Grab", "series": {"title": f"Show {show}", "path": str(self._show(show))}}
            bodies = [self._improve(show, each, turn) for each in range(1, EPISODES + 1)]
            yield from bodies * TIMES
        self._groups += 1

    def _improve(self, show: int, number: int, turn: int) -> dict[str, Any]:
        body = episode(self._folder, number, size=SIZE, show=f"Show {show}")
        new, old = (f"Season 01/Show {show} - S01E{number:02} v{version}.mkv" for version in (turn + 1, turn))
        (file,) = make_media(self._show(show), {new: SIZE})
        written = self._clock.now().timestamp() - HOUR
        os.utime(file, (written, written))
        body["episodeFile"]["relativePath"] = new
        if turn:
            (self._show(show) / old).unlink()
            body |= {"isUpgrade": True, "deletedFiles": [{"relativePath": old, "path": str(self._show(show) / old)}]}
        return body

    def _show(self, show: int) -> Path:
        return self._folder / "media/tv" / f"Show {show}"


def call(app: Flask, method: str, path: str, body: bytes = b"") -> None:
    """Send one request through the whole application, as a server would; raise AssertionError unless it is taken."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "autoscan",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "autoscan",
        "HTTP_X_API_KEY": SECRET,
        "HTTP_USER_AGENT": "Sonarr/4.0.19.2979 (alpine 3.22.1)",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    said: list[str] = []
    answer = app.wsgi_app(environ, lambda status, _headers, _error=None: said.append(status))  # type: ignore[arg-type]
    b"".join(answer)
    getattr(answer, "close", lambda: None)()
    if not said[0].startswith("200"):
        raise AssertionError(f"{method} {path} answers {said[0]}")


def main(folder: str, servers: str, days: str, groups: str) -> None:
    """Live `days` days, each with `groups` imports."""
    # That a server is gone is part of the play.
    logging.getLogger("autoscan").setLevel(logging.ERROR)
    life = Life(Path(folder), json.loads(servers), SharedClock(Path(folder) / "clock"))
    for _ in range(int(days)):
        print(json.dumps(life.day(int(groups))), flush=True)
        sys.stdin.readline()
    life.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
