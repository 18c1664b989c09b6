"""The janitor lists what is new once it is calm, and forgets what is past its time."""

import pytest

from autoscan.processor import Janitor
from autoscan.store import Queue
from autoscan.store.arrears import AT_ONCE
from tests.clocks import VirtualClock
from tests.queues import add, claimed, event_at


@pytest.fixture
def janitor(queue: Queue, clock: VirtualClock) -> Janitor:
    return Janitor(queue=queue, clock=clock, event_days=7, history_days=30)


def receive(queue: Queue, clock: VirtualClock) -> None:
    """Store an event that names nothing."""
    queue.add(event_at(clock), [], [], max_delay=0)


def rest(janitor: Janitor, clock: VirtualClock) -> int:
    """Return how many steps the janitor has work for, and let the time to its next look pass."""
    steps = 0
    while janitor.step():
        steps += 1
    clock.advance(Janitor.LOOK)
    return steps


def test_what_is_new_is_listed_as_soon_as_nothing_follows_it(
    queue: Queue, clock: VirtualClock, janitor: Janitor
) -> None:
    for _ in range(AT_ONCE + 1):
        receive(queue, clock)
    assert rest(janitor, clock) == 0
    assert queue.newest_unlisted() is not None
    assert rest(janitor, clock) == 2
    assert queue.newest_unlisted() is None
    assert rest(janitor, clock) == 0


def test_listing_waits_while_events_come_but_not_for_ever(queue: Queue, clock: VirtualClock, janitor: Janitor) -> None:
    worked = []
    for _ in range(Janitor.PATIENCE + 1):
        receive(queue, clock)
        worked.append(rest(janitor, clock))
    assert worked == [0] * Janitor.PATIENCE + [1]
    assert queue.newest_unlisted() is None


def test_an_event_in_the_midst_of_listing_interrupts_it(queue: Queue, clock: VirtualClock, janitor: Janitor) -> None:
    for _ in range(2 * AT_ONCE):
        receive(queue, clock)
    rest(janitor, clock)
    assert janitor.step()
    receive(queue, clock)
    assert not janitor.step()
    assert queue.newest_unlisted() is not None


def test_a_clock_set_back_does_not_keep_it_from_listing(queue: Queue, clock: VirtualClock, janitor: Janitor) -> None:
    rest(janitor, clock)
    receive(queue, clock)
    clock.jump(-3600)
    assert [rest(janitor, clock), rest(janitor, clock)] == [0, 1]


def test_what_is_past_its_time_is_forgotten(queue: Queue, clock: VirtualClock, janitor: Janitor) -> None:
    add(queue, clock, "/tv/Show", delay=0)
    queue.fail(claimed(queue).id, "the file never came", code="file_missing")
    assert not janitor.step()
    clock.advance(31 * 24 * 3600)
    while janitor.step():
        pass
    assert queue.recent(10) == []
