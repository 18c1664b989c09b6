"""The whole main job without a web server: a real store, simulated media servers, and a clock that the test turns."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from autoscan import paths
from autoscan.filecheck import FileChecker
from autoscan.intake import Intake, Received
from autoscan.model import Delivery, Scan, ScanState
from autoscan.paths import IgnoreList, Mappings, Priorities
from autoscan.presence import Presence, Rules
from autoscan.processor import Dispatcher, Lane
from autoscan.processor import Rules as LaneRules
from autoscan.services import Job
from autoscan.settings import MediaServer, Secret
from autoscan.store import Queue, Store
from autoscan.store.tables_asked import asks
from autoscan.targets import Target, from_settings
from autoscan.triggers import parse
from tests.clocks import VirtualClock
from tests.servers import FakeEmby, FakeJellyfin, FakePlex, Library
from tests.servers.base import FakeServer

KINDS: dict[str, type[FakePlex | FakeJellyfin | FakeEmby]] = {
    "plex": FakePlex,
    "jellyfin": FakeJellyfin,
    "emby": FakeEmby,
}
#: The pause of jobs that found nothing to do, in virtual seconds; the real one is shorter.
TICK = 1.0


@dataclass
class House:
    """Everything between a webhook's body and the media servers, moved a tick at a time."""

    clock: VirtualClock
    queue: Queue
    intake: Intake
    dispatcher: Dispatcher
    lanes: tuple[Lane, ...]
    targets: tuple[Target, ...]
    fakes: dict[str, FakeServer]
    _jobs: Callable[[], tuple[Dispatcher, tuple[Lane, ...]]]
    _open: ExitStack
    #: Scans of each server that were no part of the test.
    skip: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for job in self.jobs:
            job.close()
        self._open.close()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Return what the leader would do in turn."""
        return (self.dispatcher, *self.lanes)

    def receive(self, body: dict[str, Any], *, request_id: str = "r1") -> None:
        """Take one webhook in."""
        received = Received(source="test", request_id=request_id, body="{}", at=self.clock.now())
        self.intake.submit(parse(body), received)

    def run(self, seconds: float, tick: float = TICK) -> None:
        """Let all jobs do what they can, tick by tick, for so many virtual seconds."""
        end = self.clock.now() + timedelta(seconds=seconds)
        pause = tick
        while (left := (end - self.clock.now()).total_seconds()) > 0:
            pause = tick if self._work() else min(pause * 1.5, tick * 4)
            self.clock.advance(min(pause, left))
            for fake in self.fakes.values():
                fake.tick()

    def _work(self) -> bool:
        """Let every job do what it can now; tell whether there was anything to do."""
        worked = False
        for job in self.jobs:
            while job.step():
                worked = True
        return worked

    def scans(self, state: ScanState | None = None) -> list[Scan]:
        """Return the scans, the oldest first."""
        return sorted(self.queue.recent(1000, state), key=lambda scan: scan.id)

    def deliveries(self, server: str) -> list[Delivery]:
        """Return what went to one server."""
        return [each for scan in self.scans() for each in self.queue.deliveries(scan.id) if each.server == server]

    def results(self, server: str) -> list[str]:
        """Return how each scan ended at one server, the oldest first."""
        return [each.state.value for each in self.deliveries(server)]

    def evidence(self, server: str) -> str:
        """Return what showed that the last scan is done, or why it is not."""
        last = self.deliveries(server)[-1]
        return last.evidence or last.error

    def spent(self) -> list[tuple[int, int]]:
        """Return the scan requests and the HTTP requests of each folder at each library."""
        with self.queue._store.read() as connection:
            rows = connection.execute(select(asks.c.scans, asks.c.requests)).all()
        return [(row.scans, row.requests) for row in rows]

    def over_budget(self) -> list[str]:
        """Name the asks that took more than 5 scans, or 30 requests for each folder of their files."""
        return [
            f"{scan.folder}: {ask.scans} scans, {ask.requests} requests"
            for scan in self.scans()
            for ask in self.queue.asks(scan.id)
            if ask.scans > 5 or ask.requests > 30 * len({paths.parent(each.path) for each in scan.expectations})
        ]

    def restart(self) -> None:
        """Replace all jobs, as a new leader does."""
        for job in self.jobs:
            job.close()
        self.queue.recover()
        self.dispatcher, self.lanes = self._jobs()

    def asked(self, server: str) -> list[str]:
        """Return the paths that a server was asked to scan, in order."""
        return [scan.path for scan in self.fakes[server].scans()[self.skip.get(server, 0) :]]


def media_server(fake: FakeServer, name: str, **rules: Any) -> MediaServer:
    """Return the settings that lead to a simulated server."""
    values = {"path_mappings": {}, "verify_tls": True, "timeout": 5.0, **rules}
    return MediaServer(name=name, type=fake.product, url=fake.url, token=Secret(fake.token), **values)


def build(  # noqa: PLR0913 - what a test may want otherwise
    folder: Path,
    fakes: Sequence[str] = ("plex", "jellyfin"),
    *,
    libraries: Sequence[Library] = (),
    delay: int = 30,
    rules: Rules | None = None,
    mappings: dict[str, list[str]] | None = None,
    servers: dict[str, dict[str, Any]] | None = None,
    verify: bool = True,
    rules_for: Callable[[Target, VirtualClock], LaneRules] | None = None,
    anchors: dict[str, tuple[str, ...]] | None = None,
    mass_limit: int = 50,
) -> House:
    """Return a house in `folder`, whose `media/tv` and `media/movies` each server has as a library."""
    clock, opened = VirtualClock(), ExitStack()
    media = folder / "media"
    for name in ("tv", "movies"):
        (media / name).mkdir(parents=True, exist_ok=True)
    libraries = libraries or _usual_libraries(media)
    running: dict[str, FakeServer] = {
        name: opened.enter_context(KINDS[name](media, libraries, clock=clock)) for name in fakes
    }
    queue = _queue(folder, clock, opened)
    targets = _targets(running, servers or {}, queue, clock)

    def lane_rules(target: Target) -> LaneRules:
        return rules_for(target, clock) if rules_for else LaneRules(verify=verify)

    def jobs() -> tuple[Dispatcher, tuple[Lane, ...]]:
        presence = Presence(
            checker=FileChecker(clock=clock),
            mappings=Mappings.from_config({}),
            known_roots=[str(media)],
            rules=rules or Rules(max_checks=3, delay=60, folder_on_exhaustion=False),
            roots=queue,
            clock=clock,
            warn=queue.warn,
            anchors=anchors or {},
            mass_limit=mass_limit,
        )
        lanes = tuple(
            Lane(queue=queue, target=target, clock=clock, rules=lane_rules(target), hold=presence.hold)
            for target in targets
        )
        names = [target.name for target in targets]
        return Dispatcher(queue=queue, presence=presence, servers=names, clock=clock), lanes

    dispatcher, lanes = jobs()
    return House(
        clock=clock,
        queue=queue,
        intake=_intake(queue, Mappings.from_config(mappings or {}), delay, clock),
        dispatcher=dispatcher,
        lanes=lanes,
        targets=targets,
        fakes=running,
        _jobs=jobs,
        _open=opened,
    )


def _usual_libraries(media: Path) -> list[Library]:
    return [
        Library(title="TV", type="tv", roots=(str(media / "tv"),)),
        Library(title="Movies", type="movies", roots=(str(media / "movies"),)),
    ]


def _queue(folder: Path, clock: VirtualClock, opened: ExitStack) -> Queue:
    store = Store(folder / "autoscan.db", clock)
    store.prepare()
    opened.callback(store.dispose)
    return Queue(store)


def _targets(
    fakes: Mapping[str, FakeServer], servers: Mapping[str, dict[str, Any]], queue: Queue, clock: VirtualClock
) -> tuple[Target, ...]:
    return from_settings(
        [media_server(fake, name, **servers.get(name, {})) for name, fake in fakes.items()],
        clock=clock,
        client_id=queue.client_id,
        prefix=lambda name: queue.server(name).prefix,
        remember=queue.remember,
    )


def _intake(queue: Queue, mappings: Mappings, delay: int, clock: VirtualClock) -> Intake:
    return Intake(
        queue=queue,
        mappings=mappings,
        ignore=IgnoreList([]),
        priorities=Priorities({}),
        sources={},
        delay=delay,
        max_delay=600,
        clock=clock,
    )


def movie(folder: Path, title: str, *, size: int | None = None, name: str = "") -> dict[str, Any]:
    """Return Radarr's import of a movie below `folder/media/movies`."""
    file = {"relativePath": name or f"{title}.mkv"} | ({"size": size} if size is not None else {})
    return {
        "movie": {"title": title, "folderPath": str(folder / "media/movies" / title), "tmdbId": 5},
        "movieFile": file,
        "isUpgrade": False,
        "eventType": "Download",
    }


def episode(
    folder: Path, number: int, *, season: int = 1, size: int | None = None, show: str = "Show"
) -> dict[str, Any]:
    """Return Sonarr's import of one episode below `folder/media/tv`."""
    name = f"Season {season:02d}/{show} - S{season:02d}E{number:02d}.mkv"
    file = {"relativePath": name} | ({"size": size} if size is not None else {})
    return {
        "series": {"title": show, "path": str(folder / "media/tv" / show), "tvdbId": 7},
        "episodes": [{"seasonNumber": season, "episodeNumber": number}],
        "episodeFile": file,
        "isUpgrade": False,
        "eventType": "Download",
    }
