"""How long lists, searches and charts take with a thousand scans and with a million."""

import re
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from autoscan import settings, wiring
from autoscan.clock import Clock
from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import EventFilter, ScanFilter
from autoscan.store import Queue
from autoscan.web import create_app
from bench import filling

SIZES = (1_000, 1_000_000)
#: The larger may take so many times as long as the smaller.
GOAL = 2.0
#: Each question is asked so often, and the least time taken: what else the machine does is left out.
REPEATS = 25
ROWS = 50
SECRET = "benchmark-of-history"

Question = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How long one question takes with so many scans, in milliseconds."""

    question: str
    scans: int
    milliseconds: float


def main(sizes: tuple[int, int] = SIZES) -> list[dict[str, object]]:
    """Ask every question at each size; print the times side by side, and how they relate, beside the goal."""
    with ExitStack() as opened:
        asked = {scans: _questions(scans, opened) for scans in sizes}
        small, large = sizes
        print(f"  {'question':44} {small:>10,} {large:>10,}   ratio")
        figures = []
        for question in asked[small]:
            times = _time({scans: asked[scans][question] for scans in sizes})
            _print(question, times[small], times[large])
            figures += [Figure(question=question, scans=scans, milliseconds=each) for scans, each in times.items()]
    return [asdict(figure) for figure in figures]


def _print(question: str, small: float, large: float) -> None:
    ratio = large / small
    verdict = "" if ratio <= GOAL else "  ABOVE"
    print(f"  {question:44} {small:7.2f} ms {large:7.2f} ms   {ratio:5.2f}  <= {GOAL}{verdict}")


def _questions(scans: int, opened: ExitStack) -> dict[str, Question]:
    autoscan = _build(Path(opened.enter_context(tempfile.TemporaryDirectory())))
    opened.callback(autoscan.store.dispose)
    began = time.perf_counter()
    filling.fill(autoscan.store, autoscan.clock, scans)
    size = autoscan.store.path.stat().st_size / 1e6
    print(f"  {scans:,} scans: {size:,.0f} MB, made in {time.perf_counter() - began:.0f} s")
    return {**_of_the_queue(autoscan.queue, autoscan.clock), **_of_the_web(autoscan)}


def _time(asked: Mapping[int, Question]) -> dict[int, float]:
    """Return the least milliseconds of each, asked in turn, so that all meet the same machine."""
    times = dict.fromkeys(asked, float("inf"))
    for ask in asked.values():
        ask()
    for _ in range(REPEATS):
        for scans, ask in asked.items():
            began = time.perf_counter()
            ask()
            times[scans] = min(times[scans], 1000 * (time.perf_counter() - began))
    return times


def _build(folder: Path) -> wiring.Autoscan:
    (folder / "config.json").write_text("{}")
    options = {"config": str(folder / "config.json"), "queuefile": str(folder / "queue.db")}
    loaded = settings.load(options, environ={"SERVER_PASS": SECRET}, cwd=folder)
    return wiring.build(loaded.settings, Clock(), warnings=loaded.warnings)


def _of_the_queue(queue: Queue, clock: Clock) -> dict[str, Question]:
    now = clock.now()
    failed = frozenset({ScanState.FAILED})
    filters = {
        "newest": ScanFilter(ended_only=True),
        "search, common words": ScanFilter(text="season mkv", ended_only=True),
        "search, the beginning of a word": ScanFilter(text="s02e", ended_only=True),
        "search, a rare title": ScanFilter(text="babace rerere", ended_only=True),
        "search, nothing there": ScanFilter(text="season nowhere", ended_only=True),
        "failed": ScanFilter(states=failed),
        "of one server and result": ScanFilter(server="plex", results=frozenset({DeliveryState.UNVERIFIED})),
        "a rare source, failed, in one season": ScanFilter(source="bazarr", states=failed, text="season 03"),
        "of one day, a week ago": ScanFilter(since=now - timedelta(days=8), until=now - timedelta(days=7)),
    }
    asked: dict[str, Question] = {f"scans: {name}": _scans(queue, each) for name, each in filters.items()}
    deep = _deep(queue)
    return asked | {
        "scans: a deep page": lambda: queue.find_scans(ScanFilter(ended_only=True), limit=ROWS, cursor=deep),
        "one scan": lambda: queue.scan_view(500),
        "events: newest": lambda: queue.find_events(EventFilter(), limit=ROWS),
        "events: search": lambda: queue.find_events(EventFilter(text="s02 season"), limit=ROWS),
        "events: unknown ones": lambda: queue.find_events(EventFilter(known=False), limit=ROWS),
        "chart of a day": lambda: queue.chart(now - timedelta(days=1), now, 24),
        "chart of a month": lambda: queue.chart(now - timedelta(days=30), now, 30),
        "has anything changed": queue.change_mark,
    }


def _scans(queue: Queue, wanted: ScanFilter) -> Question:
    return lambda: queue.find_scans(wanted, limit=ROWS)


def _deep(queue: Queue) -> str:
    """Return the cursor of a page in the middle of the history."""
    oldest = queue.find_scans(ScanFilter(ended_only=True), limit=1, newest_first=False).rows[0]
    newest = queue.find_scans(ScanFilter(ended_only=True), limit=1).rows[0]
    if oldest.ended_at is None or newest.ended_at is None:
        raise AssertionError("what has ended has a time")
    middle = oldest.ended_at + (newest.ended_at - oldest.ended_at) / 2
    return queue.find_scans(ScanFilter(ended_only=True, until=middle), limit=1).next


def _of_the_web(autoscan: wiring.Autoscan) -> dict[str, Question]:
    """Return what a browser and a program ask for, through the whole application."""
    client = create_app(autoscan).test_client()
    _log_in(client)
    key = {"X-Api-Key": SECRET}
    deep = _deep(autoscan.queue)
    return {
        "page: /history with its charts": _get(client, "/history"),
        "page: /history, a deep page": _get(client, f"/history?cursor={deep}"),
        "page: /history, a search": _get(client, "/history?q=season+mkv"),
        "page: /history, of a server and result": _get(client, "/history?server=plex&result=unverified"),
        "page: /queue": _get(client, "/queue"),
        "page: /events": _get(client, "/events"),
        "API: /api/v1/scans": _get(client, "/api/v1/scans", headers=key),
        "API: /api/v1/scans, a search": _get(client, "/api/v1/scans?text=season+mkv", headers=key),
        "API: /api/v1/stats": _get(client, "/api/v1/stats", headers=key),
    }


def _log_in(client: FlaskClient) -> None:
    form = client.get("/login").text
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
    token = found.group(1) if found else ""
    client.post("/login", data={"password": SECRET, "csrf_token": token})


def _get(client: FlaskClient, path: str, headers: Mapping[str, Any] | None = None) -> Question:
    def ask() -> None:
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise AssertionError(f"{path} answers {answer.status}")

    return ask
