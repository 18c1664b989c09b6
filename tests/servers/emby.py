"""A simulated Emby 4.8 or 4.9."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from tests.servers.answering import Handler
from tests.servers.emby_spec import SPEC
from tests.servers.knobs import Library
from tests.servers.mb import MediaBrowserKnobs, json_reply
from tests.servers.mb_api import MediaBrowserApi, body_of
from tests.servers.mb_query import ItemQuery
from tests.servers.view import Entry
from tests.servers.wire import Request, Response


@dataclass(slots=True, kw_only=True)
class EmbyKnobs(MediaBrowserKnobs):
    """What else can be turned at an Emby."""

    version: str = "4.9.1.90"
    dedupe: bool = True
    #: The `Path` filter of `GET /Items` does nothing.
    path_filter_ignored: bool = False
    #: What a POST answers that worked.
    post_status: int = 204
    #: `SampleIgnoreSize` of every library, in bytes.
    sample_ignore_size: int = 0
    #: `GET /Library/VirtualFolders/Query` does not exist (old servers).
    no_query: bool = False


class FakeEmby(MediaBrowserApi):
    """An Emby server; `/emby` in front of a path is optional unless it is the base path."""

    product = "emby"
    spec = SPEC
    path_keys = frozenset(["ValidateWriteable", "IsFile", "Username", "Password"])
    knobs: EmbyKnobs

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        clock: Clock | None = None,
        port: int = 0,
        **knobs: Any,
    ) -> None:
        self._ids = itertools.count(1000)
        super().__init__(mounts, libraries, knobs=EmbyKnobs(**knobs), clock=clock, port=port)

    # ----- ids

    def new_id(self, kind: str, path: str) -> str:
        return str(next(self._ids))

    def library_item_id(self, library: Library) -> str:
        return library.id

    def version_kind(self, kind: str) -> str:
        return kind

    def too_small(self, entry: Entry) -> bool:
        return entry.size < self.knobs.sample_ignore_size

    # ----- who may ask, when, and where

    def local_path(self, path: str) -> str | None:
        local = super().local_path(path)
        if local is not None and not self.knobs.base_path and local.lower().startswith("/emby/"):
            return local[len("/emby") :]
        return local

    def tokens(self, request: Request) -> list[str]:
        schemes = frozenset(["emby", "mediabrowser"])
        offered = [request.headers.get("x-emby-token", ""), request.arg("api_key"), request.arg("X-Emby-Token")]
        for name in ("authorization", "x-emby-authorization"):
            offered += self.from_header(request.headers.get(name, ""), schemes)
        return [token for token in offered if token]

    def starting(self, path: str) -> Response | None:
        return Response(status=503, body=b"Emby Server is starting", type="text/html")

    # ----- routes

    def routes(self) -> Mapping[str, Handler]:
        return {
            **super().routes(),
            "GET /Library/VirtualFolders/Query": self._query,
            "GET /Library/SelectableMediaFolders": self._selectable,
            "GET /Items": self._items,
            "DELETE /Items/{Id}": self._refuse,
            "GET /Items/{Id}/Ancestors": self._ancestors,
            "POST /Items/{Id}/Refresh": self._refresh,
        }

    def done(self) -> Response:
        return Response(status=self.knobs.post_status)

    def configuration(self) -> dict[str, Any]:
        return {"LibraryMonitorDelaySeconds": int(self.knobs.monitor_delay)}

    def virtual_folder(self, library: Library) -> dict[str, Any]:
        shown = super().virtual_folder(library)
        options = {**shown["LibraryOptions"], "SampleIgnoreSize": self.knobs.sample_ignore_size}
        return {**shown, "LibraryOptions": options, "Id": library.id, "Guid": f"{int(library.id):032x}"}

    def _query(self, request: Request, args: tuple[str, ...]) -> Response:
        if self.knobs.no_query:
            return self.missing()
        items = [self.virtual_folder(library) for library in self.libraries]
        return json_reply({"Items": items, "TotalRecordCount": len(items)})

    def _selectable(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply([self._media_folder(library) for library in self.libraries])

    def _media_folder(self, library: Library) -> dict[str, Any]:
        below = [{"Name": one.name, "Id": one.id, "Path": one.path} for one in self.top(library).children.values()]
        return {"Name": library.title, "Id": library.id, "Guid": f"{int(library.id):032x}", "SubFolders": below}

    def asked_path(self, request: Request) -> tuple[str | None, Any]:
        body = body_of(request)
        return request.arg("Path"), body.get("IsFile") if isinstance(body, Mapping) else None

    def _items(self, request: Request, args: tuple[str, ...]) -> Response:
        query = ItemQuery(self, request, path_filter=not self.knobs.path_filter_ignored)
        return json_reply(query.answer(lambda _: False))

    def _ancestors(self, request: Request, args: tuple[str, ...]) -> Response:
        item = self.database.by_id.get(args[0])
        return json_reply([self.dto(one, ["Path"]) for one in item.above()]) if item else self.missing()

    def _refresh(self, request: Request, args: tuple[str, ...]) -> Response:
        item = self.database.by_id.get(args[0])
        if item is None:
            return self.missing()
        recursive = request.arg("Recursive").lower() == "true"
        if item.is_folder and not recursive:
            return self.done()  # only the folder's own metadata
        mode = request.arg("MetadataRefreshMode", "Default").lower()
        return self.refresh_item(request, args[0], probe=mode in ("default", "fullrefresh"))
