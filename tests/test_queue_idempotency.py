"""A request that names itself is answered the same however often it comes, and queued once."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from autoscan.errors import KeyReusedError
from autoscan.model import Added, NewScan
from autoscan.store import Answered, Once, Queue, Store
from tests.clocks import VirtualClock
from tests.queues import event_at, opened

DAY = 24 * 3600


def said(added: Added) -> str:
    return f"event {added.event_id}"


def send(queue: Queue, clock: VirtualClock, key: str = "k", digest: str = "d", folder: str = "/tv/a") -> Answered:
    scan = NewScan(folder=folder, due_at=clock.now())
    return queue.add_once(Once(key=key, digest=digest, answer=said), event_at(clock), [], [scan], max_delay=600)


def counted(store: Store, table: str) -> int:
    with store.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_the_same_key_gives_the_same_answer_and_queues_nothing(queue: Queue, store: Store, clock: VirtualClock) -> None:
    first = send(queue, clock)
    assert first == Answered("event 1", again=False)
    clock.advance(DAY - 1)
    assert send(queue, clock) == Answered("event 1", again=True)
    assert (counted(store, "events"), counted(store, "scans")) == (1, 1)


def test_another_key_is_another_request(queue: Queue, store: Store, clock: VirtualClock) -> None:
    send(queue, clock)
    assert send(queue, clock, key="other") == Answered("event 2", again=False)
    assert counted(store, "events") == 2


def test_a_key_with_another_request_is_refused_and_stores_nothing(
    queue: Queue, store: Store, clock: VirtualClock
) -> None:
    send(queue, clock)
    with pytest.raises(KeyReusedError, match="take a new one"):
        send(queue, clock, digest="other", folder="/tv/b")
    assert counted(store, "events") == 1


def test_a_day_later_a_key_is_new_again_and_the_old_answer_forgotten(
    queue: Queue, store: Store, clock: VirtualClock
) -> None:
    for key in ("k", "l", "m"):
        send(queue, clock, key=key)
    clock.advance(DAY)
    assert send(queue, clock, digest="other") == Answered("event 4", again=False)
    assert counted(store, "answers") == 1


def test_an_answer_that_cannot_be_made_queues_nothing(queue: Queue, store: Store, clock: VirtualClock) -> None:
    def broken(_added: Added) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue.add_once(Once(key="k", digest="d", answer=broken), event_at(clock), [], [], max_delay=0)
    assert (counted(store, "events"), counted(store, "answers")) == (0, 0)


def test_an_answer_outlives_a_restart(tmp_path: Path, clock: VirtualClock) -> None:
    with opened(tmp_path / "data", clock) as (_, queue):
        send(queue, clock)
    with opened(tmp_path / "data", clock) as (_, queue):
        assert send(queue, clock) == Answered("event 1", again=True)


def test_of_many_at_once_exactly_one_is_queued(queue: Queue, store: Store, clock: VirtualClock) -> None:
    start, answers = threading.Barrier(8), []

    def run() -> None:
        start.wait()
        answers.append(send(queue, clock))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [Answered("event 1", again=False), *[Answered("event 1", again=True)] * 7]
    assert counted(store, "events") == 1
