"""Lists of scans: who comes next, what ended last, every filter, and pages without gaps or repeats."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from autoscan.errors import BadRequestError
from autoscan.model import Change, DeliveryState, ScanState
from autoscan.model.views import ScanFilter, ScanRow, Stage
from autoscan.store import Queue, Store
from autoscan.store.reading import walking
from tests.clocks import VirtualClock
from tests.queues import add, add_id, claimed, expect, known

ENDED = ScanFilter(ended_only=True)
OPEN = ScanFilter(open_only=True)
LIBRARY = ("1", "/data/tv")


def ids(queue: Queue, scan_filter: ScanFilter, *, newest_first: bool = True) -> list[int]:
    """Return the ids of all pages, two rows each."""
    found: list[int] = []
    cursor = ""
    for _ in range(100):
        page = queue.find_scans(scan_filter, limit=2, cursor=cursor, newest_first=newest_first)
        assert len(page.rows) <= 2
        found += [row.id for row in page.rows]
        cursor = page.next
        if not cursor:
            return found
    raise AssertionError("there is always another page")


def row(queue: Queue, scan_id: int) -> ScanRow:
    """Return one scan as lists show it."""
    (found,) = (row for row in queue.find_scans(ScanFilter(), limit=50).rows if row.id == scan_id)
    return found


def ended(queue: Queue, clock: VirtualClock, folder: str, **how: DeliveryState) -> int:
    """Return a scan of `folder` that ended just now, at each server as named; failed without its file if at none."""
    scan_id = add_id(queue, clock, folder, files=[f"{folder.rpartition('/')[2]} file.mkv"], delay=0)
    assert claimed(queue).id == scan_id
    clock.advance(1)
    if not how:
        queue.fail(scan_id, "no file", code="file_missing")
        return scan_id
    queue.deliver(scan_id, list(how))
    for server, state in how.items():
        (delivery,) = (each for each in queue.unrouted(server) if each.scan_id == scan_id)
        if state is DeliveryState.NOT_HERE:
            queue.not_here(delivery.id, "no library")
        else:
            queue.route(delivery.id, [LIBRARY])
            ask = queue.next_ask(server)
            assert ask is not None
            queue.accept([ask.id], server=server, library_id="1", scope="/data/tv")
    return scan_id


GOOD = DeliveryState.ACCEPTED
BAD = DeliveryState.NOT_HERE


def test_what_ended_last_comes_first_over_any_number_of_pages(queue: Queue, clock: VirtualClock) -> None:
    made = [ended(queue, clock, f"/tv/{number}", plex=GOOD) for number in range(7)]
    assert ids(queue, ENDED) == made[::-1]
    assert ids(queue, ENDED, newest_first=False) == made


def test_scans_that_end_in_one_millisecond_are_each_listed(queue: Queue, clock: VirtualClock) -> None:
    made = [add_id(queue, clock, f"/tv/{number}", delay=0) for number in range(5)]
    for _ in made:
        queue.fail(claimed(queue).id, "no", code="")
    assert ids(queue, ENDED) == made[::-1]


def test_those_under_way_come_before_those_that_wait_and_these_in_their_turn(queue: Queue, clock: VirtualClock) -> None:
    late = add_id(queue, clock, "/tv/late", delay=300)
    soon = add_id(queue, clock, "/tv/soon", delay=30)
    urgent = add_id(queue, clock, "/tv/urgent", delay=300, priority=-1)
    delivered = add_id(queue, clock, "/tv/now", delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    checked = add_id(queue, clock, "/tv/now", delay=0)
    assert claimed(queue).id == checked
    done = ended(queue, clock, "/tv/done", plex=GOOD)
    under_way = [delivered, checked]
    assert ids(queue, OPEN) == [*under_way, urgent, soon, late]
    assert ids(queue, ScanFilter()) == [*under_way, urgent, soon, late, done]
    assert ids(queue, ScanFilter(), newest_first=False) == [done, *under_way, urgent, soon, late]


def test_a_cursor_goes_on_behind_its_row_whatever_came_meanwhile(queue: Queue, clock: VirtualClock) -> None:
    made = [ended(queue, clock, f"/tv/{number}", plex=GOOD) for number in range(4)]
    page = queue.find_scans(ENDED, limit=2)
    ended(queue, clock, "/tv/new", plex=GOOD)
    rest = queue.find_scans(ENDED, limit=2, cursor=page.next)
    assert [row.id for row in (*page.rows, *rest.rows)] == made[::-1]
    assert rest.next == ""


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "W10", "WyJlbmRlZCIsMSwiMiJd", "WyJub3doZXJlIiwxLDJd", "é", "a" * 5])
def test_a_cursor_that_is_none_of_this_list_is_refused(queue: Queue, cursor: str) -> None:
    with pytest.raises(BadRequestError, match="cursor"):
        queue.find_scans(ScanFilter(), limit=2, cursor=cursor)


Wanted = Callable[[dict[str, int]], list[int]]


@pytest.mark.parametrize(
    ("scan_filter", "found"),
    [
        (ScanFilter(source="sonarr"), ["bad", "split", "good", "gone"]),
        (ScanFilter(source="radarr"), []),
        (ScanFilter(server="plex"), ["bad", "split", "good"]),
        (ScanFilter(server="jellyfin"), ["split"]),
        (ScanFilter(server="emby"), []),
        (ScanFilter(results=frozenset({BAD})), ["bad", "split"]),
        (ScanFilter(results=frozenset({GOOD, BAD})), ["bad", "split", "good"]),
        (ScanFilter(server="plex", results=frozenset({BAD})), ["bad"]),
        (ScanFilter(server="jellyfin", results=frozenset({GOOD})), []),
        (ScanFilter(codes=frozenset({"file_missing"})), ["gone"]),
        (ScanFilter(codes=frozenset({"file_missing", "config_error"})), ["bad", "gone"]),
        (ScanFilter(states=frozenset({ScanState.DONE})), ["split", "good"]),
        (ScanFilter(states=frozenset({ScanState.WAITING})), ["waits"]),
        (ScanFilter(states=frozenset({ScanState.WAITING, ScanState.DONE})), ["waits", "split", "good"]),
        (ScanFilter(text="season"), ["waits", "bad", "split", "good", "gone"]),
        (ScanFilter(text="GÓOD"), ["good"]),
        (ScanFilter(text="file mkv goo"), ["good"]),
        (ScanFilter(text="wait"), ["waits"]),
        (ScanFilter(text="nowhere"), []),
        (ScanFilter(text="season", server="plex", results=frozenset({BAD})), ["bad"]),
        (ScanFilter(text="season", source="radarr"), []),
    ],
)
def test_a_filter_finds_what_has_all_it_names(
    queue: Queue, clock: VirtualClock, scan_filter: ScanFilter, found: list[str]
) -> None:
    made = {
        "gone": ended(queue, clock, "/tv/Season gone"),
        "good": ended(queue, clock, "/tv/Season góod", plex=GOOD),
        "split": ended(queue, clock, "/tv/Season split", plex=GOOD, jellyfin=BAD),
        "bad": ended(queue, clock, "/tv/Season bad", plex=BAD),
        "waits": add(queue, clock, "/tv/Season waits").scans["/tv/Season waits"].scan_id,
    }
    names = {scan_id: name for name, scan_id in made.items()}
    expected = found if scan_filter.source != "sonarr" else ["waits", *found]
    assert [names[each] for each in ids(queue, scan_filter)] == expected


def test_times_count_from_the_end_or_from_the_request_of_what_is_open(queue: Queue, clock: VirtualClock) -> None:
    clock.advance(1000)
    begun = clock.now()
    first = ended(queue, clock, "/tv/1", plex=GOOD)
    ended_at = known(queue, first).ended_at
    assert ended_at is not None
    clock.advance(60)
    second = ended(queue, clock, "/tv/2", plex=GOOD)
    waits = add_id(queue, clock, "/tv/3")
    later = ended_at + timedelta(milliseconds=1)
    assert ids(queue, ScanFilter(since=later)) == [waits, second]
    assert ids(queue, ScanFilter(since=ended_at, until=later)) == [first]
    assert ids(queue, ScanFilter(until=begun)) == []
    assert ids(queue, ScanFilter(since=clock.now() + timedelta(seconds=1))) == []


def test_a_scan_that_is_tried_again_is_listed_as_what_it_becomes(queue: Queue, clock: VirtualClock) -> None:
    scan_id = ended(queue, clock, "/tv/Season", plex=BAD)
    failed, done = ScanFilter(states=frozenset({ScanState.FAILED})), ScanFilter(states=frozenset({ScanState.DONE}))
    queue.retry([scan_id], "test")
    assert (ids(queue, ENDED), ids(queue, OPEN)) == ([], [scan_id])
    clock.advance(60)
    queue.deliver(claimed(queue).id, ["plex"])
    (delivery,) = queue.unrouted("plex")
    queue.route(delivery.id, [LIBRARY])
    ask = queue.next_ask("plex")
    assert ask is not None
    queue.accept([ask.id], server="plex", library_id="1", scope="/data/tv")
    assert (ids(queue, ENDED), ids(queue, failed), ids(queue, done)) == ([scan_id], [], [scan_id])


def test_a_cancelled_scan_is_found_with_its_cancelled_deliveries(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, "/tv", delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    queue.cancel([scan_id], "test")
    assert ids(queue, ScanFilter(server="plex", results=frozenset({DeliveryState.CANCELLED}))) == [scan_id]


def test_scans_that_a_webhook_took_over_are_listed_by_the_leader(queue: Queue, clock: VirtualClock) -> None:
    below = add_id(queue, clock, "/tv/A/Season 01", files=["a.mkv"])
    above = add_id(queue, clock, "/tv/A", whole=True)
    assert ids(queue, ScanFilter()) == [above]
    assert queue.list_arrears() is False
    assert ids(queue, ScanFilter(text="season")) == [above, below]
    assert ids(queue, ScanFilter(states=frozenset({ScanState.ABSORBED}))) == [below]


def test_one_that_was_tried_again_may_be_taken_over_before_it_is_listed(queue: Queue, clock: VirtualClock) -> None:
    below = add_id(queue, clock, "/tv/A/Season 01")
    above = add_id(queue, clock, "/tv/A", whole=True)
    with queue._store.write() as connection:
        connection.exec_driver_sql(f"UPDATE scans SET state = 'waiting', ended_at = NULL WHERE id = {below}")
        connection.exec_driver_sql(f"UPDATE scans SET state = 'done', ended_at = 1 WHERE id = {above}")
    again = add_id(queue, clock, "/tv/A", whole=True)
    queue.list_arrears()
    assert ids(queue, ScanFilter(text="season")) == [below]
    assert known(queue, again).state is ScanState.WAITING


def test_a_page_reads_so_many_rows_and_says_where_to_go_on(
    queue: Queue, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST", 5)
    monkeypatch.setattr(walking, "BATCH", 2)
    made = [add_id(queue, clock, f"/tv/{'rare' if number == 11 else 'many'}/{number}") for number in range(13)]
    page = queue.find_scans(ScanFilter(text="rare"), limit=2)
    assert (page.rows, bool(page.next)) == ((), True)
    assert ids(queue, ScanFilter(text="rare")) == [made[11]]
    assert ids(queue, ScanFilter(text="many")) == [*made[:11], made[12]]


def test_retention_takes_what_lists_keep(queue: Queue, store: Store, clock: VirtualClock) -> None:
    ended(queue, clock, "/tv/old", plex=GOOD)
    queue.list_arrears()
    clock.advance(3 * 86_400)
    young = ended(queue, clock, "/tv/young", plex=GOOD)
    queue.list_arrears()
    border = clock.now() - timedelta(days=1)
    queue.clean(border, border)
    with store.read() as connection:
        left = {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("scan_words", "event_words", "sources", "unlisted")
        }
        oldest = connection.exec_driver_sql("SELECT min(start) FROM periods").scalar()
    assert left == {"scan_words": 1, "event_words": 1, "sources": 1, "unlisted": 0}
    assert oldest is not None
    assert oldest / 1000 > border.timestamp() - 86_400
    assert ids(queue, ENDED) == [young]


# ----- what a row says


def test_a_row_says_when_the_file_was_seen(queue: Queue, clock: VirtualClock) -> None:
    scan_id = ended(queue, clock, "/tv/1", plex=GOOD, jellyfin=BAD)
    by_server = {delivery.server: delivery for delivery in row(queue, scan_id).deliveries}
    assert [each.stage for each in by_server.values()] == [Stage.ENDED, Stage.ENDED]
    assert by_server["jellyfin"].error == "no library"
    assert by_server["plex"].visible_after is None
    with queue._store.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'verified' WHERE server = 'plex'")
    assert {each.server: each.visible_after for each in row(queue, scan_id).deliveries} == {
        "plex": 1.0,
        "jellyfin": None,
    }


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        ("phase = 'asking'", Stage.QUEUED),
        ("phase = 'looking', looks = 0", Stage.ASKED),
        ("phase = 'looking', looks = 2", Stage.LOOKING),
        ("phase = 'asking', level = 'parent'", Stage.ESCALATED),
        ("phase = 'looking', level = 'late'", Stage.ESCALATED),
    ],
)
def test_the_stage_of_a_scan_is_the_furthest_of_its_deliveries(
    queue: Queue, clock: VirtualClock, change: str, stage: Stage
) -> None:
    scan_id = add_id(queue, clock, "/tv", delay=0)
    assert row(queue, scan_id).stage is Stage.WAITING
    claimed(queue)
    assert row(queue, scan_id).stage is Stage.CHECKING
    queue.deliver(scan_id, ["plex", "jellyfin"])
    assert row(queue, scan_id).stage is Stage.QUEUED
    (delivery,) = queue.unrouted("plex")
    queue.route(delivery.id, [LIBRARY])
    with queue._store.write() as connection:
        connection.exec_driver_sql(f"UPDATE asks SET {change}")
    shown = row(queue, scan_id)
    assert (shown.stage, {each.server: each.stage for each in shown.deliveries}["plex"]) == (stage, stage)
    queue.pause("plex", until=clock.now(), reason="away", unauthorized=False)
    assert {each.server: each.stage for each in row(queue, scan_id).deliveries}["plex"] is Stage.PAUSED
    assert row(queue, scan_id).stage is Stage.QUEUED


# ----- one scan in full


def test_a_scan_is_shown_with_all_that_is_known_of_it(queue: Queue, clock: VirtualClock) -> None:
    scan_id = ended(queue, clock, "/tv/1", plex=GOOD)
    add(queue, clock, "/tv/other", files=[expect("/tv/other/x", change=Change.REMOVED)])
    view = queue.scan_view(scan_id)
    assert view is not None
    (delivery,) = view.row.deliveries
    (ask,) = view.asks[delivery.id]
    assert (ask.library_id, ask.scope, ask.result) == ("1", "/data/tv", GOOD)
    assert [step.new for step in view.transitions if not step.server] == ["waiting", "checking", "delivering", "done"]
    (event,) = view.events
    assert (event.body, [path.scan_id for path in event.paths], event.path_count) == ("{}", [scan_id], 1)
    assert view.scan == known(queue, scan_id)
    assert queue.scan_view(99) is None
