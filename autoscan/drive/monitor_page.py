"""From what happened in Drive to requests in the queue: paths, decoded names, and what of them counts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from autoscan.clock import Clock
from autoscan.drive.allowed import Allowed
from autoscan.drive.api_values import RawChange
from autoscan.drive.cache import Cache
from autoscan.drive.changes import Deed, doubt, entry, follow
from autoscan.drive.paths import Paths, is_root
from autoscan.intake import Intake, Outcome, Received, Taken
from autoscan.model import Change, Event, Hints, Kind, ScanRequest
from autoscan.rclone import Decoded, Decoder, Encrypted
from autoscan.store import Queue

#: The source of these requests, for `SOURCES`.
SOURCE = "google"
#: Requests of one transaction, so that no webhook waits long for the database.
BATCH = 200
#: Names of a path by which unmapped ones are told: `My Drive/Media`.
_TOLD = 2

UNMAPPED = (
    "changes below {prefix} in Google Drive are left out: no rule of SERVER_PATH_MAPPINGS makes a path of this machine "
    'of them; add one, such as {{"/mnt/media/": ["{prefix}/"]}}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the monitor's parts work with."""

    queue: Queue
    intake: Intake
    clock: Clock
    allowed: Allowed
    decoder: Decoder
    #: Whether a file that a server lists must have the size that Drive names (`DISABLE_DISK_FILE_SIZE_CHECK`).
    sizes: bool = True
    #: Whether what enters and leaves the cache is logged (`SHOW_CACHE_LOGS`).
    show: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened, at a path as a mount shows it, not yet decoded."""

    deed: Deed
    path: str


class Teller:
    """Turns what happened into requests, and has them stored."""

    def __init__(self, tools: Tools, cache: Cache, roots: Mapping[str, str]) -> None:
        """Take the names of the drives by the ids of their topmost folders."""
        self._tools = tools
        self._cache = cache
        self._paths = Paths(cache, roots)
        self._told: list[Told] = []

    def change(self, change: RawChange) -> None:
        """Compare one change with the cache, and note what follows. Raises DriveError."""
        state = self._cache.state
        old = self._cache.get(change.file_id)
        file = change.file if not change.removed else None
        if file is not None and file.drive_id != state.drive:
            # It went to another drive, whose own log tells of it.
            file = None
        if file is None and (old is None or old.drive != state.drive):
            return
        new = entry(file) if file is not None else None
        if new is not None and is_root(state, new):
            return
        self.note(follow(old, new, doubt(old, file, change.time, partial=not state.complete)))
        if new is not None:
            self._cache.put(new)
        elif old is not None:
            self._cache.remove(old)

    def note(self, deeds: Iterable[Deed]) -> None:
        """Note what happened, at all paths of its places. Raises DriveError."""
        for deed in deeds:
            self._told += [Told(deed=deed, path=path) for path in self._paths.of(deed.parent, deed.name)]

    def submit(self) -> None:
        """Have everything stored that counts. Raises StoreUnavailableError, RcloneError."""
        told = [each for each in self._told if not self._is_replaced(each)]
        decoded = self._decoded(told)
        requests = _one_each(request for each in told for request in self._requests(each, decoded))
        notes = list(decoded.failures)
        for start in range(0, len(requests), BATCH):
            self._store(requests[start : start + BATCH], notes if not start else [])
        if notes and not requests:
            self._store([], notes)

    def _is_replaced(self, told: Told) -> bool:
        """Tell whether something gone leaves another file of its name behind, which the mount shows now."""
        deed = told.deed
        return deed.change is Change.REMOVED and self._cache.has_twin(deed.parent, deed.name, deed.file_id)

    def _decoded(self, told: Sequence[Told]) -> Decoded:
        decoder = self._tools.decoder
        return decoder.decode(
            [
                Encrypted(path=each.path, folder=each.deed.kind is Kind.FOLDER)
                for each in told
                if decoder.covers(each.path)
            ]
        )

    def _requests(self, told: Told, decoded: Decoded) -> list[ScanRequest]:
        deed = told.deed
        encrypted = self._tools.decoder.covers(told.path)
        path = decoded.paths.get(told.path, "") if encrypted else told.path
        if not path or (deed.guess and not self._tools.allowed.inside(path)):
            # A folder that holds a whole library may just have been given a star.
            return []
        here = deed.change.wants_presence
        size = self._size(told, encrypted=encrypted) if here and self._tools.sizes else None
        return [
            ScanRequest(
                path=each,
                kind=deed.kind,
                change=deed.change,
                size=size,
                # The trash of Drive is emptied from a mount's memory a little later.
                announced=not here,
                hints=Hints(listed_is_enough=here and not self._tools.sizes),
            )
            for each in self._tools.allowed.takes(path, deed.kind, deed.mime, typed=not encrypted)
        ]

    def _size(self, told: Told, *, encrypted: bool) -> int | None:
        size = told.deed.size
        return self._tools.decoder.plain_size(told.path, size) if encrypted and size is not None else size

    def _store(self, requests: Sequence[ScanRequest], notes: Sequence[str]) -> None:
        state = self._cache.state
        event = Event(app=SOURCE, type="changes", requests=tuple(requests), note="; ".join(notes))
        body = {"drive": state.name, "id": state.drive, "changes": [[each.change, each.path] for each in requests]}
        received = Received(
            source=SOURCE,
            request_id=f"drive-{uuid4().hex[:8]}",
            body=json.dumps(body, ensure_ascii=False),
            at=self._tools.clock.now(),
        )
        receipt = self._tools.intake.submit(event, received)
        for prefix in dict.fromkeys(_prefix(each) for each in receipt.taken if each.outcome is Outcome.UNMAPPED):
            self._tools.queue.warn(f"drive:unmapped:{prefix}", UNMAPPED.format(prefix=prefix))


def _one_each(requests: Iterable[ScanRequest]) -> list[ScanRequest]:
    """Return one request for each path: what is there now counts, not what was gone from there before."""
    found: dict[str, ScanRequest] = {}
    for each in requests:
        if each.change.wants_presence or each.path not in found:
            found[each.path] = each
    return list(found.values())


def _prefix(taken: Taken) -> str:
    return "/".join(taken.path.split("/")[:_TOLD])
