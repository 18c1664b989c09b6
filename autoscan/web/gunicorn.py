"""Gunicorn's options from Autoscan's settings, its hooks, and its log lines in Autoscan's log."""

import gc
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn import glogging

from autoscan import logs, settings
from autoscan.errors import AutoscanError, SettingsError
from autoscan.metrics import Slots, folder_of
from autoscan.settings import Loaded, Settings
from autoscan.web.worker import Application

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
#: A file system in memory: on a disk, the workers' heartbeat could wait behind other writing and look like a hang.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - Gunicorn makes its files there safely
#: Gunicorn's code for "this worker cannot start": the arbiter then ends, instead of starting it for ever.
CANNOT_START = 3
#: Seconds that a worker which was told to stop waits for requests that have only begun to arrive.
LINGER = 3.0
#: What the arbiter sends to a worker that is to end.
ORDERS_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
#: What a reload cannot change, as the listening socket stays.
FIXED = ("server_ip", "server_port")


class Configuration:
    """The settings as the arbiter read them last; workers inherit them by the fork, so that all have the same.

    At the start a mistake ends the program; on a reload it is reported, and what was there stays.
    """

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        self._bind = ""

    def options(self) -> dict[str, Any]:
        """Read the settings and return Gunicorn's options."""
        loaded = self._read()
        self._bind = self._bind or address(loaded.settings)
        return {"bind": self._bind, **_options(loaded.settings), **_hooks()}

    def _read(self) -> Loaded:
        try:
            loaded = settings.load()
        except (SettingsError, OSError) as error:
            return self._keep(error)
        if self.loaded is not None:
            _name_fixed(self.loaded.settings, loaded.settings)
        self.loaded = loaded
        return loaded

    def _keep(self, error: SettingsError | OSError) -> Loaded:
        lines = str(error).splitlines()
        if self.loaded is None:
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            sys.exit(2)
        for line in lines:
            log.error("%s", line)
        log.error("the new configuration cannot be used; the last good one stays in force")
        return self.loaded


#: Gunicorn runs its configuration file anew for each reload; what has to outlast that stands here.
current = Configuration()


class Logger(glogging.Logger):
    """Sends Gunicorn's lines through Autoscan's log, which knows the formats, the file and the secrets."""

    def setup(self, cfg: Any) -> None:
        """Set the log up once more: the settings may be new ones."""
        super().setup(cfg)  # type: ignore[no-untyped-call] # Gunicorn has no types
        if current.loaded is not None:
            logs.setup(current.loaded.settings)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True


def address(found: Settings) -> str:
    """Return where to listen, as Gunicorn writes it: an IPv6 address stands in brackets."""
    host = f"[{found.server_ip}]" if ":" in found.server_ip else found.server_ip
    return f"{host}:{found.server_port}"


def _options(found: Settings) -> dict[str, Any]:
    return {
        "proc_name": "autoscan",
        "pythonpath": str(ROOT),
        "workers": found.gunicorn_workers,
        "worker_class": "gthread",
        "threads": found.gunicorn_threads,
        "timeout": found.gunicorn_timeout,
        "graceful_timeout": found.gunicorn_graceful_timeout,
        "keepalive": found.gunicorn_keepalive,
        "max_requests": found.gunicorn_max_requests,
        "max_requests_jitter": found.gunicorn_max_requests_jitter,
        # Whose word about the caller counts is told by TRUSTED_PROXIES; Gunicorn itself would believe this machine.
        "forwarded_allow_ips": "",
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "preload_app": True,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "control_socket_disable": True,
        "logger_class": Logger,
        "errorlog": "-",
        "loglevel": logging.getLevelName(logs.level(found.log_level)).lower(),
        # The path holds the secret, which the log masks; a line for each request is for those who look for something.
        "accesslog": "-" if logs.level(found.log_level) <= logging.DEBUG else None,
    }


def _hooks() -> dict[str, Any]:
    return {
        "when_ready": when_ready,
        "on_exit": on_exit,
        "pre_fork": pre_fork,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
    }


def when_ready(_arbiter: Any) -> None:
    """Leave what was imported alone from now on, so that workers go on sharing its memory."""
    _forget_figures()
    os.register_at_fork(after_in_parent=_listen_again)
    gc.collect()
    gc.freeze()


def on_exit(_arbiter: Any) -> None:
    """Leave nothing behind in memory."""
    _forget_figures()


def _forget_figures() -> None:
    """Remove what workers of an earlier start counted together; those of this one begin at nothing."""
    if current.loaded is not None:
        Slots(folder_of(current.loaded.settings.store_file)).wipe()


def pre_fork(_arbiter: Any, _worker: Any) -> None:
    """Hold orders to stop back while a worker is made, which would not know yet what to do: they are not repeated.

    The arbiter's handlers, which a fork inherits, would put them into a queue that nobody reads in the worker. The
    arbiter listens again right after the fork, the worker once it is ready.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, ORDERS_TO_STOP)


def _listen_again() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ORDERS_TO_STOP)


def post_worker_init(worker: Any) -> None:
    """Start Autoscan in a new worker; on SIGTERM its background jobs end at once, while it still answers requests."""
    _listen_again()
    application = worker.wsgi
    if not isinstance(application, Application):
        return
    try:
        application.start(current.loaded)
    except AutoscanError as error:
        log.critical("Autoscan cannot start: %s", error)
        sys.exit(CANNOT_START)

    def on_term(number: int, frame: FrameType | None) -> None:
        application.ask_to_stop()
        worker.handle_exit(number, frame)
        threading.Thread(target=_leave_in_time, args=(worker, application), daemon=True).start()

    signal.signal(signal.SIGTERM, on_term)
    signal.siginterrupt(signal.SIGTERM, False)  # as Gunicorn has it: no request is interrupted


def worker_exit(_arbiter: Any, worker: Any) -> None:
    """End what `post_worker_init` began. Gunicorn calls this in the arbiter, too, where nothing began."""
    application = getattr(worker, "wsgi", None)
    if not isinstance(application, Application):
        return
    application.stop()
    if not all(map(_ends, threading.enumerate())):
        # A thread that waits for the rest of a request would keep the process; nobody waits for its answer.
        logging.shutdown()
        os._exit(0)


def _ends(thread: threading.Thread) -> bool:
    """Tell whether `thread` does not keep the process from ending."""
    if not thread.daemon and thread is not threading.main_thread():
        thread.join(0.5)
        return not thread.is_alive()
    return True


def _leave_in_time(worker: Any, application: Application) -> None:
    """Have a worker that was told to stop do so within five seconds, unless it is answering somebody.

    Otherwise it would wait for the rest of half-sent requests, as long as `GUNICORN_GRACEFUL_TIMEOUT`.
    """
    never = threading.Event()
    never.wait(LINGER)
    while application.answering:
        never.wait(0.1)
    worker.nr_conns = 0


def _name_fixed(old: Settings, new: Settings) -> None:
    changed = [name.upper() for name in FIXED if getattr(old, name) != getattr(new, name)]
    if changed:
        log.warning("restart Autoscan for a changed %s to take effect", " and ".join(changed))
