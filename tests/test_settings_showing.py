"""What people may see of the settings: everything but the secrets, and where it comes from."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscan.settings import Shown, shown
from tests.homes import Home

SECRETS: dict[str, Any] = {
    "SERVER_PASS": "the-pass-word",
    "PLEX_TOKEN": "the-plex-token",
    "SECRET_KEY": "the-secret-key",
    "GOOGLE": {"CLIENT_SECRET": "the-google-secret"},
    "RCLONE": {"RC_CACHE_REFRESH": {"RC_URL": "http://me:the-rclone-pass@nas:5572", "RC_PASS": "the-rc-pass"}},
    "MEDIA_SERVERS": [{"NAME": "den", "TYPE": "jellyfin", "URL": "http://den:8096", "TOKEN": "the-den-token"}],
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def seen(home: Home, **environ: str) -> dict[str, Shown]:
    loaded = home.load(**environ)
    return {each.name: each for each in shown(loaded.settings, loaded.origins)}


def test_no_secret_is_shown_however_deep_it_stands(home: Home) -> None:
    home.write(SECRETS)
    text = json.dumps([(each.name, each.value, each.origin) for each in seen(home).values()])
    assert "the-" not in text
    assert '["SERVER_PASS", "***", "config/config.json:2"]' in text


def test_a_secret_that_is_not_set_is_shown_as_not_set(home: Home) -> None:
    home.write({})
    assert seen(home)["SECRET_KEY"].value in (None, "")


def test_each_value_is_shown_with_its_origin(home: Home) -> None:
    home.write({"SERVER_PORT": 4000})
    settings = seen(home, SERVER_SCAN_DELAY="7")
    assert (settings["SERVER_PORT"].value, settings["SERVER_PORT"].origin) == (4000, "config/config.json:3")
    assert (settings["SERVER_SCAN_DELAY"].value, settings["SERVER_SCAN_DELAY"].origin) == (7, "environment")
    assert settings["SERVER_SCAN_MAX_DELAY"].origin == "default"


def test_servers_are_shown_without_their_tokens_and_with_the_origin_of_their_old_keys(home: Home) -> None:
    home.write({})
    servers = seen(home, PLEX_TOKEN="the-plex-token")["MEDIA_SERVERS"]
    assert servers.origin == "environment"
    assert (servers.value[0]["TYPE"], servers.value[0]["TOKEN"]) == ("plex", "***")


def test_a_password_inside_an_address_is_masked(home: Home) -> None:
    home.write({"GOOGLE": {"REDIRECT_URI": "https://me:the-pass@autoscan.example/x"}})
    assert seen(home)["GOOGLE.REDIRECT_URI"].value == "https://***@autoscan.example/x"
