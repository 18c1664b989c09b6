"""Jellyfin's library monitor: reports of changed paths wait, meet their siblings, and become refreshes of items."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.view import parent_of, within

#: Seconds for which a path that the server wrote itself is not listened to.
SELF_WRITE = 45.0


@dataclass(slots=True, kw_only=True)
class Refresher:
    """Reports that wait together; it fires so long after the last one."""

    path: str
    due: float
    affected: list[str] = field(default_factory=list)

    def touch(self, due: float, *paths: str) -> None:
        """Take in paths and start waiting anew."""
        self.due = due
        self.affected += [path for path in dict.fromkeys(paths) if path not in self.affected]


class LibraryMonitor:
    """Takes reports; `fire` is called with the affected paths of each refresher when it is due."""

    def __init__(self, fire: Callable[[list[str], float], None], *, listens_to_own: bool = False) -> None:
        self._fire = fire
        self._listens_to_own = listens_to_own
        self._own: dict[str, float] = {}
        self.refreshers: list[Refresher] = []

    def wrote(self, path: str, now: float) -> None:
        """Remember that the server itself wrote a path."""
        self._own[path] = now

    def report(self, path: str, now: float, delay: float) -> bool:
        """Take a changed path; tell whether it was taken at all."""
        if not self._listens_to_own and self._is_own(path, now):
            return False
        due = now + delay
        if not any(self._join(refresher, path, due) for refresher in self.refreshers):
            self.refreshers.append(Refresher(path=path, due=due, affected=[path]))
        return True

    def _is_own(self, path: str, now: float) -> bool:
        own = (mine for mine, at in self._own.items() if now - at < SELF_WRITE)
        return any(within(mine, path) or parent_of(mine) == path for mine in own)

    def _join(self, refresher: Refresher, path: str, due: float) -> bool:
        """Let a waiting refresher take a path that is the same, below, above or beside its own."""
        parent = parent_of(path)
        if within(refresher.path, path):
            refresher.touch(due, path)
        elif within(path, refresher.path):
            refresher.path = path
            refresher.touch(due, path)
        elif parent == parent_of(refresher.path):
            refresher.path = parent
            refresher.touch(due, parent, path)
        else:
            return False
        return True

    def next_due(self) -> float | None:
        """Return when the next refresher fires, or None."""
        return min((refresher.due for refresher in self.refreshers), default=None)

    def run(self, now: float) -> None:
        """Fire what is due."""
        for refresher in sorted((one for one in self.refreshers if one.due <= now), key=lambda one: one.due):
            self.refreshers.remove(refresher)
            self._fire(refresher.affected, refresher.due)

    def discard(self) -> None:
        """Forget what waits: a full scan covers it, or the server restarts."""
        self.refreshers.clear()
