"""What simulated Jellyfin and Emby share: libraries as items, refreshes, reports of changed paths."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoscan.clock import Clock
from tests.servers.base import FakeServer
from tests.servers.jobs import Job, Steps
from tests.servers.knobs import Knobs, Library
from tests.servers.mb_items import Database, Item
from tests.servers.mb_monitor import LibraryMonitor
from tests.servers.mb_resolve import ignored_anywhere
from tests.servers.mb_scan import Validator
from tests.servers.spec import Match
from tests.servers.view import Entry, components, join, name_of, parent_of, within
from tests.servers.wire import Request, Response

#: The server's word for a library's type.
_WORDS = {"tv": "tvshows", "mixed": None}
_HEADER_PAIR = re.compile(r'(\w+)="?([^",]*)"?')


@dataclass(slots=True, kw_only=True)
class MediaBrowserKnobs(Knobs):
    """What else can be turned at a Jellyfin or an Emby."""

    version: str = "10.11.5"
    #: Seconds that a report waits for others.
    monitor_delay: float = 60.0
    #: Seconds that the refresh of a library or of its root takes before it reads anything.
    root_scan_s: float = 0.0
    #: Refreshes never end while this is set.
    scan_stuck: bool = False
    #: Changes on disk are noticed without a report.
    realtime_monitor: bool = False
    #: An item that is queued already is not queued again.
    dedupe: bool = False
    #: `MediaSources[].Path` is where a symbolic link leads to.
    symlink_resolve: bool = False


def json_reply(value: object, status: int = 200) -> Response:
    """Write an answer in JSON."""
    return Response(status=status, body=json.dumps(value).encode(), type="application/json; charset=utf-8")


class MediaBrowser(FakeServer):
    """The part of both servers that has the same ancestor."""

    knobs: MediaBrowserKnobs
    database: Database
    #: Schemes of the `Authorization` header.
    schemes: frozenset[str]

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        knobs: MediaBrowserKnobs,
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(mounts, libraries, knobs=knobs, clock=clock, port=port)

    def prepare(self) -> None:
        self.database = Database(self.new_id)
        self.validator = Validator(self)
        self.monitor = LibraryMonitor(self._refresh_affected, listens_to_own=self.product == "emby")
        self._shapes: dict[str, object] = {}
        self._targets: dict[int, tuple[list[Item], bool]] = {}
        for library in self.libraries:
            self._create(library)

    def _create(self, library: Library) -> None:
        name, now = library.title, self.now()
        top = self.database.add_library(library.id, self.library_item_id(library), name, f"root\\default\\{name}", now)
        for root in library.roots:
            entry = Entry(name=name_of(root), path=root, is_dir=True)
            folder = self.database.by_path.get(root) or self.database.add("Folder", entry, top, now)
            folder.saved_at, folder.probed = now, True

    # ----- what the products do in their own ways

    def new_id(self, kind: str, path: str) -> str:
        """Return the id of a new item."""
        raise NotImplementedError

    def library_item_id(self, library: Library) -> str:
        """Return the id of a library as an item."""
        raise NotImplementedError

    def too_small(self, entry: Entry) -> bool:
        """Tell whether a file is passed over as a sample for its size."""
        return False

    def version_kind(self, kind: str) -> str:
        """Return the kind of a further version of an item of a kind."""
        raise NotImplementedError

    # ----- words about items

    def library(self, library_id: str) -> Library:
        """Return a library by its id."""
        return next(library for library in self.libraries if library.id == library_id)

    def top(self, library: Library) -> Item:
        """Return a library as an item."""
        return self.database.by_id[self.library_item_id(library)]

    def is_root(self, item: Item) -> bool:
        """Tell whether an item is a library or one of its folders."""
        return item.kind == "CollectionFolder" or (item.parent is not None and item.parent.kind == "CollectionFolder")

    def root_of(self, path: str) -> str | None:
        """Return the library folder that a path lies in."""
        roots = (root for library in self.libraries for root in library.roots)
        return max((root for root in roots if within(root, path)), key=len, default=None)

    def collection_type(self, library: Library) -> str | None:
        """Return the server's word for a library's type."""
        return _WORDS.get(library.type, library.type)

    def listed(self) -> Iterable[str]:
        return {item.path for item in self.database.by_id.values() if not item.is_folder}

    # ----- time

    def progress(self, now: float) -> None:
        if self.knobs.realtime_monitor:
            self._notice(now)
        while (due := self.monitor.next_due()) is not None and due <= now:
            self.worker.run(due)
            self.monitor.run(due)
        self.worker.run(now)

    def next_due(self) -> float | None:
        dues = [due for due in (self.worker.next_due(), self.monitor.next_due()) if due is not None]
        return min(dues, default=None)

    def restart(self) -> None:
        super().restart()
        self.monitor.discard()

    def _notice(self, now: float) -> None:
        for library in self.libraries:
            for root in library.roots:
                self._notice_in(root, now)

    def _notice_in(self, folder: str, now: float) -> None:
        entries = self.view.entries(folder) or []
        shape = tuple((entry.name, entry.size if not entry.is_dir else 0) for entry in entries)
        if self._shapes.setdefault(folder, shape) != shape:
            self._shapes[folder] = shape
            self.report(folder, now)
        for entry in entries:
            if entry.is_dir:
                self._notice_in(entry.path, now)

    def self_writes(self, path: str) -> None:
        """Let the server itself write a file, e.g. artwork: reports of it and its folder are not heard for a while."""
        self.monitor.wrote(path, self.now())

    # ----- refreshes

    def steps(self, job: Job) -> Steps:
        targets, probe = self._targets[id(job)]
        return self.validator.steps(job, targets, probe=probe)

    def queue(self, item: Item, *, wall: float, asked: str = "", probe: bool = True) -> None:
        """Queue the refresh of an item."""
        if self.knobs.dedupe and any(job.tag == item.id for job in self.worker.waiting):
            return
        path = item.path
        if item.kind == "CollectionFolder":
            roots = self.library(item.library_id).roots
            path = roots[0] if len(roots) == 1 else ""
        job = Job(
            library_id=item.library_id, path=path, asked_path=asked, asked_at=self._instant(), wall=wall, tag=item.id
        )
        self._targets[id(job)] = ([item], probe)
        self.worker.add(job)

    def full_scan(self, wall: float) -> None:
        """Scan everything: what runs is cancelled, what waits in the monitor is covered."""
        self.worker.drop(self.now())
        self.monitor.discard()
        job = Job(library_id="", path="", asked_at=self.now(), wall=wall, tag="full")
        self._targets[id(job)] = ([self.top(library) for library in self.libraries], True)
        self.worker.add(job)

    def _instant(self) -> float:
        return max(self._firing, 0.0) or self.now()

    _firing = 0.0

    def report(self, path: str, now: float) -> None:
        """Take a changed path as `POST /Library/Media/Updated` does: never an error, often in vain."""
        root = self.root_of(path)
        entry = self.view.look(path)
        if root is not None:
            is_dir = entry.is_dir if entry else "." not in name_of(path)
            if ignored_anywhere(self.view, root, components(root, path), is_dir=is_dir):
                return
        self.monitor.report(path, now, self.knobs.monitor_delay)

    def _refresh_affected(self, paths: list[str], due: float) -> None:
        found = {item.id: (item, path) for path in reversed(paths) if (item := self.affected(path))}
        self._firing = due
        for item, path in reversed(found.values()):
            self.queue(item, wall=self.time.wall(), asked=path)
        self._firing = 0.0

    def affected(self, path: str) -> Item | None:
        """Return the nearest known item at or above a path that is still on disk."""
        item = self.database.by_path.get(path)
        while item is None and parent_of(path) != path:
            path = parent_of(path)
            item = self.database.by_path.get(path)
        while item is not None and self.view.look(item.path) is None:
            item = item.parent if item.parent and item.parent.kind != "CollectionFolder" else None
        return item

    # ----- large libraries

    def bulk(self, count: int, library_id: str = "") -> None:
        """Make many items present at once, without files; scans never miss them."""
        with self._lock:
            top = self.top(self.library(library_id or self.libraries[0].id))
            parent = next(iter(top.children.values()))
            for number in range(0, count, 100):
                self._bulk_folder(parent, f"Bulk {len(parent.children)}", min(100, count - number))

    def _bulk_folder(self, parent: Item, name: str, count: int) -> None:
        tv = self.library(parent.library_id).type == "tv"
        folder = self._bulk_item("Series" if tv else "Folder", parent, name)
        if tv:
            folder = self._bulk_item("Season", folder, "Season 01")
        for number in range(1, count + 1):
            self._bulk_item("Episode" if tv else "Movie", folder, f"{name} - S01E{number:02d}.mkv")

    def _bulk_item(self, kind: str, parent: Item, name: str) -> Item:
        entry = Entry(name=name, path=join(parent.path, name), is_dir=False, size=1000, mtime=self.now() - 31_536_000)
        item = self.database.add(kind, entry, parent, entry.mtime)
        item.pinned, item.probed, item.saved_at = True, True, entry.mtime
        return item

    # ----- who may ask

    def authorise(self, request: Request, match: Match) -> Response | None:
        if self.knobs.bad_token or self.knobs.token not in self.tokens(request):
            return Response(status=401)
        if self.knobs.non_admin and "admin" in match.route.flags:
            return Response(status=403)
        return None

    def tokens(self, request: Request) -> list[str]:
        """Return the tokens that the request offers in a way that the server accepts."""
        raise NotImplementedError

    def from_header(self, value: str, schemes: frozenset[str]) -> list[str]:
        """Return the token of `MediaBrowser Client="..", Token=".."`."""
        scheme, _, rest = value.partition(" ")
        pairs = dict(_HEADER_PAIR.findall(rest))
        return [pairs["Token"]] if scheme.lower() in schemes and pairs.get("Token") else []
