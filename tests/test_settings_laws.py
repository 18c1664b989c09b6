"""What holds for any configuration whatsoever, and for the table of settings."""

import json
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from autoscan.settings import DEFINITIONS, Group, Settings, Type
from autoscan.settings.table import BY_NAME, GROUPS, VALUED
from tests.homes import PASS, Home

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENTRY_KEYS = ("NAME", "TYPE", "URL", "TOKEN", "TOKEN_FILE", "PATH_MAPPINGS", "VERIFY_TLS", "TIMEOUT")
ENTRIES = st.lists(st.dictionaries(st.sampled_from(ENTRY_KEYS), ANY_JSON | st.just("plex") | st.just("http://h")))
KEYS = st.sampled_from([*sorted({setting.top for setting in DEFINITIONS}), "PLEX_TOKEN_FILE", "_x"])
CONFIGS = st.builds(
    lambda known, strange, servers: {**strange, **known, **servers},
    st.dictionaries(KEYS, ANY_JSON, max_size=6),
    st.dictionaries(st.text(), ANY_JSON, max_size=2),
    st.fixed_dictionaries({}, optional={"MEDIA_SERVERS": ENTRIES, "SOURCES": st.dictionaries(st.text(), ANY_JSON)}),
)
MANY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def check(home: Home, **environ: str) -> None:
    """Load; everything that can go wrong is a SettingsError, and everything said is printable."""
    said = home.said(**{"SERVER_PASS": PASS, **environ})
    assert all(line.isprintable() for line in said)


@MANY
@given(CONFIGS)
def test_any_object_is_a_configuration_or_a_list_of_problems(home: Home, content: dict[str, Any]) -> None:
    home.write(json.dumps(content))
    check(home)


@MANY
@given(st.binary() | st.text().map(lambda text: text.encode(errors="replace")))
def test_any_file_is_a_configuration_or_a_problem(home: Home, content: bytes) -> None:
    home.config.write_bytes(content)
    check(home)


