"""Lists, searches and charts are answered by an index, in its order: as fast with a million scans as with few."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Executable

from autoscan.clock import Clock
from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import EventFilter, ScanFilter
from autoscan.store import Queue, Store, arrears, history, listing, overview, totals
from autoscan.store.connections import open_engine
from autoscan.store.fulltext import LONGEST_PREFIX
from autoscan.store.reading import charts, events, scans, showing
from autoscan.store.words import SHORTEST_PREFIX
from bench import filling
from tests.test_queue_plans import plan, work

RANK = {"rank": 1, "scan_id": 1, "count": 9}
SPAN = {"expression": '"=any"', "low": 0, "high": 1 << 62, "count": 9}
IDS = {"scan_ids": [1, 2], "event_ids": [1, 2], "delivery_ids": [1, 2]}
CHART = {"length": 3600, "begin": 0, "end": 1}
INDEXED = "VIRTUAL TABLE INDEX"
KEY = "USING INTEGER PRIMARY KEY (rowid=?)"

#: By the question: its parameters, and what answers it.
PLANS: dict[str, tuple[Executable, dict[str, Any], str]] = {
    "who is under way": (scans.UNDER_WAY, RANK, "scans_under_way (rank>?)"),
    "who waits": (scans.WAITING, RANK, "scans_waiting_rank (rank>?)"),
    "what ended last": (listing.SCANS.newest, SPAN, f"scan_words {INDEXED} 192:M2><"),
    "what ended first": (listing.SCANS.oldest, SPAN, f"scan_words {INDEXED} 64:M2><"),
    "what came last": (listing.EVENTS.newest, SPAN, f"event_words {INDEXED} 192:M2><"),
    "what is past": (listing.SCANS.past, {"before": 1, "count": 9}, f"scan_words {INDEXED} 64:<"),
    "when they ended": (scans.ENDED_AT, IDS, KEY),
    "which scans these are": (showing.SCANS_BY_ID, IDS, KEY),
    "where they went": (showing.DELIVERIES_OF, IDS, "(scan_id=?)"),
    "what was asked": (showing.ASKS_OF, IDS, "(delivery_id=?)"),
    "what files they have": (listing.FILES_OF, IDS, "(scan_id=?)"),
    "how they ended": (listing.RESULTS_OF, IDS, "(scan_id=?)"),
    "what paths events have": (listing.PATHS_OF, IDS, "event_paths_event (event_id=?)"),
    "which paths are shown": (events.PATHS_OF, {**IDS, "most": 9}, "event_paths_event (event_id=?)"),
    "what is not listed yet": (
        events.UNLISTED,
        {"listed": 1, "low": 0, "high": 1, "count": 9},
        "USING INTEGER PRIMARY KEY (rowid>?)",
    ),
    "which events these are": (events.EVENTS_BY_ID, IDS, KEY),
    "which events asked for it": (events.EVENTS_OF_SCAN, {"scan_id": 1}, "event_paths_scan (scan_id=?)"),
    "what is to be listed": (arrears.NEW_EVENTS, {}, "USING INTEGER PRIMARY KEY (rowid>?)"),
    "how a day went": (charts.CHART, CHART, "(length=? AND start>? AND start<?)"),
    "what of it is past": (history.DELETE_PERIODS, {"before_ms": 1}, "(length=? AND start<?)"),
    "how many ended how": (totals.TOTALS, {}, "(name=?)"),
    "how far open scans are": (overview.STAGES, {}, "USING INDEX deliveries_pending"),
}
#: Questions whose few answers are sorted or grouped afterwards.
SORTED = {
    "where they went",
    "what was asked",
    "what files they have",
    "what paths events have",
    "which paths are shown",
    "what is not listed yet",
    "which events asked for it",
    "how far open scans are",
}


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.path, busy_timeout=1, wal=True)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("question", PLANS)
def test_an_index_answers(engine: Engine, question: str) -> None:
    statement, values, index = PLANS[question]
    found = plan(engine, statement, values)
    assert index in found
    tables = ("scans", "deliveries", "asks", "events", "event_paths", "expectations", "periods")
    assert not [line for line in found.splitlines() if line in {f"SCAN {table}" for table in tables}], found
    assert question in SORTED or "TEMP B-TREE" not in found, found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    """Give a short history and one fifty times as long."""
    stores = []
    for number in (400, 20_000):
        store = Store(tmp_path_factory.mktemp("filled") / "autoscan.db", Clock())
        filling.fill(store, Clock(), number)
        stores.append(store)
    yield stores
    for store in stores:
        store.dispose()


FAILED = frozenset({ScanState.FAILED})
ASKED: dict[str, Callable[[Queue], object]] = {
    "the newest": lambda queue: queue.find_scans(ScanFilter(), limit=20),
    "a search": lambda queue: queue.find_scans(ScanFilter(text="season s02"), limit=20),
    "a search in vain": lambda queue: queue.find_scans(ScanFilter(text="season nowhere"), limit=20),
    "a result": lambda queue: queue.find_scans(
        ScanFilter(server="plex", results=frozenset({DeliveryState.VERIFIED})), limit=20
    ),
    "a state": lambda queue: queue.find_scans(ScanFilter(states=FAILED), limit=20),
    "a scan": lambda queue: queue.scan_view(100),
    "events": lambda queue: queue.find_events(EventFilter(), limit=20),
    "a search for events": lambda queue: queue.find_events(EventFilter(text="season"), limit=20),
    "counts": lambda queue: (queue.stats(), queue.stages(), queue.count_open(), queue.sources()),
}


@pytest.mark.parametrize("question", ASKED)
def test_a_history_fifty_times_as_long_costs_no_more(filled: list[Store], question: str) -> None:
    few, many = (work(store, lambda store=store: ASKED[question](Queue(store))) for store in filled)  # type: ignore[misc]
    assert many <= few + 8, (few, many)


def test_the_long_history_of_the_benchmark_is_what_autoscan_would_have_written(filled: list[Store]) -> None:
    store = filled[0]
    with store.read() as connection:
        for table, index, tokens_of in (
            ("scans", "scan_words", listing.scan_tokens),
            ("events", "event_words", listing.event_tokens),
        ):
            tokens = tokens_of(connection, connection.exec_driver_sql(f"SELECT * FROM {table}").all()[::7])
            rows = connection.exec_driver_sql(f"SELECT item, tokens FROM {index}").mappings()
            listed = {row["item"]: row["tokens"] for row in rows}
            assert {key: set(listed[key].split()) for key in tokens} == {
                key: {"=any", *found} for key, found in tokens.items()
            }
    queue = Queue(store)
    assert queue.stats()[ScanState.FAILED] == len(queue.find_scans(ScanFilter(states=FAILED), limit=400).rows) > 0
    week = queue.chart(Clock().now() - timedelta(days=40), Clock().now(), 40)
    assert sum(bar.scans for bar in week) == 400
    assert queue.list_arrears() is False


def test_the_beginnings_that_are_listed_are_those_that_are_searched_for(store: Store) -> None:
    with store.read() as connection:
        sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'scan_words'").scalar_one()
    lengths = " ".join(str(length) for length in range(SHORTEST_PREFIX, LONGEST_PREFIX + 1))
    assert f"prefix = '{lengths}'" in sql
