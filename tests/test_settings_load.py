"""Where a setting comes from, and which place counts."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import SettingsError
from autoscan.settings import Secret, config_path, load
from tests.homes import PASS, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.write({})
    return home


def test_nothing_set_gives_the_documented_defaults(home: Home) -> None:
    settings = home.load().settings
    assert (settings.server_ip, settings.server_port) == ("0.0.0.0", 3468)
    assert (settings.server_scan_delay, settings.server_scan_max_delay) == (180, 600)
    assert (settings.server_max_file_checks, settings.server_file_check_delay) == (10, 60)
    assert (settings.event_retention_days, settings.history_retention_days) == (7, 30)
    assert settings.server_max_body_size == 32
    assert settings.media_servers == ()
    assert settings.server_pass == Secret(PASS)
    assert settings.secret_key is None
    assert settings.secret_key_fallbacks == ()
    assert settings.gunicorn_workers == min(2 * (os.cpu_count() or 1) + 1, 4)
    assert settings.config_path == home.config
    assert settings.logfile == home.folder / "plex_autoscan.log"
    assert settings.log_level == "INFO"
    assert settings.data_dir == home.folder
    assert settings.store_file == home.folder / "autoscan.db"
    assert settings.old_queue_files == (home.folder / "queue.db",)
    assert settings.cache_file == home.folder / "cache.db"


def test_command_line_environment_dotenv_file_default_count_in_this_order(home: Home) -> None:
    def level() -> tuple[str, str]:
        loaded = load({"loglevel": option}, environ=environ, cwd=home.folder)
        return loaded.settings.log_level, loaded.origins["PLEX_AUTOSCAN_LOGLEVEL"]

    option: str | None = None
    environ: dict[str, str] = {}
    assert level() == ("INFO", "default")
    home.write({"LOG_LEVEL": "error"})
    assert level() == ("ERROR", "config/config.json:3")
    home.env("# mine\nexport PLEX_AUTOSCAN_LOGLEVEL=DEBUG\n")
    assert level() == ("DEBUG", ".env:2")
    environ["LOG_LEVEL"] = "critical"
    assert level() == ("CRITICAL", "environment")
    option = "warn"
    assert level() == ("WARNING", "command line")


def test_an_empty_value_counts_as_unset_everywhere(home: Home) -> None:
    home.write({"SERVER_PORT": 1111, "SERVER_IP": "", "SERVER_SCAN_DELAY": None, "SERVER_IGNORE_LIST": " "})
    home.env("SERVER_PORT=\nSERVER_SCAN_DELAY\n")
    settings = home.load(SERVER_PORT="  ").settings
    assert (settings.server_port, settings.server_ip) == (1111, "0.0.0.0")
    assert (settings.server_scan_delay, settings.server_ignore_list) == (180, ())


def test_dotenv_leaves_the_process_environment_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.folder)
    home.env("\ufeffSERVER_PORT=4000\nPLEX_TOKEN='in quotes'\n")
    loaded = load(cwd=home.folder)
    assert loaded.settings.server_port == 4000
    assert loaded.settings.media_servers[0].token == Secret("in quotes")
    assert loaded.origins["PLEX_TOKEN"] == ".env:2"
    assert "SERVER_PORT" not in os.environ  # noqa: TID251 - that is the promise


@pytest.mark.parametrize(
    ("name", "written", "attribute", "value"),
    [
        ("SERVER_PASS", "12345678", "server_pass", Secret("12345678")),
        ("SERVER_PASS", "true", "server_pass", Secret("true")),
        ("SERVER_PASS", '"quoted for plex_autoscan"', "server_pass", Secret("quoted for plex_autoscan")),
        ("SERVER_PASS", '"half', "server_pass", Secret('"half')),
        ("SERVER_PASS", '"a"b"', "server_pass", Secret('"a"b"')),
        ("SERVER_PORT", '"4000"', "server_port", 4000),
        ("SERVER_ALLOW_MANUAL_SCAN", "True", "server_allow_manual_scan", True),
        ("SERVER_IGNORE_LIST", '["a", "b"]', "server_ignore_list", ("a", "b")),
        ("SERVER_IGNORE_LIST", ".DS_Store", "server_ignore_list", (".DS_Store",)),
        ("SERVER_PATH_MAPPINGS", '{"/to/": ["/from/"]}', "server_path_mappings", {"/to/": ("/from/",)}),
        ("SERVER_PATH_MAPPINGS", '\'{"/to/": "/from/"}\'', "server_path_mappings", {"/to/": ("/from/",)}),
        ("SERVER_SCAN_PRIORITIES", '{"1": ["/TV/"]}', "server_scan_priorities", {1: ("/TV/",)}),
        ("SECRET_KEY_FALLBACKS", "one, two", "secret_key_fallbacks", (Secret("one"), Secret("two"))),
        ("SECRET_KEY_FALLBACKS", '["one"]', "secret_key_fallbacks", (Secret("one"),)),
        ("GOOGLE", '{"ENABLED": "yes", "ALLOWED": {"FILE_PATHS": "My Drive/"}}', "google_enabled", True),
        ("RCLONE", '{"BINARY": "/opt/rclone"}', "rclone_binary", "/opt/rclone"),
    ],
)
def test_a_variable_becomes_what_its_key_is(home: Home, name: str, written: str, attribute: str, value: Any) -> None:
    assert getattr(home.load(**{name: written}).settings, attribute) == value


def test_a_variable_replaces_a_whole_top_level_key(home: Home) -> None:
    home.write({"GOOGLE": {"CLIENT_ID": "mine", "POLL_INTERVAL": 60}})
    settings = home.load(GOOGLE='{"POLL_INTERVAL": 30}').settings
    assert (settings.google_poll_interval, settings.google_client_id) == (30, "")


def test_a_variable_that_is_no_json_is_a_problem(home: Home) -> None:
    assert home.wrong(SERVER_PATH_MAPPINGS="/to:/from", GOOGLE="[1]", RCLONE="on") == [
        ("GOOGLE", "environment"),
        ("RCLONE", "environment"),
        ("SERVER_PATH_MAPPINGS", "environment"),
    ]


def test_the_five_paths_take_variables_and_tilde_and_are_relative_to_the_current_folder(home: Home) -> None:
    loaded = load(
        {"queuefile": "data/queue.db", "logfile": "-"},
        environ={"HOME": "/home/me", "WHERE": "/var/x", "PLEX_AUTOSCAN_CACHEFILE": "${WHERE}/$NONE/c.db"},
        cwd=home.folder,
    )
    assert loaded.settings.queue_file == home.folder / "data" / "queue.db"
    assert loaded.settings.data_dir == home.folder / "data"
    assert loaded.settings.old_queue_files == (home.folder / "data" / "queue.db", home.folder / "queue.db")
    assert loaded.settings.cache_file == Path("/var/x/$NONE/c.db")
    assert loaded.settings.logfile is None
    assert home.load(AUTOSCAN_LOGFILE="~/a.log", HOME="/home/me").settings.logfile == Path("/home/me/a.log")
    assert home.load(AUTOSCAN_LOGFILE="~").settings.logfile == Path.home()


def test_a_queue_file_that_is_the_store_itself_is_no_old_queue(home: Home) -> None:
    settings = home.load(PLEX_AUTOSCAN_QUEUEFILE="autoscan.db").settings
    assert settings.old_queue_files == (home.folder / "queue.db",)


def test_the_configuration_file_can_be_named(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"SERVER_PASS": PASS, "SERVER_PORT": 1, "PLEX_AUTOSCAN_CONFIG": "not/me.json"}))
    assert load({"config": "other.json"}, environ={}, cwd=tmp_path).settings.server_port == 1
    assert home.load(PLEX_AUTOSCAN_CONFIG=str(other)).settings.config_path == other
    assert home.load(AUTOSCAN_CONFIG="other.json").settings.server_port == 1
    assert config_path({"config": "other.json"}, environ={}, cwd=tmp_path) == other
    assert config_path(environ={}, cwd=tmp_path) == home.config


def test_without_a_folder_the_one_of_scan_py_counts() -> None:
    root = Path(__file__).parents[1]
    assert config_path(environ={}) == root / "config" / "config.json"
    assert config_path({"config": "x.json"}, environ={}) == Path.cwd() / "x.json"


def test_a_missing_file_means_defaults_and_a_warning(tmp_path: Path) -> None:
    loaded = load(environ={"SERVER_PASS": PASS}, cwd=tmp_path)
    assert loaded.settings.server_port == 3468
    assert loaded.warnings == ("config/config.json does not exist; the environment and the defaults count.",)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_means_defaults(home: Home) -> None:
    home.write("\ufeff \n")
    assert home.load(SERVER_PASS=PASS).settings.server_port == 3468


def test_a_utf16_file_of_windows_is_read(home: Home) -> None:
    home.config.write_bytes('{"SERVER_PORT": 5}'.encode("utf-16"))
    assert home.load(SERVER_PASS=PASS).settings.server_port == 5


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b'{\n"a": \n}', "config/config.json:3", "cannot be read: a value is missing before `}`."),
        (b"[]", "config/config.json:1", "it must hold an object: "),
        (b'{"SERVER_IP":\n"\xff"}', "config/config.json:2", "is not UTF-8. Save the file as UTF-8."),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(home: Home, content: bytes, where: str, message: str) -> None:
    home.config.write_bytes(content)
    (problem,) = home.problems()
    assert (problem.name, problem.where) == ("PLEX_AUTOSCAN_CONFIG", where)
    assert message in problem.message


def test_a_folder_in_place_of_the_file_is_a_problem_that_names_docker(home: Home) -> None:
    home.config.unlink()
    home.config.mkdir()
    (problem,) = home.problems()
    assert "Docker" in problem.message


def test_a_name_that_no_file_can_have_is_a_problem(home: Home) -> None:
    (problem,) = home.problems(PLEX_AUTOSCAN_CONFIG="x" * 300)
    assert "cannot be read" in problem.message
    assert home.wrong(PLEX_AUTOSCAN_CONFIG="a\nb")[0] == ("PLEX_AUTOSCAN_CONFIG", "environment")


def test_a_broken_dotenv_is_reported_beside_the_rest(home: Home) -> None:
    (home.folder / ".env").write_bytes(b"A=1\nSERVER_IP=\xff\n")
    home.write({"SERVER_PORT": -1})
    assert home.wrong() == [(".env", ".env:2"), ("SERVER_PORT", "config/config.json:3")]
    with pytest.raises(SettingsError):
        config_path(environ={}, cwd=home.folder)


def test_a_secret_is_read_from_a_file(home: Home) -> None:
    (home.folder / "token").write_text("t0ken\n")
    (home.folder / "servers").write_text('[{"TYPE": "emby", "URL": "http://e", "TOKEN": "x"}]')
    loaded = home.load(PLEX_TOKEN_FILE="token", MEDIA_SERVERS_FILE="servers", JOE_API_KEY_FILE="token")
    assert [server.token.reveal() for server in loaded.settings.media_servers] == ["t0ken", "t0ken", "x"]
    assert loaded.origins["PLEX_TOKEN"] == f"environment ({home.folder / 'token'})"
    home.write({"PLEX_TOKEN_FILE": "token"})
    assert home.load().settings.media_servers[0].token == Secret("t0ken")
    assert home.load().warnings == ()


def test_a_variable_beats_a_secret_file_of_a_lower_place(home: Home) -> None:
    home.write({"PLEX_TOKEN_FILE": "nowhere"})
    assert home.load(PLEX_TOKEN="mine").settings.media_servers[0].token == Secret("mine")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xff", b"\x00"])
def test_a_secret_file_that_cannot_be_used_is_a_problem(home: Home, content: bytes | None) -> None:
    if content is not None:
        (home.folder / "token").write_bytes(content)
    (problem,) = home.problems(PLEX_TOKEN_FILE="token")
    assert problem.name == "PLEX_TOKEN_FILE"


def test_a_secret_file_must_be_named_by_text(home: Home) -> None:
    home.write({"PLEX_TOKEN_FILE": ["a"]})
    assert home.wrong() == [("PLEX_TOKEN_FILE", "config/config.json:3")]


def test_a_secret_and_its_file_in_one_place_are_a_problem(home: Home) -> None:
    (problem,) = home.problems(PLEX_TOKEN="one", PLEX_TOKEN_FILE="two")
    assert (problem.name, "PLEX_TOKEN is set beside it" in problem.message) == ("PLEX_TOKEN_FILE", True)


def test_all_origins_are_known(home: Home) -> None:
    home.write({"GOOGLE": {"POLL_INTERVAL": 5}})
    origins = home.load(SERVER_PORT="1").origins
    assert origins["GOOGLE.POLL_INTERVAL"] == "config/config.json:4"
    assert origins["SERVER_PORT"] == "environment"
    assert origins["SERVER_PASS"] == "config/config.json:2"
    assert origins["SERVER_IP"] == "default"
