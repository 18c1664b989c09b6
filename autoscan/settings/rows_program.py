"""The settings of the program around the main job, one row each; see `table.py`."""

from autoscan.settings.rows_web import WEB
from autoscan.settings.setting import Group, Setting, Type

_PROGRAM = (
    Setting(
        name="PLEX_AUTOSCAN_CONFIG",
        type=Type.PATH,
        default="config/config.json",
        option="config",
        field="config_path",
        in_file=False,
        group=Group.PROGRAM,
        help="The configuration file. These defaults are relative to the folder of `scan.py`.",
    ),
    Setting(
        name="PLEX_AUTOSCAN_LOGFILE",
        type=Type.PATH,
        default="plex_autoscan.log",
        option="logfile",
        field="logfile",
        in_file=False,
        group=Group.PROGRAM,
        help="The log file. `-`: none.",
    ),
    Setting(
        name="PLEX_AUTOSCAN_LOGLEVEL",
        type=Type.CHOICE,
        default="INFO",
        choices=("DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"),
        option="loglevel",
        field="log_level",
        in_file=False,
        group=Group.PROGRAM,
        help="How much is logged: DEBUG, INFO, WARN, ERROR.",
    ),
    Setting(
        name="PLEX_AUTOSCAN_QUEUEFILE",
        type=Type.PATH,
        default="queue.db",
        option="queuefile",
        field="queue_file",
        in_file=False,
        group=Group.PROGRAM,
        help="The old queue, read once. Its folder holds the database `autoscan.db` and all else that is kept.",
    ),
    Setting(
        name="PLEX_AUTOSCAN_CACHEFILE",
        type=Type.PATH,
        default="cache.db",
        option="cachefile",
        field="cache_file",
        in_file=False,
        group=Group.PROGRAM,
        help="The old Google cache.",
    ),
    Setting(
        name="LOG_FORMAT",
        type=Type.CHOICE,
        default="text",
        choices=("text", "json"),
        in_file=False,
        group=Group.PROGRAM,
        help="`json`: each line of the log is an object.",
    ),
    Setting(
        name="TZ",
        type=Type.STR,
        in_file=False,
        shown="the system's",
        example="Europe/Berlin",
        group=Group.PROGRAM,
        help="Time zone of the log. It counts in the real environment only.",
    ),
)


def _gunicorn(name: str, default: int | None, text: str, low: int = 0) -> Setting:
    return Setting(
        name=f"GUNICORN_{name}",
        type=Type.INT,
        default="" if default is None else default,
        low=low,
        in_file=False,
        shown="twice the CPUs + 1, at most 4" if default is None else "",
        group=Group.GUNICORN,
        help=text,
    )


_GUNICORN = (
    _gunicorn("WORKERS", None, "Worker processes.", low=1),
    _gunicorn("THREADS", 2, "Threads of each worker.", low=1),
    _gunicorn("TIMEOUT", 120, "Seconds after which a worker that gives no sign of life is replaced. 0: never."),
    _gunicorn("GRACEFUL_TIMEOUT", 30, "Seconds that a worker has to finish what it does when told to stop.", low=1),
    _gunicorn("KEEPALIVE", 5, "Seconds that an idle connection is kept."),
    _gunicorn("MAX_REQUESTS", 1000, "Requests after which a worker is replaced. 0: never."),
    _gunicorn("MAX_REQUESTS_JITTER", 100, "Up to so many requests later, so that not all are replaced at once."),
    Setting(
        name="GUNICORN_ACCESS_LOG",
        type=Type.BOOL,
        default=False,
        in_file=False,
        group=Group.GUNICORN,
        help="A line of the log for each request, with secrets masked. At the level DEBUG there always is one.",
    ),
)

PROGRAM = (*_PROGRAM, *WEB, *_GUNICORN)
