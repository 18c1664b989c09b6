"""A simulated Plex Media Server, faithful enough for python-plexapi."""

from collections.abc import Iterable, Iterator, Mapping

from tests.servers.answering import Handler
from tests.servers.jobs import Job, Steps
from tests.servers.plex_catalog import TYPES, Item
from tests.servers.plex_folders import folder_nodes
from tests.servers.plex_matching import Matching
from tests.servers.plex_meta import INSIDE, collections_meta, meta
from tests.servers.plex_nodes import detail_node, item_node
from tests.servers.plex_notify import Listeners
from tests.servers.plex_query import page, select
from tests.servers.plex_sections import PlexSections
from tests.servers.plex_xml import Node, Value, container, reply
from tests.servers.view import Entry, join
from tests.servers.wire import Request, Response

#: Seconds for which an activity does not say yet which section it is about.
_CONTEXT_AFTER = 1.0


class FakePlex(PlexSections):
    """A Plex server with its items."""

    def prepare(self) -> None:
        super().prepare()
        self.listeners = Listeners()
        self.matching = Matching(self)
        self.folder_ids: dict[str, int] = {}

    def routes(self) -> Mapping[str, Handler]:
        section, item = "/library/sections/{id:int}", "/library/metadata/{ids:ids}"
        return {
            **super().routes(),
            **self.matching.routes(),
            f"GET {section}/all": self._all,
            f"GET {section}/collections": self._collections,
            f"GET {section}/timeline": self._timeline,
            f"GET {section}/folder": self._folder,
            f"PUT {section}/emptyTrash": self._empty_trash,
            f"DELETE {section}": self._refuse,
            "GET /library/all": self._everything,
            f"GET {item}": self._metadata,
            f"GET {item}/children": self._children,
            f"GET {item}/allLeaves": self._all_leaves,
            f"PUT {item}/refresh": self._refresh_items,
            f"PUT {item}/analyze": self._analyze,
            f"DELETE {item}": self._refuse,
            "GET /activities": self._activities,
            "GET /hubs/search": self._search,
            "GET /:/websockets/notifications": lambda request, _: self.listeners.accept(request),
        }

    # ----- lists

    def _listed(self, request: Request, items: list[Item], *, head: list[Node] | None = None, **attrs: str) -> Response:
        shown, start = page(items, request)
        guids = request.arg("includeGuids") == "1"
        nodes = [*(head or []), *(item_node(item, guids=guids) for item in shown)]
        paging: dict[str, Value] = {"totalSize": len(items), "offset": start, "size": len(shown)}
        return reply(request, container(nodes, **{**paging, **attrs}))

    def _all(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None:
            return self.unknown(request)
        inside = INSIDE.get(section.library.type, ())
        items = self.catalog.by_section[args[0]].values()
        default = inside[0] if inside else ""
        found = select(items, request, default_type=default, now=self.stamp())
        head = [meta(args[0], inside, TYPES)] if request.arg("includeMeta") == "1" else []
        return self._listed(request, found, head=head, librarySectionID=args[0], allowSync="1")

    def _collections(self, request: Request, args: tuple[str, ...]) -> Response:
        head = [collections_meta(args[0])] if request.arg("includeMeta") == "1" else []
        return self._listed(request, [], head=head, librarySectionID=args[0])

    def _everything(self, request: Request, args: tuple[str, ...]) -> Response:
        return self._listed(request, select(self.catalog.items.values(), request, default_type="", now=self.stamp()))

    def _timeline(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None:
            return self.unknown(request)
        waiting = sum(1 for job in self.worker.waiting if job.library_id == args[0])
        node = container([], updateQueueSize=waiting, contentChangedAt=section.content_changed)
        return reply(request, node)

    def _folder(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None or not INSIDE.get(section.library.type):
            return self.unknown(request)
        return reply(request, container(folder_nodes(self, section, request.arg("parent"))))

    # ----- items

    def _items(self, ids: str) -> list[Item]:
        return [item for key in ids.split(",") if (item := self.catalog.items.get(int(key)))]

    def _metadata(self, request: Request, args: tuple[str, ...]) -> Response:
        items = self._items(args[0])
        if not items:
            return self.unknown(request)
        view = self.view if request.arg("checkFiles") == "1" else None
        return reply(request, container([detail_node(item, view=view) for item in items]))

    def _children(self, request: Request, args: tuple[str, ...]) -> Response:
        items = self._items(args[0])
        return self._listed(request, items[0].children) if items else self.unknown(request)

    def _all_leaves(self, request: Request, args: tuple[str, ...]) -> Response:
        items = self._items(args[0])
        return self._listed(request, list(items[0].leaves)) if items else self.unknown(request)

    def _refresh_items(self, request: Request, args: tuple[str, ...]) -> Response:
        for item in self._items(args[0]):
            item.matched, item.updated_at = True, self.stamp()
        return Response()

    def _analyze(self, request: Request, args: tuple[str, ...]) -> Response:
        """Read the files anew: only this tells Plex the size of a file that was replaced in place."""
        for leaf in (leaf for item in self._items(args[0]) for leaf in item.leaves):
            leaf.analyzed, leaf.updated_at = True, self.stamp()
            for part in leaf.parts:
                entry = self.view.look(part.path)
                part.size, part.mtime = (entry.size, entry.mtime) if entry else (part.size, part.mtime)
        return Response()

    def _refuse(self, request: Request, args: tuple[str, ...]) -> Response:
        return Response()  # a violation already, and nothing is deleted

    def _empty_trash(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None:
            return self.unknown(request)
        lost = [root for root in section.library.roots if not self.view.entries(root)]
        self.violations += [f"emptyTrash while {root} is empty or not there" for root in lost]
        for path in [part.path for item in self._trashed(args[0]) for part in item.parts if part.deleted_at]:
            self.catalog.purge(args[0], path)
            section.content_changed += 1
        return Response()

    def _trashed(self, section: str) -> Iterator[Item]:
        items = list(self.catalog.by_section[section].values())
        return (item for item in items if any(part.deleted_at for part in item.parts))

    def trash(self, library_id: str = "1") -> list[str]:
        """Return the paths in the trash of a section."""
        self.tick()
        return sorted({part.path for item in self._trashed(library_id) for part in item.parts if part.deleted_at})

    # ----- what goes on

    def _activities(self, request: Request, args: tuple[str, ...]) -> Response:
        job = self.worker.current
        return reply(request, container([self._activity(job)] if job else []))

    def _activity(self, job: Job) -> Node:
        title = self.sections[job.library_id].library.title
        attrs = {"uuid": job.tag, "type": "library.update.section", "title": f"Scanning {title}", "subtitle": ""}
        node = Node(tag="Activity", attrs={**attrs, "progress": int(job.progress), "cancellable": False, "userID": 1})
        if self.now() - (job.started_at or 0) >= _CONTEXT_AFTER:
            node.children.append(Node(tag="Context", attrs={"librarySectionID": job.library_id}))
        return node

    def steps(self, job: Job) -> Steps:
        """Scan, and tell those who listen."""
        self._tell(job, "started", {})
        yield from super().steps(job)
        self._tell(job, "ended", {"Context": {"librarySectionID": job.library_id}})
        self.listeners.tell(
            "status", StatusNotification={"notificationName": "LIBRARY_UPDATE", "title": "Library scan complete"}
        )
        for key in job.found:
            entry = {"sectionID": job.library_id, "itemID": key, "type": 4, "state": 5, "metadataState": "created"}
            self.listeners.tell("timeline", TimelineEntry=entry)

    def _tell(self, job: Job, event: str, context: dict[str, object]) -> None:
        activity = {"type": "library.update.section", "title": "Scanning", "progress": int(job.progress), **context}
        self.listeners.tell("activity", ActivityNotification={"event": event, "uuid": job.tag, "Activity": activity})

    def _search(self, request: Request, args: tuple[str, ...]) -> Response:
        wanted, section = request.arg("query").lower(), request.arg("sectionId")
        items = self.catalog.by_section[section].values() if section else self.catalog.items.values()
        found = [item for item in items if wanted and wanted in item.title.lower()]
        limit = int(request.arg("limit") or 3)
        return reply(request, container([_hub(kind, same[:limit]) for kind, same in _by_type(found)]))

    # ----- large libraries

    def bulk(self, count: int, library_id: str = "", *, added_at: float | None = None) -> None:
        """Make many items present at once, without files; scans never miss them.

        They count as added a year ago, or at `added_at`: with `now()` that is a flood of new items.
        """
        with self._lock:
            self._bulk(count, library_id or "1", self.now() - 31_536_000 if added_at is None else added_at)

    def _bulk(self, count: int, library_id: str, when: float) -> None:
        section = self.sections[library_id]
        root, before = section.library.roots[0], len(self.catalog.items)
        for number in range(count):
            path = _bulk_path(section.library.type, root, f"Bulk {before + number // 100}", number % 100 + 1)
            entry = Entry(name=path.rpartition("/")[2], path=path, is_dir=False, size=1000, mtime=when)
            for item in self.scanner.add(section, root, entry, pinned=True):
                item.added_at = item.updated_at = when
                item.matched = item.analyzed = True


def _bulk_path(kind: str, root: str, group: str, number: int) -> str:
    if kind == "tv":
        return join(join(join(root, group), "Season 01"), f"{group} - S01E{number:02d}.mkv")
    if kind == "music":
        return join(join(join(root, group), "Album"), f"{number:02d} - Track.flac")
    return join(join(root, f"{group} {number} (2000)"), f"{group} {number} (2000).mkv")


def _by_type(items: Iterable[Item]) -> list[tuple[str, list[Item]]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.type, []).append(item)
    return list(found.items())


def _hub(kind: str, items: list[Item]) -> Node:
    attrs: dict[str, Value] = {"type": kind, "hubIdentifier": kind, "title": kind, "size": len(items), "more": False}
    return Node(tag="Hub", attrs=attrs, children=[item_node(item) for item in items])
