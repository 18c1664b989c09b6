"""What can be seen: Autoscan's state in its database, and what the media servers were asked and show."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autoscan.model import Scan, ScanState
from autoscan.paths import covers
from autoscan.store import Queue, Store
from bench.demo import story
from bench.demo.pace import Pace
from bench.demo.stage import Stage
from bench.demo.story import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderView:
    """One folder in Autoscan. Paths are relative to the folder of all media, here and below."""

    folder: str
    #: Webhooks about it that Autoscan has taken.
    webhooks: int
    #: How far each scan that came of them has come; the newest first.
    states: tuple[ScanState, ...]
    #: Seconds until the newest is due, and what it waits for.
    due_in: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """One folder at one server; times in seconds since the demo began, None: not yet."""

    server: str
    folder: str
    #: What the server should be asked to scan, and what it was asked.
    scope: str
    asked: str
    asked_at: float | None
    #: When its library showed what is on disk.
    shown_at: float | None
    #: How far Autoscan is with this server; `""` before it turns to the servers.
    state: str
    #: When Autoscan had seen it there, and on which evidence.
    seen_at: float | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything at one moment."""

    folders: tuple[FolderView, ...]
    servers: tuple[ServerView, ...]
    #: Server and path of every scan that was asked for, whatever folder it was for.
    asked: tuple[tuple[str, str], ...]

    @property
    def finished(self) -> bool:
        """Tell whether nothing is on its way any more."""
        ended = all(set(each.states) <= {ScanState.DONE, ScanState.FAILED} for each in self.folders)
        return ended and all(each.shown_at is not None for each in self.servers)


class Watcher:
    """Looks, and remembers when it saw something first."""

    def __init__(self, stage: Stage, pace: Pace) -> None:
        #: Webhooks that were answered with 200, by folder.
        self.taken: Counter[str] = Counter()
        self._stage = stage
        self._pace = pace
        self._changes = story.changes(stage.media)
        self._store = Store(stage.database, pace.clock)
        self._queue = Queue(self._store)
        self._began_at = pace.clock.now().timestamp()
        self._shown_at: dict[tuple[str, str], float] = {}

    def close(self) -> None:
        """Close the database."""
        self._store.dispose()

    def look(self) -> View:
        """Return what is to be seen now."""
        self._look_into_libraries()
        recent = self._queue.recent(100)
        scans = {each.folder: [scan for scan in recent if scan.folder == each.folder] for each in self._changes}
        names = self._stage.servers
        return View(
            folders=tuple(self._folder(each, scans[each.folder]) for each in self._changes),
            servers=tuple(self._server(name, each, scans[each.folder]) for name in names for each in self._changes),
            asked=tuple((name, self._short(scan.path)) for name in names for scan in self._stage.scans(name)),
        )

    def _look_into_libraries(self) -> None:
        for name, fake in self._stage.servers.items():
            listed = set(fake.paths())
            for change in self._changes:
                if change.present <= listed and not change.gone & listed:
                    self._shown_at.setdefault((name, change.folder), self._pace.seconds)

    def _folder(self, change: Change, scans: Sequence[Scan]) -> FolderView:
        left = (scans[0].due_at - self._pace.clock.now()).total_seconds() if scans else 0
        return FolderView(
            folder=self._short(change.folder),
            webhooks=self.taken[change.folder],
            states=tuple(scan.state for scan in scans),
            due_in=max(0, math.ceil(left)),
            reason=scans[0].reason if scans else "",
        )

    def _server(self, name: str, change: Change, scans: Sequence[Scan]) -> ServerView:
        deliveries = self._queue.deliveries(scans[0].id) if scans else []
        delivery = next((each for each in deliveries if each.server == name), None)
        ended_at = delivery.ended_at if delivery else None
        asked = next((scan for scan in self._stage.scans(name) if covers(scan.path, change.folder)), None)
        return ServerView(
            server=name,
            folder=self._short(change.folder),
            scope=self._short(change.scopes[name]),
            asked=self._short(asked.path) if asked else "",
            asked_at=asked.wall - self._began_at if asked else None,
            shown_at=self._shown_at.get((name, change.folder)),
            state=str(delivery.state) if delivery else "",
            seen_at=ended_at.timestamp() - self._began_at if ended_at else None,
            evidence=delivery.evidence if delivery else "",
        )

    def _short(self, path: str) -> str:
        return path.removeprefix(f"{self._stage.media}/")