@MANY
@given(st.dictionaries(KEYS, st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
def test_any_environment_is_a_configuration_or_a_list_of_problems(home: Home, environ: dict[str, str]) -> None:
    home.write("{}")
    check(home, **environ)


@MANY
@given(st.text())
def test_any_dotenv_is_a_configuration_or_a_list_of_problems(home: Home, text: str) -> None:
    home.write("{}")
    with suppress(UnicodeEncodeError):
        home.env(text)
    check(home)


def test_every_setting_has_an_attribute_and_every_attribute_a_setting() -> None:
    attributes = [setting.attribute for setting in VALUED if setting.attribute]
    assert sorted([*attributes, "old_queue_files"]) == sorted(field.name for field in fields(Settings))


def test_names_are_unique_and_each_says_what_it_is_for() -> None:
    assert len(BY_NAME) == len(DEFINITIONS)
    assert all(setting.help for setting in DEFINITIONS)
    assert all(setting.type is not Type.ANY for setting in VALUED)
    assert {setting.group for setting in DEFINITIONS} == set(Group)
    assert all(setting.into in BY_NAME for setting in DEFINITIONS if setting.into)
    assert all(setting.choices for setting in DEFINITIONS if setting.type is Type.CHOICE)


#: Every key and variable of plex_autoscan, its forks and version 2.x.
FAMILY = """
PLEX_USER PLEX_SCANNER PLEX_SUPPORT_DIR PLEX_LD_LIBRARY_PATH PLEX_DATABASE_PATH PLEX_LOCAL_URL PLEX_TOKEN
PLEX_CHECK_BEFORE_SCAN PLEX_WAIT_FOR_EXTERNAL_SCANNERS PLEX_ANALYZE_TYPE PLEX_ANALYZE_DIRECTORY PLEX_FIX_MISMATCHED
PLEX_FIX_MISMATCHED_LANG PLEX_EMPTY_TRASH PLEX_EMPTY_TRASH_MAX_FILES PLEX_EMPTY_TRASH_CONTROL_FILES
PLEX_EMPTY_TRASH_ZERO_DELETED SERVER_IP SERVER_PORT SERVER_PASS SERVER_PATH_MAPPINGS SERVER_FILE_EXIST_PATH_MAPPINGS
SERVER_SCAN_DELAY SERVER_MAX_FILE_CHECKS SERVER_FILE_CHECK_DELAY SERVER_SCAN_FOLDER_ON_FILE_EXISTS_EXHAUSTION
SERVER_USE_SQLITE SERVER_ALLOW_MANUAL_SCAN SERVER_IGNORE_LIST SERVER_SCAN_PRIORITIES RUN_COMMAND_BEFORE_SCAN
RUN_COMMAND_AFTER_SCAN USE_DOCKER DOCKER_NAME USE_SUDO RCLONE RCLONE.BINARY RCLONE.CONFIG RCLONE.CRYPT_MAPPINGS
RCLONE.RC_CACHE_REFRESH.ENABLED RCLONE.RC_CACHE_REFRESH.RC_URL RCLONE.RC_CACHE_REFRESH.FILE_EXISTS_TO_REMOTE_MAPPINGS
GOOGLE GOOGLE.ENABLED GOOGLE.CLIENT_ID GOOGLE.CLIENT_SECRET GOOGLE.REDIRECT_URI GOOGLE.ALLOWED.FILE_PATHS
GOOGLE.ALLOWED.FILE_EXTENSIONS GOOGLE.ALLOWED.FILE_EXTENSIONS_LIST GOOGLE.ALLOWED.MIME_TYPES
GOOGLE.ALLOWED.MIME_TYPES_LIST GOOGLE.POLL_INTERVAL GOOGLE.DISABLE_DISK_FILE_SIZE_CHECK GOOGLE.TEAMDRIVE
GOOGLE.TEAMDRIVES GOOGLE.SHOW_CACHE_LOGS JELLYFIN_API_KEY JELLYFIN_LOCAL_URL EMBY_OR_JELLYFIN ENABLE_PLEX ENABLE_JOE
JELLYFIN_EMBY JOE_API_KEY JOE_HOST JOE_ENTIRE_REFRESH JELLYFIN_TRIGGER_SCHEDULED_TASKS JELLYFIN_SCHEDULED_TASK_IDS
CHECK_FILESYSTEM FILESYSTEM_PATHS GOOGLE.DRIVES.MY_DRIVE GOOGLE.DRIVES.SHARED_DRIVES GOOGLE.DRIVES.SHARED_DRIVES_LIST
GOOGLE.SERVICE_ACCOUNT_FILE PLEX_ASSET_EXTENSIONS PLEX_EXTRA_DIRS SMI2SRT PLEX_SECTION_PATH_MAPPINGS_WITH_API
PLEX_SECTION_PATH_MAPPINGS GDRIVE RCLONE_RC_CACHE_EXPIRE RCLONE.RC_CACHE_EXPIRE RCLONE.CRYPT_MAPPING PLEX_ANALYZE_FILE
PLEX_ANALYZE_FILE_TYPE PLEX_DEEP_ANALYZE PLEX_EMPTY_TRASH_UPGRADE USE_QUOTED_SCAN_DIRECTORY
DOCKER_FILE_EXIST_PATH_MAPPINGS PLEX_AUTOSCAN_CONFIG PLEX_AUTOSCAN_LOGFILE PLEX_AUTOSCAN_LOGLEVEL
PLEX_AUTOSCAN_QUEUEFILE PLEX_AUTOSCAN_CACHEFILE AUTOSCAN_CONFIG AUTOSCAN_LOGFILE AUTOSCAN_LOGLEVEL AUTOSCAN_QUEUEFILE
AUTOSCAN_CACHEFILE AUTOSCAN_COMMAND SECRET_KEY SECRET_KEY_FALLBACKS SESSION_COOKIE_SECURE ENABLE_TALISMAN FORCE_HTTPS
WEBHOOK_SECRET LOG_FORMAT LOG_LEVEL GUNICORN_WORKERS GUNICORN_TIMEOUT GUNICORN_MAX_REQUESTS TZ PUID PGID
SCAN_THREAD_POOL_SIZE GUNICORN_WORKER OTEL_ENABLED PROMETHEUS_ENABLED
"""


@pytest.mark.parametrize("name", FAMILY.split())
def test_every_key_of_the_family_is_known(name: str) -> None:
    assert name in BY_NAME or name in GROUPS


def test_importing_the_settings_reads_no_file_format_that_may_not_be_needed() -> None:
    code = "import sys, autoscan.settings; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True
    )
    assert not {"dotenv", "flask", "requests", "sqlalchemy", "cogapp"} & set(done.stdout.split())


def test_help_is_short_enough_for_a_table() -> None:
    assert [setting.name for setting in VALUED if len(re.findall(r"\w+", setting.help)) > 45] == []
