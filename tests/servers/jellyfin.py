"""A simulated Jellyfin, 10.10 to 12.0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from tests.servers.answering import Handler
from tests.servers.ids import item_id
from tests.servers.jellyfin_spec import SPEC
from tests.servers.knobs import Library
from tests.servers.mb import MediaBrowserKnobs, json_reply
from tests.servers.mb_api import MediaBrowserApi, body_of
from tests.servers.mb_query import ItemQuery
from tests.servers.wire import Request, Response

_LOADING = b"Jellyfin Server is loading. Please try again shortly."
_SETUP_PAGE = b"<!DOCTYPE html><html><head><title>Jellyfin Startup</title></head><body>Starting</body></html>"


@dataclass(slots=True, kw_only=True)
class JellyfinKnobs(MediaBrowserKnobs):
    """What else can be turned at a Jellyfin."""

    #: Accept `X-Emby-Token` and its like; None as the version does.
    legacy_auth: bool | None = None
    #: Ids tell upper from lower case.
    case_sensitive_ids: bool = True
    #: Answer none of the ids that the formula gives, as a migrated database does.
    foreign_ids: bool = False


class FakeJellyfin(MediaBrowserApi):
    """A Jellyfin server; `version` decides what it forgives."""

    product = "jellyfin"
    spec = SPEC
    path_keys = frozenset(["ValidateWritable", "Path", "IsFile"])
    knobs: JellyfinKnobs

    def __init__(
        self,
        mounts: Mapping[str, Path] | Path,
        libraries: Sequence[Library],
        *,
        clock: Clock | None = None,
        port: int = 0,
        **knobs: Any,
    ) -> None:
        super().__init__(mounts, libraries, knobs=JellyfinKnobs(**knobs), clock=clock, port=port)

    @property
    def release(self) -> tuple[int, ...]:
        """Return the version as numbers."""
        return tuple(int(part) for part in self.knobs.version.split("."))

    # ----- ids

    def number(self, libraries: Sequence[Library]) -> tuple[Library, ...]:
        return tuple(
            replace(library, id=item_id("CollectionFolder", f"root\\default\\{library.title}"))
            for library in super().number(libraries)
        )

    def library_item_id(self, library: Library) -> str:
        return library.id

    def new_id(self, kind: str, path: str) -> str:
        salt = "migrated:" if self.knobs.foreign_ids else ""
        return item_id(kind, salt + path, case_sensitive=self.knobs.case_sensitive_ids)

    def version_kind(self, kind: str) -> str:
        return kind if self.release >= (12,) else "Video"

    # ----- who may ask, and when

    def tokens(self, request: Request) -> list[str]:
        legacy = self.knobs.legacy_auth
        if legacy is None:
            legacy = self.release < (12,)
        schemes = frozenset(["mediabrowser", "emby"] if legacy else ["mediabrowser"])
        offered = [*self.from_header(request.headers.get("authorization", ""), schemes), request.arg("ApiKey")]
        if legacy:
            offered += [request.headers.get(name, "") for name in ("x-emby-token", "x-mediabrowser-token")]
            offered += self.from_header(request.headers.get("x-emby-authorization", ""), schemes)
            offered += [request.arg("api_key")]
        return [token for token in offered if token]

    def starting(self, path: str) -> Response | None:
        if path.lower() == "/health":
            return Response(body=b"Degraded", type="text/plain")
        if self.release >= (10, 11):
            if path.lower() == "/system/info/public":
                return None
            return Response(status=503, body=_SETUP_PAGE, type="text/html", headers={"Retry-After": "005"})
        return Response(status=503, body=_LOADING, type="text/html")

    # ----- routes

    def routes(self) -> Mapping[str, Handler]:
        return {
            **super().routes(),
            "GET /health": lambda request, args: Response(body=b"Healthy", type="text/plain"),
            "GET /Items": self._items,
            "GET /Items/{itemId}": self._item,
            "DELETE /Items/{itemId}": self._refuse,
            "GET /Items/{itemId}/Ancestors": self._ancestors,
            "POST /Items/{itemId}/Refresh": self._refresh,
        }

    def public_info(self) -> dict[str, Any]:
        return {**super().public_info(), "ProductName": "Jellyfin Server", "StartupWizardCompleted": True}

    def configuration(self) -> dict[str, Any]:
        return {
            "LibraryMonitorDelay": int(self.knobs.monitor_delay),
            "EnableCaseSensitiveItemIds": self.knobs.case_sensitive_ids,
            "LibraryUpdateDuration": 30,
            "LibraryScanFanoutConcurrency": 0,
        }

    def asked_path(self, request: Request) -> tuple[str | None, Any]:
        body = body_of(request)
        return (body.get("Path"), body.get("IsFile")) if isinstance(body, Mapping) else (None, None)

    def _items(self, request: Request, args: tuple[str, ...]) -> Response:
        hidden = self.release >= (12,)
        return json_reply(ItemQuery(self, request).answer(lambda item: hidden and item.primary is not None))

    def _item(self, request: Request, args: tuple[str, ...]) -> Response:
        if not request.has("userId"):
            return Response(status=400, body=b"Error processing request.", type="text/plain")
        item = self.database.by_id.get(args[0].replace("-", "").lower())
        return json_reply(self.dto(item, ["Path", "MediaSources"])) if item else self.missing()

    def _ancestors(self, request: Request, args: tuple[str, ...]) -> Response:
        item = self.database.by_id.get(args[0].replace("-", "").lower())
        return json_reply([self.dto(one, ["Path"]) for one in item.above()]) if item else self.missing()

    def _refresh(self, request: Request, args: tuple[str, ...]) -> Response:
        if request.arg("replaceAllMetadata").lower() == "true":
            self.violations.append("replaceAllMetadata throws away what users have edited")
        probe = request.arg("metadataRefreshMode", "None").lower() in ("default", "fullrefresh")
        return self.refresh_item(request, args[0].replace("-", "").lower(), probe=probe)
