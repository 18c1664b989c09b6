"""People are told of each problem once, and of its end, whatever happens to the service or to who is told."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from autoscan.model.watching import Topic
from autoscan.notify import Notifier, Sender
from autoscan.settings import NotifyTarget, Secret
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock
from tests.listeners import Listener, listening
from tests.queues import add, claimed
from tests.test_queue_plans import fill, work
from tests.waiting import wait_until

#: Of a library that Apprise loads along.
pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")

ALL = frozenset(Topic)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


class Office:
    """A notifier, and the hours that pass in it."""

    def __init__(self, queue: Queue, clock: VirtualClock, targets: dict[str, frozenset[Topic]]) -> None:
        self.queue = queue
        self.clock = clock
        self._targets = [NotifyTarget(url=Secret(url), topics=topics) for url, topics in targets.items()]
        self.sender = Sender(clock)
        self.restart()

    def restart(self) -> None:
        """Begin the term of a new leader."""
        self.notifier = Notifier(
            queue=self.queue,
            clock=self.clock,
            targets=self._targets,
            servers=["plex", "jellyfin"],
            patience=timedelta(minutes=10),
            sender=self.sender,
        )
        self.step()

    def step(self) -> None:
        """Do what is to be done now, and wait for what is on its way."""
        while self.notifier.step() or self.sender.is_busy():
            wait_until(
                lambda: not self.sender.is_busy() or self.notifier.step(), what="the message is taken or refused"
            )

    def pass_time(self, minutes: float) -> None:
        """Let time pass, ten seconds a step."""
        for _ in range(round(minutes * 6)):
            self.clock.advance(10)
            self.step()

    def fail(self, folder: str, code: str = "file_missing", reason: str = "its files never came") -> None:
        """Let a scan fail now."""
        add(self.queue, self.clock, folder, delay=0)
        assert self.queue.fail(claimed(self.queue).id, reason, code=code)


@pytest.fixture
def office(queue: Queue, clock: VirtualClock, listener: Listener) -> Office:
    office = Office(queue, clock, {listener.url: ALL})
    office.pass_time(5)
    return office


def take_down(office: Office, server: str = "plex", reason: str = "connection refused") -> None:
    office.queue.pause(server, until=office.clock.now() + timedelta(seconds=5), reason=reason, unauthorized=False)


def test_a_server_that_is_down_for_ten_minutes_is_told_once_with_what_waits_and_when_it_is_back(
    office: Office, listener: Listener
) -> None:
    add(office.queue, office.clock, "/tv/Show", files=["1.mkv"], delay=0)
    office.queue.deliver(claimed(office.queue).id, ["plex"])
    take_down(office)
    office.pass_time(9)
    assert listener.titles == []
    office.pass_time(2)
    assert listener.titles == ["Autoscan: plex is down"]
    assert listener.bodies[0]["message"] == "Plex is down for 10 minutes: connection refused; 1 scan waits for it."
    take_down(office, reason="still refused")
    office.pass_time(60)
    office.queue.resume("plex")
    office.pass_time(5)
    assert listener.titles == ["Autoscan: plex is down", "Autoscan: plex is back"]
    assert listener.bodies[1]["message"].startswith("Plex is back after 1 hour 11 minutes")


def test_a_look_costs_the_same_with_many_scans_as_with_none(store: Store, queue: Queue, clock: VirtualClock) -> None:
    office = Office(queue, clock, {})

    def look() -> None:
        clock.advance(10)
        office.notifier.step()

    few = work(store, look)
    with store.write() as connection:
        fill(connection)
    assert work(store, look) <= few + 3


def test_a_short_absence_is_told_to_nobody(office: Office, listener: Listener) -> None:
    take_down(office)
    office.pass_time(8)
    office.queue.resume("plex")
    office.pass_time(30)
    assert listener.titles == []
    assert office.queue.notices() == []


def test_a_restart_neither_forgets_nor_repeats_what_was_told(office: Office, listener: Listener) -> None:
    take_down(office)
    office.pass_time(11)
    office.restart()
    office.pass_time(30)
    assert listener.titles == ["Autoscan: plex is down"]
    office.queue.resume("plex")
    office.restart()
    office.pass_time(5)
    assert listener.titles[1:] == ["Autoscan: plex is back"]


def test_a_message_that_could_not_be_sent_survives_a_restart(office: Office, listener: Listener) -> None:
    listener.status = 500
    take_down(office)
    office.pass_time(11)
    assert office.queue.unsent_messages() == 1
    office.restart()
    listener.status = 200
    office.pass_time(20)
    assert listener.titles == ["Autoscan: plex is down"]
    assert office.queue.unsent_messages() == 0


def test_several_servers_down_at_once_are_one_message(office: Office, listener: Listener) -> None:
    take_down(office, "plex")
    take_down(office, "jellyfin")
    office.pass_time(11)
    assert listener.titles == ["Autoscan: jellyfin is down, and 1 more"]
    assert len(listener.bodies[0]["message"].splitlines()) == 2


def test_a_server_that_somebody_paused_is_no_problem_and_not_back_either(office: Office, listener: Listener) -> None:
    office.queue.hold("jellyfin", "page")
    take_down(office, "plex")
    office.pass_time(11)
    office.queue.hold("plex", "page")
    office.pass_time(30)
    assert listener.titles == ["Autoscan: plex is down"]


def test_a_server_that_left_the_configuration_is_told_no_more(office: Office, listener: Listener) -> None:
    take_down(office, "emby")
    office.pass_time(30)
    assert listener.titles == []


def test_a_lost_mount_is_told_and_its_return(office: Office, listener: Listener) -> None:
    office.queue.root_seen("/media/tv")
    office.queue.root_lost("/media/tv")
    office.queue.warn("held:root:/media/tv", "held: /media/tv was there before")
    office.pass_time(3)
    assert listener.titles == ["Autoscan: /media/tv is lost"]
    assert "held: /media/tv was there before" in listener.bodies[0]["message"]
    office.queue.root_seen("/media/tv")
    office.queue.warn("held:root:/media/tv", "")
    office.pass_time(3)
    assert listener.titles[1:] == ["Autoscan: /media/tv is back"]


def test_a_new_leader_does_not_take_a_mount_for_back_before_anybody_looked(office: Office, listener: Listener) -> None:
    office.queue.warn("held:anchors:/media", "held: /media/anchor is missing")
    office.pass_time(3)
    office.queue.forget_warnings("held:")
    office.restart()
    office.pass_time(1)
    office.queue.warn("held:anchors:/media", "held: /media/anchor is missing")
    office.pass_time(30)
    assert listener.titles == ["Autoscan: /media is lost"]


def test_a_hundred_failures_within_a_minute_are_one_message(office: Office, listener: Listener) -> None:
    for number in range(100):
        office.fail(f"/tv/Show {number}")
    office.pass_time(2)
    assert listener.titles == ["Autoscan: 100 scans failed"]
    lines = listener.bodies[0]["message"].splitlines()
    assert lines[0] == "/tv/Show 0: its files never came"
    assert lines[-1] == "and 95 more"


def test_failures_that_go_on_are_gathered_for_longer(office: Office, listener: Listener) -> None:
    for number in range(20):
        office.fail(f"/tv/Show {number}")
        office.pass_time(1)
    office.pass_time(20)
    assert 2 <= len(listener.titles) <= 4
    assert sum(int(title.split()[1]) if "scans" in title else 1 for title in listener.titles) == 20


def test_what_never_showed_is_told_apart_from_what_failed(office: Office, listener: Listener) -> None:
    office.fail("/tv/A")
    office.fail("/tv/B", code="unverified", reason="plex: never listed it")
    office.pass_time(2)
    assert listener.titles == ["Autoscan: a scan failed", "Autoscan: a file never showed"]
    assert listener.bodies[1]["message"] == "/tv/B: plex: never listed it"


def test_failures_from_before_anybody_was_to_be_told_are_not_told(
    queue: Queue, clock: VirtualClock, listener: Listener
) -> None:
    add(queue, clock, "/tv/Old", delay=0)
    queue.fail(claimed(queue).id, "long ago", code="file_missing")
    clock.advance(60)
    office = Office(queue, clock, {listener.url: ALL})
    office.pass_time(20)
    assert listener.titles == []


def test_each_target_is_told_of_its_own_events_only(queue: Queue, clock: VirtualClock, listener: Listener) -> None:
    with listening() as other:
        office = Office(
            queue, clock, {listener.url: frozenset({Topic.SERVER_DOWN}), other.url: frozenset({Topic.SCAN_FAILED})}
        )
        office.pass_time(4)
        take_down(office)
        office.fail("/tv/A")
        office.pass_time(12)
        assert listener.titles == ["Autoscan: plex is down"]
        assert other.titles == ["Autoscan: a scan failed"]


def test_messages_to_who_is_not_configured_any_more_are_dropped(
    queue: Queue, clock: VirtualClock, listener: Listener
) -> None:
    listener.status = 500
    office = Office(queue, clock, {listener.url: ALL})
    office.pass_time(4)
    take_down(office)
    office.pass_time(11)
    assert queue.unsent_messages() == 1
    Office(queue, clock, {"json://127.0.0.1:9/elsewhere": ALL})
    assert queue.unsent_messages() == 0


def test_who_takes_nothing_for_hours_is_given_up_and_the_log_says_so_without_the_address(
    office: Office, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    listener.status = 500
    take_down(office)
    office.pass_time(300)
    assert office.queue.unsent_messages() == 0
    assert "took no message in 8 tries" in caplog.text
    assert "json://***" in caplog.text
    assert "hunter2" not in caplog.text
    assert str(listener.port) not in caplog.text


def test_one_that_hangs_holds_nobody_up(queue: Queue, clock: VirtualClock, listener: Listener) -> None:
    listener.answers.clear()
    office = Office(queue, clock, {listener.url: ALL})
    for _ in range(30):
        clock.advance(10)
        office.notifier.step()
    take_down(office)
    clock.advance(601)
    for _ in range(3):
        office.notifier.step()
    assert office.sender.is_busy()
    assert not office.notifier.step()
    clock.advance(61)
    assert office.notifier.step()
    assert not office.sender.is_busy()
    assert queue.unsent_messages() == 1


def test_an_address_that_apprise_does_not_know_is_given_up_like_any_other(
    queue: Queue, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    office = Office(queue, clock, {"nosuchservice://token-of-mine": ALL})
    office.pass_time(4)
    office.fail("/tv/A")
    office.pass_time(3)
    assert "nosuchservice://*** did not take a message" in caplog.text
    assert "token-of-mine" not in caplog.text


def test_a_change_of_the_clock_by_an_hour_stops_nothing(office: Office, listener: Listener) -> None:
    office.clock.advance(-3600)
    take_down(office)
    office.pass_time(12)
    assert listener.titles == ["Autoscan: plex is down"]
