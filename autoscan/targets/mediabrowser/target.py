"""What Jellyfin and Emby have in common: they were one product, and most of its API is left in both."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from autoscan.errors import TargetError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.http import odd_answer
from autoscan.model import Expectation
from autoscan.settings import MediaServer
from autoscan.targets.base import Library, LibraryState, ServerInfo, Surroundings, Target, update_type

Record = Mapping[str, Any]

PUBLIC_INFO = "/System/Info/Public"
_FILE_ITEMS = "Movie,Episode,Audio,Video,MusicVideo,Book,AudioBook,Photo"
#: How a server may say that there is no such folder.
_MISSING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR})


class MediaBrowserTarget(Target):
    """One Jellyfin or Emby."""

    #: Where below the configured URL the API may begin, likeliest first. 2.x put `/jellyfin` or `/emby` there itself.
    prefixes: ClassVar[tuple[str, ...]]

    def __init__(self, server: MediaServer, around: Surroundings) -> None:
        super().__init__(server, around)
        self._prefix: str | None = None

    # ----- exchanges

    def ask(
        self, path: str, params: Mapping[str, str] | None = None, *, method: str = "GET", json: object = None
    ) -> Any:
        """Return the JSON of an answer."""
        return self.session.json(method, f"{self.prefix()}{path}", params=params, json=json)

    def post(self, path: str, params: Mapping[str, str] | None = None, json: object = None) -> None:
        """Ask for something whose answer says nothing: 200 as documented, 204 as servers do."""
        self.session.fetch("POST", f"{self.prefix()}{path}", params=params, json=json)

    def records(self, path: str, answer: object) -> list[Record]:
        """Return `answer` (to `path`) if it is a list of objects. Raise `TargetUnavailableError` if not."""
        if isinstance(answer, list) and all(isinstance(item, Mapping) for item in answer):
            return answer
        raise odd_answer(self.name, self.session.url(path), "JSON that is no list of objects")

    def prefix(self) -> str:
        """Return where the API begins, found out with the first request."""
        if self._prefix is None:
            self._prefix = self._find_prefix()
        return self._prefix

    def _find_prefix(self) -> str:
        known = self._around.prefix(self.name) or ""
        errors: list[TargetError] = []
        for prefix in self._candidates(known):
            error = self._public_info_error(prefix)
            if error is None:
                if prefix != known:
                    self._around.remember(self.name, prefix)
                return prefix
            errors.append(error)
        raise self._most_telling(errors)

    def _candidates(self, known: str) -> list[str]:
        """Return where to look, first where the API was last time; not for what the URL ends with anyway."""
        ordered = dict.fromkeys((known, *self.prefixes) if known else self.prefixes)
        url = self.session.base_url.lower()
        return [prefix for prefix in ordered if not prefix or not url.endswith(prefix)]

    def _public_info_error(self, prefix: str) -> TargetError | None:
        """Return what is wrong with `prefix`; None if the server answers there. Raise if nothing answers at all."""
        try:
            answer = self.session.json("GET", f"{prefix}{PUBLIC_INFO}")
        except TargetError as error:
            if not error.status:
                raise
            return error
        if isinstance(answer, Mapping) and answer.get("Version"):
            return None
        return odd_answer(self.name, self.session.url(prefix + PUBLIC_INFO), "JSON of something else")

    def _most_telling(self, errors: Sequence[TargetError]) -> TargetError:
        """Return the first error that is more than "not here"; if all say that, say it in the family's words."""
        for error in errors:
            if error.status != HTTPStatus.NOT_FOUND:
                return error
        where = self.session.base_url.rpartition("@")[2]
        return TargetUnavailableError(
            f"{self.name}: what answers at {where} is no {self.type.capitalize()}; look at its URL", status=404
        )

    # ----- the server

    def probe(self) -> None:
        """Ask `GET /System/Info`, which needs a valid token."""
        self.info()

    def info(self) -> ServerInfo:
        """Return version, id and name."""
        answer = self.ask("/System/Info")
        if not isinstance(answer, Mapping) or not answer.get("Version"):
            raise odd_answer(self.name, self.session.url("/System/Info"), "JSON of something else")
        return ServerInfo(
            version=str(answer["Version"]),
            id=str(answer.get("Id", "")),
            name=str(answer.get("ServerName") or self.name),
        )

    @abstractmethod
    def virtual_folders(self) -> list[Record]:
        """Return the libraries as the server describes them."""

    def read_libraries(self) -> tuple[Library, ...]:
        """Return the libraries; one without a collection type holds all sorts of things ("mixed")."""
        return tuple(
            Library(
                id=_id(folder),
                title=str(folder.get("Name", "")),
                type=str(folder.get("CollectionType") or "mixed"),
                roots=_texts(folder.get("Locations")),
            )
            for folder in self.virtual_folders()
        )

    def states(self) -> tuple[LibraryState, ...]:
        """Return which libraries are known to be refreshed or to wait for it; there is no marker."""
        return tuple(
            LibraryState(library_id=_id(folder), busy=folder.get("RefreshStatus") in ("Active", "Queued"))
            for folder in self.virtual_folders()
        )

    def counts(self, library: Library) -> int | None:
        """Return the number of the library's films, episodes, tracks and so on: what stands in files."""
        query = {"ParentId": library.id, "Recursive": "true", "IncludeItemTypes": _FILE_ITEMS, "Limit": "1"}
        answer = self.ask("/Items", query)
        total = answer.get("TotalRecordCount") if isinstance(answer, Mapping) else None
        return total if isinstance(total, int) else None

    # ----- folders

    @abstractmethod
    def ask_for_folder(self, folder: str) -> None:
        """Ask `POST /Environment/ValidatePath` for a folder; 404 if the server does not see it."""

    def exists(self, folder: str) -> bool:
        """Tell whether the server sees `folder` on its disk. Raise `TargetUnauthorizedError` if it may not say."""
        try:
            self.ask_for_folder(folder)
        except TargetError as error:
            if error.status in _MISSING:
                return False
            raise
        return True

    def nearest(self, candidates: Sequence[str]) -> str | None:
        """Return the first of `candidates` that the server sees on its disk; the first at all if it may not say."""
        try:
            return next((folder for folder in candidates if self.exists(folder)), None)
        except TargetUnauthorizedError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return candidates[0]

    def media_updated(self, path: str, expectations: Sequence[Expectation]) -> None:
        """Report a changed folder: `POST /Library/Media/Updated`, always taken, done after the server's own delay."""
        update = {"Path": path, "UpdateType": update_type(expectations)}
        self.post("/Library/Media/Updated", json={"Updates": [update]})


def _id(folder: Record) -> str:
    return str(folder.get("ItemId") or folder.get("Id") or folder.get("Name", ""))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()
