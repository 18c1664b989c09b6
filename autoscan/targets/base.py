"""What a media server is to the rest of the house: libraries, and a way to have a folder scanned."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import ClassVar

from autoscan import paths
from autoscan.http import Session
from autoscan.model import Change, Expectation, Sighting
from autoscan.paths import Mappings
from autoscan.settings import MediaServer
from autoscan.targets.values import Check, Library, LibraryState, Scope, ServerInfo, Surroundings

#: The list of libraries is read anew after so many seconds.
LIBRARIES_SECONDS = 600
#: A path without a library has the list read anew, but not more often than this, in seconds.
MISS_SECONDS = 60


class Known:
    """Which item stands for which folder, learnt from what was found; this one remembers within one process."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], str] = {}

    def parent(self, library_id: str, folder: str) -> str | None:
        """Return the id of the item whose children are the files of `folder` (server path), if it was ever learnt."""
        return self._items.get((library_id, folder))

    def learn(self, library_id: str, folder: str, item: str) -> None:
        """Keep the id of the item for `folder`; `""` forgets it."""
        self._items[library_id, folder] = item


class Aftercare(ABC):
    """What is done at one server after a look showed something; it never raises, and returns notes for the record."""

    @abstractmethod
    def tend(self, library: Library, seen: Sequence[tuple[Expectation, Sighting]]) -> list[str]:
        """Look after files that have just been seen."""

    @abstractmethod
    def tidy(self, library: Library, *, upgrade: bool) -> list[str]:
        """Clean up after something was seen gone; `upgrade`: something else was seen in its place."""


