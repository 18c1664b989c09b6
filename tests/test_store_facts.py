"""Pauses by hand, probes, and what servers told: kept until they are taken back or told anew."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from autoscan.model import LibraryFacts, Phase, ServerFacts
from autoscan.store import Queue
from tests.clocks import VirtualClock
from tests.test_queue_delivering import delivered, next_ask, route

TOLD = ServerFacts(
    at=VirtualClock().now(),
    version="1.41.2",
    name="Living Room",
    libraries=(LibraryFacts(id="1", title="Séries", type="show", roots=("/data/tv", "D:\\TV")),),
)


def test_a_pause_by_hand_lasts_until_it_is_taken_back(queue: Queue, clock: VirtualClock) -> None:
    assert queue.hold("plex", "page")
    clock.advance(1e6)
    queue.recover()
    queue.resume("plex")
    state = queue.server("plex")
    assert (state.held_by, state.held_since) == ("page", clock.now() - timedelta(seconds=1e6))
    assert queue.release("plex", "api")
    assert (queue.server("plex").held_by, queue.server("plex").held_since) == ("", None)


def test_the_first_who_pauses_it_counts(queue: Queue, clock: VirtualClock) -> None:
    assert queue.hold("plex", "page")
    clock.advance(5)
    assert not queue.hold("plex", "api")
    assert queue.server("plex").held_by == "page"
    assert not queue.release("jellyfin", "api")


def asked(queue: Queue, clock: VirtualClock) -> int:
    """Return a scan that plex was just asked for."""
    scan_id = delivered(queue, clock, "/tv/a")
    route(queue, scan_id)
    ask = next_ask(queue)
    looking = replace(ask, phase=Phase.LOOKING, first_asked_at=clock.now())
    queue.keep([looking], due_at=clock.now())
    return scan_id


def began(queue: Queue, scan_id: int) -> datetime:
    (ask,) = queue.asks(scan_id)
    assert ask.first_asked_at is not None
    return ask.first_asked_at


def act(queue: Queue, clock: VirtualClock, step: str) -> None:
    match step:
        case "hold":
            queue.hold("plex", "page")
        case "release":
            queue.release("plex", "page")
        case "pause":
            queue.pause("plex", until=clock.now(), reason="down", unauthorized=False)
        case "resume":
            queue.resume("plex")


#: What happens to a server, ten seconds apart.
ABSENCES = {
    "a pause by hand": ["hold", "", "release"],
    "an absence": ["pause", "pause", "resume"],
    "a pause by hand during an absence": ["pause", "hold", "", "release", "resume"],
    "an absence that ends in a pause by hand": ["pause", "hold", "", "resume", "", "release"],
    "a probe in vain in a pause by hand": ["hold", "pause", "pause", "release", "", "resume"],
    "an absence within a pause by hand": ["hold", "", "pause", "", "resume", "", "release"],
    "both, twice": ["hold", "release", "pause", "hold", "resume", "pause", "release", "resume"],
}


@pytest.mark.parametrize("steps", ABSENCES.values(), ids=ABSENCES.keys())
def test_no_clock_runs_while_a_server_is_away_for_whatever_reason(
    queue: Queue, clock: VirtualClock, steps: list[str]
) -> None:
    scan_id, start = asked(queue, clock), clock.now()
    away = 0
    for step in steps:
        clock.advance(10)
        state = queue.server("plex")
        away += 10 if state.held_since or state.since else 0
        act(queue, clock, step)
    assert queue.server("plex").held_since is None
    assert queue.server("plex").since is None
    assert began(queue, scan_id) == start + timedelta(seconds=away)


def test_a_probe_is_asked_for_until_the_server_answered_or_did_not(queue: Queue, clock: VirtualClock) -> None:
    queue.probe_now("plex")
    assert queue.server("plex").probe_asked_at == clock.now()
    queue.resume("plex")
    assert queue.server("plex").probe_asked_at is None
    queue.probe_now("plex")
    queue.pause("plex", until=clock.now(), reason="down", unauthorized=False)
    assert queue.server("plex").probe_asked_at is None


def test_what_a_server_told_is_kept_until_it_tells_something_else(queue: Queue) -> None:
    assert queue.facts("plex") is None
    queue.describe("plex", TOLD)
    assert queue.facts("plex") == TOLD
    other = ServerFacts(at=TOLD.at, version="", name="", libraries=())
    queue.describe("plex", other)
    assert queue.facts("plex") == other
    assert queue.facts("jellyfin") is None


def test_how_many_wait_for_a_server(queue: Queue, clock: VirtualClock) -> None:
    ids = [delivered(queue, clock, f"/tv/{number}", "plex", "jellyfin") for number in range(3)]
    queue.cancel(ids[:1], "page")
    assert (queue.waiting_for("plex"), queue.waiting_for("emby")) == (2, 0)
