"""From waiting to handed over: order, checks, failures and retries."""

from datetime import timedelta

import pytest

from autoscan.model import DeliveryState, Scan, ScanState
from autoscan.store import Queue
from tests.clocks import VirtualClock
from tests.queues import add, add_id, claimed, expect, known, paths_of

SEASON = "/tv/Alien/Season 1"


def claim_all(queue: Queue) -> list[str]:
    """Claim until nothing is due and return the folders in that order."""
    folders: list[str] = []
    while (scan := queue.claim()) is not None:
        folders.append(scan.folder)
    return folders


def failed(queue: Queue, clock: VirtualClock, folder: str, *, code: str = "file_missing", **options: object) -> Scan:
    """Add a scan that fails at once."""
    scan_id = add_id(queue, clock, folder, delay=0, **options)
    assert claimed(queue).id == scan_id
    assert queue.fail(scan_id, "it did not come", code=code)
    return known(queue, scan_id)


def test_nothing_is_claimed_before_it_is_due(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, delay=30)
    clock.advance(29.9)
    assert queue.claim() is None
    clock.advance(0.1)
    scan = claimed(queue)
    assert (scan.id, scan.state, scan.claimed_at) == (scan_id, ScanState.CHECKING, clock.now())
    assert queue.claim() is None
    assert [(step.old, step.new) for step in queue.transitions(scan_id)] == [("", "waiting"), ("waiting", "checking")]


def test_it_is_known_when_the_next_scan_wants_something(queue: Queue, clock: VirtualClock) -> None:
    assert queue.soonest() is None
    add(queue, clock, "/later", delay=60)
    add(queue, clock, SEASON, delay=30)
    assert queue.soonest() == clock.now() + timedelta(seconds=30)
    clock.advance(30)
    scan = claimed(queue)
    assert queue.soonest() == clock.now()
    assert queue.postpone(scan.id, until=clock.now() + timedelta(seconds=5), reason="", checks=1)
    assert queue.soonest() == clock.now() + timedelta(seconds=5)
    assert queue.fail(scan.id, "", code="")
    assert queue.soonest() == clock.now() + timedelta(seconds=30)


def test_the_first_due_is_claimed_first(queue: Queue, clock: VirtualClock) -> None:
    for folder, delay in (("/c", 3), ("/a", 1), ("/b", 2)):
        add(queue, clock, folder, delay=delay)
    clock.advance(10)
    assert claim_all(queue) == ["/a", "/b", "/c"]


def test_the_more_urgent_is_claimed_first(queue: Queue, clock: VirtualClock) -> None:
    for folder, priority in (("/music", 2), ("/movies", 0), ("/tv", 1)):
        add(queue, clock, folder, priority=priority, delay=0)
    assert claim_all(queue) == ["/movies", "/tv", "/music"]


