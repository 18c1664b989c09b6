"""The whole main job without a web server: a real store, simulated media servers, and a clock that the test turns."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from autoscan.filecheck import FileChecker
from autoscan.intake import Intake, Received
from autoscan.model import Delivery, Scan, ScanState
from autoscan.paths import IgnoreList, Mappings, Priorities
from autoscan.presence import Presence, Rules
from autoscan.processor import Dispatcher, Lane
from autoscan.services import Job
from autoscan.settings import MediaServer, Secret
from autoscan.store import Queue, Store
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
    _open: ExitStack

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

    def run(self, seconds: float) -> None:
        """Let all jobs do what they can, tick by tick, for so many virtual seconds."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < end:
            for job in self.jobs:
                while job.step():
                    pass
            self.clock.advance(TICK)
            for fake in self.fakes.values():
                fake.tick()

    def scans(self, state: ScanState | None = None) -> list[Scan]:
        """Return the scans, the oldest first."""
        return sorted(self.queue.recent(1000, state), key=lambda scan: scan.id)

    def deliveries(self, server: str) -> list[Delivery]:
        """Return what went to one server."""
        return [each for scan in self.scans() for each in self.queue.deliveries(scan.id) if each.server == server]

    def asked(self, server: str) -> list[str]:
        """Return the paths that a server was asked to scan, in order."""
        return [scan.path for scan in self.fakes[server].scans()]


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
) -> House:
    """Return a house in `folder`, whose `media/tv` and `media/movies` each server has as a library."""
    clock, opened = VirtualClock(), ExitStack()
    media = folder / "media"
    for name in ("tv", "movies"):
        (media / name).mkdir(parents=True, exist_ok=True)
    libraries = libraries or [
        Library(title="TV", type="tv", roots=(str(media / "tv"),)),
        Library(title="Movies", type="movies", roots=(str(media / "movies"),)),
    ]
    running: dict[str, FakeServer] = {
        name: opened.enter_context(KINDS[name](media, libraries, clock=clock)) for name in fakes
    }
    store = Store(folder / "autoscan.db", clock)
    store.prepare()
    opened.callback(store.dispose)
    queue = Queue(store)
    targets = from_settings(
        [media_server(fake, name, **(servers or {}).get(name, {})) for name, fake in running.items()],
        clock=clock,
        client_id=queue.client_id,
        prefix=lambda name: queue.server(name).prefix,
        remember=queue.remember,
    )
    table = Mappings.from_config(mappings or {})
    presence = Presence(
        checker=FileChecker(clock=clock),
        mappings=Mappings.from_config({}),
        known_roots=[str(media)],
        rules=rules or Rules(max_checks=3, delay=60, folder_on_exhaustion=False),
        roots=queue,
        clock=clock,
        warn=queue.warn,
    )
    return House(
        clock=clock,
        queue=queue,
        intake=Intake(
            queue=queue,
            mappings=table,
            ignore=IgnoreList([]),
            priorities=Priorities({}),
            sources={},
            delay=delay,
            max_delay=600,
            clock=clock,
        ),
        dispatcher=Dispatcher(queue=queue, presence=presence, servers=[target.name for target in targets]),
        lanes=tuple(Lane(queue=queue, target=target, clock=clock) for target in targets),
        targets=targets,
        fakes=running,
        _open=opened,
    )


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
