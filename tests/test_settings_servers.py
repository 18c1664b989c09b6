"""The media servers, from the list and from the old keys."""

from pathlib import Path
from typing import Any

import pytest

from autoscan.settings import MediaServer, Secret
from tests.homes import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def entry(**keys: Any) -> dict[str, Any]:
    return {"TYPE": "plex", "URL": "http://plex:32400", "TOKEN": "t", **keys}


def names(home: Home, **environ: str) -> list[tuple[str, str]]:
    return [(server.name, server.url) for server in home.load(**environ).settings.media_servers]


def test_the_old_keys_make_a_server_each_when_they_hold_a_token(home: Home) -> None:
    home.write({"PLEX_TOKEN": "t1", "JELLYFIN_API_KEY": "t2", "JELLYFIN_LOCAL_URL": "http://j:8096/emby/"})
    plex, jellyfin = home.load().settings.media_servers
    assert plex == MediaServer(
        name="plex", type="plex", url="http://localhost:32400", token=Secret("t1"), path_mappings={}, verify_tls=True,
        timeout=30.0,
    )  # fmt: skip
    assert (jellyfin.name, jellyfin.type, jellyfin.url) == ("jellyfin", "jellyfin", "http://j:8096/emby")
    assert names(home, EMBY_OR_JELLYFIN="Emby")[1] == ("emby", "http://j:8096/emby")