def test_ten_minutes_of_waiting_are_worth_one_level_of_priority(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/music", priority=1, delay=0)
    clock.advance(599)
    add(queue, clock, "/before ten minutes", priority=0, delay=0)
    clock.advance(2)
    add(queue, clock, "/after ten minutes", priority=0, delay=0)
    assert claim_all(queue) == ["/before ten minutes", "/music", "/after ten minutes"]


def test_an_urgent_scan_that_is_not_due_does_not_hold_up_others(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/urgent", priority=-5, delay=60)
    add(queue, clock, "/patient", priority=3, delay=0)
    assert claim_all(queue) == ["/patient"]


def test_any_number_of_scans_may_be_checked_at_once(queue: Queue, clock: VirtualClock) -> None:
    for number in range(20):
        add(queue, clock, f"/tv/{number}", delay=0)
    assert len(claim_all(queue)) == 20
    assert queue.stats()[ScanState.CHECKING] == 20


def test_a_claimed_scan_is_looked_at_at_once_and_then_when_it_was_put_off_to(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, delay=0)
    assert queue.due_check() is None
    claimed(queue)
    assert queue.due_check() == known(queue, scan_id)
    assert queue.postpone(scan_id, until=clock.now() + timedelta(seconds=60), reason="e1.mkv is not there", checks=1)
    assert queue.due_check() is None
    clock.advance(60)
    scan = queue.due_check()
    assert scan is not None
    assert (scan.id, scan.checks, scan.reason) == (scan_id, 1, "e1.mkv is not there")


def test_the_check_that_is_due_longest_comes_first(queue: Queue, clock: VirtualClock) -> None:
    later, sooner = (add_id(queue, clock, folder, delay=0) for folder in ("/a", "/b"))
    claim_all(queue)
    for scan_id, seconds in ((later, 20), (sooner, 10)):
        queue.postpone(scan_id, until=clock.now() + timedelta(seconds=seconds), reason="", checks=0)
    clock.advance(30)
    scan = queue.due_check()
    assert scan is not None
    assert scan.id == sooner


def test_putting_off_is_written_down_only_when_its_reason_changes(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, delay=0)
    claimed(queue)
    for reason in ("not there", "not there", "not there", "still growing"):
        queue.postpone(scan_id, until=clock.now(), reason=reason, checks=1)
    reasons = [step.reason for step in queue.transitions(scan_id) if step.old == step.new == "checking"]
    assert reasons == ["not there", "still growing"]


def test_a_scan_may_move_to_the_folder_that_the_file_system_names(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, "/tv/Alien/S.H.I.E.L.D.", whole=True, delay=0)
    claimed(queue)
    assert queue.move(scan_id, "/tv/Alien")
    scan = known(queue, scan_id)
    assert (scan.folder, scan.whole, scan.state) == ("/tv/Alien", False, ScanState.CHECKING)
    assert "S.H.I.E.L.D." in queue.transitions(scan_id)[-1].reason


def test_a_failed_scan_says_why_and_when(queue: Queue, clock: VirtualClock) -> None:
    scan = failed(queue, clock, SEASON)
    assert (scan.state, scan.reason, scan.code) == (ScanState.FAILED, "it did not come", "file_missing")
    assert scan.ended_at == clock.now()
    assert queue.transitions(scan.id)[-1].reason == "it did not come"


def test_what_is_not_being_checked_is_left_alone(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON)
    for unknown in (scan_id, 999):
        assert not queue.postpone(unknown, until=clock.now(), reason="", checks=0)
        assert not queue.move(unknown, "/tv")
        assert not queue.fail(unknown, "", code="")
        assert not queue.deliver(unknown, ["plex"])
    assert known(queue, scan_id).state is ScanState.WAITING
    assert len(queue.transitions(scan_id)) == 1


def test_a_failed_scan_is_tried_again_at_once(queue: Queue, clock: VirtualClock) -> None:
    scan = failed(queue, clock, SEASON, files=["e1.mkv"])
    clock.advance(3600)
    assert queue.retry([scan.id], "test").done == (scan.id,)
    again = claimed(queue)
    assert (again.id, again.checks, again.code, again.ended_at) == (scan.id, 0, "", None)
    assert paths_of(again) == {f"{SEASON}/e1.mkv"}


def test_a_retry_does_not_wait_for_what_should_follow(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, SEASON, delay=0)
    scan = claimed(queue)
    queue.fail(scan.id, "not there", code="file_missing")
    waiting = add_id(queue, clock, SEASON, patience=500)
    queue.retry([scan.id], "test")
    assert known(queue, waiting).due_at == clock.now()
    assert add(queue, clock, SEASON, patience=500).scans[SEASON].due_at == clock.now() + timedelta(seconds=30)


def test_the_longest_delay_counts_from_the_retry(queue: Queue, clock: VirtualClock) -> None:
    scan = failed(queue, clock, SEASON)
    clock.advance(3600)
    queue.retry([scan.id], "test")
    clock.advance(10)
    assert add(queue, clock, SEASON, delay=30).scans[SEASON].due_at == clock.now() + timedelta(seconds=30)
    assert known(queue, scan.id).requested_at == clock.now() - timedelta(seconds=3610)


@pytest.mark.parametrize("above", [False, True], ids=["the same folder", "a whole folder above"])
def test_a_retry_joins_the_scan_that_waits(queue: Queue, clock: VirtualClock, above: bool) -> None:
    scan = failed(queue, clock, SEASON, files=["e1.mkv"], priority=0)
    clock.advance(60)
    folder = "/tv/Alien" if above else SEASON
    waiting = add_id(queue, clock, folder, files=["e2.mkv"], whole=above, priority=2)
    due_at = known(queue, waiting).due_at
    assert queue.retry([scan.id], "test").done == (scan.id,)
    joined, absorbed = known(queue, waiting), known(queue, scan.id)
    assert paths_of(joined) == {f"{SEASON}/e1.mkv", f"{folder}/e2.mkv"}
    assert (joined.priority, joined.due_at) == (0, due_at)
    assert (absorbed.state, absorbed.expectations, absorbed.code) == (ScanState.ABSORBED, (), "")
    assert str(waiting) in absorbed.reason
    assert queue.transitions(scan.id)[-1].new == "absorbed"


def test_a_retry_repeats_only_what_failed(queue: Queue, clock: VirtualClock) -> None:
    scan_id = half_failed(queue, clock)
    clock.advance(60)
    queue.retry([scan_id], "test")
    queue.deliver(claimed(queue).id, ["plex", "jellyfin"])
    states = {delivery.server: delivery.state for delivery in queue.deliveries(scan_id)}
    assert states == {"plex": DeliveryState.ACCEPTED, "jellyfin": DeliveryState.PENDING}
    assert [delivery.server for delivery in queue.unrouted("jellyfin")] == ["jellyfin"]
    assert queue.unrouted("plex") == []


def test_a_retry_that_something_new_has_joined_asks_every_server(queue: Queue, clock: VirtualClock) -> None:
    scan_id = half_failed(queue, clock)
    clock.advance(60)
    queue.retry([scan_id], "test")
    add(queue, clock, SEASON, files=["e2.mkv"], delay=0)
    queue.deliver(claimed(queue).id, ["plex", "jellyfin"])
    assert {delivery.state for delivery in queue.deliveries(scan_id)} == {DeliveryState.PENDING}


def test_a_retry_forgets_a_server_that_is_not_configured_any_more(queue: Queue, clock: VirtualClock) -> None:
    scan_id = half_failed(queue, clock)
    clock.advance(60)
    queue.retry([scan_id], "test")
    queue.deliver(claimed(queue).id, ["plex"])
    assert [delivery.server for delivery in queue.deliveries(scan_id)] == ["plex"]
    assert known(queue, scan_id).state is ScanState.DONE
    assert "jellyfin" in {step.server for step in queue.transitions(scan_id)}


def half_failed(queue: Queue, clock: VirtualClock) -> int:
    """Return a scan that plex took and jellyfin refused."""
    scan_id = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    queue.deliver(claimed(queue).id, ["plex", "jellyfin"])
    clock.advance(1)
    for delivery in queue.deliveries(scan_id):
        queue.route(delivery.id, [("1", SEASON)])
    (ask,) = queue.waiting_asks("plex", "1")
    queue.accept([ask.id], server="plex", library_id="1", scope=SEASON)
    (ask,) = queue.waiting_asks("jellyfin", "1")
    assert queue.refuse(ask.id, "no", retry_at=clock.now(), limit=1) == 1
    assert known(queue, scan_id).code == "refused"
    return scan_id


def test_a_new_leader_looks_at_every_file_at_once_and_lets_the_rest_be(queue: Queue, clock: VirtualClock) -> None:
    checked = add_id(queue, clock, SEASON, delay=0)
    claimed(queue)
    queue.postpone(checked, until=clock.now() + timedelta(hours=1), reason="not there", checks=3)
    queue.take_slot("plex", "1", "/tv")
    queue.recover()
    scan = queue.due_check()
    assert scan is not None
    assert (scan.id, scan.checks) == (checked, 3)
    assert len(queue.slots("plex")) == 1


def test_more_may_be_expected_of_a_scan_only_while_it_is_checked(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["1.mkv"], delay=0)
    more = [expect(f"{SEASON}/2.mkv"), expect(f"{SEASON}/1.mkv", size=5)]
    assert not queue.expect(scan_id, more)
    claimed(queue)
    assert not queue.expect(scan_id, [])
    assert queue.expect(scan_id, more)
    assert known(queue, scan_id).expectations == (more[1], more[0])
    queue.deliver(scan_id, ["plex"])
    assert not queue.expect(scan_id, [expect(f"{SEASON}/3.mkv")])
    assert paths_of(known(queue, scan_id)) == {f"{SEASON}/1.mkv", f"{SEASON}/2.mkv"}


def test_what_never_came_fails_apart_and_the_scan_goes_on_without_it(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["1.mkv", "2.mkv"], delay=0)
    assert not queue.fail_apart(scan_id, [f"{SEASON}/2.mkv"], "it is not being checked")
    claimed(queue)
    assert not queue.fail_apart(scan_id, [f"{SEASON}/3.mkv"], "nobody expects it")
    assert queue.fail_apart(scan_id, [f"{SEASON}/2.mkv"], "it did not come")
    assert not queue.fail_apart(scan_id, [f"{SEASON}/2.mkv"], "once is enough")
    assert paths_of(known(queue, scan_id)) == {f"{SEASON}/1.mkv"}
    apart = known(queue, scan_id + 1)
    assert (apart.state, apart.code, apart.reason) == (ScanState.FAILED, "file_missing", "it did not come")
    assert (apart.folder, paths_of(apart)) == (SEASON, {f"{SEASON}/2.mkv"})
    assert [step.new for step in queue.transitions(apart.id)] == ["checking", "failed"]


def test_what_failed_apart_is_taken_up_by_the_next_event(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["1.mkv", "2.mkv"], delay=0)
    claimed(queue)
    queue.fail_apart(scan_id, [f"{SEASON}/2.mkv"], "it did not come")
    later = add_id(queue, clock, SEASON, files=["3.mkv"])
    assert queue.transitions(scan_id + 1)[-1].reason == f"taken up again by scan {later}"
