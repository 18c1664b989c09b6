"""Many files missing at once, of which nobody said that they would go, are a lost mount and no clean-up. Pure."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from autoscan.clock import Clock

#: Seconds within which the files are counted.
WINDOW = 60
#: Missing files of one mount that are remembered, so that they can be looked for again.
REMEMBERED = 1000


class MassGuard:
    """Counts, for each mount, the files found missing without announcement; safe for many threads."""

    def __init__(self, *, limit: int, clock: Clock, mount_of: Callable[[str], str]) -> None:
        """Take the most files that may be missing within a minute (0: any number), and how to find a path's mount."""
        self._limit = limit
        self._clock = clock
        self._mount_of = mount_of
        self._lock = threading.Lock()
        #: By mount: the missing files, the latest last, with the time when they were found missing.
        self._missing: dict[str, OrderedDict[str, float]] = {}
        self._lost: set[str] = set()

    def missing(self, path: str, *, announced: bool = False) -> None:
        """Note that a file is missing; nothing counts that was `announced` by a webhook, Google Drive or the form."""
        if announced or not self._limit:
            return
        mount, now = self._mount_of(path), self._clock.monotonic()
        with self._lock:
            files = self._missing.setdefault(mount, OrderedDict())
            files[path] = now
            files.move_to_end(path)
            self._forget_old(mount, now)
            if len(files) > self._limit:
                self._lost.add(mount)

    def is_lost(self, path: str) -> bool:
        """Tell whether the mount of `path` counts as lost; it does until `back` is called."""
        return self.is_mount_lost(self._mount_of(path))

    def is_mount_lost(self, mount: str) -> bool:
        """Tell whether `mount` counts as lost."""
        return mount in self._lost

    def missed(self, mount: str) -> tuple[str, ...]:
        """Return the files that are missing from `mount`, the latest last."""
        with self._lock:
            return tuple(self._missing.get(mount, ()))

    def back(self, mount: str) -> None:
        """Note that `mount` is there again, with its files."""
        with self._lock:
            self._lost.discard(mount)
            self._missing.pop(mount, None)

    def _forget_old(self, mount: str, now: float) -> None:
        files = self._missing[mount]
        longest = max(REMEMBERED, self._limit + 1)
        while len(files) > longest or (mount not in self._lost and next(iter(files.values())) <= now - WINDOW):
            files.popitem(last=False)
