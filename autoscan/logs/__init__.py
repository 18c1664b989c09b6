"""Where log lines go and what they look like; no secret gets into one."""

import contextlib
import logging
import sys
from pathlib import Path
from typing import Protocol

from concurrent_log_handler import ConcurrentRotatingFileHandler

from autoscan.logs.context import request_id
from autoscan.logs.formatters import KEYS, JsonFormatter, TextFormatter
from autoscan.logs.redaction import Redactor

__all__ = ["KEYS", "JsonFormatter", "LogSettings", "Redactor", "TextFormatter", "request_id", "setup"]

log = logging.getLogger(__name__)

#: A log file is moved aside at this size, and so many older ones are kept.
FILE_BYTES = 2 * 1024 * 1024
FILE_COUNT = 5
#: Libraries that tell more than an operator wants, some of it URLs, and some (Google's sign-in) whole tokens.
_TALKATIVE = ("alembic", "concurrent_log_handler", "google", "google_auth_httplib2", "googleapiclient", "httplib2",
              "oauthlib", "plexapi", "requests_oauthlib", "sqlalchemy", "urllib3", "werkzeug")  # fmt: skip


class LogSettings(Protocol):
    """The part of the settings that the logs need."""

    @property
    def log_level(self) -> str:
        """`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`."""

    @property
    def log_format(self) -> str:
        """`text` or `json`."""

    @property
    def logfile(self) -> Path | None:
        """A file to write to besides stderr."""

    def secrets(self) -> tuple[str, ...]:
        """Return every secret that is known."""


def setup(settings: LogSettings, *, console: int = logging.NOTSET) -> None:
    """Send all log records to stderr, and to the log file if there is one; called again, replace what was set up.

    Below the level `console` nothing goes to stderr: a command that shows by itself what happens needs no lines.

    The file is opened for each line and closed after it, so that nothing is open across a fork.
    """
    formatter = (JsonFormatter if settings.log_format == "json" else TextFormatter)(Redactor(settings.secrets()))
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Stderr | _File)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level(settings.log_level))
    _add(stderr := _Stderr(sys.stderr), formatter)
    stderr.setLevel(console)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if settings.logfile is not None:
        _add_file(settings.logfile, formatter)


def level(name: str) -> int:
    """Return logging's number for `WARN`, `INFO`, `DEBUG` and the like, in any case; INFO for anything else."""
    return logging.getLevelNamesMapping().get(name.upper(), logging.INFO)


def _add_file(path: Path, formatter: logging.Formatter) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
        file = _File(str(path), maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8", keep_file_open=False)
    except OSError as error:
        log.warning("the log file cannot be written, so lines go to stderr only: %s", error)
        return
    _add(file, formatter)


def _add(handler: logging.Handler, formatter: logging.Formatter) -> None:
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg] # generic in the stubs only
    """Writes to stderr."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as logging calls it
        """Lose the line: logging's own report would print its arguments as they are, secrets included."""


class _File(ConcurrentRotatingFileHandler):
    """Writes to a file that several processes share and move aside."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as logging calls it
        """Lose the line, as above: a full disk must not stop the work."""

    def close(self) -> None:
        """Close what is open; on a full disk, what was not written yet is lost."""
        with contextlib.suppress(OSError):
            super().close()
