"""One scan at each server: routes, slots, acceptance, refusals, and what they add up to."""

import threading
from datetime import timedelta

import pytest

from autoscan.model import Ask, DeliveryState, ScanState, Slot
from autoscan.store import Queue
from tests.clocks import VirtualClock
from tests.queues import add_id, claimed, known, paths_of

SEASON = "/tv/Alien/Season 1"


def delivered(queue: Queue, clock: VirtualClock, folder: str, *servers: str, priority: int = 0) -> int:
    """Return a scan that was handed to `servers`."""
    scan_id = add_id(queue, clock, folder, files=["e1.mkv"], delay=0, priority=priority, request_id="abc")
    assert claimed(queue).id == scan_id
    assert queue.deliver(scan_id, servers or ("plex",), reason="all there")
    return scan_id


def route(queue: Queue, scan_id: int, *libraries: str, server: str = "plex") -> None:
    """Find `libraries` for the scan at one server."""
    (delivery,) = (delivery for delivery in queue.deliveries(scan_id) if delivery.server == server)
    assert queue.route(delivery.id, [(library, f"/srv{delivery.folder}") for library in libraries or ("1",)])


def next_ask(queue: Queue, server: str = "plex", *exclude: str) -> Ask:
    ask = queue.next_ask(server, exclude)
    assert ask is not None
    return ask


def accept(queue: Queue, *asks: Ask) -> None:
    """Accept asks of one library."""
    server, library = asks[0].delivery.server, asks[0].library_id
    queue.accept([ask.id for ask in asks], server=server, library_id=library, scope=asks[0].folder)


def states(queue: Queue, scan_id: int) -> dict[str, DeliveryState]:
    return {delivery.server: delivery.state for delivery in queue.deliveries(scan_id)}