def test_an_entry_says_everything_about_its_server(home: Home, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    home.write(
        {
            "MEDIA_SERVERS": [
                entry(
                    NAME=" living room ", VERIFY_TLS="false", TIMEOUT="7.5", PATH_MAPPINGS={"/srv/": "/mnt/"}, _why="x"
                ),
                entry(TYPE="Emby", VERIFY_TLS="ca.pem", TIMEOUT=1),
            ]
        }
    )
    first, second = home.load().settings.media_servers
    assert (first.name, first.verify_tls, first.timeout) == ("living room", False, 7.5)
    assert first.path_mappings == {"/srv/": ("/mnt/",)}
    assert (second.type, second.verify_tls, second.timeout) == ("emby", str(tmp_path / "ca.pem"), 1.0)


def test_one_entry_needs_no_brackets(home: Home) -> None:
    home.write({"MEDIA_SERVERS": entry()})
    assert names(home) == [("plex", "http://plex:32400")]


def test_names_are_made_from_the_type_and_the_old_server_keeps_its_own(home: Home) -> None:
    home.write(
        {
            "PLEX_TOKEN": "t",
            "MEDIA_SERVERS": [entry(URL="http://a"), entry(URL="http://b", NAME="plex-2"), entry(URL="http://c")],
        }
    )
    assert [name for name, _ in names(home)] == ["plex", "plex-3", "plex-2", "plex-4"]
    home.write({"PLEX_TOKEN": "t", "MEDIA_SERVERS": [entry(NAME="Plex")]})
    assert [name for name, _ in names(home)] == ["plex-2", "Plex"]


@pytest.mark.parametrize(
    "spelling", ["http://HOST:80/", "HTTP://host", "http://host:80", "http://host/", "http://host."]
)
def test_the_same_server_in_the_list_makes_no_second_one(home: Home, spelling: str) -> None:
    home.write({"PLEX_LOCAL_URL": "http://host", "PLEX_TOKEN": "old", "MEDIA_SERVERS": [entry(URL=spelling)]})
    (server,) = home.load().settings.media_servers
    assert server.token == Secret("t")


@pytest.mark.parametrize("spelling", ["https://host", "http://host:81", "http://host/base", "http://other"])
def test_another_server_in_the_list_makes_a_second_one(home: Home, spelling: str) -> None:
    home.write({"PLEX_LOCAL_URL": "http://host", "PLEX_TOKEN": "old", "MEDIA_SERVERS": [entry(URL=spelling)]})
    assert len(home.load().settings.media_servers) == 2


@pytest.mark.parametrize(
    ("keys", "name", "message"),
    [
        ({"URL": "plex:32400"}, "URL", "is no URL of a server."),
        ({"URL": "ftp://plex"}, "URL", "is no URL of a server."),
        ({"URL": "http://"}, "URL", "is no URL of a server."),
        ({"URL": "http://a b"}, "URL", "is no URL of a server."),
        ({"URL": "http://a:99999"}, "URL", "is no URL of a server."),
        ({"URL": "http://[::1"}, "URL", "is no URL of a server."),
        ({"URL": "http://me:pw@plex"}, "URL", "holds a user name or password"),
        ({"URL": "http://plex/?X-Plex-Token=t"}, "URL", "holds a `?` or `#`."),
        ({"URL": None}, "URL", "is missing."),
        ({"TYPE": ""}, "TYPE", "is missing."),
        ({"TYPE": "kodi"}, "TYPE", '"kodi" is none of plex, jellyfin, emby.'),
        ({"TOKEN": None}, "TOKEN", "is missing."),
        ({"TOKEN": "your-token-here"}, "TOKEN", "still holds the sample's text."),
        ({"TOKEN": None, "TOKEN_FILE": "none"}, "TOKEN_FILE", "does not exist or is empty."),
        ({"TIMEOUT": 0}, "TIMEOUT", "0 is no number of seconds above 0"),
        ({"TIMEOUT": True}, "TIMEOUT", "true is no number of seconds"),
        ({"TIMEOUT": "1e3"}, "TIMEOUT", "is no number of seconds"),
        ({"VERIFY_TLS": "/no/such.pem"}, "VERIFY_TLS", "neither true nor false nor the path"),
        ({"VERIFY_TLS": 1}, "VERIFY_TLS", "neither true nor false nor the path"),
        ({"VERIFY_TLS": "x" * 300}, "VERIFY_TLS", "neither true nor false nor the path"),
        ({"NAME": "x" * 65}, "NAME", "is longer than 64 characters."),
        ({"PATH_MAPPINGS": ["/a"]}, "PATH_MAPPINGS", "must be a table."),
    ],
)
def test_what_is_wrong_with_an_entry_is_told(home: Home, keys: dict[str, Any], name: str, message: str) -> None:
    home.write({"MEDIA_SERVERS": [entry(**keys)]})
    (problem,) = home.problems()
    assert problem.name == f"MEDIA_SERVERS[0].{name}"
    assert message in problem.message


def test_everything_wrong_with_an_entry_is_told_at_once(home: Home) -> None:
    home.write('{"MEDIA_SERVERS": [\n{"TIMEOUT": -1,\n"TYPE": 5},\n7]}')
    assert home.wrong() == [
        ("MEDIA_SERVERS[0].TIMEOUT", "config/config.json:2"),
        ("MEDIA_SERVERS[0].TYPE", "config/config.json:3"),
        ("MEDIA_SERVERS[0].URL", "config/config.json:2"),
        ("MEDIA_SERVERS[0].TOKEN", "config/config.json:2"),
        ("MEDIA_SERVERS[1]", "config/config.json:4"),
    ]


@pytest.mark.parametrize("value", ["plex", 5, True])
def test_a_list_that_is_none_is_a_problem(home: Home, value: Any) -> None:
    home.write({"MEDIA_SERVERS": value})
    assert home.wrong() == [("MEDIA_SERVERS", "config/config.json:3")]


def test_a_token_comes_from_a_file_too(home: Home, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    home.write({"MEDIA_SERVERS": [entry(TOKEN=None, TOKEN_FILE="token")]})
    assert home.load().settings.media_servers[0].token == Secret("from a file")
    home.write({"MEDIA_SERVERS": [entry(TOKEN_FILE="token")]})
    assert [name for name, _ in home.wrong()] == ["MEDIA_SERVERS[0]"]


def test_names_and_servers_are_unique(home: Home) -> None:
    home.write({"MEDIA_SERVERS": [entry(NAME="a"), entry(NAME="A", URL="http://other"), entry()]})
    messages = [(problem.name, problem.message) for problem in home.problems()]
    assert messages == [
        ("MEDIA_SERVERS[1]", "has the NAME of an entry above. Choose another one."),
        ("MEDIA_SERVERS[2]", "is the same server as an entry above. Remove one of them."),
    ]


def test_a_bad_old_url_matters_only_where_a_token_makes_a_server_of_it(home: Home) -> None:
    home.write({"PLEX_LOCAL_URL": "plex.lan:32400"})
    assert names(home) == []
    assert home.wrong(PLEX_TOKEN="t") == [("PLEX_LOCAL_URL", "config/config.json:3")]


def test_old_and_new_are_checked_at_once(home: Home) -> None:
    home.write({"PLEX_LOCAL_URL": "x", "PLEX_TOKEN": "t", "MEDIA_SERVERS": [5]})
    assert [name for name, _ in home.wrong()][:2] == ["PLEX_LOCAL_URL", "MEDIA_SERVERS[0]"]


def test_the_switches_of_niniyas_turn_the_old_keys_off(home: Home) -> None:
    home.write({"PLEX_TOKEN": "t", "JOE_API_KEY": "k", "JOE_HOST": "http://e", "JELLYFIN_EMBY": "emby"})
    assert names(home, ENABLE_PLEX="false", ENABLE_JOE="true") == [("emby", "http://e")]
    assert names(home, ENABLE_PLEX="true", ENABLE_JOE="false") == [("plex", "http://localhost:32400")]
    assert [name for name, _ in names(home)] == ["plex", "emby"]


def test_a_switch_without_its_token_is_named(home: Home) -> None:
    home.write({})
    assert home.load(ENABLE_JOE="true").warnings == (
        "environment: ENABLE_JOE is true, but JELLYFIN_API_KEY is not set.",
    )


def test_a_server_takes_what_it_does_not_say_of_looking_from_the_top(home: Home) -> None:
    home.write(
        {
            "VERIFY": "off",
            "ESCALATE_TO_LIBRARY": True,
            "PLEX_TOKEN": "t",
            "MEDIA_SERVERS": [
                entry(URL="http://a", VERIFY="on", ESCALATE_TO_LIBRARY="off"),
                entry(URL="http://b"),
            ],
        }
    )
    settings = home.load().settings
    assert (settings.verify, settings.escalate_to_library) == (False, True)
    servers = [(server.verify, server.escalate_to_library) for server in settings.media_servers]
    assert servers == [(False, True), (True, False), (False, True)]
    home.write({"MEDIA_SERVERS": [entry(VERIFY="perhaps")]})
    assert home.wrong() == [("MEDIA_SERVERS[0].VERIFY", "config/config.json:8")]


def test_unless_somebody_says_so_every_server_is_looked_into(home: Home) -> None:
    home.write({"PLEX_TOKEN": "t", "MEDIA_SERVERS": entry(URL="http://a")})
    assert [(server.verify, server.escalate_to_library) for server in home.load().settings.media_servers] == [
        (True, True),
        (True, True),
    ]
    assert home.load(VERIFY="off").settings.media_servers[1].verify is False
