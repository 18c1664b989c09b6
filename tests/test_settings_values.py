"""What can be converted is; what cannot is reported, all of it at once, and no secret with it."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import SettingsError
from autoscan.settings import ROUTE_NAMES, SAMPLE_PASS, Secret, SourceSettings
from tests.homes import PASS, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("SERVER_PORT", "3467", 3467),
        ("SERVER_PORT", " 3467 ", 3467),
        ("SERVER_PORT", 3467.0, 3467),
        ("SERVER_PORT", 0, 0),
        ("SERVER_ALLOW_MANUAL_SCAN", "yes", True),
        ("SERVER_ALLOW_MANUAL_SCAN", 0, False),
        ("SERVER_PASS", 12345678, Secret("12345678")),
        ("SERVER_PASS", True, Secret("true")),
        ("SERVER_IP", 127, "127"),
        ("SERVER_IGNORE_LIST", "x", ("x",)),
        ("SERVER_IGNORE_LIST", ["x", 5, ""], ("x", "5")),
        ("SERVER_PATH_MAPPINGS", {"/a/": "/b/", "_comment": "why", "/c/": ["", "My Drive/"], "/d/": None},
         {"/a/": ("/b/",), "/c/": ("", "My Drive/")}),
        ("SERVER_SCAN_PRIORITIES", {"0": "/M/", " 2 ": ["/T/", ""], "_3": [], "-1": None},
         {0: ("/M/",), 2: ("/T/",), -1: ()}),
        ("LOG_FORMAT", "JSON", "json"),
        ("ANCHORS", ["/mnt/a", " /mnt/b ", ""], {"": ("/mnt/a", "/mnt/b")}),
        ("ANCHORS", "/mnt/a", {"": ("/mnt/a",)}),
        ("ANCHORS", {"/mnt/": ["/mnt/a"], "/tv": "/mnt/b", "/x": [""], "/y": None, "_why": 1},
         {"/mnt/": ("/mnt/a",), "/tv": ("/mnt/b",)}),
        ("PLEX_EMPTY_TRASH_CONTROL_FILES", "/mnt/a", ("/mnt/a",)),
        ("SOURCES", {"sonarr4k": {"PRIORITY": "2", "_why": 1}, "r.1": {"PATH_MAPPINGS": {"/a": "/b"}, "SCAN_DELAY": 0}},
         {"sonarr4k": SourceSettings(path_mappings={}, priority=2, scan_delay=None),
          "r.1": SourceSettings(path_mappings={"/a": ("/b",)}, priority=None, scan_delay=0)}),
    ],
)  # fmt: skip
def test_values_of_a_convertible_type_are_converted(home: Home, name: str, written: Any, value: Any) -> None:
    home.write({name: written})
    assert getattr(home.load().settings, name.lower()) == value


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("SERVER_PORT", "http", '"http" is no whole number from 0 to 65535.'),
        ("SERVER_PORT", 70000, "70000 is no whole number"),
        ("SERVER_PORT", 80.5, "80.5 is no whole number"),
        ("SERVER_PORT", True, "true is no whole number"),
        ("SERVER_PORT", [1], "a list is no whole number"),
        ("SERVER_MAX_BODY_SIZE", 0, "0 is no whole number from 1 to 1024."),
        ("SERVER_ALLOW_MANUAL_SCAN", "perhaps", '"perhaps" is neither true nor false.'),
        ("SERVER_ALLOW_MANUAL_SCAN", {}, "a table is neither"),
        ("SERVER_IP", {}, "must be a text in double quotes."),
        ("SERVER_IGNORE_LIST", {"a": 1}, 'must be a list of texts. Write ["...", "..."].'),
        ("SERVER_IGNORE_LIST", [["a"]], "must be a text"),
        ("SERVER_PATH_MAPPINGS", ["/a"], "must be a table."),
        ("SERVER_PATH_MAPPINGS", {"/a": {"b": 1}}, "must be a list of texts."),
        ("SERVER_PATH_MAPPINGS", {"/a": ["D:\tv"]}, "holds a control character. In JSON a backslash is written twice"),
        ("SERVER_PATH_MAPPINGS", {"D:\tv": ["/a"]}, "holds a control character."),
        ("SERVER_IGNORE_LIST", ["\ud800"], "holds half a character."),
        ("SERVER_SCAN_PRIORITIES", [], "must be a table."),
        ("SERVER_SCAN_PRIORITIES", {"high": []}, "a priority is a whole number in quotes"),
        ("ANCHORS", ["mounted.bin"], '"mounted.bin" is no whole path on this machine.'),
        ("ANCHORS", {"/mnt": ["D:/x"]}, '"D:/x" is no whole path on this machine.'),
        ("ANCHORS", {"/mnt": {"a": 1}}, "must be a list of texts."),
        ("ANCHORS", [["/a"]], "must be a text"),
        ("VERIFY", "maybe", '"maybe" is neither true nor false.'),
        ("VERIFY_DEADLINE", 5, "5 is no whole number from 60 to 604800."),
        ("LOG_FORMAT", "xml", '"xml" is none of text, json.'),
        ("SOURCES", [], "must be a table."),
        ("SOURCES", {"a/b": {}}, "a source's name stands in its URL"),
        ("SOURCES", {"..": {}}, "a source's name stands in its URL"),
        ("SOURCES", {"a": 1}, "must be a table with PATH_MAPPINGS, PRIORITY, SCAN_DELAY."),
        ("SOURCES", {"a": {"PRIORITY": "x"}}, '"x" is no whole number'),
        ("SECRET_KEY_FALLBACKS", {}, "must be a list"),
        ("GOOGLE", [], "must be an object."),
    ],
)
def test_values_of_another_type_are_problems(home: Home, name: str, written: Any, message: str) -> None:
    home.write({name: written})
    (problem,) = home.problems()
    assert problem.name.startswith(name)
    assert problem.where.startswith("config/config.json:")
    assert message in problem.message


def test_all_problems_are_reported_at_once_each_with_its_line(home: Home) -> None:
    home.write("""{
      "SERVER_PORT": "no",
      // the next one is nested
      "SOURCES": {
        "a": {"PRIORITY": 1},
        "b": {
          "SCAN_DELAY": -1,
          "PRIORITY": []
        }
      },
      "SERVER_PATH_MAPPINGS": {
        "/a": [1, {}],
        "/b": {}
      },
    }""")
    assert sorted(home.wrong(SERVER_SCAN_DELAY="soon")) == [
        ("SERVER_PATH_MAPPINGS./a[1]", "config/config.json:12"),
        ("SERVER_PATH_MAPPINGS./b", "config/config.json:13"),
        ("SERVER_PORT", "config/config.json:2"),
        ("SERVER_SCAN_DELAY", "environment"),
        ("SOURCES.b.PRIORITY", "config/config.json:8"),
        ("SOURCES.b.SCAN_DELAY", "config/config.json:7"),
    ]


def test_a_problem_is_one_printable_line_whatever_was_written(home: Home) -> None:
    home.write({"SERVER_PORT": "a\nb\x1b" * 50, "SOURCES": {"c\nd": {}}, "LOG_FORMAT": "\ud800"})
    for problem in home.problems():
        assert str(problem).isprintable()
        assert len(str(problem)) < 300


@pytest.mark.parametrize(
    "placeholder",
    ["write-it-here", "your-token-here", "YOUR_API_KEY", "<token>", "changeme", "put your key here", "xxxxxxxx", ""],
)
def test_placeholders_of_samples_count_as_unset(home: Home, placeholder: str) -> None:
    home.write(
        {
            "PLEX_TOKEN": placeholder,
            "JELLYFIN_API_KEY": placeholder,
            "JELLYFIN_LOCAL_URL": placeholder,
            "EMBY_OR_JELLYFIN": "write-jellyfin-or-emby-without-capital-letters",
        }
    )
    loaded = home.load(PLEX_TOKEN=placeholder)
    assert loaded.settings.media_servers == ()
    assert loaded.origins["PLEX_TOKEN"] == "default"


@pytest.mark.parametrize("command", ["touch /tmp/i-am-here", "insert coin", "put_status.sh", "echo a\necho\tb"])
def test_a_command_is_taken_as_it_is(home: Home, command: str) -> None:
    home.write({"RUN_COMMAND_AFTER_SCAN": command})
    assert home.load().settings.run_command_after_scan == command


def test_ends_of_lines_that_tools_leave_at_values_are_dropped(home: Home) -> None:
    home.write({"PLEX_TOKEN": "tok\n", "SERVER_IGNORE_LIST": ["/a/\r"]})
    settings = home.load(SERVER_PASS="abc123\r", PLEX_LOCAL_URL="http://h:1\r").settings
    assert settings.server_pass.reveal() == "abc123"
    assert (settings.media_servers[0].url, settings.media_servers[0].token.reveal()) == ("http://h:1", "tok")
    assert settings.server_ignore_list == ("/a/",)


def test_a_number_that_stood_for_no_limit_is_taken(home: Home) -> None:
    home.write({"PLEX_EMPTY_TRASH_MAX_FILES": 99999999, "SERVER_MAX_FILE_CHECKS": 9999999})
    assert home.load().settings.plex_empty_trash_max_files == 99999999


def test_the_public_sample_password_starts_with_a_lasting_warning(home: Home) -> None:
    home.write({"SERVER_PASS": SAMPLE_PASS})
    loaded = home.load()
    assert loaded.settings.webhook_sample_pass
    assert any("public sample" in warning for warning in loaded.warnings)
    assert not any(SAMPLE_PASS in warning for warning in loaded.warnings)
    home.write({})
    assert not home.load().settings.webhook_sample_pass


@pytest.mark.parametrize("name", [*sorted(ROUTE_NAMES), "api/x", "v1/x"])
def test_a_password_that_is_a_routes_name_is_refused_with_the_reason(home: Home, name: str) -> None:
    home.write({"SERVER_PASS": name})
    (problem,) = home.problems()
    assert "a page of Autoscan itself" in problem.message


@pytest.mark.parametrize("value", [".", "..", "/a", "a/", "a//b", "a/../b"])
def test_a_password_that_clients_would_rewrite_is_refused(home: Home, value: str) -> None:
    (problem,) = home.problems(SERVER_PASS=value)
    assert "is a part of a URL" in problem.message
    assert value not in str(problem) or value in (".", "..")


@pytest.mark.parametrize("value", ["a/b", "pass word", "ä", "Health", "12345678", "a%2Fb"])
def test_other_passwords_are_taken_as_they_are(home: Home, value: str) -> None:
    home.write({"SERVER_PASS": value})
    assert home.load().settings.server_pass.reveal() == value


def test_no_problem_and_no_warning_shows_a_secret(home: Home) -> None:
    secret = "s3cr3t-v4lue"
    servers = [
        {"TYPE": "plex", "URL": f"http://u:{secret}@h", "TOKEN": [secret]},
        {"TYPE": secret and "plex", "URL": f"{secret}", "TOKEN": {"a": secret}, "TOKEN_FILE": "x"},
    ]
    home.write(
        {"SERVER_PASS": [secret], "PLEX_TOKEN": {"a": secret}, "MEDIA_SERVERS": servers, "SECRET_KEY": "\0" + secret}
    )
    with pytest.raises(SettingsError) as caught:
        home.load(MEDIA_SERVERS_FILE="none", WEBHOOK_SECRET=secret, JELLYFIN_API_KEY="\n" + secret + "\n\x01")
    assert secret not in str(caught.value)


def test_a_secret_prints_as_stars_wherever_it_ends_up(home: Home) -> None:
    secret = Secret("abc")
    assert (str(secret), repr(secret), f"{secret}", f"{secret!r}") == ("***", "Secret('***')", "***", "Secret('***')")
    assert json.dumps({"a": secret}, default=str) == '{"a": "***"}'
    assert (bool(secret), bool(Secret(""))) == (True, False)
    assert secret == Secret("abc")
    assert secret != Secret("abd")
    assert secret != "abc"
    assert len({secret, Secret("abc")}) == 1
    home.write({"PLEX_TOKEN": "t0ken"})
    settings = home.load().settings
    assert "t0ken" not in repr(settings)
    assert PASS not in str(asdict(settings))


def test_every_secret_is_known_to_the_log(home: Home) -> None:
    home.write(
        {
            "PLEX_TOKEN": "to/ken",
            "MEDIA_SERVERS": [{"TYPE": "emby", "URL": "http://e", "TOKEN": "key2"}],
            "GOOGLE": {"CLIENT_SECRET": "google3"},
            "RCLONE": {"RC_CACHE_REFRESH": {"RC_URL": "http://me:pw@h:5572/"}},
        }
    )
    secrets = home.load(SECRET_KEY="sk4", SECRET_KEY_FALLBACKS="f5,f6", WEBHOOK_SECRET="w7").settings.secrets()
    assert {PASS, "to/ken", "to%2Fken", "key2", "google3", "http://me:pw@h:5572", "sk4", "f5", "f6", "w7"} <= set(
        secrets
    )
    assert [len(each) for each in secrets] == sorted(map(len, secrets), reverse=True)


def test_settings_are_frozen_and_can_be_replaced(home: Home) -> None:
    home.write({})
    settings = home.load().settings
    with pytest.raises(AttributeError):
        settings.server_port = 1  # type: ignore[misc] # that is the point
    assert replace(settings, server_port=1).server_port == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("172.18.0.2", ("172.18.0.2/32",)), ("10.1.2.3/8, [::1]", ("10.0.0.0/8", "::1/128")),
     ('["fd00::/8"]', ("fd00::/8",)), (" , ", ())],
)  # fmt: skip
def test_proxies_are_addresses_or_networks(home: Home, text: str, expected: tuple[str, ...]) -> None:
    home.write({})
    assert home.load(TRUSTED_PROXIES=text).settings.trusted_proxies == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("/", ""), ("autoscan", "/autoscan"), ("/a/b/", "/a/b"), ("//x.y~z//", "/x.y~z")]
)
def test_the_base_path_has_a_slash_before_and_none_behind(home: Home, text: str, expected: str) -> None:
    home.write({})
    assert home.load(BASE_PATH=text).settings.base_path == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("true", ("*",)), ("No", ()), ("1", ("*",)), ("sonarr, scripts", ("sonarr", "scripts"))]
)
def test_a_signature_may_be_required_of_all_or_of_some(home: Home, text: str, expected: tuple[str, ...]) -> None:
    home.write({})
    environ = {"WEBHOOK_SECRET": "w", "WEBHOOK_REQUIRE_SIGNATURE": text}
    assert home.load(**environ).settings.webhook_require_signature == expected
    home.write({"WEBHOOK_REQUIRE_SIGNATURE": [] if not expected else list(expected) if "*" not in expected else True})
    assert home.load(WEBHOOK_SECRET="w").settings.webhook_require_signature == expected


def test_the_allowed_roots_are_whole_paths_and_cleaned(home: Home) -> None:
    home.write({"ALLOWED_ROOTS": ["/tv/", "/a/./b/../c", "D:/TV/", r"\\nas\tv", ""]})
    assert home.load().settings.allowed_roots == ("/tv", "/a/c", "D:\\TV", r"\\nas\tv")
    assert home.load(ALLOWED_ROOTS="/one, two").settings.allowed_roots == ("/one, two",)


@pytest.mark.parametrize(
    ("name", "text"),
    [("TRUSTED_PROXIES", "172.18.0.0/33"), ("TRUSTED_PROXIES", "proxy"), ("TRUSTED_PROXIES", "*"),
     ("BASE_PATH", "/a b"), ("BASE_PATH", "/a/../b"), ("BASE_PATH", "https://x/y"), ("BASE_PATH", "/queue"),
     ("WEBHOOK_REQUIRE_SIGNATURE", "a/b"), ("WEBHOOK_REQUIRE_SIGNATURE", "true"),
     ("ALLOWED_ROOTS", "tv"), ("ALLOWED_ROOTS", "./tv"), ("ALLOWED_ROOTS", "../tv")],
)  # fmt: skip
def test_what_the_web_cannot_use_is_told(home: Home, name: str, text: str) -> None:
    home.write({})
    with pytest.raises(SettingsError) as raised:
        home.load(**{name: text})
    assert [problem.name for problem in raised.value.problems] == [name]


def test_the_base_path_is_not_what_the_password_begins_with(home: Home) -> None:
    home.write({"SERVER_PASS": "autoscan"})
    with pytest.raises(SettingsError, match="BASE_PATH"):
        home.load(BASE_PATH="/autoscan")
    assert home.load(BASE_PATH="/auto").settings.base_path == "/auto"
