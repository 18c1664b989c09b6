"""The settings of Google Drive: who asks, what is watched, which changes count, how names are decoded."""

from typing import Any

from autoscan.settings.setting import Group, Setting, Type


def _row(name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return Setting(name=name, type=kind, default=default, help=text, group=Group.GOOGLE, **more)


def _google(name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return _row(f"GOOGLE.{name}", kind, default, text, **more)


_WHO = (
    _google("ENABLED", Type.BOOL, False, "Watch Google Drive for changes."),
    _google(
        "CLIENT_ID",
        Type.STR,
        "",
        "OAuth client of the type Desktop app, made in the Google Cloud console; then run `scan.py authorize`.",
    ),
    _google("CLIENT_SECRET", Type.STR, "", "Secret of the OAuth client.", secret=True),
    _google(
        "REDIRECT_URI",
        Type.STR,
        "",
        "Where Google sends the browser back to, for a client of the type Web application, which knows exactly this "
        "address. Empty: http://127.0.0.1 with a free port, for a Desktop app.",
    ),
    _google(
        "SERVICE_ACCOUNT_FILE",
        Type.STR,
        "",
        "Key file (JSON) of a service account, instead of an OAuth client: it needs no `scan.py authorize`, and sees "
        "what is shared with it.",
    ),
    _google(
        "SERVICE_ACCOUNT_SUBJECT",
        Type.STR,
        "",
        "Address of the user that the service account acts as (domain-wide delegation). Empty: as itself.",
    ),
    _google(
        "API_URL",
        Type.URL,
        "",
        "Ask Google's interfaces at this address instead of Google's own, for gateways and tests.",
    ),
)
_WHAT = (
    _google(
        "ALLOWED.FILE_PATHS",
        Type.LIST,
        [],
        "Beginnings of the paths that count, such as `My Drive/TV/` or `<name of a shared drive>/`. Empty: none does.",
    ),
    _google("ALLOWED.FILE_EXTENSIONS", Type.BOOL, False, "Whether only certain extensions count."),
    _google("ALLOWED.FILE_EXTENSIONS_LIST", Type.LIST, [], "These extensions."),
    _google("ALLOWED.MIME_TYPES", Type.BOOL, False, "Whether only certain MIME types count."),
    _google("ALLOWED.MIME_TYPES_LIST", Type.LIST, [], "Parts of these MIME types."),
    _google("POLL_INTERVAL", Type.INT, 120, "Seconds between two polls.", low=1),
    _google(
        "DISABLE_DISK_FILE_SIZE_CHECK",
        Type.BOOL,
        False,
        "Skip a changed file that a server shows already, also where its size is another.",
    ),
    _google("TEAMDRIVE", Type.BOOL, False, "Also watch shared drives."),
    _google("TEAMDRIVES", Type.LIST, [], "Names or ids of these shared drives."),
    _google("DRIVES.MY_DRIVE", Type.BOOL, True, "Watch My Drive."),
    _google("DRIVES.SHARED_DRIVES", Type.BOOL, False, "As GOOGLE.TEAMDRIVE."),
    _google("DRIVES.SHARED_DRIVES_LIST", Type.LIST, [], "As GOOGLE.TEAMDRIVES."),
    _google("SHOW_CACHE_LOGS", Type.BOOL, True, "Log what enters and leaves the cache."),
)
#: Rclone decodes the names of an encrypted Drive.
_RCLONE = (
    _row("RCLONE.BINARY", Type.STR, "/usr/bin/rclone", "The rclone program."),
    _row("RCLONE.CONFIG", Type.STR, "", "Its configuration file."),
    _row("RCLONE.CRYPT_MAPPINGS", Type.MAPPING, {}, "{path in Drive: [crypt remote:]}, to decode names."),
)

GOOGLE = (*_WHO, *_WHAT, *_RCLONE)
