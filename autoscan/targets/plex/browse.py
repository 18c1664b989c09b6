"""What Plex itself sees on its disks: `GET /services/browse/<base64 of the path>`, for administrators."""

import base64
from http import HTTPStatus

from autoscan import paths
from autoscan.errors import TargetError
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.rows import form

#: How Plex may say that there is no such folder.
_MISSING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR})


class Browser:
    """Looks at folders, at each once; made anew for each question, as folders come and go."""

    def __init__(self, api: PlexApi) -> None:
        self._api = api
        self._seen: dict[str, tuple[str, ...]] = {}

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the paths of what Plex sees in `folder`; nothing for an empty folder, or none at all.

        Raise `TargetUnauthorizedError` if the token may not browse.
        """
        if folder not in self._seen:
            self._seen[folder] = self._listing(folder)
        return self._seen[folder]

    def exists(self, folder: str) -> bool:
        """Tell whether Plex sees `folder`: it has something in it, or stands in the folder above."""
        return bool(self.names(folder)) or any(paths.covers(name, folder) for name in self.names(paths.parent(folder)))

    def shows(self, file: str) -> bool:
        """Tell whether Plex sees `file` in its folder."""
        return any(form(name) == form(file) for name in self.names(paths.parent(file)))

    def _listing(self, folder: str) -> tuple[str, ...]:
        code = base64.b64encode(folder.encode(errors="surrogatepass")).decode()
        try:
            container = self._api.container(f"/services/browse/{code}", {"includeFiles": "1"})
        except TargetError as error:
            if error.status in _MISSING:
                return ()
            raise
        return tuple(path for entry in container if (path := entry.get("path")))
