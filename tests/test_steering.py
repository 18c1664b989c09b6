"""What people do with scans: each action does what it says, is written down, and nothing that ended comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from autoscan.errors import BadRequestError
from autoscan.model import DeliveryState, Finding, Phase, ScanState
from autoscan.store import Queue
from tests.clocks import VirtualClock
from tests.queues import add, add_id, claimed, known, paths_of
from tests.test_queue_delivering import accept, delivered, next_ask, route, states

SEASON = "/tv/Alien/Season 1"
FOUND = Finding(path="/x", result=DeliveryState.VERIFIED, evidence="P2", saw="", at=VirtualClock().now())


def reasons(queue: Queue, scan_id: int) -> list[str]:
    return [step.reason for step in queue.transitions(scan_id)]


# ----- cancel


@pytest.mark.parametrize("state", [ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING])
def test_an_open_scan_is_cancelled_by_somebody(queue: Queue, clock: VirtualClock, state: ScanState) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    if state is not ScanState.WAITING:
        claimed(queue)
    if state is ScanState.DELIVERING:
        queue.deliver(scan_id, ["plex"])
    assert known(queue, scan_id).state is state
    assert queue.cancel([scan_id], "page").done == (scan_id,)
    scan = known(queue, scan_id)
    assert (scan.state, scan.reason, scan.ended_at) == (ScanState.CANCELLED, "cancelled (page)", clock.now())
    assert (queue.transitions(scan_id)[-1].old, reasons(queue, scan_id)[-1]) == (state, "cancelled (page)")
    assert (queue.claim(), queue.due_check(), queue.unrouted("plex"), queue.count_open()) == (None, None, [], 0)


def test_of_a_cancelled_scan_only_what_is_open_ends(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    route(queue, scan_id)
    accept(queue, next_ask(queue))
    route(queue, scan_id, server="jellyfin")
    queue.cancel([scan_id], "api")
    assert states(queue, scan_id) == {"plex": DeliveryState.ACCEPTED, "jellyfin": DeliveryState.CANCELLED}
    assert queue.next_ask("jellyfin") is None
    assert ("jellyfin", "cancelled (api)") in [(step.server, step.reason) for step in queue.transitions(scan_id)]


def test_a_scan_cancelled_while_it_is_judged_stays_so(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    claimed(queue)
    queue.cancel([scan_id], "page")
    assert not queue.postpone(scan_id, until=clock.now(), reason="x", checks=1)
    assert not queue.move(scan_id, "/tv")
    assert not queue.expect(scan_id, ())
    assert not queue.deliver(scan_id, ["plex"])
    assert not queue.fail(scan_id, "x", code="file_missing")
    assert known(queue, scan_id).state is ScanState.CANCELLED


@pytest.mark.parametrize("forgotten", [False, True], ids=["cancelled", "cancelled, tried again and handed over anew"])
def test_what_a_lane_says_of_a_cancelled_ask_is_not_heard(queue: Queue, clock: VirtualClock, forgotten: bool) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    ask = next_ask(queue)
    queue.cancel([scan_id], "page")
    if forgotten:
        queue.retry([scan_id], "page")
        queue.deliver(claimed(queue).id, ["plex"])
    before = (states(queue, scan_id), len(queue.transitions(scan_id)))
    with_finding = [replace(ask, findings=(FOUND,), phase=Phase.LOOKING)]
    queue.keep(with_finding, due_at=clock.now(), reason="asked library 1")
    queue.end(with_finding[0], "seen")
    queue.accept([ask.id], server="plex", library_id="1", scope="/x")
    assert queue.refuse(ask.id, "no", retry_at=clock.now()) == 0
    assert not queue.route(ask.delivery.id, [("1", "/x")])
    assert not queue.not_here(ask.delivery.id, "nowhere")
    assert (states(queue, scan_id), len(queue.transitions(scan_id))) == before
    assert queue.findings([ask.id]) == {}


def test_no_command_runs_after_a_cancelled_delivery(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    queue.cancel([scan_id], "page")
    assert queue.not_ran_after(clock.now() - timedelta(hours=1)) == []


def test_a_later_event_makes_a_new_scan(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON)
    queue.cancel([scan_id], "page")
    assert add_id(queue, clock, SEASON) != scan_id


def test_neither_good_nor_bad_is_no_failure() -> None:
    neither = {DeliveryState.PENDING, DeliveryState.NOT_HERE, DeliveryState.CANCELLED}
    assert {state for state in DeliveryState if not state.is_good and not state.is_bad} == neither
    assert not [state for state in DeliveryState if state.is_good and state.is_bad]


# ----- retry


def test_a_cancelled_scan_can_be_tried_again(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    queue.cancel([scan_id], "page")
    clock.advance(60)
    assert queue.retry([scan_id], "api").done == (scan_id,)
    assert reasons(queue, scan_id)[-1] == "tried again (api)"
    again = claimed(queue)
    assert (again.id, paths_of(again)) == (scan_id, {f"{SEASON}/e1.mkv"})
    queue.deliver(scan_id, ["plex"])
    assert states(queue, scan_id) == {"plex": DeliveryState.PENDING}


def test_what_ended_well_or_is_under_way_is_not_tried_again(queue: Queue, clock: VirtualClock) -> None:
    done = delivered(queue, clock, "/tv/done")
    route(queue, done)
    accept(queue, next_ask(queue))
    waiting = add_id(queue, clock, "/tv/open")
    acted = queue.retry([done, waiting, 999], "page")
    assert acted.done == ()
    assert "ended well" in acted.refused[done]
    assert "under way" in acted.refused[waiting]
    assert "no scan 999" in acted.refused[999]


def test_what_another_scan_took_over_says_which(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON)
    taker = add_id(queue, clock, "/tv/Alien", whole=True)
    assert f"scan {taker}" in queue.retry([scan_id], "page").refused[scan_id]


def test_who_handed_it_over_is_written(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, files=["e1.mkv"])
    queue.cancel([scan_id], "page")
    taker = add_id(queue, clock, SEASON, files=["e2.mkv"])
    queue.retry([scan_id], "page")
    assert reasons(queue, scan_id)[-1] == f"tried again (page): taken over by scan {taker}"
    assert len(paths_of(known(queue, taker))) == 2


# ----- run now


def test_a_waiting_scan_is_due_now_and_before_all_others(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv/urgent", priority=-50, delay=0)
    scan_id = add_id(queue, clock, SEASON, priority=9, delay=300)
    clock.advance(10)
    assert queue.run_now([scan_id], "page").done == (scan_id,)
    assert known(queue, scan_id).due_at == clock.now()
    assert reasons(queue, scan_id)[-1] == "run now (page)"
    assert claimed(queue).id == scan_id


def test_a_later_event_makes_it_wait_its_turn_again(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, delay=300)
    queue.run_now([scan_id], "page")
    add(queue, clock, SEASON, files=["e2.mkv"], delay=30)
    assert known(queue, scan_id).due_at == clock.now() + timedelta(seconds=30)
    assert queue.claim() is None


def test_the_files_of_a_scan_are_looked_at_now(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, delay=0)
    claimed(queue)
    queue.postpone(scan_id, until=clock.now() + timedelta(hours=1), reason="not there", checks=1)
    assert queue.due_check() is None
    assert queue.run_now([scan_id], "page").done == (scan_id,)
    due = queue.due_check()
    assert due is not None
    assert (due.id, due.checks) == (scan_id, 1)


def test_a_refused_ask_is_asked_now(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    queue.refuse(next_ask(queue).id, "no", retry_at=clock.now() + timedelta(hours=1))
    assert queue.next_ask("plex") is None
    queue.run_now([scan_id], "page")
    assert next_ask(queue).delivery.attempts == 1


def test_a_server_is_looked_into_now(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON)
    route(queue, scan_id)
    ask = next_ask(queue)
    later = clock.now() + timedelta(hours=1)
    queue.keep([replace(ask, phase=Phase.LOOKING)], due_at=later)
    assert queue.looking("plex") == []
    queue.run_now([scan_id], "page")
    assert [each.id for each in queue.looking("plex")] == [ask.id]


def test_what_waits_for_paused_servers_only_cannot_be_run(queue: Queue, clock: VirtualClock) -> None:
    scan_id = delivered(queue, clock, SEASON, "plex", "jellyfin")
    queue.hold("plex", "page")
    assert queue.run_now([scan_id], "page").done == (scan_id,)
    queue.pause("jellyfin", until=clock.now() + timedelta(seconds=5), reason="down", unauthorized=False)
    assert "paused" in queue.run_now([scan_id], "page").refused[scan_id]
    clock.advance(5)
    assert queue.run_now([scan_id], "page").done == (scan_id,)


def test_what_has_ended_is_not_steered(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON)
    queue.cancel([scan_id], "page")
    steps = len(queue.transitions(scan_id))
    for acted in (
        queue.cancel([scan_id], "page"),
        queue.run_now([scan_id], "page"),
        queue.prioritise([scan_id], 3, "page"),
    ):
        assert acted.refused == {scan_id: "it has ended (cancelled)"}
    assert len(queue.transitions(scan_id)) == steps


# ----- priority


def test_a_priority_decides_who_is_claimed_first(queue: Queue, clock: VirtualClock) -> None:
    first, second = (add_id(queue, clock, folder, delay=0) for folder in ("/tv/a", "/tv/b"))
    queue.prioritise([second], -1, "page")
    assert known(queue, second).priority == -1
    assert reasons(queue, second)[-1] == "priority -1 instead of 0 (page)"
    assert [claimed(queue).id, claimed(queue).id] == [second, first]


def test_a_priority_decides_who_is_asked_first(queue: Queue, clock: VirtualClock) -> None:
    first, second, third = (delivered(queue, clock, folder) for folder in ("/tv/a", "/tv/b", "/tv/c"))
    for scan_id in (first, second):
        route(queue, scan_id)
    queue.prioritise([second, third], -1, "page")
    assert next_ask(queue).delivery.scan_id == second
    route(queue, third)
    queue.cancel([second], "page")
    assert next_ask(queue).delivery.scan_id == third


@pytest.mark.parametrize("priority", [-1_000_000, 1_000_000])
def test_a_priority_beyond_measure_is_refused(queue: Queue, priority: int) -> None:
    with pytest.raises(BadRequestError, match="999999"):
        queue.prioritise([1], priority, "page")


# ----- many


def test_many_are_done_in_their_order_and_each_once(queue: Queue, clock: VirtualClock) -> None:
    ids = [add_id(queue, clock, f"/tv/{number}") for number in range(120)]
    acted = queue.cancel([*reversed(ids), *ids, 5000], "page")
    assert acted.done == tuple(reversed(ids))
    assert list(acted.refused) == [5000]
    assert queue.count_open() == 0
