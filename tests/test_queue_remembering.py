"""What outlives a restart and is no scan: pauses, roots, warnings, the installation's id, history."""

from datetime import timedelta

from sqlalchemy import func, select

from autoscan.model import RootState, ScanState, ServerState
from autoscan.store import Queue, Store
from autoscan.store.tables import event_paths, events, expectations, transitions
from tests.clocks import VirtualClock
from tests.queues import add, add_id, claimed, known


def test_a_server_never_heard_of_is_in_order(queue: Queue) -> None:
    assert queue.server("plex") == ServerState(name="plex")


def test_pauses_are_counted_until_the_server_answers(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    for reason in ("refused", "timed out"):
        queue.pause("plex", until=clock.now() + timedelta(seconds=5), reason=reason, unauthorized=False)
        clock.advance(10)
    state = queue.server("plex")
    assert (state.failures, state.reason, state.since) == (2, "timed out", start)
    assert state.paused_until == start + timedelta(seconds=15)
    assert queue.server("jellyfin").failures == 0
    queue.pause("plex", until=clock.now(), reason="401", unauthorized=True)
    assert queue.server("plex").unauthorized
    queue.resume("plex")
    assert queue.server("plex") == ServerState(name="plex")


def test_the_base_path_that_worked_outlives_a_pause(queue: Queue, clock: VirtualClock) -> None:
    queue.remember("jellyfin", "/jellyfin")
    queue.remember("jellyfin", "/jellyfin")
    queue.pause("jellyfin", until=clock.now(), reason="down", unauthorized=False)
    queue.resume("jellyfin")
    assert queue.server("jellyfin").prefix == "/jellyfin"
    queue.remember("jellyfin", "")
    assert queue.server("jellyfin").prefix == ""


def test_a_root_is_lost_since_it_was_first_missed_until_it_is_seen_again(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    queue.root_lost("/mnt")
    assert queue.root("/mnt") is None
    queue.root_seen("/mnt")
    clock.advance(60)
    queue.root_lost("/mnt")
    clock.advance(60)
    queue.root_lost("/mnt")
    lost_since = start + timedelta(seconds=60)
    assert queue.root("/mnt") == RootState(path="/mnt", seen_at=start, lost_since=lost_since)
    queue.root_seen("/mnt")
    assert queue.root("/mnt") == RootState(path="/mnt", seen_at=clock.now())


def test_a_root_that_stays_is_written_down_every_ten_minutes_only(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    seen = []
    for _ in range(3):
        queue.root_seen("/mnt")
        root = queue.root("/mnt")
        assert root is not None
        seen.append(root.seen_at - start)
        clock.advance(400)
    assert seen == [timedelta(), timedelta(), timedelta(seconds=800)]


def test_warnings_hold_until_they_are_taken_back(queue: Queue) -> None:
    queue.warn("media:/tv", "mount it")
    queue.warn("media:/tv", "mount it")
    queue.warn("media:/movies", "mount that")
    queue.warn("media:/tv", "mount it there")
    assert queue.warnings() == ("mount that", "mount it there")
    queue.warn("media:/movies", "")
    queue.warn("media:/movies", "")
    assert queue.warnings() == ("mount it there",)


def test_the_installation_keeps_its_id(queue: Queue, store: Store) -> None:
    first = queue.client_id()
    assert first.startswith("autoscan-")
    assert Queue(store).client_id() == first


def test_the_count_is_of_scans_on_their_way(queue: Queue, clock: VirtualClock) -> None:
    assert (queue.count_open(), queue.oldest_open()) == (0, None)
    start = clock.now()
    for folder in ("/failed", "/delivering", "/checking", "/waiting"):
        add(queue, clock, folder, delay=0)
        clock.advance(1)
    queue.fail(claimed(queue).id, "no", code="")
    queue.deliver(claimed(queue).id, ["plex"])
    claimed(queue)
    assert queue.count_open() == 3
    assert queue.oldest_open() == start + timedelta(seconds=1)
    assert queue.stats() == {
        ScanState.WAITING: 1,
        ScanState.CHECKING: 1,
        ScanState.DELIVERING: 1,
        ScanState.DONE: 0,
        ScanState.FAILED: 1,
        ScanState.ABSORBED: 0,
        ScanState.CANCELLED: 0,
    }
    assert [scan.folder for scan in queue.recent(2)] == ["/waiting", "/checking"]
    assert [scan.folder for scan in queue.recent(9, ScanState.FAILED)] == ["/failed"]
    assert queue.scan(999) is None


def test_the_oldest_may_have_been_taken_over_by_a_later_scan(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    for folder in ("/tv/Show/Season 01", "/movies/Heat", "/tv/Show"):
        add(queue, clock, folder, whole=folder == "/tv/Show")
        clock.advance(1)
    assert [scan.folder for scan in queue.recent(9, ScanState.WAITING)] == ["/tv/Show", "/movies/Heat"]
    assert (queue.oldest_open(), queue.figures().oldest_waiting) == (start, start)


def test_what_is_past_its_time_is_forgotten_in_slices_and_the_rest_stays(
    queue: Queue, store: Store, clock: VirtualClock
) -> None:
    for number in range(120):
        add(queue, clock, f"/old/{number}", files=["a"], delay=0)
        queue.fail(claimed(queue).id, "no", code="")
    still_open = add_id(queue, clock, "/open", files=["a"])
    clock.advance(3600)
    young = add_id(queue, clock, "/young", files=["a"], delay=0)
    border = clock.now()
    slices = []
    while deleted := queue.clean(border, border):
        slices.append(deleted)
    assert slices == [121 + 100, 20]
    assert {scan.id for scan in queue.recent(1000)} == {still_open, young}
    with store.read() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (events, event_paths, expectations, transitions)
        ]
    assert counts == [1, 1, 2, 2]


def test_events_may_be_forgotten_before_their_scans_and_after_them(queue: Queue, clock: VirtualClock) -> None:
    ended = add_id(queue, clock, "/tv", files=["a"], delay=0)
    queue.fail(claimed(queue).id, "no", code="")
    clock.advance(1)
    start = clock.now() - timedelta(days=1)
    assert queue.clean(clock.now(), start) == 1
    assert known(queue, ended).state is ScanState.FAILED
    add(queue, clock, "/movies", files=["a"], delay=0)
    queue.fail(claimed(queue).id, "no", code="")
    clock.advance(1)
    assert queue.clean(start, clock.now()) == 2
    assert queue.clean(clock.now(), clock.now()) == 1
