"""A Jellyfin server: the refresh of the deepest known folder above a change, found by its computed id."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from autoscan import __version__, paths
from autoscan.model import Expectation, Sighting
from autoscan.targets.base import Known, has_removals, root_of, spelt_below, upwards
from autoscan.targets.jellyfin.hidden import WORDS
from autoscan.targets.jellyfin.ids import FOLDER, folder_kinds
from autoscan.targets.jellyfin.ignoring import rule
from autoscan.targets.jellyfin.lookup import Lookup
from autoscan.targets.jellyfin.owners import Owners
from autoscan.targets.jellyfin.sightings import Sightings
from autoscan.targets.mediabrowser import (
    ITEM_REFRESH,
    Indirect,
    Items,
    Look,
    MediaBrowserTarget,
    Record,
    Sidecars,
    decided,
    flat,
)
from autoscan.targets.values import Check, Library, Scope

_IDS = "item ids"
_FOLDERS = "/Library/VirtualFolders"
_QUIET = {"enableImages": "false", "enableUserData": "false", "enableTotalRecordCount": "false"}
#: Seconds between looks after an item's refresh, which begins at once; those of a whole root take longer.
_REFRESHED = (3.0, 6.0, 12.0, 24.0, 48.0, 96.0)
_ROOT_REFRESHED = (*_REFRESHED, 192.0, 384.0)
#: From this release on, versions of items are hidden.
_HIDES = 12
#: Of the number of a release.
_DIGITS = 4


class JellyfinTarget(MediaBrowserTarget):
    """One Jellyfin, 10.8 to 12."""

    type: ClassVar[str] = "jellyfin"
    prefixes: ClassVar[tuple[str, ...]] = ("", "/jellyfin")
    #: A movie's folder is no item, so each movie means a scan of the whole root: ten movies shall mean one.
    root_batch: ClassVar[float] = 10.0
    monitor_delay: ClassVar[str] = "LibraryMonitorDelay"

    @cached_property
    def _reported(self) -> dict[str, tuple[str, float]]:
        """The last report of a folder, and when it was, by the folder above."""
        return {}

    @cached_property
    def lookup(self) -> Lookup:
        """Return the finder of items by path."""
        return Lookup(self.ask, self.configuration, self._around.clock)

    @cached_property
    def _items(self) -> Items:
        return Items(self.ask, self.records, _QUIET)

    @cached_property
    def _indirect(self) -> Indirect:
        return Indirect(self._items, self._around.clock, WORDS)

    @cached_property
    def _sightings(self) -> Sightings:
        return Sightings(self.ask, self.lookup, self._items, self._indirect)

    def headers(self, token: str, client_id: str) -> dict[str, str]:
        """Return the one header that every version takes; 12 has the older ones switched off."""
        words = {
            "Token": token,
            "Client": "Autoscan",
            "Device": "Autoscan",
            "DeviceId": client_id,
            "Version": __version__,
        }
        return {"Authorization": "MediaBrowser " + ", ".join(f'{word}="{value}"' for word, value in words.items())}

    def virtual_folders(self) -> list[Record]:
        """Return the libraries with their scan states."""
        return self.records(_FOLDERS, self.ask(_FOLDERS))

    def plan(self, library: Library, folder: str, expectations: Sequence[Expectation]) -> Scope:
        """Return the deepest item at or above `folder`; where something was removed, one that is still on the disk.

        If no folder up to the root is an item, it is the folder itself, to be reported as changed.
        """
        root = root_of(library, folder)
        path = spelt_below(root, folder)
        items = self._folder_items(library, upwards(path, root))
        found = next(iter(items), None)
        if items and has_removals(expectations):
            found = self.nearest(tuple(items))
        if found is None:
            return Scope(path=path, label="media updated")
        if paths.key(found) != paths.key(root):
            return Scope(path=found, label=ITEM_REFRESH, token=items[found])
        token = library.id if len(library.roots) == 1 else items[found]
        return Scope(path=root, label=ITEM_REFRESH, root=True, token=token)

    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:  # noqa: ARG002 - the scope has its id
        """Refresh the scope's item, or report its folder if there is none (any more)."""
        if scope.token and self.refresh(scope.token):
            return
        self.media_updated(scope.path, expectations)
        self._reported[paths.parent(scope.path)] = scope.path, self._around.clock.monotonic()

    def wait_for(self, library: Library, scope: Scope) -> float:
        """Return how long another report from the same root is still waiting: of two, Jellyfin makes one of the root.

        Not where folders are no items: each of their reports means the root, and two together are one scan of it.
        """
        above = paths.parent(scope.path)
        path, at = self._reported.get(above, (scope.path, 0.0))
        alone = scope.label == ITEM_REFRESH or flat(library.type) or above != root_of(library, scope.path)
        if alone or path == scope.path:
            return 0.0
        return max(0.0, at + self.look_pauses(scope)[0] - self._around.clock.monotonic())

    def look_up(
        self, library: Library, wanted: Sequence[Expectation], *, look: int, known: Known
    ) -> dict[str, Sighting]:
        """Return what is listed of each path, by computed ids or, where those do not hold, without."""
        here = Look(library=library, number=look, known=known)
        named = decided(wanted)
        roots = self._roots()
        seen: dict[str, Sighting] = {}
        if named and self.lookup.works_for(roots):
            seen = self._sightings.look_up(here, named, self._types(library, named), hides=self._hides())
        rest = [each for each in named if each.path not in seen]
        return {**seen, **self._indirect.look_up(here, rest)}

    def look_pauses(self, scope: Scope) -> tuple[float, ...]:
        """Return the pauses after a refresh, which is queued at once, or after a report, which waits."""
        if scope.label != ITEM_REFRESH:
            return super().look_pauses(scope)
        return _ROOT_REFRESHED if scope.root else _REFRESHED

    def refresh_owners(self, library: Library, sidecars: Sequence[str], *, known: Known) -> dict[str, Sighting]:
        """Have the items of sidecars read anew; see `mediabrowser.sidecars`."""
        finder = Owners(self.lookup, self._items, works=self.lookup.works_for(self._roots()))
        look = Look(library=library, number=0, known=known)
        return Sidecars(self._items, WORDS, (finder.folder, WORDS.ids), finder.guess).refresh(
            look, sidecars, self.refresh
        )

    def ignores(self, library: Library, path: str) -> str:
        """Return the pattern of `IgnorePatterns` that the path matches."""
        return rule(root_of(library, path), path)

    def path_checks(self) -> tuple[Check, ...]:
        """Tell which libraries' folders have the computed id."""
        roots = self._roots()
        works = bool(roots) and self.lookup.works_for(roots)
        found = self.lookup.find(roots, (FOLDER,)) if works else {}
        missing = [root for root in roots if root not in found]
        text = f"{len(found)} of {len(roots)} library folders have the computed id"
        if not missing:
            return (Check(name=_IDS, ok=True if roots else None, text=text),)
        advice = "Scan these libraries once in Jellyfin; if that does not help, Autoscan looks for what is new instead."
        return (Check(name=_IDS, ok=False, text=f"{text}; not: {', '.join(missing)}", advice=advice),)

    def directory_query(self, folder: str) -> dict[str, str]:
        """Return it with the names as Jellyfin spells them."""
        return {"path": folder, "includeFiles": "true", "includeDirectories": "true"}

    def validate(self, path: str, *, is_file: bool) -> None:
        """Ask with everything in the body, as Jellyfin's description has it."""
        self.post("/Environment/ValidatePath", json={"Path": path, "IsFile": is_file})

    def _hides(self) -> bool:
        release = self.version.partition(".")[0]
        return release.isdecimal() and len(release) <= _DIGITS and int(release) >= _HIDES

    def _roots(self) -> list[str]:
        return [paths.clean(root) for each in self.libraries() for root in each.roots]

    def _types(self, library: Library, wanted: Sequence[Expectation]) -> list[str]:
        """Return the types of all libraries that hold any of the paths: of two, Jellyfin takes one."""
        others = [
            other.type
            for other in self.libraries()
            for root in other.roots
            if any(paths.covers(root, each.path) for each in wanted)
        ]
        return [library.type, *others]

    def _folder_items(self, library: Library, folders: Sequence[str]) -> dict[str, str]:
        """Return the ids of those of `folders` that are items, in the order of `folders`."""
        if not self.lookup.works_for(self._roots()):
            return {}
        found = self.lookup.find(folders, folder_kinds(library.type))
        return {folder: found[folder] for folder in folders if folder in found}
