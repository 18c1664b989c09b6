"""The settings of what comes before and after a scan: guards, the look into the server, what then follows."""

from typing import Any

from autoscan.settings.setting import Group, Setting, Type

_DAY = 86_400


def _row(group: Group, name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return Setting(name=name, type=kind, default=default, help=text, group=group, **more)


_GUARDS = (
    _row(
        Group.GUARDS,
        "ANCHORS",
        Type.ANCHORS,
        {},
        "Files, or folders with something in them, that must exist before anything below a path is scanned or taken "
        "for deleted; as Autoscan sees them. A plain list holds for every path.",
        example='{"/mnt/media/": ["/mnt/media/mounted.bin"]}',
    ),
    _row(
        Group.GUARDS,
        "MASS_MISSING_LIMIT",
        Type.INT,
        50,
        "So many files below one mount may be found missing within a minute, without word of their removal; with more "
        "the mount counts as lost, and its scans wait. 0: no limit.",
    ),
)

_VERIFY = (
    _row(
        Group.VERIFY,
        "VERIFY",
        Type.BOOL,
        True,
        "Look into the server until it shows the file. `off`: a scan is done once it was accepted. A server's own "
        "VERIFY wins.",
    ),
    _row(
        Group.VERIFY,
        "VERIFY_DEADLINE",
        Type.INT,
        43_200,
        "Seconds after which a file that never appeared is given up.",
        low=60,
        high=7 * _DAY,
    ),
    _row(
        Group.VERIFY,
        "VERIFY_VISIBLE_DEADLINE",
        Type.INT,
        3600,
        "Seconds to wait until the server sees a file on its own disk.",
        high=7 * _DAY,
    ),
    _row(
        Group.VERIFY,
        "VERIFY_BUSY_DEADLINE",
        Type.INT,
        21_600,
        "Seconds to wait for a library that is busy scanning before it is asked again.",
        high=7 * _DAY,
    ),
    _row(
        Group.VERIFY,
        "ESCALATE_TO_LIBRARY",
        Type.BOOL,
        True,
        "As the last resort, scan the whole root of the library, at most once an hour. A server's own "
        "ESCALATE_TO_LIBRARY wins.",
    ),
)

_PLEX = (
    _row(
        Group.ANALYZE,
        "PLEX_ANALYZE_TYPE",
        Type.CHOICE,
        "basic",
        "Have Plex analyze a file once it shows it. deep and loudness do the same as basic: the API offers no more, "
        "the rest is done by Plex's own nightly maintenance.",
        choices=("off", "basic", "deep", "loudness"),
    ),
    _row(
        Group.ANALYZE,
        "PLEX_ANALYZE_DIRECTORY",
        Type.BOOL,
        True,
        "Analyze the whole season or album, not only the item.",
    ),
    _row(
        Group.MISMATCHED,
        "PLEX_FIX_MISMATCHED",
        Type.BOOL,
        False,
        "Match an item anew when its TVDB, TMDB and IMDb ids all differ from the event's.",
    ),
    _row(Group.MISMATCHED, "PLEX_FIX_MISMATCHED_LANG", Type.STR, "en", "Language of the new match."),
    _row(
        Group.TRASH,
        "PLEX_EMPTY_TRASH",
        Type.BOOL,
        False,
        "Empty a library's trash after a removal or an upgrade was seen, once all its folders are there and Plex is "
        "idle; at most once in ten minutes.",
    ),
    _row(
        Group.TRASH,
        "PLEX_EMPTY_TRASH_MAX_FILES",
        Type.INT,
        100,
        "Not when more items than this are in the library's trash. 0: never.",
        high=2**31 - 1,
    ),
    _row(
        Group.TRASH,
        "PLEX_EMPTY_TRASH_CONTROL_FILES",
        Type.LIST,
        [],
        "Only when all of these files exist, as Autoscan sees them.",
    ),
    _row(
        Group.TRASH,
        "PLEX_EMPTY_TRASH_ZERO_DELETED",
        Type.BOOL,
        False,
        "Also when nothing is in the trash; after an upgrade that is always so.",
    ),
    _row(
        Group.PLEX_WAITS,
        "PLEX_CHECK_BEFORE_SCAN",
        Type.BOOL,
        False,
        "Before each scan ask whether Plex answers.",
    ),
    _row(
        Group.PLEX_WAITS,
        "PLEX_WAIT_FOR_EXTERNAL_SCANNERS",
        Type.BOOL,
        True,
        "Wait while Plex scans the library of its own accord.",
    ),
)

_VARIABLES = "AUTOSCAN_PATH, AUTOSCAN_SERVER, AUTOSCAN_REQUEST_ID and others are in its environment."
_COMMANDS = (
    _row(
        Group.COMMANDS,
        "RUN_COMMAND_BEFORE_SCAN",
        Type.STR,
        "",
        f"Shell command to run before each scan, for at most a minute. {_VARIABLES}",
    ),
    _row(
        Group.COMMANDS,
        "RUN_COMMAND_AFTER_SCAN",
        Type.STR,
        "",
        f"The same once the result at a server is known, which is in AUTOSCAN_RESULT. {_VARIABLES}",
    ),
)


def _refresh(name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return _row(Group.RCLONE, f"RCLONE.RC_CACHE_REFRESH.{name}", kind, default, text, **more)


_RCLONE = (
    _refresh("ENABLED", Type.BOOL, False, "Have rclone read a folder anew in which a file is missing."),
    _refresh(
        "RC_URL",
        Type.URL,
        "http://localhost:5572",
        "Rclone's remote control (`--rc`); a user and password may stand in it.",
        secret=True,
    ),
    _refresh("RC_USER", Type.STR, "", "User of the remote control (`--rc-user`)."),
    _refresh("RC_PASS", Type.STR, "", "Its password (`--rc-pass`).", secret=True),
    _refresh(
        "FILE_EXISTS_TO_REMOTE_MAPPINGS",
        Type.MAPPING,
        {},
        "{folder in the mount: [local path]}. With several mounts in one rclone, the folder begins with the remote: "
        '"gdrive:Media/".',
    ),
)

LOOP = (*_GUARDS, *_VERIFY)
AFTER = (*_PLEX, *_COMMANDS, *_RCLONE)
