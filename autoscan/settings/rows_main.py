"""The settings of the main job, one row each; see `table.py`."""

from autoscan.settings.setting import Group, Setting, Type

#: Seconds in a month: a longer delay is a mistake.
MONTH = 2_678_400

_SERVER = (
    Setting(
        name="SERVER_IP",
        type=Type.STR,
        default="0.0.0.0",  # noqa: S104 - webhooks come from other machines
        group=Group.SERVER,
        help="Address to serve on.",
    ),
    Setting(name="SERVER_PORT", type=Type.INT, default=3468, high=65535, group=Group.SERVER, help="Port to serve on."),
    Setting(
        name="SERVER_PASS",
        type=Type.STR,
        secret=True,
        group=Group.SERVER,
        help="The secret in the webhook's URL, and the password of `/triggers/...`. Empty: one is made and kept.",
    ),
    Setting(
        name="SERVER_ALLOW_MANUAL_SCAN",
        type=Type.BOOL,
        default=False,
        group=Group.SERVER,
        help="Offer the form for manual scans at `/<SERVER_PASS>`.",
    ),
    Setting(
        name="SERVER_MAX_BODY_SIZE",
        type=Type.INT,
        default=32,
        low=1,
        high=1024,
        group=Group.SERVER,
        help="Largest body of a request, in MiB.",
    ),
)

_MEDIA = (
    Setting(
        name="MEDIA_SERVERS",
        type=Type.SERVERS,
        default=[],
        secret=True,
        group=Group.MEDIA,
        help="The servers to scan, each with TYPE (plex, jellyfin, emby), URL and TOKEN (or TOKEN_FILE), and perhaps "
        "NAME, PATH_MAPPINGS ({path at the server: [mapped paths]}), VERIFY_TLS (true, false, or a CA file), TIMEOUT "
        "(seconds, 30), VERIFY and ESCALATE_TO_LIBRARY (as below).",
        example='[{"NAME": "plex", "TYPE": "plex", "URL": "http://192.168.1.10:32400", "TOKEN": "your-token-here"}]',
    ),
    Setting(
        name="PLEX_LOCAL_URL",
        type=Type.URL,
        default="http://localhost:32400",
        into="MEDIA_SERVERS",
        group=Group.MEDIA,
        help="URL of one Plex server, used when PLEX_TOKEN is set.",
    ),
    Setting(
        name="PLEX_TOKEN",
        type=Type.STR,
        secret=True,
        into="MEDIA_SERVERS",
        group=Group.MEDIA,
        help="Token of that Plex server.",
    ),
    Setting(
        name="JELLYFIN_LOCAL_URL",
        type=Type.URL,
        default="http://localhost:8096",
        into="MEDIA_SERVERS",
        group=Group.MEDIA,
        help="URL of one Jellyfin or Emby server, used when JELLYFIN_API_KEY is set.",
    ),
    Setting(
        name="JELLYFIN_API_KEY",
        type=Type.STR,
        secret=True,
        into="MEDIA_SERVERS",
        group=Group.MEDIA,
        help="API key of that Jellyfin or Emby server.",
    ),
    Setting(
        name="EMBY_OR_JELLYFIN",
        type=Type.CHOICE,
        default="jellyfin",
        choices=("jellyfin", "emby"),
        into="MEDIA_SERVERS",
        group=Group.MEDIA,
        help="Which of the two it is.",
    ),
)

_PATHS = (
    Setting(
        name="SERVER_PATH_MAPPINGS",
        type=Type.MAPPING,
        default={},
        group=Group.PATHS,
        help="From received paths to the paths that the media servers know. The longest matching prefix wins.",
        example='{"/mnt/media/": ["/data/"]}',
    ),
    Setting(
        name="SERVER_IGNORE_LIST",
        type=Type.LIST,
        default=[],
        group=Group.PATHS,
        help="A path that contains one of these, in any case, is not scanned.",
        example='["/.grab/", ".DS_Store", "Thumbs.db"]',
    ),
    Setting(
        name="SERVER_SCAN_PRIORITIES",
        type=Type.PRIORITIES,
        default={},
        group=Group.PATHS,
        help="Which paths go first: the lower number. 0 where nothing matches.",
        example='{"0": ["/Movies/"], "1": ["/TV/"]}',
    ),
    Setting(
        name="SOURCES",
        type=Type.SOURCES,
        default={},
        group=Group.PATHS,
        help="What is special about the webhooks of `/triggers/<name>`: PATH_MAPPINGS, PRIORITY, SCAN_DELAY.",
        example='{"sonarr4k": {"PATH_MAPPINGS": {"/mnt/media/tv4k/": ["/tv/"]}, "PRIORITY": 1, "SCAN_DELAY": 60}}',
    ),
    Setting(
        name="ALLOWED_ROOTS",
        type=Type.FOLDERS,
        default=[],
        group=Group.PATHS,
        help="Below these folders only may scans be asked for by hand: by the form, `/triggers/manual`, "
        "`eventType=Manual` and the API. As received or as mapped. Empty: anywhere.",
        example='["/tv", "/mnt/media"]',
    ),
)

_QUEUE = (
    Setting(
        name="SERVER_SCAN_DELAY",
        type=Type.INT,
        default=180,
        high=MONTH,
        group=Group.QUEUE,
        help="Seconds from the last event of a folder until it is scanned.",
    ),
    Setting(
        name="SERVER_SCAN_MAX_DELAY",
        type=Type.INT,
        default=600,
        high=MONTH,
        group=Group.QUEUE,
        help="Seconds from the first event of a folder after which further ones no longer restart the delay.",
    ),
    Setting(
        name="EVENT_RETENTION_DAYS",
        type=Type.INT,
        default=7,
        low=1,
        high=36_500,
        group=Group.QUEUE,
        help="Days that raw events are kept.",
    ),
    Setting(
        name="HISTORY_RETENTION_DAYS",
        type=Type.INT,
        default=30,
        low=1,
        high=36_500,
        group=Group.QUEUE,
        help="Days that finished scans are kept.",
    ),
)

_FILES = (
    Setting(
        name="SERVER_FILE_EXIST_PATH_MAPPINGS",
        type=Type.MAPPING,
        default={},
        group=Group.FILES,
        help="From mapped paths to the paths at which Autoscan itself sees the files.",
        example='{"/library/": ["/mnt/media/"]}',
    ),
    Setting(
        name="SERVER_MAX_FILE_CHECKS",
        type=Type.INT,
        default=10,
        group=Group.FILES,
        high=2**31 - 1,
        help="How often to look for a file before giving up. 0: scan without looking.",
    ),
    Setting(
        name="SERVER_FILE_CHECK_DELAY",
        type=Type.INT,
        default=60,
        high=MONTH,
        group=Group.FILES,
        help="Seconds between two looks.",
    ),
    Setting(
        name="SERVER_SCAN_FOLDER_ON_FILE_EXISTS_EXHAUSTION",
        type=Type.BOOL,
        default=False,
        group=Group.FILES,
        help="Scan the parent folder, if that exists, when the file never came.",
    ),
)

MAIN = (*_SERVER, *_MEDIA, *_PATHS, *_QUEUE, *_FILES)
