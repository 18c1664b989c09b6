"""Serve with Flask's own server, for where Gunicorn cannot run."""

import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

from werkzeug.serving import make_server

from autoscan.metrics import Slots, folder_of
from autoscan.settings import Loaded
from autoscan.web.worker import Application

log = logging.getLogger(__name__)


def serve(loaded: Loaded) -> None:
    """Serve in this process until SIGTERM or Ctrl-C."""
    found = loaded.settings
    log.warning("Gunicorn is not installed: Flask's own server serves, which is meant for trying things out")
    Slots(folder_of(found.store_file)).wipe()
    application = Application()
    signal.signal(signal.SIGTERM, _leave)
    server = make_server(found.server_ip, found.server_port, application, threaded=True)
    try:
        application.start(loaded)
        server.serve_forever()
    finally:
        application.stop()
        server.server_close()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
