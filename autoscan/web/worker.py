"""One worker's life: what is built, opened and started once a process serves, and how that ends."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from autoscan import logs, settings, wiring
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.services import Job, Services
from autoscan.web import create_app
from autoscan.web.reloading import ConfigurationWatch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from autoscan.settings import Loaded
    from autoscan.wiring import Autoscan

    Watch = Callable[[Autoscan], tuple[Job, ...]]

log = logging.getLogger(__name__)


class Application:
    """The WSGI application. To make one has no effect, so that it may be made before the fork.

    Gunicorn's hooks call `build` in the arbiter, so that workers share the memory of what is built, and `start` in
    each worker; under any other server the first request does both.
    """

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._counting = threading.Lock()
        #: How many requests are being answered at the moment.
        self.answering = 0
        self._built: tuple[Autoscan, WSGIApplication] | None = None
        self._answer: WSGIApplication | None = None
        self._autoscan: Autoscan | None = None
        self._services: Services | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        with self._counting:
            self.answering += 1
        try:
            return (self._answer or self.start())(environ, start_response)
        finally:
            with self._counting:
                self.answering -= 1

    def build(self, loaded: "Loaded") -> None:
        """Build everything from `loaded`, in place of what was built before; nothing is opened or started.

        The key of the sessions is read, or made.
        The log is set up here and not in each worker: that touches every logger, hundreds of pages of shared memory.
        """
        logs.setup(loaded.settings)
        autoscan = wiring.build(loaded.settings, Clock(), warnings=loaded.warnings, origins=loaded.origins, shared=True)
        autoscan.store.translate()
        self._built = autoscan, create_app(autoscan).wsgi_app

    @property
    def is_built(self) -> bool:
        """Tell whether `build` has been called."""
        return self._built is not None

    def start(
        self, loaded: "Loaded | None" = None, *, reload: Callable[[], None] | None = None, stamp: str = ""
    ) -> "WSGIApplication":
        """Start what was built, else what `loaded` says (default: read the settings now), once; try for leadership.

        The leader calls `reload` when the settings' files are valid and no longer those of `stamp`.
        Raises SettingsError, and StoreVersionError where the database is of a newer version.
        """
        with self._starting:
            if self._answer is None:
                if self._built is None:
                    self.build(loaded or settings.load())
                self._answer = self._start(partial(_watch, reload, stamp) if reload else _no_watch)
            return self._answer

    def ask_to_stop(self) -> None:
        """End the background jobs without waiting for them; requests are answered as before. For signal handlers."""
        if self._services is not None:
            self._services.ask_to_stop()

    def stop(self) -> None:
        """End the background jobs, within five seconds, and close the helpers and the database."""
        if self._services is not None:
            self._services.stop()
        if self._autoscan is not None:
            self._autoscan.close()

    def _start(self, watch: "Watch") -> "WSGIApplication":
        if self._built is None:
            raise AssertionError("nothing was built")
        autoscan, answer = self._built
        try:
            autoscan.store.prepare()
        except StoreUnavailableError as error:
            # Answering 503 says more than not answering, and the leader tries again.
            log.error("webhooks are refused until the database can be used: %s", error)  # noqa: TRY400 - no bug
        self._autoscan = autoscan
        self._services = _services(autoscan, watch)
        self._services.start()
        return answer


def _watch(reload: Callable[[], None], stamp: str, autoscan: "Autoscan") -> tuple[Job, ...]:
    return (ConfigurationWatch(stamp=stamp, queue=autoscan.queue, clock=autoscan.clock, reload=reload),)


def _no_watch(_autoscan: "Autoscan") -> tuple[Job, ...]:
    """Nothing can be done about a changed file where nobody could make a new worker."""
    return ()


def _services(autoscan: "Autoscan", watch: "Watch") -> Services:
    def recover() -> None:
        autoscan.recover()
        for warning in autoscan.warnings():
            log.warning("%s", warning)

    def tick(silence: float) -> None:
        autoscan.slots.tick(autoscan.clock.now().timestamp() - silence)

    return Services(
        lock_path=autoscan.store.lock_path,
        make_jobs=lambda: (*autoscan.jobs(), *watch(autoscan)),
        recover=recover,
        clock=autoscan.clock,
        on_tick=tick,
    )