class Target(ABC):
    """One media server. Raises the `TargetError` family only; never queues, retries or waits. For one thread."""

    type: ClassVar[str]
    #: Seconds from a scan request until "idle" counts where the marker does not tell.
    settle: ClassVar[float] = 2.0
    #: Seconds for which the scan of a whole root waits for company.
    root_batch: ClassVar[float] = 0.0
    #: One worker does the scans of all libraries: while any is busy, that of another may wait behind it, and not show.
    one_worker: ClassVar[bool] = False

    def __init__(self, server: MediaServer, around: Surroundings) -> None:
        self.name = server.name
        self.mappings = Mappings.from_config(server.path_mappings)
        self._server = server
        self._around = around
        self._libraries: tuple[Library, ...] = ()
        self._read_at: float | None = None

    @cached_property
    def session(self) -> Session:
        """Return the one session with the server, made when first needed."""
        token = self._server.token.reveal()
        return Session(
            self._server.url,
            name=self.name,
            token_headers=self.headers(token, self._around.client_id()),
            verify=self._server.verify_tls,
            timeout=self._server.timeout,
            secrets=(token,),
            heartbeat=self._around.heartbeat,
        )

    def close(self) -> None:
        """Close the connections to the server."""
        if "session" in self.__dict__:
            self.session.close()

    def server_path(self, folder: str) -> str:
        """Return how the server calls a mapped path."""
        return self.mappings.apply(folder).path

    @property
    def known_libraries(self) -> tuple[Library, ...]:
        """Return the libraries as they were read last, without asking; the same object until they are read anew."""
        return self._libraries

    def libraries(self, *, fresh: bool = False) -> tuple[Library, ...]:
        """Return the server's libraries, asked for at most every ten minutes unless they must be `fresh`."""
        if fresh or self._age() >= LIBRARIES_SECONDS:
            self._libraries = self.read_libraries()
            self._read_at = self._around.clock.monotonic()
        return self._libraries

    def libraries_for(self, folder: str) -> tuple[Library, ...]:
        """Return every library with a root that covers `folder` (as the server sees it)."""
        found = _covering(self.libraries(), folder)
        if not found and self._age() >= MISS_SECONDS:
            found = _covering(self.libraries(fresh=True), folder)
        return found

    def _age(self) -> float:
        """Return the seconds since the libraries were read."""
        return float("inf") if self._read_at is None else self._around.clock.monotonic() - self._read_at

    @abstractmethod
    def headers(self, token: str, client_id: str) -> dict[str, str]:
        """Return the headers of every request: who asks, and the token."""

    @abstractmethod
    def probe(self) -> None:
        """Find out, with one cheap request, whether the server answers and takes the token."""

    @abstractmethod
    def info(self) -> ServerInfo:
        """Return what the server says about itself."""

    @abstractmethod
    def read_libraries(self) -> tuple[Library, ...]:
        """Ask the server for its libraries."""

    @abstractmethod
    def plan(self, library: Library, folder: str, expectations: Sequence[Expectation]) -> Scope:
        """Return the narrowest scope of `library` that shows the change of `folder`; both as the server sees them.

        A folder that is gone is no scope: then it is the nearest one above it that exists, within the library.
        """

    def again(self, library: Library, scope: Scope) -> Scope:  # noqa: ARG002 - a server with one way to ask
        """Return how `scope` is asked for once more, after it did not show what it should."""
        return scope

    def wait_for(self, library: Library, scope: Scope) -> float:  # noqa: ARG002 - a server that makes no more of it
        """Return the seconds to wait before `scope` is asked for, so that the server does not scan more than that."""
        return 0.0

    @abstractmethod
    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:
        """Ask for the scan of `scope`; returning means that the server accepted it, not that it is done."""

    @abstractmethod
    def look_up(
        self, library: Library, wanted: Sequence[Expectation], *, look: int, known: Known
    ) -> dict[str, Sighting]:
        """Return what the server shows of each path of `wanted` (server paths), by path, from a fresh reading.

        `look` 0 comes before any scan, 1 is the first after one; later looks may cost more. Never pages a library.
        """

    @abstractmethod
    def visible(self, library: Library, expectation: Expectation) -> bool | None:
        """Tell whether the server sees the path on its disk; None if it may not say."""

    @abstractmethod
    def look_pauses(self, scope: Scope) -> tuple[float, ...]:
        """Return the seconds between looks after `scope` was asked for; their sum is the deadline."""

    @abstractmethod
    def touch_item(self, library: Library, sighting: Sighting) -> None:
        """Have the server read one item anew: it is there, but not as large as it should be."""

    @abstractmethod
    def refresh_owners(self, library: Library, sidecars: Sequence[str], *, known: Known) -> dict[str, Sighting]:
        """Have the items read anew that sidecars of one folder (server paths) belong to; edits by hand stay.

        Return what was refreshed, by sidecar; nothing for one whose item was not found. Seven requests at most.
        """

    @abstractmethod
    def sees_nothing(self, folder: str) -> bool:
        """Tell whether `folder` (server path) is there but empty for the server; False if it may not say."""

    def ignores(self, library: Library, path: str) -> str:  # noqa: ARG002 - a server without such rules
        """Return the server's own rule by which it ignores `path`; `""` if there is none."""
        return ""

    def clock_skew(self) -> float | None:
        """Return by how many seconds the server's clock is ahead, by its last answer; None if that did not say.

        To be asked at once after a request: the answer counts as of now (RFC 9110, `Date`, in whole seconds).
        """
        try:
            date = parsedate_to_datetime(self.session.last_date).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return (date - self._around.clock.now()).total_seconds()

    @abstractmethod
    def self_check(self) -> tuple[Check, ...]:
        """Try what look-ups rely on, one finding each."""

    @abstractmethod
    def states(self) -> tuple[LibraryState, ...]:
        """Return what each library is doing, by one fresh request."""

    def busy(self, states: Iterable[LibraryState], library_id: str) -> tuple[LibraryState, ...]:
        """Return those of `states` that a scan of the library is part of, or may wait for."""
        return tuple(state for state in states if state.busy and (self.one_worker or state.library_id == library_id))

    @abstractmethod
    def counts(self, library: Library) -> int | None:
        """Return how many items the library holds; None if the server does not say."""


def _covering(libraries: Iterable[Library], folder: str) -> tuple[Library, ...]:
    return tuple(library for library in libraries if any(paths.covers(root, folder) for root in library.roots))


def root_of(library: Library, folder: str) -> str:
    """Return the root of `library` that covers `folder`, the innermost if several do, as the server spells it.

    Without any it is the folder itself: the library has changed since it was found.
    """
    roots = [paths.clean(root) for root in library.roots if paths.covers(root, folder)]
    return max(roots, key=lambda root: len(paths.components(root)), default=paths.clean(folder))


def spelt_below(root: str, folder: str) -> str:
    """Return `folder` with its beginning as the server spells it (case, separators, Unicode form): `root`."""
    return paths.join(root, "/".join(paths.components(folder)[len(paths.components(root)) :]))


def upwards(folder: str, root: str) -> list[str]:
    """Return `folder` and the folders above it, up to and including `root`."""
    return [folder, *paths.ancestors(folder, root)]


def has_removals(expectations: Iterable[Expectation]) -> bool:
    """Tell whether the folder itself may be gone: something below it is."""
    return any(not item.change.wants_presence for item in expectations)


def update_type(expectations: Sequence[Expectation]) -> str:
    """Return the true `UpdateType` of a folder for `Library/Media/Updated`: `Created`, `Modified` or `Deleted`."""
    changes = {item.change for item in expectations}
    if changes == {Change.ADDED}:
        return "Created"
    return "Deleted" if changes == {Change.REMOVED} else "Modified"
