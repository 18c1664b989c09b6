"""The leader's job that notices a changed configuration and has it put into force."""

import logging
from collections.abc import Callable

from autoscan import settings
from autoscan.clock import Clock
from autoscan.errors import SettingsError
from autoscan.settings import Stamps
from autoscan.store import Queue
from autoscan.web.gunicorn_settings import unusable

log = logging.getLogger(__name__)

#: Seconds between two looks at the files. What two looks find alike is not being written any more.
EVERY = 2.0
#: The key of the warning about a file that cannot be used.
_ABOUT = "configuration"


class ConfigurationWatch:
    """Looks at `.env` and the configuration file, and calls `reload` once they are new and valid.

    `stamp` is theirs as they were when the settings in force were read.
    """

    name = "configuration"
    #: Seconds between two steps.
    calm = EVERY / 2

    def __init__(self, *, stamp: str, queue: Queue, clock: Clock, reload: Callable[[], None]) -> None:
        self._stamps = Stamps()
        self._in_force = self._judged = self._seen = stamp
        self._queue = queue
        self._clock = clock
        self._reload = reload
        self._next: float | None = None

    def step(self) -> bool:
        """Look, if it is time to."""
        now = self._clock.monotonic()
        if self._next is None:
            # What an earlier leader warned of was read by Gunicorn since, or will be found again.
            self._queue.warn(_ABOUT, "")
        elif now < self._next:
            return False
        self._next = now + EVERY
        before, self._seen = self._seen, self._stamps.now()
        if self._seen == before and self._seen != self._judged:
            self._judged = self._seen
            self._judge()
        return False

    def close(self) -> None:
        """Nothing is held."""

    def _judge(self) -> None:
        """Reload if the files can be used; else say why not, once in the log, and on the pages for as long."""
        problem = "" if self._judged == self._in_force else _problem()
        self._queue.warn(_ABOUT, problem and unusable(problem))
        if problem:
            log.error("%s", unusable(problem))
        elif self._judged != self._in_force:
            log.info("the configuration was changed: it is put into force")
            self._reload()


def _problem() -> str:
    """Return what is wrong with the files, in one line; "" if nothing is."""
    try:
        settings.load()
    except (SettingsError, OSError) as error:
        return "; ".join(str(error).splitlines())
    return ""
