"""An Emby server: `POST /Library/Media/Updated` with what truly happened to the folder."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import ClassVar

from autoscan import __version__, paths
from autoscan.errors import TargetRejectedError
from autoscan.http import odd_answer
from autoscan.model import Expectation
from autoscan.targets.base import Library, Scope, has_removals, root_of, spelt_below, upwards
from autoscan.targets.mediabrowser import MediaBrowserTarget, Record

_QUERY = "/Library/VirtualFolders/Query"
_SELECTABLE = "/Library/SelectableMediaFolders"


class EmbyTarget(MediaBrowserTarget):
    """One Emby."""

    type: ClassVar[str] = "emby"
    #: The documented base path, which Emby itself takes or leaves; a proxy may know only one of the two.
    prefixes: ClassVar[tuple[str, ...]] = ("/emby", "")

    #: False once the server has shown that it has no `VirtualFolders/Query`.
    _has_query = True

    def headers(self, token: str, client_id: str) -> dict[str, str]:
        """Return Emby's own headers."""
        return {
            "X-Emby-Token": token,
            "X-Emby-Client": "Autoscan",
            "X-Emby-Client-Version": __version__,
            "X-Emby-Device-Name": "Autoscan",
            "X-Emby-Device-Id": client_id,
        }

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

    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:  # noqa: ARG002 - Emby finds the library by the path
        """Report the folder as created, modified or deleted."""
        self.media_updated(scope.path, expectations)

    def ask_for_folder(self, folder: str) -> None:
        """Ask with the path in the query, as Emby's description has it."""
        self.post("/Environment/ValidatePath", {"Path": folder}, {"IsFile": False})


def _places(folder: Record) -> list[object]:
    below = folder.get("SubFolders")
    return [place.get("Path") for place in below if isinstance(place, dict)] if isinstance(below, list) else []
