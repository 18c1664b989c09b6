"""`GET /Items` of simulated Jellyfin and Emby: what it filters by, and what it silently does not."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.servers.mb_items import Item
from tests.servers.view import tidy
from tests.servers.wire import Request

if TYPE_CHECKING:
    from tests.servers.mb_api import MediaBrowserApi

_ID = re.compile(r"[0-9a-f]{32}|\d+")


class ItemQuery:
    """One request for items."""

    def __init__(self, server: "MediaBrowserApi", request: Request, *, path_filter: bool = False) -> None:
        self.server = server
        self.request = request
        self.path_filter = path_filter

    def _list(self, name: str) -> list[str]:
        return [part for part in self.request.arg(name).split(",") if part]

    def answer(self, hidden: Callable[[Item], bool]) -> dict[str, Any]:
        """Return the page asked for; `hidden` items (alternate versions) are never shown."""
        found = [item for item in self._filtered(self._base()) if not hidden(item)]
        found.sort(key=self._order(), reverse=self.request.arg("sortOrder").lower().startswith("desc"))
        start, limit = int(self.request.arg("startIndex") or 0), self.request.arg("limit")
        page = found[start : start + int(limit)] if limit else found[start:]
        shown = [self.server.dto(item, self._list("fields")) for item in page]
        counted = self.request.arg("enableTotalRecordCount").lower() != "false"
        return {"Items": shown, "TotalRecordCount": len(found if counted else shown), "StartIndex": start}

    def _base(self) -> list[Item]:
        """Return the items that the filters begin with; unreadable ids are dropped, and no ids are no filter."""
        database = self.server.database
        ids = [one.replace("-", "").lower() for one in self._list("ids")]
        ids = [one for one in ids if _ID.fullmatch(one)]
        if ids:
            return [item for one in ids if (item := database.by_id.get(one))]
        recursive = self.request.arg("recursive").lower() == "true"
        parent_id = self.request.arg("parentId").replace("-", "").lower()
        if not parent_id:
            every = list(database.by_id.values())
            return every if recursive else [item for item in every if item.kind == "CollectionFolder"]
        parent = database.by_id.get(parent_id)
        if parent is None:
            return []
        return list(parent.below()) if recursive else list(parent.children.values())

    def _filtered(self, items: list[Item]) -> list[Item]:
        kinds = {kind.lower() for kind in self._list("includeItemTypes")}
        without = {kind.lower() for kind in self._list("excludeItemTypes")}
        since = self.request.arg("minDateLastSaved")
        term = self.request.arg("searchTerm").lower()
        path = tidy(self.request.arg("Path")) if self.path_filter and self.request.arg("Path") else ""
        tests: list[Callable[[Item], bool]] = []
        if kinds:
            tests.append(lambda item: item.kind.lower() in kinds)
        if without:
            tests.append(lambda item: item.kind.lower() not in without)
        if since:
            after = _moment(since)
            tests.append(lambda item: item.saved_at is not None and item.saved_at >= after)
        if term:
            tests.append(lambda item: term in item.name.lower())
        if path:
            tests.append(lambda item: item.path == path)
        return [item for item in items if all(test(item) for test in tests)]

    def _order(self) -> Callable[[Item], Any]:
        by = (self._list("sortBy") or ["Default"])[0].lower()
        orders: dict[str, Callable[[Item], Any]] = {
            "sortname": lambda item: item.name.lower(),
            "name": lambda item: item.name.lower(),
            "datecreated": lambda item: item.mtime or item.created_at,
        }
        return orders.get(by, lambda _: 0)


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
