"""What pages show at a glance: the counts agree with the lists, and cost the same with a great backlog."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from autoscan.model.views import ScanFilter, Stage
from autoscan.store import Queue, Store, overview
from tests import exhibits
from tests.clocks import VirtualClock
from tests.exhibits import Exhibition


def counted(queue: Queue) -> dict[Stage, int]:
    """Return how many scans the list shows at each stage."""
    page = queue.find_scans(ScanFilter(open_only=True), limit=200)
    assert page.next == ""
    return dict(Counter(row.stage for row in page.rows))


def there(queue: Queue) -> dict[Stage, int]:
    return {stage: count for stage, count in queue.stages().items() if count}


def test_the_counts_agree_with_the_list(queue: Queue, clock: VirtualClock) -> None:
    assert there(queue) == {}
    exhibits.fill(queue, clock)
    assert there(queue) == counted(queue)
    queue.hold("plex", "page")
    assert there(queue) == counted(queue)
    queue.release("plex", "page")
    queue.resume("jellyfin")
    assert there(queue) == counted(queue)
    assert set(queue.stages()) == set(Stage) - {Stage.ENDED}


def test_a_scan_at_two_servers_counts_once_for_where_it_is_furthest(queue: Queue, clock: VirtualClock) -> None:
    show = Exhibition(queue, clock)
    scan_id = show.deliver("/tv/A")
    assert there(queue) == {Stage.QUEUED: 1}
    ask = show.asked(scan_id, "plex")
    assert there(queue) == {Stage.ASKED: 1}
    show.looked(ask)
    assert there(queue) == {Stage.LOOKING: 1} == counted(queue)
    queue.pause("jellyfin", until=clock.now() + timedelta(hours=1), reason="gone", unauthorized=False)
    assert there(queue) == {Stage.LOOKING: 1} == counted(queue)
    queue.hold("plex", "page")
    assert there(queue) == {Stage.PAUSED: 1} == counted(queue)


def test_what_waits_for_a_dead_server_is_not_read_for_the_counts(queue: Queue, store: Store) -> None:
    with store.read() as connection:
        sql = str(overview.STAGES.compile(connection.engine, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(str(row[-1]) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}")))
    assert "SCAN asks" not in plan
    assert "deliveries_pending" in plan, plan
    assert queue.stages()[Stage.PAUSED] == 0


def test_folders_of_media_are_listed_with_what_became_of_them(queue: Queue, clock: VirtualClock) -> None:
    queue.root_seen("/tv")
    queue.root_seen("/movies")
    clock.advance(60)
    queue.root_lost("/tv")
    assert [(root.path, root.lost_since) for root in queue.roots()] == [("/movies", None), ("/tv", clock.now())]
