"""Every derived document says what the code does, and its own check finds out when it does not."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from flask import Flask

from autoscan import reference
from autoscan.model import DeliveryState, ScanState
from autoscan.settings import DEFINITIONS, Status
from tests.homes import PASS, Home


def test_the_table_of_settings_has_every_setting_with_its_default() -> None:
    table = reference.settings_table()
    assert [each.name for each in DEFINITIONS if f"| `{each.name}` |" not in table] == []
    assert "| `SERVER_PORT` | whole number | `3468` | Port to serve on. |" in table
    assert "`PLEX_TOKEN_FILE` reads it from a file." in table
    assert "Command line: `--queuefile`." in table
    assert "| `GUNICORN_WORKERS` | whole number | twice the CPUs + 1, at most 4 |" in table


def test_the_table_tells_what_became_of_old_keys() -> None:
    table = reference.settings_table()
    assert "| `GDRIVE` | GOOGLE replaces it: " in table
    assert "| `JOE_HOST` | Another name of JELLYFIN_LOCAL_URL. |" in table


@pytest.mark.parametrize("table", [reference.settings_table(), reference.states_table()])
def test_every_row_of_a_table_has_as_many_cells_as_its_head(table: str) -> None:
    for block in re.findall(r"(?:^\|.*\n?)+", table, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_table_of_states_explains_each_state() -> None:
    table = reference.states_table()
    rows = re.findall(r"\| `(\w+)` \| (.+) \|", table)
    assert [name for name, _ in rows] == [*map(str, ScanState), *map(str, DeliveryState)]


def test_the_table_of_routes_shows_each_route_with_its_methods_and_sentence() -> None:
    app = Flask("example", static_folder=None)

    @app.route("/a/<name>", methods=["GET", "POST"])
    def view(name: str) -> str:
        """Take an event
        of `name` | any.

        More about it.
        """
        return name

    assert view("x") == "x"
    assert reference.routes_table(app).splitlines()[2:] == [
        "| `/a/<name>` | GET, POST | Take an event of `name` \\| any. |"
    ]


def test_the_table_of_routes_is_made_from_the_application_itself() -> None:
    table = reference.routes_table()
    for route in ("/health", "/<SERVER_PASS>", "/triggers/<name>", "/api/<SERVER_PASS>"):
        assert f"| `{route}` |" in table
    assert all(not row.endswith("|  |") for row in table.splitlines())


def test_the_help_is_the_same_on_every_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = reference.cli_help()
    monkeypatch.setenv("COLUMNS", "300")
    assert reference.cli_help() == text
    assert text.startswith("```\nusage: scan.py")
    for word in ("sections+", "update_config", "--queuefile", "build_caches"):
        assert word in text


def test_copying_env_example_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(reference.env_example())
    assert dotenv_values(tmp_path / ".env") == {}


def test_env_example_with_everything_switched_on_says_the_defaults(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write({})
    before = home.load().settings
    text = re.sub(r"^#(?=[A-Z])", "", reference.env_example(), flags=re.MULTILINE)
    values = {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}
    assert {name for name in values if name not in ("GOOGLE", "RCLONE")} <= {each.name for each in DEFINITIONS}
    assert home.load(**values).settings == before


def test_env_example_has_every_variable() -> None:
    text = reference.env_example()
    for setting in DEFINITIONS:
        if not setting.nested:
            mark = "#{}=" if setting.status is Status.USED else "# {}: "
            assert f"\n{mark.format(setting.name)}" in text, setting.name
    assert "\n#GOOGLE={}\n" in text
    assert "\n#PLEX_TOKEN_FILE=\n" in text


def test_examples_are_taken_as_they_stand(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write({})
    examples = {each.name: each.example for each in DEFINITIONS if each.example and each.name != "MEDIA_SERVERS"}
    assert home.load(**examples).warnings == ()
    servers = next(each.example for each in DEFINITIONS if each.name == "MEDIA_SERVERS")
    assert home.load(MEDIA_SERVERS=servers.replace("your-token-here", "t")).settings.media_servers


def test_the_sample_is_json_and_starts_without_a_word(tmp_path: Path) -> None:
    home = Home(tmp_path)
    sample = reference.documents(tmp_path)[tmp_path / "config" / "config.json.sample"]
    assert json.loads(sample)["SERVER_PORT"] == 3468
    home.write(sample)
    assert home.load(SERVER_PASS=PASS).warnings == ()


GUIDE = """# Guide
<!-- [[[cog
import cog
from autoscan import reference
cog.outl(reference.states_table())
]]] -->
<!-- [[[end]]] -->
"""


def test_stale_documents_are_named_then_written_then_current(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text(GUIDE)
    assert reference.main(["--check"], tmp_path) == 1
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["config/config.json.sample", ".env.example", "README.md"]
    assert (tmp_path / "README.md").read_text() == GUIDE
    assert reference.main([], tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[2] == "wrote README.md"
    assert "| `waiting` |" in (tmp_path / "README.md").read_text()
    assert reference.main(["--check"], tmp_path) == 0
    (tmp_path / ".env.example").write_text("edited")
    assert reference.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == ".env.example is stale; `make docs` writes it\n"
