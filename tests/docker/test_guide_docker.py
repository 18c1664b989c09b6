"""The guides' commands for Docker, on an engine, with either of the two compose programs."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker import engine, images
from tests.docker.conftest import Built
from tests.guides import PORT, Example, examples
from tests.programs import ROOT, free_port

ALL = [example for guide in ("README.md", "DEPLOYMENT_GUIDE.md") for example in examples(ROOT / guide)]
EXAMPLES = [example for example in ALL if "docker" in example.needs and not example.untried]
#: The `.env` that the guide shows.
(DOTENV,) = (example.text for example in ALL if example.language == "dotenv" and example.section == "Docker")
#: What the names of everything that is made begin with.
OWN = f"autoscan-test-guide-{os.getpid()}"
#: `docker` where only docker-compose is installed, which takes this for a terminal if it is not told.
OLD_COMPOSE = """\
#!/bin/sh
[ "$1" = compose ] || exec {docker} "$@"
shift
[ "$1" != exec ] || {{ shift; set -- exec -T "$@"; }}
exec docker-compose "$@"
"""


@pytest.fixture(scope="module")
def place(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder with the compose file, for the image under test; nothing of it is left at the end."""
    folder = tmp_path_factory.mktemp("compose")
    text = (ROOT / "docker-compose.yml").read_text()
    text = re.sub(r"^    build:\n(?:      .*\n)+", "", text, flags=re.MULTILINE).replace(
        "autoscan:latest", images.IMAGE
    )
    (folder / "docker-compose.yml").write_text(text)
    dotenv = DOTENV.replace(PORT, str(free_port()))
    (folder / ".env").write_text(f"{dotenv}COMPOSE_PROJECT_NAME={OWN}\n")
    _provide_compose(folder / "bin")
    yield folder
    run(folder, "docker compose down --volumes --timeout 5")
    run(folder, f"docker volume ls --quiet --filter name={OWN} | xargs --no-run-if-empty docker volume rm")


def _provide_compose(folder: Path) -> None:
    folder.mkdir()
    try:
        engine.docker("compose", "version")
    except engine.EngineError:
        if shutil.which("docker-compose") is None:
            pytest.skip("neither `docker compose` nor docker-compose is installed")
        (folder / "docker").write_text(OLD_COMPOSE.format(docker=shutil.which("docker")))
        (folder / "docker").chmod(0o755)


def run(place: Path, text: str) -> str:
    """Run commands as a shell does that ends at the first mistake; return what they printed, fail if one failed."""
    path = f"{place / 'bin'}:{os.environ['PATH']}"  # noqa: TID251 - the shell's
    return engine.run("env", f"PATH={path}", "bash", "-euo", "pipefail", "-c", f"cd '{place}'\n{text}")


def test_the_guides_have_commands_for_docker() -> None:
    assert len({example.guide for example in EXAMPLES}) == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_command_for_docker_works(example: Example, place: Path) -> None:
    said = run(place, example.text.replace(" autoscan true", f" {images.IMAGE} true").replace(" old_", f" {OWN}_"))
    if "scan.py url" in example.text:
        assert re.search(r"http://\S+:3468/\w{32}", said)


def test_what_stands_in_dotenv_arrives(place: Path) -> None:
    run(place, "docker compose up -d")
    said = run(place, "docker compose exec autoscan printenv MEDIA_SERVERS")
    assert f"MEDIA_SERVERS={said}\n" in DOTENV
