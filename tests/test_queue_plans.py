"""The same at 100,000 rows as at ten: every question that is asked often is answered by an index."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Executable, event

from autoscan.store import (
    Queue,
    Store,
    asking,
    claiming,
    delivering,
    facts,
    history,
    idempotency,
    merging,
    overruling,
    splitting,
    steering,
    usage,
)
from autoscan.store.connections import open_engine
from autoscan.store.dialect import to_ms
from tests.clocks import START, VirtualClock
from tests.queues import add

MANY = 100_000
NOW = to_ms(START)
KEYS = {"keys": ["/tv/a/b", "/tv/a", "/tv", "/"]}
BOUNDS = {"low": "/tv/a/", "high": "/tv/a0", "into": 1}
LANE = {"server": "plex", "now": START}

#: By the question: its parameters, and the index that answers it.
PLANS: dict[str, tuple[Executable, dict[str, Any], str]] = {
    "who waits here or above": (merging.FIND_WAITING, KEYS, "scans_waiting_key"),
    "who waits below": (merging.TERMS_BELOW, BOUNDS, "scans_waiting_key"),
    "what is expected below": (merging.DROP_BELOW, BOUNDS, "scans_waiting_key"),
    "what ends below": (merging.END_BELOW, {**BOUNDS, "now": START, "why": ""}, "scans_waiting_key"),
    "what failed here": (merging.FIND_MISSING, {"folder_key": "/tv"}, "scans_missing_key"),
    "who is overdue": (claiming.NEXT_OVERDUE, {"now": START, "now_ms": 0}, "scans_waiting_rank"),
    "who is due": (claiming.NEXT_DUE, {"now": START}, "scans_waiting_due"),
    "what is due next": (claiming.SOONEST, {}, "scans_waiting_due"),
    "whose files are looked at": (claiming.NEXT_CHECK, {"now": START}, "scans_checking"),
    "what has no library yet": (delivering.UNROUTED, {**LANE, "count": 9}, "deliveries_unrouted"),
    "who waits for other servers": (delivering.PENDING_ELSEWHERE, {"servers": ["plex"]}, "deliveries_pending"),
    "what is asked next": (asking.NEXT_ASK, {**LANE, "exclude": []}, "asks_open"),
    "who shares": (asking.ASKS_OF_LIBRARY, {**LANE, "library_id": "1"}, "asks_open"),
    "how many are open": (history.COUNT_OPEN, {}, "COVERING INDEX scans_open"),
    "how many wait": (history.COUNT_OPEN_BY_STATE, {}, "COVERING INDEX scans_open (ended_at=? AND state=?)"),
    "since when is one open": (history.OLDEST_OPEN, {}, "scans_open (ended_at=? AND state=?)"),
    "what waits": (history.RECENT_OPEN, {"count": 9, "in_state": "waiting"}, "scans_open"),
    "what failed": (history.RECENT_ENDED, {"count": 9, "in_state": "failed"}, "scans_history"),
    "what ended long ago": (history.OLD_SCANS, {"before": START}, "scans_ended"),
    "what goes with its folder": (overruling.DROP_PRESENT, BOUNDS, "expectations_1 (scan_id=? AND key>? AND key<?)"),
    "which folder stays": (overruling.STAYS, {"into": 1, **KEYS}, "expectations_1 (scan_id=? AND key=?)"),
    "what is split off": (
        splitting.TAKE,
        {"from_id": 1, "keys": ["/tv/a"], "into": 2},
        "expectations_1 (scan_id=? AND key=?)",
    ),
    "whose path it is": (splitting.TAKE_PATHS, {"from_id": 1, "places": ["/tv/a"], "into": 2}, "event_paths_scan"),
    "who is first": (steering.FIRST_RANK, {}, "scans_waiting_rank"),
    "which servers are free": (steering.FREE_SERVERS, {"of_scan": 1, "now": START}, "deliveries_1 (scan_id=?)"),
    "what is tried now": (steering.TRY_NOW, {"of_scan": 1, "now": START}, "deliveries_1 (scan_id=?)"),
    "what is looked at now": (steering.LOOK_NOW, {"of_scan": 1, "now": START}, "asks_1 (delivery_id=?)"),
    "whose deliveries move": (steering.RANK_DELIVERIES, {"of_scan": 1, "new_rank": 1}, "deliveries_1 (scan_id=?)"),
    "whose asks move": (steering.RANK_ASKS, {"of_scan": 1, "new_rank": 1}, "asks_1 (delivery_id=?)"),
    "how many wait for a server": (facts.WAITING_FOR, {"server": "plex", "most": 9}, "deliveries_pending (server=?)"),
    "which paths are new": (usage.PATHS_AFTER, {"after": 7, "count": 9}, "event_paths USING INTEGER PRIMARY KEY"),
    "what was answered": (idempotency.FIND_ANSWER, {"for_key": "k", "since": START}, "sqlite_autoindex_answers"),
    "what was answered long ago": (idempotency.DELETE_ANSWERS, {"before": START}, "answers_at"),
    "what came long ago": (history.DELETE_EVENTS, {"before": START}, "events_at"),
}

#: Questions whose few answers are sorted afterwards.
SORTED = {"who is due", "who shares"}


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.path, busy_timeout=1, wal=True)
    yield engine
    engine.dispose()


def fill(connection: Connection) -> None:
    """Write `MANY` scans that wait, due from now on, and as many that are done."""
    for state, ended in (("waiting", "NULL"), ("done", "1")):
        connection.exec_driver_sql(
            f"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY})
            INSERT INTO scans (folder, key, whole, state, priority, source, request_id, requested_at,
                last_requested_at, waiting_since, due_at, rank, checks, ended_at, reason, code)
            SELECT '/many/' || n, '/many/' || n, 0, '{state}', 0, 's', 'r', {NOW}, {NOW}, {NOW},
                {NOW} + n, {NOW} + n, 0, {ended}, '', '' FROM numbers
            """
        )


