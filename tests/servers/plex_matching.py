"""How a simulated Plex matches items anew, and takes merged ones apart: as python-plexapi asks for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

from tests.servers.answering import Handler
from tests.servers.plex_catalog import Item
from tests.servers.plex_xml import Node, container, reply
from tests.servers.wire import Request, Response

if TYPE_CHECKING:
    from tests.servers.plex import FakePlex


class Matching:
    """What the agents know, and what they are asked."""

    def __init__(self, server: "FakePlex") -> None:
        self._server = server
        #: By the id as it is searched for (`tvdb-123`): the title and all ids of a movie or show.
        self.online: dict[str, tuple[str, tuple[str, ...]]] = {}

    def routes(self) -> Mapping[str, Handler]:
        """Return the routes of items that this class answers."""
        item = "/library/metadata/{ids:ids}"
        return {
            f"GET {item}/matches": self._matches,
            f"PUT {item}/match": self._match,
            f"PUT {item}/split": self._split,
        }

    def know(self, title: str, *ids: str) -> str:
        """Let the agents know a movie or show by its ids (`tvdb://123`); return the guid that it is matched with."""
        for each in ids:
            self.online[each.replace("://", "-")] = (title, ids)
        return _guid(title)

    def _item(self, ids: str) -> Item | None:
        return self._server.catalog.items.get(int(ids.partition(",")[0]))

    def _matches(self, request: Request, args: tuple[str, ...]) -> Response:
        found = self.online.get(request.arg("title"))
        if self._item(args[0]) is None:
            return self._server.unknown(request)
        nodes = (
            [Node(tag="SearchResult", attrs={"guid": _guid(found[0]), "name": found[0], "score": 100})] if found else []
        )
        return reply(request, container(nodes))

    def _match(self, request: Request, args: tuple[str, ...]) -> Response:
        item, guid = self._item(args[0]), request.arg("guid")
        if item is None:
            return self._server.unknown(request)
        known = next((each for each in self.online.values() if _guid(each[0]) == guid), None)
        item.agent_guid, item.matched = guid, True
        item.ids = known[1] if known else ()
        item.title, item.updated_at = request.arg("name"), self._server.stamp()
        return Response()

    def _split(self, request: Request, args: tuple[str, ...]) -> Response:
        item = self._item(args[0])
        if item is None:
            return self._server.unknown(request)
        self._server.catalog.split(item)
        return Response()


def _guid(title: str) -> str:
    return f"plex://any/{crc32(title.encode()):024x}"
