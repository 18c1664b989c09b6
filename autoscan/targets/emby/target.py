"""An Emby server: `POST /Library/Media/Updated` with what truly happened to the folder."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType
from typing import ClassVar

from autoscan import __version__, paths
from autoscan.errors import TargetRejectedError
from autoscan.http import odd_answer
from autoscan.model import Expectation, Kind, Sighting
from autoscan.targets.base import Known, has_removals, root_of, spelt_below, upwards
from autoscan.targets.emby.filter import PathFilter
from autoscan.targets.emby.sightings import PATH, WORDS, Sightings
from autoscan.targets.mediabrowser import (
    ITEM_REFRESH,
    Indirect,
    Item,
    Items,
    Look,
    MediaBrowserTarget,
    Record,
    Sidecars,
    as_library,
    decided,
    library_id,
)
from autoscan.targets.values import Check, Library, Scope

#: Folders above one another that are asked for their items before a report is repeated.
_CLIMB = 2
#: What leaves out of a listing what nobody needs here.
_QUIET = {"enableImages": "false", "enableUserData": "false"}
_FILTER = "Path filter"
_SAMPLE = re.compile(r"(?:^|[-._ ])sample(?:[-._ ]|$)", re.IGNORECASE)
_QUERY = "/Library/VirtualFolders/Query"
_SELECTABLE = "/Library/SelectableMediaFolders"


class EmbyTarget(MediaBrowserTarget):
    """One Emby."""

    type: ClassVar[str] = "emby"
    #: The documented base path, which Emby itself takes or leaves; a proxy may know only one of the two.
    prefixes: ClassVar[tuple[str, ...]] = ("/emby", "")
    monitor_delay: ClassVar[str] = "LibraryMonitorDelaySeconds"
    refresh_options: ClassVar[Mapping[str, str]] = {
        "Recursive": "true",
        "ImageRefreshMode": "Default",
        "ReplaceAllMetadata": "false",
        "ReplaceAllImages": "false",
    }

    #: False once the server has shown that it has no `VirtualFolders/Query`.
    _has_query = True
    #: By library: smaller files are taken for samples, in bytes.
    _sample_sizes: Mapping[str, int] = MappingProxyType({})
    #: What the last look did not show and is that small.
    _small: frozenset[str] = frozenset()

    @cached_property
    def path_filter(self) -> PathFilter:
        """Return the look-up of one path."""
        return PathFilter(self._items, self._roots, self._around.clock)

    @cached_property
    def _items(self) -> Items:
        return Items(self.ask, self.records, _QUIET)

    @cached_property
    def _indirect(self) -> Indirect:
        return Indirect(self._items, self._around.clock, WORDS)

    @cached_property
    def _sightings(self) -> Sightings:
        return Sightings(self._items, self.path_filter, self._indirect)

    def headers(self, token: str, client_id: str) -> dict[str, str]:
        """Return Emby's own headers."""
        return {
            "X-Emby-Token": token,
            "X-Emby-Client": "Autoscan",
            "X-Emby-Client-Version": __version__,
            "X-Emby-Device-Name": "Autoscan",
            "X-Emby-Device-Id": client_id,
        }

    def read_libraries(self) -> tuple[Library, ...]:
        """Return the libraries, and take note of what they hold for samples."""
        folders = self.virtual_folders()
        self._sample_sizes = {library_id(folder): _sample_size(folder) for folder in folders}
        return tuple(map(as_library, folders))

    def virtual_folders(self) -> list[Record]:
        """Return the libraries; of an old server without scan states, as `SelectableMediaFolders` has none."""
        if self._has_query:
            try:
                return self._queried()
            except TargetRejectedError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                self._has_query = False
        folders = self.records(_SELECTABLE, self.ask(_SELECTABLE))
        return [{**folder, "Locations": _places(folder)} for folder in folders]

    def _queried(self) -> list[Record]:
        answer = self.ask(_QUERY)
        if not isinstance(answer, dict):
            raise odd_answer(self.name, self.session.url(_QUERY), "JSON of something else")
        return self.records(_QUERY, answer.get("Items"))

    def plan(self, library: Library, folder: str, expectations: Sequence[Expectation]) -> Scope:
        """Return `folder` itself, or, where something was removed, the nearest folder above that Emby sees."""
        root = root_of(library, folder)
        path = spelt_below(root, folder)
        if has_removals(expectations):
            path = self.nearest(upwards(path, root)) or path
        return Scope(path=path, label="media updated", root=paths.key(path) == paths.key(root))

    def again(self, library: Library, scope: Scope) -> Scope:
        """Return the refresh of the nearest item at or above the scope, not a root instead; a report may be lost."""
        root = root_of(library, scope.path)
        folders = [root] if scope.root else upwards(scope.path, root)[:-1]
        if self.path_filter.works():
            for folder in folders[:_CLIMB]:
                item = self.path_filter.at(folder)
                if item is not None and item.is_folder:
                    return Scope(path=folder, label=ITEM_REFRESH, root=scope.root, token=item.id)
        return scope

    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:  # noqa: ARG002 - Emby finds the library by the path
        """Refresh the scope's item, or report the folder as created, modified or deleted."""
        if scope.token and self.refresh(scope.token):
            return
        self.media_updated(scope.path, expectations)

    def look_up(
        self, library: Library, wanted: Sequence[Expectation], *, look: int, known: Known
    ) -> dict[str, Sighting]:
        """Return what is listed of each path, by the filter or, where it does nothing, without."""
        here = Look(library=library, number=look, known=known)
        named = decided(wanted)
        if named and self.path_filter.works():
            seen = self._sightings.look_up(here, named)
        else:
            seen = self._indirect.look_up(here, named)
        limit = self._sample_sizes.get(library.id, 0)
        self._small = frozenset(
            each.path
            for each in named
            if not seen[each.path].item and each.size is not None and each.size < limit and each.kind is Kind.FILE
        )
        return seen

    def refresh_owners(self, library: Library, sidecars: Sequence[str], *, known: Known) -> dict[str, Sighting]:
        """Have the items of sidecars read anew; see `mediabrowser.sidecars`."""
        look = Look(library=library, number=0, known=known)
        return Sidecars(self._items, WORDS, (self._folder, PATH), _guess).refresh(look, sidecars, self.refresh)

    def _folder(self, look: Look, folder: str) -> Item | None:
        """Return a folder's item: by its path, or as it was learnt."""
        if self.path_filter.works():
            item = self.path_filter.at(folder)
        else:
            key = look.known.parent(look.library.id, folder) or ""
            item = self._items.by_ids([key]).get(key)
        return item if item is not None and item.is_folder and item.holds(folder) else None

    def ignores(self, library: Library, path: str) -> str:
        """Return why Emby passes over a path: hidden, or a sample, by its name or (after a look) by its size."""
        root = root_of(library, path)
        names = paths.components(path)[len(paths.components(root)) :]
        if any(name.startswith(".") for name in names):
            return "hidden: a name begins with a dot"
        limit = self._sample_sizes.get(library.id, 0)
        if limit and (path in self._small or any(map(_SAMPLE.search, names))):
            return f"SampleIgnoreSize: files below {limit} bytes are samples"
        return ""

    def path_checks(self) -> tuple[Check, ...]:
        """Tell whether a library's folder is found by its path, and nonsense is not."""
        if not self.path_filter.works():
            advice = "Files are looked for among what is new instead; what is deleted may stay unverified."
            return (Check(name=_FILTER, ok=False, text="the server does not honour it", advice=advice),)
        found = [root for root in self._roots() if self.path_filter.at(root)]
        text = f"{len(found)} of {len(self._roots())} library folders are found by their path"
        return (Check(name=_FILTER, ok=bool(found) or None, text=text),)

    def directory_query(self, folder: str) -> dict[str, str]:
        """Return it with the names as Emby spells them."""
        return {"Path": folder, "IncludeFiles": "true", "IncludeDirectories": "true"}

    def validate(self, path: str, *, is_file: bool) -> None:
        """Ask with the path in the query, as Emby's description has it."""
        self.post("/Environment/ValidatePath", {"Path": path}, {"IsFile": is_file})

    def _roots(self) -> list[str]:
        return [paths.clean(root) for each in self.libraries() for root in each.roots]


def _guess(look: Look, sidecars: Sequence[str]) -> list[str]:
    """Return what was learnt of a folder that is no item: the movie in it."""
    return [look.known.parent(look.library.id, paths.parent(sidecars[0])) or ""]


def _sample_size(folder: Record) -> int:
    options = folder.get("LibraryOptions")
    size = options.get("SampleIgnoreSize") if isinstance(options, Mapping) else None
    return size if isinstance(size, int) else 0


def _places(folder: Record) -> list[object]:
    below = folder.get("SubFolders")
    return [place.get("Path") for place in below if isinstance(place, dict)] if isinstance(below, list) else []