def plan(engine: Engine, statement: Executable, values: dict[str, Any]) -> str:
    """Return what SQLite is going to do for `statement`, as the driver gets it."""
    sent: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def keep(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append((sql, parameters))

    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(statement, values)
        sql, parameters = sent[-1]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
    return "\n".join(row[-1] for row in rows)


@pytest.mark.parametrize("question", PLANS)
def test_an_index_answers(engine: Engine, question: str) -> None:
    statement, values, index = PLANS[question]
    found = plan(engine, statement, values)
    assert index in found
    assert not re.search(r"SCAN (scans|deliveries|asks|events|expectations)(?! USING)", found), found
    assert question in SORTED or "TEMP B-TREE" not in found, found


def work(store: Store, call: Callable[[], object]) -> int:
    """Return how much SQLite has to do for `call`, in hundreds of instructions of its machine."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    store.dispose()
    with store.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_progress_handler(tick, 100)
    call()
    return count


def test_adding_and_claiming_cost_the_same_with_many_scans_as_with_none(store: Store, clock: VirtualClock) -> None:
    queue = Queue(store)

    def costs(root: str) -> list[int]:
        return [
            work(store, lambda: add(queue, clock, f"{root}/a/b", files=["1"])),
            work(store, lambda: add(queue, clock, f"{root}/a/b", files=["2"])),
            work(store, lambda: add(queue, clock, f"{root}/a", whole=True)),
            work(store, lambda: add(queue, clock, f"{root}/a/c", files=["3"])),
            work(store, queue.claim),
        ]

    few = costs("/tv")
    with store.write() as connection:
        fill(connection)
    many = costs("/movies")
    assert queue.count_open() > MANY
    assert all(after <= before + 3 for before, after in zip(few, many, strict=True)), (few, many)


def test_the_oldest_is_found_among_the_first_however_many_wait(store: Store, clock: VirtualClock) -> None:
    queue = Queue(store)
    add(queue, clock, "/tv/a", files=["1"])
    with store.write() as connection:
        fill(connection)
    assert work(store, queue.oldest_open) < MANY / 500
    assert queue.oldest_open() == START
