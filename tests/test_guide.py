"""The guides are true: their commands run, their examples are understood, what they name is there."""

import json
import re
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from autoscan import reference
from autoscan.cli import parser
from autoscan.model import DeliveryState
from tests.guides import SHOWS, STOPPED, Example, Installation, examples, installed
from tests.homes import PASS, Home
from tests.programs import ROOT

GUIDE = ROOT / "DEPLOYMENT_GUIDE.md"
README = ROOT / "README.md"
EXAMPLES = (*examples(GUIDE), *examples(README))
SECTIONS = ("Overview", "Features", "Options", "Configuration", "Docker", "Bare metal", "Tuning", "Monitoring",
            "Troubleshooting", "Upgrade", "Reverse proxies", "Backup")  # fmt: skip
#: The last is what programs print.
LANGUAGES = {"sh", "json", "dotenv", "yaml", "nginx", "caddy", ""}
#: What `tests/docker` tries, where an engine is.
ELSEWHERE = "docker"
COMMANDS = {
    section: [each for each in group if each.language == "sh" and not each.untried and ELSEWHERE not in each.needs]
    for section, group in groupby(EXAMPLES, key=lambda example: f"{example.guide}: {example.section}")
}


def of(language: str) -> list[Example]:
    return [example for example in EXAMPLES if example.language == language]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Give an installation to look at."""
    with installed(tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture
def installation(section: str, shared: Installation, tmp_path: Path) -> Iterator[Installation]:
    """Give one of its own to a section that stops or changes what it finds."""
    if not any(STOPPED in example.needs for example in COMMANDS[section]):
        yield shared
        return
    with installed(tmp_path) as found:
        yield found


def test_the_sections_are_those_of_the_contents_in_their_order() -> None:
    text = GUIDE.read_text()
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == SECTIONS
    contents = re.findall(r"(\d+)\.\s\[(.*?)\]", text.partition("\n## ")[0])
    assert contents == [(str(number), title) for number, title in enumerate(SECTIONS, 1)]


def test_every_example_is_found_and_of_a_kind_that_is_tried() -> None:
    fences = re.findall(r"^ *```", GUIDE.read_text() + README.read_text(), re.MULTILINE)
    assert len(fences) == 2 * len(EXAMPLES)
    assert {example.language for example in EXAMPLES} <= LANGUAGES


def test_what_is_not_tried_says_why_and_is_the_smaller_part() -> None:
    untried = [example for example in of("sh") if example.untried]
    assert [example for example in untried if len(example.untried.split()) < 4] == []
    assert len(untried) < len(of("sh")) / 2


@pytest.mark.parametrize("section", [section for section, commands in COMMANDS.items() if commands])
def test_every_command_of_a_section_works(section: str, installation: Installation) -> None:
    if section.endswith("Backup"):
        installation.start()  # something has to be there before it can be kept
    without = set()
    for example in COMMANDS[section]:
        missing = {need for need in example.needs if need != STOPPED and not shutil.which(need)}
        if not missing:
            installation.run(example)
        without |= missing
    if without:
        pytest.skip(f"the rest of the section was run; not installed: {', '.join(sorted(without))}")


def test_every_configuration_is_one_that_is_understood(tmp_path: Path) -> None:
    for number, example in enumerate(of("json")):
        (tmp_path / str(number)).mkdir()
        home = Home(tmp_path / str(number))
        home.write(example.text)
        assert home.said(**({} if "SERVER_PASS" in example.text else {"SERVER_PASS": PASS})) == [], example


def test_every_variable_is_one_that_is_understood(tmp_path: Path) -> None:
    for number, example in enumerate(of("dotenv")):
        (tmp_path / str(number)).mkdir()
        home = Home(tmp_path / str(number))
        home.write({})
        home.env(example.text.replace("/var/lib/autoscan", str(home.config.parent)))
        loaded = home.load(SERVER_PASS=PASS)  # so that none is made, wherever the example has things kept
        assert loaded.warnings == (), example
        assert [name for name in dotenv_values(home.folder / ".env") if loaded.origins.get(name) == "default"] == []


@pytest.mark.parametrize("example", of("yaml"), ids=str)
def test_every_yaml_is_well_formed(example: Example) -> None:
    assert isinstance(yaml.safe_load(example.text), dict)


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"scan\.py ([a-z_]+\+?)", GUIDE.read_text() + README.read_text()))
    assert len(named) > 5
    assert named <= {command.name for command in parser.COMMANDS}


def test_every_check_of_ready_is_named(shared: Installation) -> None:
    (asked,) = [example for example in of("sh") if "/ready" in example.text]
    checks = json.loads(shared.run(asked).splitlines()[1])["checks"]
    assert [name for name in checks if name != "store" and f"`{name}`" not in GUIDE.read_text()] == []


def test_results_that_are_named_are_results() -> None:
    table = GUIDE.read_text().partition("## Troubleshooting")[2].partition("## ")[0]
    named = set(re.findall(r"^\| (?:failed, )?`([a-z]+_?[a-z]+)`", table, re.MULTILINE))
    assert named - {"file_missing"} <= set(map(str, DeliveryState))


def test_the_show_that_the_commands_ask_for_is_there() -> None:
    paths = re.findall(r'"(/data/[^"]*)"', "".join(example.text for example in of("sh")))
    assert paths
    assert all(path.startswith(SHOWS.roots[0]) for path in paths)


def test_the_table_of_metrics_has_those_of_the_dashboard_and_the_alerts_with_their_labels() -> None:
    table = reference.metrics_table()
    assert "| `autoscan_webhooks_total{result, source}` | counter |" in table
    assert "| `autoscan_visible_seconds{server}` | histogram |" in table
    used = "".join(path.read_text() for path in (ROOT / "deploy").glob("[gp]*/*.*"))
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bautoscan_[a-z_]+", used)}
    assert len(names) > 10
    assert [name for name in names if not re.search(rf"\| `{name}[`{{]", table)] == []
