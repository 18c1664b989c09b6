"""Gunicorn's options from Autoscan's settings, its hooks, and its log lines in Autoscan's log."""

import gc
import logging
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn import glogging

from autoscan import logs
from autoscan.errors import AutoscanError
from autoscan.metrics import Slots, folder_of
from autoscan.settings import Settings
from autoscan.web import arrival
from autoscan.web.gunicorn_settings import current
from autoscan.web.gunicorn_worker import CONNECTIONS, PatientWorker
from autoscan.web.worker import Application

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
#: A file system in memory: on a disk, the workers' heartbeat could wait behind other writing and look like a hang.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - Gunicorn makes its files there safely
#: Gunicorn's code for "this worker cannot start": the arbiter then ends, instead of starting it for ever.
CANNOT_START = 3
#: What the arbiter sends to a worker that is to end.
ORDERS_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


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


def options() -> dict[str, Any]:
    """Read the settings and return Gunicorn's options; for a reload, those of the last good settings if need be.

    Options that do not depend on who runs Autoscan, and where, have no setting.
    """
    found = current.read()
    return {"bind": address(found), **_options(found), **_hooks()}


def address(found: Settings) -> str:
    """Return where to listen, as Gunicorn writes it: an IPv6 address stands in brackets."""
    host = f"[{found.server_ip}]" if ":" in found.server_ip else found.server_ip
    return f"{host}:{found.server_port}"


def _options(found: Settings) -> dict[str, Any]:
    return {
        "proc_name": "autoscan",
        "pythonpath": str(ROOT),
        "workers": found.gunicorn_workers,
        "worker_class": PatientWorker,
        "worker_connections": CONNECTIONS,
        "threads": found.gunicorn_threads,
        "timeout": found.gunicorn_timeout,
        "graceful_timeout": found.gunicorn_graceful_timeout,
        "keepalive": found.gunicorn_keepalive,
        "max_requests": found.gunicorn_max_requests,
        "max_requests_jitter": found.gunicorn_max_requests_jitter,
        # Whose word about the caller counts is told by TRUSTED_PROXIES; Gunicorn itself would believe this machine.
        "forwarded_allow_ips": "",
        "limit_request_line": arrival.LINE_LIMIT,
        "limit_request_fields": arrival.FIELD_LIMIT,
        "limit_request_field_size": arrival.FIELD_SIZE_LIMIT,
        "preload_app": True,
        "worker_tmp_dir": _heartbeats(found),
        "control_socket_disable": True,
        "logger_class": Logger,
        "errorlog": "-",
        "loglevel": logging.getLevelName(logs.level(found.log_level)).lower(),
        # The path holds the secret, which the log masks.
        "accesslog": "-" if found.gunicorn_access_log or logs.level(found.log_level) <= logging.DEBUG else None,
        "access_log_format": '%(h)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %(M)s ms',
    }


def _heartbeats(found: Settings) -> str | None:
    """Return a folder for the files by which workers show that they live: in memory, else with the data."""
    folders = (SHARED_MEMORY, found.data_dir)
    return next((str(folder) for folder in folders if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)), None)


def _hooks() -> dict[str, Any]:
    return {
        "when_ready": when_ready,
        "on_reload": on_reload,
        "on_exit": on_exit,
        "pre_fork": pre_fork,
        "post_worker_init": post_worker_init,
        "worker_exit": worker_exit,
    }


def when_ready(arbiter: Any) -> None:
    """Build what workers need, and leave it alone from now on, so that they go on sharing its memory."""
    _forget_figures()
    os.register_at_fork(after_in_parent=_listen_again)
    on_reload(arbiter)


def on_reload(arbiter: Any) -> None:
    """Build what new workers need, from the settings that are in force now."""
    # What was built before must be found, and freed.
    gc.unfreeze()
    _build(arbiter.app.callable)
    gc.collect()
    gc.freeze()


def _build(application: object) -> None:
    if not isinstance(application, Application) or current.loaded is None:
        return
    try:
        application.build(current.loaded)
    except Exception:
        if not application.is_built:
            raise
        # Whatever it is, the port has to answer.
        log.exception("the application cannot be built anew; workers go on with what was built before")


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
    if current.loaded is not None:
        worker.body_limit = current.loaded.settings.server_max_body_size * 1024 * 1024
    if not isinstance(application, Application):
        return
    try:
        application.start(current.loaded, reload=partial(_ask_for_reload, worker.ppid), stamp=current.stamp)
    except AutoscanError as error:
        log.critical("Autoscan cannot start: %s", error)
        sys.exit(CANNOT_START)

    def on_term(number: int, frame: FrameType | None) -> None:
        application.ask_to_stop()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, on_term)
    signal.siginterrupt(signal.SIGTERM, False)  # as Gunicorn has it: no request is interrupted


def _ask_for_reload(arbiter: int) -> None:
    """Have the arbiter read the settings anew, unless it has gone: then its number may be somebody else's."""
    if os.getppid() == arbiter:
        os.kill(arbiter, signal.SIGHUP)


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
