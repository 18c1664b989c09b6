"""The configurations of the family start without an edit, and stay as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscan.settings import DEFINITIONS, Loaded, Secret, Status
from tests.family import NINIYAS, PLEX_AUTOSCAN, VERSION_2, VERSION_2_ENV
from tests.homes import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def load_unchanged(home: Home, text: str) -> Loaded:
    home.write(text)
    loaded = home.load()
    assert home.config.read_text(encoding="utf-8") == text
    assert list(home.config.parent.iterdir()) == [home.config]
    return loaded


def named_once(name: str, loaded: Loaded) -> bool:
    return sum(name in warning.replace(",", " ").replace(":", " ").split() for warning in loaded.warnings) == 1


def test_a_configuration_of_plex_autoscan_works_unchanged(home: Home) -> None:
    loaded = load_unchanged(home, json.dumps(PLEX_AUTOSCAN, indent=2, sort_keys=True))
    settings = loaded.settings
    assert settings.server_port == 3467
    assert settings.server_path_mappings == {"/mnt/unionfs/": ("/home/user/media/fused/",)}
    assert settings.server_scan_priorities == {0: ("/Movies/",), 1: ("/TV/",), 2: ("/Music/",)}
    (plex,) = settings.media_servers
    assert (plex.name, plex.token) == ("plex", Secret("abcdefghij0123456789"))
    assert settings.google_allowed_mime_types_list == ("video",)
    assert settings.rclone_crypt_mappings == {"My Drive/encrypt/": ("gcrypt:",)}
    obsolete = {each.name for each in DEFINITIONS if each.status is Status.OBSOLETE} & PLEX_AUTOSCAN.keys()
    quiet = {"SERVER_USE_SQLITE"}
    assert len(obsolete) == 9
    assert [name for name in sorted(obsolete - quiet) if not named_once(name, loaded)] == []
    assert len(loaded.warnings) == 2


def test_a_configuration_of_version_2_works_unchanged_with_its_dotenv(home: Home) -> None:
    home.env(VERSION_2_ENV)
    loaded = load_unchanged(home, VERSION_2)
    settings = loaded.settings
    plex, jellyfin = settings.media_servers
    assert (plex.url, plex.token) == ("http://plex:32400", Secret("abcdefghij0123456789"))
    assert (jellyfin.type, jellyfin.url) == ("jellyfin", "http://jellyfin:8096")
    assert settings.server_pass == Secret("12345678")
    assert settings.server_path_mappings == {"/mnt/media/": ("/data/",)}
    assert settings.server_scan_priorities == {1: ("/Movies/",), 2: ("/TV/",)}
    assert (settings.log_format, settings.log_level, settings.gunicorn_workers) == ("json", "INFO", 2)
    assert settings.secret_key is None
    assert [warning.split(": ")[1] for warning in loaded.warnings] == ["PLEX_DATABASE_PATH", "SERVER_USE_SQLITE"]


def test_a_configuration_of_niniyas_works_unchanged(home: Home) -> None:
    loaded = load_unchanged(home, json.dumps(NINIYAS, indent=2))
    plex, emby = loaded.settings.media_servers
    assert (plex.type, plex.url) == ("plex", "http://localhost:32400")
    assert (emby.name, emby.type, emby.url, emby.token) == (
        "emby", "emby", "http://emby:8096", Secret("fedcba9876543210"),
    )  # fmt: skip
    for name in ("JOE_ENTIRE_REFRESH", "JELLYFIN_SCHEDULED_TASK_IDS", "CHECK_FILESYSTEM", "FILESYSTEM_PATHS"):
        assert named_once(name, loaded), name


def test_the_windows_sample_with_its_trailing_comma_is_read(home: Home) -> None:
    home.write(
        '{"SERVER_PASS": "x1", "PLEX_SCANNER": "%PROGRAMFILES(X86)%\\\\Plex\\\\Plex Media Scanner.exe",\n'
        '"SERVER_PATH_MAPPINGS": {"G:\\\\media\\\\": ["My Drive\\\\Media\\\\"],},\n'
        '"SERVER_SCAN_PRIORITIES": {"1": ["/A/"], "1": ["/B/"]}}'
    )
    loaded = home.load()
    assert loaded.settings.server_path_mappings == {"G:\\media\\": ("My Drive\\Media\\",)}
    assert loaded.settings.server_scan_priorities == {1: ("/B/",)}
    assert "config/config.json:3: 1: is written more than once; the last one counts." in loaded.warnings


@pytest.mark.parametrize("setting", [each for each in DEFINITIONS if each.status is Status.OBSOLETE], ids=str)
def test_every_obsolete_key_is_accepted_with_one_warning_that_says_what_replaces_it(home: Home, setting: Any) -> None:
    content: Any = [False]
    for part in reversed(setting.name.split(".")):
        content = {part: content}
    home.write(content)
    (warning,) = home.load().warnings
    assert warning.startswith(f"config/config.json:{3 + setting.nested}: {setting.name}: has no effect: ")
    assert setting.help in warning
    if not setting.nested:
        home.write({})
        assert home.load(**{setting.name: "x"}).warnings == (
            f"environment: {setting.name}: has no effect: {setting.help}.",
        )
        assert home.load(**{setting.name: ""}).warnings == ()


def test_sqlite_that_is_on_needs_no_word_and_off_is_forced_on(home: Home) -> None:
    home.write({"SERVER_USE_SQLITE": "true"})
    assert home.load().warnings == ()
    (warning,) = home.load(SERVER_USE_SQLITE="false").warnings
    assert "the queue is always kept in SQLite" in warning


@pytest.mark.parametrize("name", ["PUID", "PGID"])
def test_the_user_of_a_container_is_a_number_and_no_key_of_the_file(home: Home, name: str) -> None:
    home.write({})
    assert home.load(**{name: "1002"}).warnings == ()
    assert home.wrong(**{name: "plex"}) == [(name, "environment")]


def test_unknown_keys_are_warned_about_with_the_nearest_name(home: Home) -> None:
    home.write(
        {
            "SERVER_PASSS": 1,
            "server_ip": "1.2.3.4",
            "WHAT\nEVER": 2,
            "_mine": {"x": 1},
            "GOOGLE": {"POLL_INTERVALL": 1, "_x": 2, "ALLOWED": {"FILE_PATH": []}},
            "MEDIA_SERVERS": [{"TYPE": "plex", "URL": "http://p", "TOKEN": "t", "VERIFY_SSL": True, "_n": 1}],
            "SOURCES": {"a": {"DELAY": 5}},
        }
    )
    assert [warning.partition(": ")[2] for warning in home.load().warnings] == [
        f"{name}: Autoscan has no such setting; it is kept and does nothing{hint}"
        for name, hint in (
            ("SERVER_PASSS", "; did you mean SERVER_PASS?"),
            ("server_ip", "; did you mean SERVER_IP?"),
            ("WHAT\\nEVER", "."),
            ("GOOGLE.POLL_INTERVALL", "; did you mean POLL_INTERVAL?"),
            ("GOOGLE.ALLOWED.FILE_PATH", "; did you mean FILE_PATHS?"),
            ("MEDIA_SERVERS[0].VERIFY_SSL", "; did you mean VERIFY_TLS?"),
            ("SOURCES.a.DELAY", "; did you mean SCAN_DELAY?"),
        )
    ]


def test_misspelt_variables_of_dotenv_are_warned_about_and_those_of_others_are_not(home: Home) -> None:
    home.write({})
    home.env("PLEX_TOKN=x\nCOMPOSE_PROJECT_NAME=media\n")
    assert home.load().warnings == (".env:1: PLEX_TOKN: Autoscan has no such setting; did you mean PLEX_TOKEN?",)


def test_two_names_of_one_setting_that_differ_are_warned_about(home: Home) -> None:
    home.write({"JELLYFIN_LOCAL_URL": "http://a", "JOE_HOST": "http://b", "PLEX_LOCAL_URL": "http://p"})
    loaded = home.load(JELLYFIN_API_KEY="k", JOE_API_KEY="k")
    assert loaded.settings.media_servers[0].url == "http://a"
    assert loaded.warnings == (
        "config/config.json:4: JOE_HOST: has no effect: JELLYFIN_LOCAL_URL means the same and is set, too.",
    )
