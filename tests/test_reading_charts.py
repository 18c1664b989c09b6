"""Charts count what ended when, and the mark moves with every change and only then."""

import multiprocessing
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from autoscan.clock import Clock
from autoscan.model import DeliveryState, Finding, ScanState
from autoscan.model.views import Bucket, ServerBucket
from autoscan.store import Queue, Store, periods
from autoscan.store.reading.charts import ChartReading
from tests.clocks import START, VirtualClock
from tests.queues import add, add_id, claimed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def see(queue: Queue, clock: VirtualClock, seconds: float, *, server: str = "plex") -> None:
    """Let a scan be requested, and its file be seen so many seconds later."""
    scan_id = add_id(queue, clock, f"/tv/{clock.monotonic()}", delay=0)
    queue.deliver(claimed(queue).id, [server])
    clock.advance(seconds)
    (delivery,) = (each for each in queue.unrouted(server) if each.scan_id == scan_id)
    queue.route(delivery.id, [("1", "/data")])
    ask = queue.next_ask(server)
    assert ask is not None
    found = Finding(path="/data/a", result=DeliveryState.VERIFIED, evidence="P1", saw="", at=clock.now())
    queue.end(replace(ask, findings=(found,)), "P1")


def bars(queue: Queue, clock: VirtualClock) -> dict[int, Bucket]:
    """Return the bars of the last day that are not empty, by how many hours ago they began."""
    chart = queue.chart(clock.now() - DAY, clock.now() + timedelta(milliseconds=1), 24)
    assert len(chart) == 24
    assert {other.start - one.start for one, other in pairwise(chart)} == {HOUR}
    return {23 - number: bar for number, bar in enumerate(chart) if bar.scans or bar.servers}


def test_a_day_is_drawn_by_the_hour(queue: Queue, clock: VirtualClock) -> None:
    see(queue, clock, 10)
    clock.advance(2 * 3600)
    see(queue, clock, 20)
    see(queue, clock, 50)
    see(queue, clock, 30, server="jellyfin")
    add(queue, clock, "/tv/failed", delay=0)
    queue.fail(claimed(queue).id, "no", code="file_missing")
    found = bars(queue, clock)
    assert set(found) == {0, 2}
    assert (found[2].scans, found[2].failed, found[2].start, found[2].seconds) == (1, 0, START, 3600)
    assert found[2].servers == {"plex": ServerBucket(ended=1, bad=0, median_visible=10, p95_visible=10)}
    assert (found[0].scans, found[0].failed) == (4, 1)
    assert found[0].servers == {
        "plex": ServerBucket(ended=2, bad=0, median_visible=20, p95_visible=50),
        "jellyfin": ServerBucket(ended=1, bad=0, median_visible=30, p95_visible=30),
    }


def test_the_median_and_the_slowest_twentieth_are_of_all_that_were_seen(queue: Queue, clock: VirtualClock) -> None:
    for seconds in [*range(1, 20), 600]:
        see(queue, clock, seconds)
    (bar,) = bars(queue, clock).values()
    assert bar.servers["plex"].median_visible == 10
    assert bar.servers["plex"].p95_visible == 19
    see(queue, clock, 600)
    (bar,) = bars(queue, clock).values()
    assert bar.servers["plex"].p95_visible == pytest.approx(600, rel=0.05)


def test_a_month_is_drawn_by_days_of_utc(queue: Queue, clock: VirtualClock) -> None:
    see(queue, clock, 10)
    clock.advance(20 * 3600)
    see(queue, clock, 20)
    chart = queue.chart(clock.now() - 30 * DAY, clock.now(), 30)
    assert [bar.scans for bar in chart] == [0] * 28 + [1, 1]
    assert chart[-1].start == START.replace(hour=0) + DAY
    assert {bar.seconds for bar in chart} == {86_400}


def test_what_came_to_nothing_for_want_of_a_library_or_by_hand_is_not_bad(queue: Queue, clock: VirtualClock) -> None:
    bad = {state.value for state in DeliveryState if state is not DeliveryState.PENDING and periods.is_bad(state)}
    assert bad == {"not_visible", "stale_entry", "unverified", "failed"}
    cancelled = add_id(queue, clock, "/tv/1", delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    queue.cancel([cancelled], "test")
    add(queue, clock, "/tv/A/1", delay=900)
    add(queue, clock, "/tv/A", whole=True, delay=900)
    (bar,) = bars(queue, clock).values()
    assert (bar.scans, bar.failed, bar.servers["plex"].ended, bar.servers["plex"].bad) == (1, 0, 1, 0)


@pytest.mark.parametrize("seconds", [0, 0.4, 1, 59, 60, 61, 100, 999, 3600, 5000, 86_400, 1_000_000])
def test_times_are_kept_within_five_percent(seconds: float) -> None:
    assert abs(periods.rounded(seconds) - seconds) <= max(0.5, 0.05 * seconds)
    assert len({periods.rounded(each) for each in range(100_000)}) < 170


# ----- the mark


def test_the_mark_moves_with_every_change_and_only_then(queue: Queue, store: Store, clock: VirtualClock) -> None:
    seen = {queue.change_mark()}

    def moved() -> bool:
        mark = queue.change_mark()
        is_new = mark not in seen
        seen.add(mark)
        return is_new

    add(queue, clock, "/tv", delay=0)
    assert moved()
    assert queue.count_open() == 1
    assert not moved()
    scan = claimed(queue)
    assert moved()
    assert queue.claim() is None
    assert not queue.postpone(99, until=clock.now(), reason="", checks=0)
    assert not moved()
    queue.postpone(scan.id, until=clock.now(), reason="waits", checks=1)
    assert moved()
    queue.pause("plex", until=clock.now(), reason="away", unauthorized=False)
    assert moved()
    queue.root_seen("/media")
    assert moved()
    queue.clean(START - DAY, START - DAY)
    assert not moved()
    queue.fail(scan.id, "no", code="")
    assert moved()
    _take_back(store)
    assert not moved()


def _take_back(store: Store) -> None:
    with suppress(RuntimeError), store.write() as connection:
        connection.exec_driver_sql("DELETE FROM scans")
        raise RuntimeError


def _write(path: Path) -> None:
    store = Store(path, Clock())
    Queue(store).warn("elsewhere", "something")
    store.dispose()


def test_another_process_moves_it_too(queue: Queue, store: Store) -> None:
    mark = queue.change_mark()
    other = multiprocessing.get_context("spawn").Process(target=_write, args=(store.path,))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    assert queue.change_mark() != mark


def test_two_databases_do_not_begin_with_the_same_mark(store: Store, tmp_path: Path, clock: VirtualClock) -> None:
    other = Store(tmp_path / "other" / "autoscan.db", clock)
    other.prepare()
    assert ChartReading(store).change_mark() != ChartReading(other).change_mark()
    other.dispose()


def test_totals_follow_scans_into_the_past(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv/A/1", delay=0)
    add(queue, clock, "/tv/A", whole=True, delay=0)
    queue.fail(claimed(queue).id, "no", code="")
    assert (queue.stats()[ScanState.ABSORBED], queue.stats()[ScanState.FAILED]) == (1, 1)
    queue.clean(clock.now(), clock.now() + HOUR)
    assert set(queue.stats().values()) == {0}
