"""A simulated Plex without its items: who it is, its sections, its scans, its view of the disk."""

import base64
import binascii
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from tests.servers.answering import Handler
from tests.servers.base import FakeServer
from tests.servers.jobs import Job, Steps
from tests.servers.knobs import Library
from tests.servers.plex_catalog import Catalog
from tests.servers.plex_knobs import PlexKnobs
from tests.servers.plex_scan import Scanner, Section
from tests.servers.plex_spec import SPEC
from tests.servers.plex_xml import Node, Value, container, reply, when
from tests.servers.spec import Match
from tests.servers.view import Entry
from tests.servers.wire import Request, Response

UNAUTHORIZED = b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
MAINTENANCE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Response code="503" title="Maintenance" '
    b'status="Plex Media Server is currently running database migrations." />'
)
#: Plex's word for a library's type, its agent and its scanner.
_WORDS = {
    "movies": ("movie", "tv.plex.agents.movie", "Plex Movie"),
    "tv": ("show", "tv.plex.agents.series", "Plex TV Series"),
    "music": ("artist", "tv.plex.agents.music", "Plex Music"),
    "homevideos": ("photo", "com.plexapp.agents.none", "Plex Photo Scanner"),
}


class PlexSections(FakeServer):
    """The part of a Plex that takes scan requests; libraries get the ids 1, 2, 3."""

    product = "plex"
    spec = SPEC
    knobs: PlexKnobs

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        clock: Clock | None = None,
        port: int = 0,
        **knobs: Any,
    ) -> None:
        super().__init__(mounts, libraries, knobs=PlexKnobs(**knobs), clock=clock, port=port)

    def prepare(self) -> None:
        self.machine = uuid.uuid5(uuid.NAMESPACE_URL, "plex").hex
        self.catalog = Catalog()
        self.scanner = Scanner(self)
        #: By section: `com.plexapp.agents.thetvdb` and the like, where it has none of today's.
        self.legacy_agents: dict[str, str] = {}
        self.sections = {
            library.id: Section(library=library, created_at=self.now(), scanned_at=self.now())
            for library in self.libraries
        }

    def steps(self, job: Job) -> Steps:
        return self.scanner.steps(job)

    def listed(self) -> Iterable[str]:
        items = self.catalog.items.values()
        return {part.path for item in items for part in item.parts if part.deleted_at is None}

    # ----- who may ask, and when

    def authorise(self, request: Request, match: Match) -> Response | None:
        token = request.headers.get("x-plex-token") or request.arg("X-Plex-Token")
        if self.knobs.bad_token or token != self.knobs.token:
            return Response(status=401, body=UNAUTHORIZED, type="text/html")
        if self.knobs.non_admin and "admin" in match.route.flags:
            return Response(status=403, body=UNAUTHORIZED.replace(b"401 Unauthorized", b"403 Forbidden"))
        return None

    def starting(self, path: str) -> Response | None:
        return Response(status=503, body=MAINTENANCE, type="text/xml;charset=utf-8")

    def unknown(self, request: Request) -> Response:
        return Response(status=404, body=b"<html><body><h1>404 Not Found</h1></body></html>", type="text/html")

    # ----- routes

    def routes(self) -> Mapping[str, Handler]:
        section = "/library/sections/{id:int}"
        return {
            "GET /identity": self._identity,
            "GET /": self._root,
            "GET /library": self._library,
            "GET /library/sections": self._sections,
            "GET /library/sections/all": self._sections,
            f"GET {section}": self._section,
            f"GET {section}/refresh": self._refresh,
            f"POST {section}/refresh": self._refresh,
            f"DELETE {section}/refresh": self._cancel,
            "GET /services/browse": self._browse_top,
            "GET /services/browse/{path:rest}": self._browse,
        }

    def _identity(self, request: Request, args: tuple[str, ...]) -> Response:
        if self.knobs.identity_503_xml:
            return Response(status=503, body=MAINTENANCE, type="text/xml;charset=utf-8")
        version = self.knobs.version
        node = container([], apiVersion="1.1.1", claimed=True, machineIdentifier=self.machine, version=version)
        return reply(request, node)

    def _root(self, request: Request, args: tuple[str, ...]) -> Response:
        node = container(
            [Node(tag="Directory", attrs={"count": 1, "key": "library", "title": "library"})],
            machineIdentifier=self.machine,
            version=self.knobs.version,
            friendlyName="Simulated Plex",
            myPlex=True,
            myPlexSigninState="ok",
            myPlexMappingState="mapped",
            platform="Linux",
            updatedAt=when(self.stamp()),
        )
        return reply(request, node)

    def _library(self, request: Request, args: tuple[str, ...]) -> Response:
        node = container([], identifier="com.plexapp.plugins.library", title1="Plex Library", title2="")
        return reply(request, node)

    def section_nodes(self) -> list[Node]:
        """Return all libraries."""
        return [self.section_node(section) for section in self.sections.values()]

    def _sections(self, request: Request, args: tuple[str, ...]) -> Response:
        return reply(request, container(self.section_nodes(), allowSync=False, title1="Plex Library"))

    def section_node(self, section: Section) -> Node:
        """Return a library as the list of sections shows it."""
        library, current = section.library, self.worker.current
        word, agent, scanner = _WORDS.get(library.type, _WORDS["movies"])
        agent = self.legacy_agents.get(library.id, agent)
        attrs: dict[str, Value] = {
            "allowSync": True,
            "filters": True,
            "refreshing": current is not None and current.library_id == library.id,
            "key": library.id,
            "type": word,
            "title": library.title,
            "agent": agent,
            "scanner": scanner,
            "language": "en-US",
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, library.id)),
            "updatedAt": when(section.scanned_at),
            "createdAt": when(section.created_at),
            "scannedAt": when(section.scanned_at),
            "content": True,
            "directory": True,
            "contentChangedAt": section.content_changed,
            "hidden": 0,
        }
        first = int(library.id) * 10
        places = [Node(tag="Location", attrs={"id": first + n, "path": path}) for n, path in enumerate(library.roots)]
        return Node(tag="Directory", attrs=attrs, children=places)

    def _section(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None:
            return self.unknown(request)
        return reply(request, container([self.section_node(section)], librarySectionID=int(args[0])))

    def _refresh(self, request: Request, args: tuple[str, ...]) -> Response:
        section = self.sections.get(args[0])
        if section is None:
            return self.unknown(request)
        activity = str(uuid.UUID(int=self.dice.getrandbits(128)))
        busy = self.worker.current is not None
        if not (busy and self.dice.random() < self.knobs.drop_scan_if_busy):
            self._queue(section, request.arg("path"), activity, request.wall)
        return Response(headers={"X-Plex-Activity": activity} if self.knobs.activity_header else {})

    def _queue(self, section: Section, asked: str, activity: str, wall: float) -> None:
        path = self.scanner.scope(section, asked) if asked else ""
        known = self.catalog.inside(section.library.id, path)
        blind = bool(path) and not known and self.knobs.new_toplevel_missed > 0
        self.knobs.new_toplevel_missed -= blind
        self.worker.add(
            Job(
                library_id=section.library.id,
                path=path,
                asked_path=asked,
                asked_at=self.now(),
                wall=wall,
                tag=activity,
                blind=blind,
            )
        )

    def _cancel(self, request: Request, args: tuple[str, ...]) -> Response:
        self.worker.cancel(args[0], self.now())
        return Response()

    def _browse_top(self, request: Request, args: tuple[str, ...]) -> Response:
        return self._listing(request, [entry for prefix in self.view.mounts if (entry := self.view.look(prefix))])

    def _browse(self, request: Request, args: tuple[str, ...]) -> Response:
        try:
            path = base64.b64decode(args[0], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            self.violations.append(f"no base64 of a path: {request.path}")
            return Response(status=400)
        entries = self.view.entries(path)
        return self.unknown(request) if entries is None else self._listing(request, entries)

    def _listing(self, request: Request, entries: list[Entry]) -> Response:
        wanted = [entry for entry in entries if entry.is_dir or request.arg("includeFiles") == "1"]
        return reply(request, container([_entry_node(entry) for entry in wanted]))


def _entry_node(entry: Entry) -> Node:
    key = f"/services/browse/{base64.b64encode(entry.path.encode()).decode()}"
    attrs: dict[str, Value] = {"key": key, "path": entry.path, "title": entry.name}
    return Node(tag="Path", attrs={**attrs, "home": False}) if entry.is_dir else Node(tag="File", attrs=attrs)
