"""What is known of files while a page of changes is worked through: the database's cache, and what the page says."""

import logging
from collections.abc import Iterable

from autoscan.clock import Clock
from autoscan.drive.api import DriveApi, RawFile
from autoscan.drive.changes import entry
from autoscan.model import DriveEntry, DriveState
from autoscan.store import Queue

log = logging.getLogger(__name__)


class Cache:
    """The cache as one page sees it: nothing is written before `keep`, which is when the page's requests are stored.

    The memory it takes is that of a page and of the folders above its files, whatever the size of the drive.
    """

    def __init__(self, queue: Queue, api: DriveApi, clock: Clock, state: DriveState, *, show: bool = False) -> None:
        self._queue = queue
        self._api = api
        self._clock = clock
        self.state = state
        self._level = logging.INFO if show else logging.DEBUG
        self._read: dict[str, DriveEntry | None] = {}
        self._news: dict[str, DriveEntry] = {}
        self._gone: dict[str, DriveEntry] = {}
        #: Folders that are out of reach, so that one of a thousand files is asked for once.
        self._hidden: set[str] = set()

    @property
    def has_gone(self) -> bool:
        """Tell whether something is no more."""
        return bool(self._gone)

    def load(self, ids: Iterable[str]) -> None:
        """Read at once what is known of these files."""
        wanted = [each for each in dict.fromkeys(ids) if each and each not in self._read]
        found = self._queue.drive_entries(wanted)
        self._read.update({each: found.get(each) for each in wanted})

    def get(self, file_id: str) -> DriveEntry | None:
        """Return what is known of a file; None if nothing is."""
        if file_id in self._gone:
            return None
        if file_id in self._news:
            return self._news[file_id]
        if file_id not in self._read:
            self.load([file_id])
        return self._read[file_id]

    def folder(self, file_id: str) -> DriveEntry | None:
        """Return a folder, of which Drive is asked if need be; None if it is out of reach.

        Raises DriveError.
        """
        known = self.get(file_id)
        if known is not None or file_id in self._gone:
            return known or self._gone[file_id]
        found = self._api.file(file_id) if file_id not in self._hidden else None
        if found is None:
            self._hidden.add(file_id)
            return None
        self.learn([found])
        return self._read[file_id]

    def learn(self, files: Iterable[RawFile]) -> None:
        """Write files that nobody was told of yet, and that the cache does not know, at once."""
        now = self._clock.now()
        entries = [entry(each, listed_at=now) for each in files]
        self._queue.add_drive_entries(entries, self.state.round)
        self._read.update({each.id: each for each in entries})

    def put(self, news: DriveEntry) -> None:
        """Note what a file is now."""
        self._gone.pop(news.id, None)
        self._news[news.id] = news
        log.log(self._level, "cache: %s is %s", news.id, news.name)

    def remove(self, old: DriveEntry) -> None:
        """Note that a file is no more."""
        self._news.pop(old.id, None)
        self._gone[old.id] = old
        log.log(self._level, "cache: %s (%s) is gone", old.id, old.name)

    def has_twin(self, parent: str, name: str, file_id: str) -> bool:
        """Tell whether a folder holds another file of the same name, which is then the one that a mount shows."""
        twins = (self.get(each) for each in self._queue.drive_twins(parent, name) if each != file_id)
        return any(_is_at(each, parent, name) for each in (*twins, *self._news.values()) if each and each.id != file_id)

    def keep(self, state: DriveState, *, polled: str = "") -> None:
        """Write all of it, with where to read on."""
        self._queue.keep_drive_changes(state, list(self._news.values()), list(self._gone.values()), polled=polled)


def _is_at(each: DriveEntry, parent: str, name: str) -> bool:
    return each.name == name and parent in each.parents and not each.trashed
