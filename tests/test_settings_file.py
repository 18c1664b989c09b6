"""What Autoscan writes into the configuration file: a first one, and what an older one lacks."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autoscan.errors import SettingsError
from autoscan.settings import DEFINITIONS, Status, add_missing, ensure_config
from autoscan.settings.configfile import defaults, sample
from autoscan.settings.jsontext import parse
from autoscan.settings.keeping import replace_file
from tests.clocks import VirtualClock
from tests.homes import PASS, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_first_configuration_serves_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config" / "config.json"
    assert ensure_config(path) is True
    content = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(content["SERVER_PASS"]) == 32
    assert (content["SERVER_SCAN_DELAY"], content["SERVER_ALLOW_MANUAL_SCAN"]) == (30, True)
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]


def test_a_first_configuration_loads_without_a_word(home: Home) -> None:
    ensure_config(home.config)
    loaded = home.load()
    assert loaded.warnings == ()
    assert loaded.settings.server_pass.reveal() == json.loads(home.config.read_text())["SERVER_PASS"]


def test_every_first_configuration_has_its_own_password(tmp_path: Path) -> None:
    ensure_config(tmp_path / "a.json")
    ensure_config(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_text() != (tmp_path / "b.json").read_text()


def test_an_existing_configuration_is_left_alone(home: Home) -> None:
    home.write("not even JSON")
    assert ensure_config(home.config) is False
    assert home.config.read_text() == "not even JSON"


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for write in (ensure_config, add_missing):
        with pytest.raises(SettingsError) as caught:
            write(tmp_path / "file" / "config.json")
        (problem,) = caught.value.problems
        assert "cannot be written" in problem.message


def test_a_folder_in_place_of_the_file_is_a_problem_and_nothing_is_left_beside_it(home: Home) -> None:
    home.config.mkdir()
    with pytest.raises(SettingsError, match="cannot be written: Is a directory"):
        add_missing(home.config)
    with pytest.raises(IsADirectoryError):
        replace_file(home.config, "text")
    assert list(home.config.parent.iterdir()) == [home.config]


def test_the_sample_has_every_key_that_belongs_into_the_file() -> None:
    keys = {each.top for each in DEFINITIONS if each.in_file and each.status is Status.USED}
    assert defaults().keys() == keys
    assert {"SERVER_PASS", "MEDIA_SERVERS", "SOURCES", "SERVER_MAX_BODY_SIZE", "PLEX_TOKEN"} <= keys
    assert all(name.startswith("_") for name in sample().keys() - keys)


def test_missing_keys_are_added_and_a_copy_is_kept(home: Home) -> None:
    text = '{\n  // mine\n  "SERVER_PORT": 1, "ODD_KEY": [1, 2,],\n  "SERVER_PASS": "p4ss"\n}\n'
    home.write(text)
    home.config.chmod(0o640)
    clock = VirtualClock(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
    added = add_missing(home.config, clock)
    content = parse(home.config.read_text()).value
    assert home.config.read_text().startswith(text.removesuffix("\n}\n"))
    assert content == {**defaults(), "SERVER_PORT": 1, "ODD_KEY": [1, 2], "SERVER_PASS": "p4ss"}
    assert added == [name for name in defaults() if name not in ("SERVER_PORT", "SERVER_PASS")]
    assert list(content)[:3] == ["SERVER_PORT", "ODD_KEY", "SERVER_PASS"]
    backup = home.config.with_name("config.json.20260203-040506.bak")
    assert backup.read_text() == text
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.config, backup)} == {0o640}


def test_a_complete_file_is_not_touched(home: Home) -> None:
    home.write({})
    add_missing(home.config)
    before = sorted(home.config.parent.iterdir()), home.config.stat().st_mtime_ns
    assert add_missing(home.config) == []
    assert (sorted(home.config.parent.iterdir()), home.config.stat().st_mtime_ns) == before


def test_adding_changes_no_setting(home: Home) -> None:
    home.write({"SERVER_PORT": 7, "JOE_HOST": "http://joe", "JOE_API_KEY": "k", "PLEX_TOKEN_FILE": "token"})
    (home.folder / "token").write_text("t")
    before = home.load().settings
    added = add_missing(home.config)
    assert home.load().settings == before
    assert not {"JELLYFIN_LOCAL_URL", "JELLYFIN_API_KEY", "PLEX_TOKEN"} & set(added)


def test_nothing_from_the_environment_is_written(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write({"SERVER_PASS": ""})
    monkeypatch.setenv("PLEX_TOKEN", "s3cr3t")
    monkeypatch.setenv("SERVER_PASS", PASS)
    add_missing(home.config)
    content = json.loads(home.config.read_text())
    assert (content["PLEX_TOKEN"], content["SERVER_PASS"]) == ("", "")


def test_a_missing_or_empty_file_is_filled(home: Home) -> None:
    assert add_missing(home.config) == []
    assert "SERVER_PASS" in json.loads(home.config.read_text())
    home.write(" \n")
    assert add_missing(home.config) == list(defaults())


@pytest.mark.parametrize(("content", "line"), [(b'{\n"a" 1}', 2), (b'{"a":\n"\xff"}', 1), (b"[1]", 1)])
def test_a_file_that_is_no_json_object_is_left_alone(home: Home, content: bytes, line: int) -> None:
    home.config.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        add_missing(home.config)
    (problem,) = caught.value.problems
    assert problem.where == f"{home.config}:{line}"
    assert home.config.read_bytes() == content
    assert len(list(home.config.parent.iterdir())) == 1


def test_keys_of_nested_settings_are_put_together() -> None:
    refresh = defaults()["RCLONE"]["RC_CACHE_REFRESH"]
    assert (refresh["ENABLED"], refresh["FILE_EXISTS_TO_REMOTE_MAPPINGS"]) == (False, {})