def test_a_checked_scan_is_handed_to_every_server(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    assert known(queue, scan_id).state is ScanState.DELIVERING
    assert states(queue, scan_id) == {"plex": DeliveryState.PENDING, "jellyfin": DeliveryState.PENDING}
    (delivery,) = queue.unrouted("plex")
    assert (delivery.scan_id, delivery.folder, delivery.request_id) == (scan_id, SEASON, "abc")
    assert (delivery.attempts, delivery.created_at, delivery.next_try_at) == (0, clock.now(), clock.now())
    assert {item.path for item in delivery.expectations} == {f"{SEASON}/e1.mkv"}
    assert {(step.server, step.new) for step in queue.transitions(scan_id)} >= {("plex", "pending"), ("", "delivering")}


def test_what_could_never_end_is_refused(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    with pytest.raises(ValueError, match="server"):
        queue.deliver(scan_id, [])
    with pytest.raises(ValueError, match="library"):
        queue.route(queue.deliveries(scan_id)[0].id, [])


def test_unrouted_deliveries_come_by_rank_and_only_so_many(queue: Queue, clock: VirtualClock) -> None:
    for folder, priority in (("/music", 2), ("/movies", 0), ("/tv", 1)):
        delivered(queue, clock, folder, priority=priority)
    assert [delivery.folder for delivery in queue.unrouted("plex")] == ["/movies", "/tv", "/music"]
    assert [delivery.folder for delivery in queue.unrouted("plex", limit=2)] == ["/movies", "/tv"]


def test_a_routed_delivery_asks_each_of_its_libraries(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id, "1", "4k")
    assert queue.unrouted("plex") == []
    first = next_ask(queue)
    second = next_ask(queue, "plex", first.library_id)
    assert {first.library_id, second.library_id} == {"1", "4k"}
    assert first.folder == f"/srv{SEASON}"
    assert first.delivery == queue.deliveries(scan_id)[0]
    assert queue.next_ask("plex", ("1", "4k")) is None
    assert queue.next_ask("jellyfin") is None


def test_a_delivery_is_routed_once(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    delivery_id = queue.deliveries(scan_id)[0].id
    assert not queue.route(delivery_id, [("2", "/x")])
    accept(queue, next_ask(queue))
    assert not queue.route(delivery_id, [("2", "/x")])
    assert not queue.not_here(delivery_id, "too late")
    assert not queue.route(999, [("2", "/x")])


def test_an_accepted_delivery_ends_its_scan(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    clock.advance(5)
    accept(queue, next_ask(queue))
    scan = known(queue, scan_id)
    assert (scan.state, scan.ended_at) == (ScanState.DONE, clock.now())
    assert queue.next_ask("plex") is None
    assert [(step.server, step.old, step.new) for step in queue.transitions(scan_id)] == [
        ("", "", "waiting"),
        ("", "waiting", "checking"),
        ("", "checking", "delivering"),
        ("plex", "", "pending"),
        ("plex", "pending", "accepted"),
        ("", "delivering", "done"),
    ]
    assert {step.request_id for step in queue.transitions(scan_id)} == {"abc"}


def test_a_delivery_is_accepted_once_every_library_took_it(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id, "1", "2")
    accept(queue, next_ask(queue, "plex", "2"))
    assert states(queue, scan_id) == {"plex": DeliveryState.PENDING}
    accept(queue, next_ask(queue))
    assert states(queue, scan_id) == {"plex": DeliveryState.ACCEPTED}


def test_a_scan_is_done_once_every_server_took_it(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    for server in ("plex", "jellyfin"):
        assert known(queue, scan_id).state is ScanState.DELIVERING
        route(queue, scan_id, server=server)
        accept(queue, next_ask(queue, server))
    assert known(queue, scan_id).state is ScanState.DONE


def test_those_that_wait_for_a_library_share_a_scan(queue: Queue, clock: VirtualClock) -> None:
    scans = [delivered(queue, clock, f"{SEASON}/{number}") for number in range(3)]
    for scan_id in scans:
        route(queue, scan_id)
    waiting = queue.waiting_asks("plex", "1")
    assert [ask.delivery.scan_id for ask in waiting] == scans
    # More than one statement takes, most of them ended meanwhile.
    asks = [*range(1000, 2000), *(ask.id for ask in waiting)]
    queue.accept(asks, server="plex", library_id="1", scope=SEASON)
    assert queue.stats()[ScanState.DONE] == 3
    assert queue.waiting_asks("plex", "1") == []


def test_only_asks_of_the_library_that_took_the_scan_are_accepted(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id, "1")
    ask = next_ask(queue)
    queue.accept([ask.id], server="plex", library_id="2", scope="/x")
    queue.accept([ask.id], server="jellyfin", library_id="1", scope="/x")
    queue.accept([999], server="plex", library_id="1", scope="/x")
    assert next_ask(queue) == ask


def test_a_library_is_held_by_one_at_a_time(queue: Queue, clock: VirtualClock) -> None:
    assert queue.take_slot("plex", "1", "/tv/Alien")
    clock.advance(3)
    assert not queue.take_slot("plex", "1", "/tv/Other")
    assert queue.take_slot("plex", "2", "/x")
    assert queue.take_slot("jellyfin", "1", "/y")
    since = clock.now() - timedelta(seconds=3)
    assert queue.slots("plex")[0] == Slot(server="plex", library_id="1", scope="/tv/Alien", held_since=since)
    queue.drop_slot("plex", "1")
    assert [slot.library_id for slot in queue.slots("plex")] == ["2"]
    assert queue.take_slot("plex", "1", "/tv/Other")


def test_two_lanes_never_hold_one_library_both(queue: Queue) -> None:
    start = threading.Barrier(6)
    held: list[bool] = []

    def run() -> None:
        start.wait()
        held.append(queue.take_slot("plex", "1", "/tv"))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == [False] * 5 + [True]


def test_a_held_library_is_asked_nothing_and_others_are(queue: Queue, clock: VirtualClock) -> None:
    first, second = delivered(queue, clock, "/tv/a"), delivered(queue, clock, "/movies/b")
    route(queue, first, "1")
    route(queue, second, "2")
    queue.take_slot("plex", "1", "/tv/a")
    assert next_ask(queue).library_id == "2"
    queue.take_slot("plex", "2", "/movies/b")
    assert queue.next_ask("plex") is None
    queue.drop_slot("plex", "1")
    assert next_ask(queue).library_id == "1"


def test_asks_come_by_rank(queue: Queue, clock: VirtualClock) -> None:
    music, movies = delivered(queue, clock, "/music", priority=2), delivered(queue, clock, "/movies")
    route(queue, music)
    route(queue, movies)
    assert next_ask(queue).delivery.folder == "/movies"


def test_a_refused_delivery_is_tried_again_later(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    ask = next_ask(queue)
    assert queue.refuse(ask.id, "400 Bad Request", retry_at=clock.now() + timedelta(seconds=30)) == 1
    assert queue.next_ask("plex") is None
    assert queue.waiting_asks("plex", "1") == []
    (delivery,) = queue.deliveries(scan_id)
    assert (delivery.attempts, delivery.error) == (1, "400 Bad Request")
    assert queue.transitions(scan_id)[-1].reason == "400 Bad Request"
    clock.advance(30)
    accept(queue, next_ask(queue))
    assert known(queue, scan_id).state is ScanState.DONE
    assert queue.deliveries(scan_id)[0].error == ""


def test_the_fifth_refusal_ends_a_delivery_and_the_other_server_is_not_touched(
    queue: Queue, clock: VirtualClock
) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    route(queue, scan_id, "1", "2")
    ask = next_ask(queue)
    counts = [queue.refuse(ask.id, "404 Not Found", retry_at=clock.now()) for _ in range(6)]
    assert counts == [1, 2, 3, 4, 5, 0]
    assert queue.next_ask("plex") is None
    assert states(queue, scan_id) == {"plex": DeliveryState.FAILED, "jellyfin": DeliveryState.PENDING}
    route(queue, scan_id, server="jellyfin")
    accept(queue, next_ask(queue, "jellyfin"))
    scan = known(queue, scan_id)
    assert (scan.state, scan.code, scan.reason) == (ScanState.FAILED, "refused", "plex: 404 Not Found")


def test_no_library_here_is_no_failure_when_another_server_took_it(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    for delivery in queue.deliveries(scan_id):
        if delivery.server == "plex":
            assert queue.not_here(delivery.id, "plex has no library for it")
    assert known(queue, scan_id).state is ScanState.DELIVERING
    route(queue, scan_id, server="jellyfin")
    accept(queue, next_ask(queue, "jellyfin"))
    assert known(queue, scan_id).state is ScanState.DONE
    assert states(queue, scan_id)["plex"] is DeliveryState.NOT_HERE


def test_no_library_anywhere_is_a_failure_that_says_all_reasons(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    for delivery in queue.deliveries(scan_id):
        queue.not_here(delivery.id, f"{delivery.server} sees /srv, its libraries are /a")
    scan = known(queue, scan_id)
    assert (scan.state, scan.code) == (ScanState.FAILED, "config_error")
    assert scan.reason == "plex sees /srv, its libraries are /a; jellyfin sees /srv, its libraries are /a"


def test_a_server_that_left_the_configuration_is_waited_for_no_longer(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "old")
    route(queue, scan_id, server="old")
    assert queue.retire(["plex"]) == 1
    assert queue.retire(["plex"]) == 0
    assert queue.next_ask("old") is None
    route(queue, scan_id)
    accept(queue, next_ask(queue))
    scan = known(queue, scan_id)
    assert (scan.state, scan.reason) == (ScanState.FAILED, "old is not configured any more")


def test_what_was_expected_reaches_the_lane(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    assert {item.path for item in next_ask(queue).delivery.expectations} == paths_of(known(queue, scan_id))
