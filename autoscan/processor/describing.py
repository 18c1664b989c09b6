"""Write down what a server says about itself, so that no page has to ask it."""

from datetime import datetime, timedelta

from autoscan.clock import Clock
from autoscan.errors import TargetRejectedError
from autoscan.model import LibraryFacts, ServerFacts
from autoscan.store import Queue
from autoscan.targets.base import LIBRARIES_SECONDS, Target
from autoscan.targets.values import Library, ServerInfo


class Describer:
    """Asks at the start and after an absence; later only when the libraries were read anew for a scan."""

    def __init__(self, queue: Queue, target: Target, clock: Clock) -> None:
        self._queue = queue
        self._target = target
        self._clock = clock
        self._told: tuple[Library, ...] | None = None
        self._next: datetime | None = None

    def step(self, now: datetime) -> bool:
        """Ask and write down if it is time; tell whether it was. Raises what the server's absence raises."""
        if self._next is not None and (now < self._next or self._target.known_libraries is self._told):
            return False
        info = self._info()
        libraries = self._target.libraries()
        self._queue.describe(self._target.name, _facts(self._clock.now(), info, libraries))
        self._told = libraries
        self._next = now + timedelta(seconds=LIBRARIES_SECONDS)
        return True

    def forget(self) -> None:
        """Ask again soon: after an absence the server may be another version."""
        self._next = None

    def _info(self) -> ServerInfo:
        try:
            return self._target.info()
        except TargetRejectedError:
            return ServerInfo(version="", id="", name="")


def _facts(now: datetime, info: ServerInfo, libraries: tuple[Library, ...]) -> ServerFacts:
    known = tuple(LibraryFacts(id=each.id, title=each.title, type=each.type, roots=each.roots) for each in libraries)
    return ServerFacts(at=now, version=info.version, name=info.name, libraries=known)
