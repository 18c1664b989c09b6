"""Look at media for somebody who waits for a page: a second at most, two at once, or nothing is known."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from autoscan.clock import Clock
from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker

#: Seconds that a request waits.
PATIENCE = 1.0
#: Looks under way in this process, those included that nobody waits for any more.
AT_ONCE = 2

Answer = TypeVar("Answer")


class Prober:
    """Asks the file helpers in threads of its own; nothing is started before the first question."""

    def __init__(self, clock: Clock, checker: FileChecker | None = None, patience: float = PATIENCE) -> None:
        self._checker = checker or FileChecker(clock=clock, helpers=AT_ONCE)
        self._patience = patience
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def exists(self, paths: Sequence[str]) -> dict[str, bool | None]:
        """Tell of each path whether it is there; None: not known, e.g. since its mount does not answer in time."""
        looks = self._in_time(lambda: self._checker.look(paths)) or {}
        return {path: None if path not in looks or looks[path].error else looks[path].exists for path in paths}

    def names(self, folder: str, *, within: str, prefix: str, limit: int) -> tuple[str, ...]:
        """Return up to `limit` names in `folder` that begin with `prefix`, folders with a `/` at their end.

        Nothing that lies outside `within`, links followed, is listed; nothing at all if that is not known in time.
        """
        found = self._in_time(lambda: self._checker.names(folder, within=within, prefix=prefix, limit=limit))
        return found or ()

    def close(self) -> None:
        """End the helpers."""
        self._checker.close()

    def _in_time(self, ask: Callable[[], Answer]) -> Answer | None:
        """Return what `ask` returns; None if there are too many at once, it takes too long, or there is no answer."""
        if not self._free.acquire(blocking=False):
            return None
        answers: list[Answer] = []

        def run() -> None:
            try:
                answers.append(ask())
            except FileCheckError:
                return
            finally:
                self._free.release()

        thread = threading.Thread(target=run, name="prober", daemon=True)
        thread.start()
        thread.join(self._patience)
        return answers[0] if answers else None
