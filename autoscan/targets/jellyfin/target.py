"""A Jellyfin server: the refresh of the deepest known folder above a change, found by its computed id."""

from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from typing import ClassVar

from autoscan import __version__, paths
from autoscan.errors import TargetError
from autoscan.model import Expectation
from autoscan.targets.base import Library, Scope, has_removals, root_of, spelt_below, upwards
from autoscan.targets.jellyfin.ids import folder_kinds
from autoscan.targets.jellyfin.lookup import Lookup
from autoscan.targets.mediabrowser import MediaBrowserTarget, Record

_FOLDERS = "/Library/VirtualFolders"
#: Both modes default to "none", which would leave new items unprobed.
_REFRESH = {"metadataRefreshMode": "Default", "imageRefreshMode": "Default"}
#: An item that is gone, or a token that may not refresh: report the folder instead.
_NO_REFRESH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN})


class JellyfinTarget(MediaBrowserTarget):
    """One Jellyfin, 10.8 to 12."""

    type: ClassVar[str] = "jellyfin"
    prefixes: ClassVar[tuple[str, ...]] = ("", "/jellyfin")
    #: A movie's folder is no item, so each movie means a scan of the whole root: ten movies shall mean one.
    root_batch: ClassVar[float] = 10.0

    @cached_property
    def lookup(self) -> Lookup:
        """Return the finder of items by path."""
        return Lookup(self.ask, self._around.clock)

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
        items = self._items(library, upwards(path, root))
        found = next(iter(items), None)
        if items and has_removals(expectations):
            found = self.nearest(tuple(items))
        if found is None:
            return Scope(path=path, label="media updated")
        if paths.key(found) != paths.key(root):
            return Scope(path=found, label="item refresh", token=items[found])
        token = library.id if len(library.roots) == 1 else items[found]
        return Scope(path=root, label="item refresh", root=True, token=token)

    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:  # noqa: ARG002 - the scope has its id
        """Refresh the scope's item, or report its folder if there is none (any more)."""
        if scope.token and self._refresh(scope.token):
            return
        self.media_updated(scope.path, expectations)

    def ask_for_folder(self, folder: str) -> None:
        """Ask with everything in the body, as Jellyfin's description has it."""
        self.post("/Environment/ValidatePath", json={"Path": folder, "IsFile": False})

    def _refresh(self, item: str) -> bool:
        try:
            self.post(f"/Items/{item}/Refresh", _REFRESH)
        except TargetError as error:
            if error.status in _NO_REFRESH:
                return False
            raise
        return True

    def _items(self, library: Library, folders: Sequence[str]) -> dict[str, str]:
        """Return the ids of those of `folders` that are items, in the order of `folders`."""
        roots = [paths.clean(root) for each in self.libraries() for root in each.roots]
        if not self.lookup.works_for(roots):
            return {}
        found = self.lookup.find(folders, folder_kinds(library.type))
        return {folder: found[folder] for folder in folders if folder in found}
