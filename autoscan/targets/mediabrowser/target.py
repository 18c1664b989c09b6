"""What Jellyfin and Emby have in common: they were one product, and most of its API is left in both."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from autoscan import paths
from autoscan.errors import TargetError, TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.http import odd_answer
from autoscan.model import Expectation, Kind, Seen, Sighting
from autoscan.settings import MediaServer
from autoscan.targets.base import Target, root_of, spelt_below, update_type
from autoscan.targets.mediabrowser.checks import disk_checks
from autoscan.targets.mediabrowser.items import FILE_ITEMS, plain_text
from autoscan.targets.values import Check, Library, LibraryState, Scope, ServerInfo, Surroundings

Record = Mapping[str, Any]

#: How the refresh of an item is called in the record of a scan.
ITEM_REFRESH = "item refresh"
PUBLIC_INFO = "/System/Info/Public"
#: Seconds that a server waits for further reports of changes, unless it says otherwise.
_MONITOR_SECONDS = 60.0
_LONGEST_MONITOR_SECONDS = 86_400.0
#: Seconds between looks after a report has been heard.
_REPORTED = (10.0, 20.0, 40.0, 80.0)
#: The item is gone, or the token may not have it refreshed.
NO_REFRESH = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN})
#: How a server may say that there is no such folder.
_MISSING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR})


class MediaBrowserTarget(Target):
    """One Jellyfin or Emby."""

    one_worker: ClassVar[bool] = True
    #: Where below the configured URL the API may begin, likeliest first. 2.x put `/jellyfin` or `/emby` there itself.
    prefixes: ClassVar[tuple[str, ...]]
    #: What the configuration calls the seconds that it waits for further reports.
    monitor_delay: ClassVar[str]
    #: The arguments of an item's refresh, without its `MetadataRefreshMode`.
    refresh_options: ClassVar[Mapping[str, str]] = {"imageRefreshMode": "Default"}

    def __init__(self, server: MediaServer, around: Surroundings) -> None:
        super().__init__(server, around)
        self._prefix: str | None = None
        self._delay: float | None = None
        #: As the server said it last.
        self.version = ""

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
        if isinstance(answer, Mapping) and plain_text(answer.get("Version")):
            self.version = plain_text(answer["Version"])
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
        if not isinstance(answer, Mapping) or not plain_text(answer.get("Version")):
            raise odd_answer(self.name, self.session.url("/System/Info"), "JSON of something else")
        self.version = plain_text(answer["Version"])
        return ServerInfo(
            version=self.version,
            id=plain_text(answer.get("Id")),
            name=plain_text(answer.get("ServerName")) or self.name,
        )

    @abstractmethod
    def virtual_folders(self) -> list[Record]:
        """Return the libraries as the server describes them."""

    def read_libraries(self) -> tuple[Library, ...]:
        """Return the libraries; one without a collection type holds all sorts of things ("mixed")."""
        return tuple(map(as_library, self.virtual_folders()))

    def states(self) -> tuple[LibraryState, ...]:
        """Return which libraries are known to be refreshed or to wait for it; there is no marker."""
        return tuple(
            LibraryState(library_id=library_id(folder), busy=folder.get("RefreshStatus") in ("Active", "Queued"))
            for folder in self.virtual_folders()
        )

    def counts(self, library: Library) -> int | None:
        """Return the number of the library's films, episodes, tracks and so on: what stands in files."""
        query = {"ParentId": library.id, "Recursive": "true", "IncludeItemTypes": FILE_ITEMS, "Limit": "1"}
        answer = self.ask("/Items", query)
        total = answer.get("TotalRecordCount") if isinstance(answer, Mapping) else None
        return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None

    def configuration(self) -> Mapping[str, Any]:
        """Return the server's settings as they are now; none of them if it does not tell."""
        try:
            answer = self.ask("/System/Configuration")
        except (TargetRejectedError, TargetUnauthorizedError):
            return {}
        return answer if isinstance(answer, Mapping) else {}

    # ----- looks

    def look_pauses(self, scope: Scope) -> tuple[float, ...]:  # noqa: ARG002 - reports wait, whatever they are about
        """Return the pauses after a report: the server waits for further ones before it does anything."""
        if self._delay is None:
            self._delay = self._read_delay()
        return (self._delay + 5, *_REPORTED)

    def _read_delay(self) -> float:
        try:
            delay = self.configuration().get(self.monitor_delay)
        except TargetUnavailableError:
            # It took the scan a moment ago: whether it is there for a look is the look's matter.
            return _MONITOR_SECONDS
        if not isinstance(delay, int | float) or not delay >= 0:
            return _MONITOR_SECONDS
        return float(min(delay, _LONGEST_MONITOR_SECONDS))

    def touch_item(self, library: Library, sighting: Sighting) -> None:  # noqa: ARG002 - ids are the server's
        """Refresh one item. What its folder's refresh left with a wrong size needs a full one; edits stay."""
        mode = "FullRefresh" if sighting.seen is Seen.OTHER_SIZE else "Default"
        if sighting.item:
            self.refresh(sighting.item, mode)

    def refresh(self, item: str, mode: str = "Default") -> bool:
        """Ask for the refresh of an item; tell whether it is there and the token may. Never `ReplaceAllMetadata`."""
        try:
            self.post(f"/Items/{item}/Refresh", {"metadataRefreshMode": mode, **self.refresh_options})
        except TargetError as error:
            if error.status in NO_REFRESH:
                return False
            raise
        return True

    def self_check(self) -> tuple[Check, ...]:
        """Try the look-ups by path, and whether the server sees its own libraries' folders."""
        libraries = self.libraries(fresh=True)
        return (*self.path_checks(), *disk_checks(libraries, self._sees))

    @abstractmethod
    def path_checks(self) -> tuple[Check, ...]:
        """Try the look-ups by path."""

    # ----- the disk

    @abstractmethod
    def validate(self, path: str, *, is_file: bool) -> None:
        """Ask `POST /Environment/ValidatePath`; 404 if the server does not see the file, or the folder."""

    def visible(self, library: Library, expectation: Expectation) -> bool | None:
        """Tell whether the server sees the file or folder on its disk; None if the token is no administrator's."""
        kind = expectation.kind
        is_file = (paths.kind_by_name(expectation.path) if kind is Kind.UNKNOWN else kind) is Kind.FILE
        return self._sees(spelt_below(root_of(library, expectation.path), expectation.path), is_file=is_file)

    def _sees(self, path: str, *, is_file: bool = False) -> bool | None:
        try:
            return self.exists(path, is_file=is_file)
        except TargetUnauthorizedError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return None

    def exists(self, path: str, *, is_file: bool = False) -> bool:
        """Tell whether the server sees `path` on its disk. Raise `TargetUnauthorizedError` if it may not say."""
        try:
            self.validate(path, is_file=is_file)
        except TargetError as error:
            if error.status in _MISSING:
                return False
            raise
        return True

    def sees_nothing(self, folder: str) -> bool:
        """Ask `GET /Environment/DirectoryContents` for what is in the folder."""
        names = self.directory_query(folder)
        try:
            return bool(self.ask("/Environment/DirectoryContents", names) == [])
        except (TargetRejectedError, TargetUnauthorizedError):
            return False

    @abstractmethod
    def directory_query(self, folder: str) -> dict[str, str]:
        """Return the query for everything that is in a folder."""

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


def as_library(folder: Record) -> Library:
    """Make a library out of what the server calls a virtual folder."""
    return Library(
        id=library_id(folder),
        title=plain_text(folder.get("Name")),
        type=plain_text(folder.get("CollectionType")) or "mixed",
        roots=_texts(folder.get("Locations")),
    )


def library_id(folder: Record) -> str:
    """Return the id of a virtual folder as an item."""
    return next(filter(None, (plain_text(folder.get(name)) for name in ("ItemId", "Id", "Name"))), "")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, map(plain_text, value))) if isinstance(value, list) else ()
