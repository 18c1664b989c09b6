"""The questions about one section that look-ups are made of: each is one request, none pages."""

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from autoscan.errors import TargetRejectedError
from autoscan.model import Hints
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.rows import Row, number, rows
from autoscan.targets.values import Library

#: So many of the newest items are looked through.
NEWEST = 50
#: "Lately", in seconds, by Plex's own clock.
LATELY = 900
#: No answer to a media query holds more items.
MOST = 1000
#: So many items are asked for by their keys at once.
KEYS = 100
_NOT_FOUND = 404
#: By the type of the section: Plex's number for what has files in it.
_LEAVES = {"movie": 1, "show": 4, "artist": 10, "photo": 13}
#: By the type of the section: how its titles are asked for. Equality is written `==` as it stands, as `plexapi` does.
_TITLES = {"movie": "title", "show": "show.title", "artist": "artist.title"}


class Questions:
    """Asks about one section."""

    def __init__(self, api: PlexApi, library: Library) -> None:
        self._api = api
        self._library = library

    def newest(self) -> list[Row]:
        """Return the newest items."""
        return rows(self._all("sort=addedAt:desc", NEWEST))

    def lately(self) -> list[Row]:
        """Return what was added in the last quarter of an hour."""
        return rows(self._all(f"sort=addedAt:desc&addedAt%3E%3E=-{LATELY}", MOST))

    def title_query(self, hints: Hints) -> str:
        """Return the media query for the title that an event named; `""` if there is none for it.

        A movie's year is left out, as servers differ about it: the file decides, and few movies share a title.
        """
        field = _TITLES.get(self._library.type)
        if not field or not hints.title:
            return ""
        season = f"&season.index={hints.season}" if hints.season is not None and field == "show.title" else ""
        return f"{field}=={quote(hints.title, safe='')}{season}"

    def titled(self, query: str) -> tuple[list[Row], bool]:
        """Return what a `title_query` finds, and whether that is all of it."""
        found = self._all(query, MOST)
        total = number(found.get("totalSize")) or 0
        return rows(found), total <= MOST

    def items(self, keys: Sequence[str], *, check_files: bool) -> list[Row]:
        """Return those items that there still are, a hundred in a request; on wish Plex looks for their files."""
        found: list[Row] = []
        for start in range(0, len(keys), KEYS):
            container = self._item(",".join(keys[start : start + KEYS]) + ("?checkFiles=1" if check_files else ""))
            found += [] if container is None else rows(container)
        return found

    def inside(self, key: str) -> list[Row] | None:
        """Return the files' items of a season or album, or of a whole show or artist; None if it is gone."""
        container = self._item(f"{key}/children")
        if container is None:
            return None
        found = rows(container)
        # The children of a show are its seasons, which have no files.
        return found if found or container.find("Directory") is None else self.leaves(key)

    def leaves(self, key: str) -> list[Row]:
        """Return all items with files below a show or artist."""
        container = self._item(f"{key}/allLeaves")
        return [] if container is None else rows(container)

    def folder(self, key: str = "") -> Element:
        """Return a level of the folder view: by the `key` in the level above, or the first."""
        return self._api.container(key or f"/library/sections/{self._library.id}/folder")

    def _all(self, query: str, size: int) -> Element:
        kind = _LEAVES.get(self._library.type)
        wanted = f"type={kind}&{query}" if kind else query
        page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(size)}
        return self._api.container(f"/library/sections/{self._library.id}/all?{wanted}", headers=page)

    def _item(self, key: str) -> Element | None:
        try:
            return self._api.container(f"/library/metadata/{key}")
        except TargetRejectedError as error:
            if error.status != _NOT_FOUND:
                raise
            return None
