"""A queue in which there is something of everything, for pages to show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autoscan.intake import Outcome
from autoscan.model import (
    Ask,
    Change,
    DeliveryState,
    Finding,
    Kind,
    Level,
    LibraryFacts,
    NewEvent,
    NewPath,
    Phase,
    ServerFacts,
)
from autoscan.store import Queue
from tests.clocks import VirtualClock
from tests.queues import add_id, claimed

#: What a mischievous sender would call a folder, and what is hard to show.
NASTY = "/tv/<script>alert('x')</script>/Season 01"
SHOWS = ("/tv/Severance/Season 02", "/tv/The Expanse/Season 04", "/movies/Arrival (2016)", "/tv/Dark/Season 03")
#: The ids of one scan for each thing there is to see.
Shown = dict[str, int]


@dataclass
class Exhibition:
    """Hangs up scans in a queue, one by one."""

    queue: Queue
    clock: VirtualClock
    servers: Sequence[str] = ("plex", "jellyfin")

    def hang(self, folder: str, file: str = "e01.mkv", **options: object) -> int:
        """Ask for `folder`; whatever is due at once is left waiting."""
        return add_id(self.queue, self.clock, folder, files=[file], **options)

    def deliver(self, folder: str, servers: Sequence[str] = ()) -> int:
        """Ask for `folder` and hand it to the servers."""
        scan_id = self.hang(folder, delay=0, priority=-9)
        assert claimed(self.queue).id == scan_id
        self.clock.advance(2)
        self.queue.deliver(scan_id, servers or self.servers, reason="the file is there")
        return scan_id

    def asked(self, scan_id: int, server: str) -> Ask:
        """Have `server` asked for what was delivered, and return the ask."""
        delivery = next(each for each in self.queue.deliveries(scan_id) if each.server == server)
        self.queue.route(delivery.id, [("1", f"/srv{delivery.folder}")])
        ask = next(each for each in self.queue.asks(scan_id) if each.delivery.id == delivery.id)
        self.clock.advance(1)
        asked = replace(ask, phase=Phase.LOOKING, scope=ask.folder, scans=1, requests=2, first_asked_at=self._now())
        self._keep(asked, "asked for the folder")
        return asked

    def looked(self, ask: Ask, level: Level = Level.FOLDER) -> Ask:
        """Look in vain for what was asked."""
        again = replace(ask, looks=ask.looks + 1, requests=ask.requests + 1, level=level)
        self._keep(again, "not there yet" if level is Level.FOLDER else "asked more widely")
        return again

    def found(self, ask: Ask, after: float, state: DeliveryState = DeliveryState.VERIFIED) -> None:
        """See how it ended, so many seconds later."""
        self.clock.advance(after)
        path = ask.delivery.expectations[0].path
        finding = Finding(path=path, result=state, evidence="P1", saw="1 file", at=self._now())
        self.queue.end(replace(ask, findings=(finding,)), f"{path.rpartition('/')[2]} was looked for by its path")

    def _keep(self, ask: Ask, reason: str) -> None:
        self.queue.keep([ask], due_at=self._now() + timedelta(seconds=15), reason=reason)

    def _now(self) -> datetime:
        return self.clock.now()


def fill(queue: Queue, clock: VirtualClock) -> Shown:
    """Fill `queue` with scans of every state, events and facts; return their ids."""
    show = Exhibition(queue, clock)
    shown = _ended(show) | _under_way(show)
    shown["waiting"] = show.hang(SHOWS[0], "e05.mkv", delay=75)
    shown["nasty"] = show.hang(NASTY, delay=300, priority=5)
    _events(queue, clock)
    _facts(queue, clock)
    return shown


def _ended(show: Exhibition) -> Shown:
    done = show.deliver(SHOWS[0])
    plex, jellyfin = show.asked(done, "plex"), show.asked(done, "jellyfin")
    show.found(plex, 37)
    show.found(show.looked(jellyfin), 68)
    failed = show.deliver(SHOWS[1], ["plex", "jellyfin"])
    show.found(show.asked(failed, "plex"), 20)
    show.found(show.asked(failed, "jellyfin"), 90, DeliveryState.UNVERIFIED)
    missing = show.hang(SHOWS[3], delay=0)
    assert claimed(show.queue).id == missing
    show.queue.fail(missing, "the file never came: /tv/Dark/Season 03/e01.mkv", code="file_missing")
    cancelled = show.hang("/tv/Lost/Season 01", delay=60)
    show.queue.cancel([cancelled], "page")
    return {"done": done, "failed": failed, "missing": missing, "cancelled": cancelled}


def _under_way(show: Exhibition) -> Shown:
    looking = show.deliver("/tv/Andor/Season 02")
    show.looked(show.asked(looking, "plex"))
    asked = show.deliver(SHOWS[2])
    show.found(show.asked(asked, "plex"), 12)
    show.asked(asked, "jellyfin")
    escalated = show.deliver("/tv/Fargo/Season 05", ["plex"])
    show.looked(show.asked(escalated, "plex"), Level.PARENT)
    checking = show.hang("/movies/Dune Part Two (2024)", delay=0, priority=-9)
    assert claimed(show.queue).id == checking
    return {"looking": looking, "asked": asked, "escalated": escalated, "checking": checking}


def _events(queue: Queue, clock: VirtualClock) -> None:
    unknown = NewEvent(
        at=clock.now(), source="overseerr", app="unknown", type="MEDIA_PENDING", request_id="r7",
        body='{"notification_type":"MEDIA_PENDING","api_key":"***","subject":"<b>Dune</b>"}',
        note="nobody knows this kind of event", known=False,
    )  # fmt: skip
    queue.add(unknown, [], [], max_delay=600)
    path = NewPath(
        path="/data/tv/Lost/extras/x.mkv", mapped="/tv/Lost/extras/x.mkv", kind=Kind.FILE, change=Change.ADDED,
        outcome=Outcome.IGNORED, detail="extras",
    )  # fmt: skip
    ignored = NewEvent(at=clock.now(), source="sonarr", app="sonarr", type="Download", request_id="r8", body="{}")
    queue.add(ignored, [path], [], max_delay=600)


def _facts(queue: Queue, clock: VirtualClock) -> None:
    libraries = (
        LibraryFacts(id="1", title="TV", type="show", roots=("/srv/tv",)),
        LibraryFacts(id="2", title="Films", type="movie", roots=("/srv/movies", "/srv/4k")),
    )
    told = ServerFacts(at=clock.now(), version="1.41.3.9314", name="attic", libraries=libraries)
    queue.describe("plex", told)
    queue.pause(
        "jellyfin", until=clock.now() + timedelta(seconds=40), unauthorized=False,
        reason="jellyfin does not answer: connection refused at http://127.0.0.1:8096",
    )  # fmt: skip
    queue.root_seen("/tv")
    queue.root_seen("/movies")
    queue.root_lost("/movies")
