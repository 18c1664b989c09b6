"""Configurations as the programs of the family write them."""

from typing import Any

from tests.homes import PASS

#: What plex_autoscan writes: every key it knows, with its defaults and example values, sorted.
PLEX_AUTOSCAN: dict[str, Any] = {
    "DOCKER_NAME": "plex",
    "GOOGLE": {
        "ALLOWED": {
            "FILE_EXTENSIONS": True,
            "FILE_EXTENSIONS_LIST": ["webm", "mkv", "ts"],
            "FILE_PATHS": ["My Drive/Media/Movies/", "My Drive/Media/TV/"],
            "MIME_TYPES": True,
            "MIME_TYPES_LIST": ["video"],
        },
        "CLIENT_ID": "",
        "CLIENT_SECRET": "",
        "DISABLE_DISK_FILE_SIZE_CHECK": False,
        "ENABLED": False,
        "POLL_INTERVAL": 60,
        "SHOW_CACHE_LOGS": False,
        "TEAMDRIVE": False,
        "TEAMDRIVES": [],
    },
    "PLEX_ANALYZE_DIRECTORY": True,
    "PLEX_ANALYZE_TYPE": "basic",
    "PLEX_CHECK_BEFORE_SCAN": False,
    "PLEX_DATABASE_PATH": "/var/lib/plexmediaserver/com.plexapp.plugins.library.db",
    "PLEX_EMPTY_TRASH": False,
    "PLEX_EMPTY_TRASH_CONTROL_FILES": ["/mnt/unionfs/mounted.bin"],
    "PLEX_EMPTY_TRASH_MAX_FILES": 100,
    "PLEX_EMPTY_TRASH_ZERO_DELETED": False,
    "PLEX_FIX_MISMATCHED": False,
    "PLEX_FIX_MISMATCHED_LANG": "en",
    "PLEX_LD_LIBRARY_PATH": "/usr/lib/plexmediaserver/lib",
    "PLEX_LOCAL_URL": "http://localhost:32400",
    "PLEX_SCANNER": "/usr/lib/plexmediaserver/Plex\\ Media\\ Scanner",
    "PLEX_SUPPORT_DIR": "/var/lib/plexmediaserver/Library/Application\\ Support",
    "PLEX_TOKEN": "abcdefghij0123456789",
    "PLEX_USER": "plex",
    "PLEX_WAIT_FOR_EXTERNAL_SCANNERS": True,
    "RCLONE": {
        "BINARY": "/usr/bin/rclone",
        "CONFIG": "~/.config/rclone/rclone.conf",
        "CRYPT_MAPPINGS": {"My Drive/encrypt/": ["gcrypt:"]},
        "RC_CACHE_REFRESH": {
            "ENABLED": False,
            "FILE_EXISTS_TO_REMOTE_MAPPINGS": {"Media/": ["/mnt/rclone/Media/"]},
            "RC_URL": "http://localhost:5572",
        },
    },
    "RUN_COMMAND_AFTER_SCAN": "",
    "RUN_COMMAND_BEFORE_SCAN": "",
    "SERVER_ALLOW_MANUAL_SCAN": False,
    "SERVER_FILE_CHECK_DELAY": 60,
    "SERVER_FILE_EXIST_PATH_MAPPINGS": {"/home/user/rclone/": ["/data/"]},
    "SERVER_IGNORE_LIST": ["/.grab/", ".DS_Store", "Thumbs.db"],
    "SERVER_IP": "0.0.0.0",
    "SERVER_MAX_FILE_CHECKS": 10,
    "SERVER_PASS": PASS,
    "SERVER_PATH_MAPPINGS": {"/mnt/unionfs/": ["/home/user/media/fused/"]},
    "SERVER_PORT": 3467,
    "SERVER_SCAN_DELAY": 180,
    "SERVER_SCAN_FOLDER_ON_FILE_EXISTS_EXHAUSTION": False,
    "SERVER_SCAN_PRIORITIES": {"0": ["/Movies/"], "1": ["/TV/"], "2": ["/Music/"]},
    "SERVER_USE_SQLITE": True,
    "USE_DOCKER": False,
    "USE_SUDO": False,
}

#: Version 2.2: notes between the keys, placeholders, the secrets in `.env`.
VERSION_2 = """{
  "_comment": "Copy to config.json",
  "_section_plex": "=== Plex ===",
  "PLEX_LOCAL_URL": "http://plex:32400",
  "_PLEX_TOKEN_help": "see .env",
  "PLEX_TOKEN": "",
  "PLEX_DATABASE_PATH": "/config/com.plexapp.plugins.library.db",
  "_section_jellyfin": "=== Jellyfin or Emby ===",
  "JELLYFIN_API_KEY": "write-it-here",
  "JELLYFIN_LOCAL_URL": "http://localhost:8096",
  "EMBY_OR_JELLYFIN": "write-jellyfin-or-emby-without-capital-letters",
  "SERVER_PASS": "",
  "SERVER_PORT": 3467,
  "SERVER_USE_SQLITE": false,
  "SERVER_PATH_MAPPINGS": {
    "_comment": "to: [from]",
    "/mnt/media/": ["/data/"]
  },
  "SERVER_SCAN_PRIORITIES": {"_help": "lower first", "1": ["/Movies/"], "2": ["/TV/"]},
  "SERVER_IGNORE_LIST": ["/.grab/", ".partial~", ".!qB"],
  "GOOGLE": {
    "_comment": "optional",
    "ENABLED": false,
    "ALLOWED": {"_help": "empty: all", "FILE_PATHS": []}
  }
}
"""
VERSION_2_ENV = """# secrets
PLEX_TOKEN=abcdefghij0123456789
SERVER_PASS=12345678
JELLYFIN_API_KEY=0123456789abcdef0123456789abcdef
JELLYFIN_LOCAL_URL="http://jellyfin:8096"
EMBY_OR_JELLYFIN=jellyfin
SECRET_KEY=your-secret-key-here
SECRET_KEY_FALLBACKS=
SESSION_COOKIE_SECURE=false
LOG_FORMAT=json
LOG_LEVEL=info
GUNICORN_WORKERS=2
TZ=Europe/Berlin
"""

NINIYAS: dict[str, Any] = {
    **{key: value for key, value in PLEX_AUTOSCAN.items() if key != "PLEX_CHECK_BEFORE_SCAN"},
    "ENABLE_PLEX": True,
    "ENABLE_JOE": True,
    "JELLYFIN_EMBY": "emby",
    "JOE_API_KEY": "fedcba9876543210",
    "JOE_HOST": "http://emby:8096",
    "JOE_ENTIRE_REFRESH": False,
    "JELLYFIN_TRIGGER_SCHEDULED_TASKS": False,
    "JELLYFIN_SCHEDULED_TASK_IDS": [],
    "CHECK_FILESYSTEM": False,
    "FILESYSTEM_PATHS": [],
    "GOOGLE": {"ENABLED": False, "REDIRECT_URI": "http://localhost:3468/x/google/callback"},
}
