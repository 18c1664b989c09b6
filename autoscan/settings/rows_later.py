"""The settings of the family's features that this version accepts and later ones bring; see `table.py`.

An issue that brings a feature changes one word: the status of its feature below, to USED.
"""

from typing import Any

from autoscan.settings.setting import Group, Setting, Status, Type

_STATUS = {
    Group.GOOGLE: Status.LATER,
    Group.CONTAINER: Status.LATER,
}


def _row(group: Group, name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return Setting(name=name, type=kind, default=default, help=text, group=group, status=_STATUS[group], **more)


def _google(name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return _row(Group.GOOGLE, f"GOOGLE.{name}", kind, default, text, **more)


_GOOGLE = (
    _google("ENABLED", Type.BOOL, False, "Watch Google Drive for changes.", switch=True),
    _google("CLIENT_ID", Type.STR, "", "OAuth client."),
    _google("CLIENT_SECRET", Type.STR, "", "Secret of the OAuth client.", secret=True),
    _google("REDIRECT_URI", Type.STR, "", "Where Google sends the browser back to."),
    _google("SERVICE_ACCOUNT_FILE", Type.STR, "", "Key file of a service account, instead of an OAuth client."),
    _google("ALLOWED.FILE_PATHS", Type.LIST, [], "Beginnings of the paths that count."),
    _google("ALLOWED.FILE_EXTENSIONS", Type.BOOL, False, "Whether only certain extensions count."),
    _google("ALLOWED.FILE_EXTENSIONS_LIST", Type.LIST, [], "These extensions."),
    _google("ALLOWED.MIME_TYPES", Type.BOOL, False, "Whether only certain MIME types count."),
    _google("ALLOWED.MIME_TYPES_LIST", Type.LIST, [], "Parts of these MIME types."),
    _google("POLL_INTERVAL", Type.INT, 120, "Seconds between two polls.", low=1),
    _google("DISABLE_DISK_FILE_SIZE_CHECK", Type.BOOL, False, "Skip what Plex knows without comparing sizes."),
    _google("TEAMDRIVE", Type.BOOL, False, "Also watch shared drives."),
    _google("TEAMDRIVES", Type.LIST, [], "Names of these shared drives."),
    _google("DRIVES.MY_DRIVE", Type.BOOL, True, "Watch My Drive."),
    _google("DRIVES.SHARED_DRIVES", Type.BOOL, False, "Watch shared drives."),
    _google("DRIVES.SHARED_DRIVES_LIST", Type.LIST, [], "These shared drives."),
    _google("SHOW_CACHE_LOGS", Type.BOOL, True, "Log what enters and leaves the cache."),
)


#: Rclone decodes the names of an encrypted Drive.
_RCLONE = (
    _row(Group.GOOGLE, "RCLONE.BINARY", Type.STR, "/usr/bin/rclone", "The rclone program."),
    _row(Group.GOOGLE, "RCLONE.CONFIG", Type.STR, "", "Its configuration file."),
    _row(
        Group.GOOGLE,
        "RCLONE.CRYPT_MAPPINGS",
        Type.MAPPING,
        {},
        "{path in Drive: [crypt remote:]}, to decode names.",
    ),
)

LATER = (
    *_GOOGLE,
    *_RCLONE,
    _row(Group.CONTAINER, "PUID", Type.STR, "", "User id to run as, in a container.", in_file=False, switch=True),
    _row(Group.CONTAINER, "PGID", Type.STR, "", "Group id to run as, in a container.", in_file=False, switch=True),
)
