"""Keys and variables of the family that mean something else by now, or nothing; see `table.py`."""

from typing import Any

from autoscan.settings.setting import Group, Setting, Status, Type


def _alias(name: str, into: str, kind: Type = Type.ANY, group: Group = Group.OLD, **more: Any) -> Setting:
    text = more.pop("help", f"Another name of {into}.")
    return Setting(name=name, type=kind, into=into, help=text, status=Status.ALIAS, group=group, **more)


def _old(text: str, *names: str, **more: Any) -> tuple[Setting, ...]:
    return tuple(Setting(name=name, help=text, status=Status.OBSOLETE, group=Group.OLD, **more) for name in names)


_ALIASES = (
    _alias("AUTOSCAN_CONFIG", "PLEX_AUTOSCAN_CONFIG", in_file=False),
    _alias("AUTOSCAN_LOGFILE", "PLEX_AUTOSCAN_LOGFILE", in_file=False),
    _alias("AUTOSCAN_LOGLEVEL", "PLEX_AUTOSCAN_LOGLEVEL", in_file=False),
    _alias("LOG_LEVEL", "PLEX_AUTOSCAN_LOGLEVEL", in_file=False),
    _alias("AUTOSCAN_QUEUEFILE", "PLEX_AUTOSCAN_QUEUEFILE", in_file=False),
    _alias("AUTOSCAN_CACHEFILE", "PLEX_AUTOSCAN_CACHEFILE", in_file=False),
    _alias("JOE_HOST", "JELLYFIN_LOCAL_URL"),
    _alias("JOE_API_KEY", "JELLYFIN_API_KEY", secret=True),
    _alias("JELLYFIN_EMBY", "EMBY_OR_JELLYFIN"),
    _alias("ENABLE_PLEX", "MEDIA_SERVERS", Type.BOOL, help="false: PLEX_TOKEN makes no server."),
    _alias("ENABLE_JOE", "MEDIA_SERVERS", Type.BOOL, help="false: JELLYFIN_API_KEY makes no server."),
)

_OBSOLETE = (
    *_old(
        "not needed any more: Plex is asked over its API (PLEX_LOCAL_URL, PLEX_TOKEN), not by its scanner program",
        *("PLEX_USER", "PLEX_SCANNER", "PLEX_SUPPORT_DIR", "PLEX_LD_LIBRARY_PATH"),
        *("USE_SUDO", "USE_DOCKER", "DOCKER_NAME"),
    ),
    *_old(
        "not needed any more: what was read from Plex's database is asked over its API (PLEX_LOCAL_URL, PLEX_TOKEN)",
        "PLEX_DATABASE_PATH",
    ),
    *_old(
        "not needed any more: libraries are found over Plex's API, by their folders",
        *("PLEX_SECTION_PATH_MAPPINGS", "PLEX_SECTION_PATH_MAPPINGS_WITH_API"),
    ),
    *_old(
        "the queue is always kept in SQLite; false is not possible any more",
        "SERVER_USE_SQLITE",
        type=Type.BOOL,
        silent=(True,),
    ),
    *_old("nothing replaces it: only the folders that changed are scanned", "JOE_ENTIRE_REFRESH"),
    *_old("nothing replaces it", "JELLYFIN_TRIGGER_SCHEDULED_TASKS", "JELLYFIN_SCHEDULED_TASK_IDS"),
    *_old(
        "nothing replaces it: folders are not watched, webhooks and Google Drive tell what changed",
        *("CHECK_FILESYSTEM", "FILESYSTEM_PATHS"),
    ),
    *_old("not needed any more: subtitles and artwork are known by their extensions", "PLEX_ASSET_EXTENSIONS"),
    *_old("nothing replaces it", "PLEX_EXTRA_DIRS", "SMI2SRT"),
    *_old("PLEX_ANALYZE_TYPE replaces it", "PLEX_ANALYZE_FILE", "PLEX_ANALYZE_FILE_TYPE"),
    *_old('PLEX_ANALYZE_TYPE "deep" replaces it', "PLEX_DEEP_ANALYZE"),
    *_old("PLEX_EMPTY_TRASH replaces it", "PLEX_EMPTY_TRASH_UPGRADE"),
    *_old("nothing replaces it: there is no scanner program to quote for", "USE_QUOTED_SCAN_DIRECTORY"),
    *_old("SERVER_FILE_EXIST_PATH_MAPPINGS replaces it", "DOCKER_FILE_EXIST_PATH_MAPPINGS"),
    *_old(
        "GOOGLE replaces it: ALLOW_PATHS is GOOGLE.ALLOWED.FILE_PATHS, SCAN_EXTENSIONS is "
        "GOOGLE.ALLOWED.FILE_EXTENSIONS_LIST, SHOW_CACHE_MESSAGES is GOOGLE.SHOW_CACHE_LOGS, IGNORE_PATHS is "
        "SERVER_IGNORE_LIST, MOUNT_FOLDER is SERVER_PATH_MAPPINGS, the others kept their names",
        "GDRIVE",
    ),
    *_old("RCLONE.RC_CACHE_REFRESH replaces it", "RCLONE_RC_CACHE_EXPIRE", "RCLONE.RC_CACHE_EXPIRE"),
    *_old("RCLONE.CRYPT_MAPPINGS replaces it", "RCLONE.CRYPT_MAPPING"),
    *_old("nothing replaces it: `scan.py server` is the command", "AUTOSCAN_COMMAND", in_file=False),
    *_old("GUNICORN_THREADS replaces it", "SCAN_THREAD_POOL_SIZE", in_file=False),
    *_old("GUNICORN_WORKERS replaces it", "GUNICORN_WORKER", in_file=False),
    *_old("nothing replaces it", "OTEL_ENABLED", "PROMETHEUS_ENABLED", in_file=False),
)

OLD = (*_ALIASES, *_OBSOLETE)
