"""The files for containers, as far as they can be read without an engine."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import autoscan
from tests.programs import ROOT

FILES = ("docker-compose.yml", "deploy/compose/docker-compose.yml")
#: What version 2.2 read from the environment, or said that it does.
VARIABLES_OF_2_2 = """
PLEX_AUTOSCAN_CONFIG PLEX_AUTOSCAN_LOGFILE PLEX_AUTOSCAN_LOGLEVEL PLEX_AUTOSCAN_QUEUEFILE PLEX_AUTOSCAN_CACHEFILE
PLEX_TOKEN SERVER_PASS JELLYFIN_API_KEY JELLYFIN_LOCAL_URL EMBY_OR_JELLYFIN SECRET_KEY SECRET_KEY_FALLBACKS
SESSION_COOKIE_SECURE ENABLE_TALISMAN FORCE_HTTPS WEBHOOK_SECRET LOG_FORMAT LOG_LEVEL SERVER_IP SERVER_PORT
GUNICORN_WORKERS GUNICORN_TIMEOUT GUNICORN_MAX_REQUESTS TZ PUID PGID SCAN_THREAD_POOL_SIZE GUNICORN_WORKER
OTEL_ENABLED PROMETHEUS_ENABLED
"""


@pytest.fixture(scope="module")
def tools() -> list[tuple[str, ...]]:
    """Return the Compose tools that this machine has; reading a file takes no engine."""
    names: list[tuple[str, ...]] = [("docker", "compose"), ("docker-compose",)]
    known = [name for name in names if shutil.which(name[0])]
    found = [
        name for name in known if not subprocess.run((*name, "version"), check=False, capture_output=True).returncode
    ]
    if not found:
        pytest.skip("neither `docker compose` nor docker-compose is installed")
    return found


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())["services"]["autoscan"]
    return found


def test_the_image_is_labelled_with_the_version_of_the_program() -> None:
    (version,) = re.findall(r'image\.version="([^"]+)"', (ROOT / "Dockerfile").read_text())
    assert version == autoscan.__version__


def test_every_variable_of_version_2_2_is_in_env_example() -> None:
    text = (ROOT / ".env.example").read_text()
    assert [name for name in VARIABLES_OF_2_2.split() if not re.search(rf"^# ?{name}[=:]", text, re.MULTILINE)] == []


def test_the_compose_file_hands_on_every_variable_that_is_not_the_images_own() -> None:
    offered = re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    given = service("docker-compose.yml")["environment"]
    own = {f"PLEX_AUTOSCAN_{name}" for name in ("CONFIG", "LOGFILE", "QUEUEFILE", "CACHEFILE")}
    own |= {"SERVER_IP", "SERVER_PORT", "PUID", "PGID"}
    assert set(offered) - set(given) == own
    assert all(value == f"${{{name}:-}}" for name, value in given.items()), "unset and empty are the same"


@pytest.mark.parametrize("name", FILES)
def test_a_compose_file_needs_no_dotenv_and_speaks_to_both_tools(name: str) -> None:
    text = (ROOT / name).read_text()
    found = service(name)
    assert re.findall(r"\$\{\w+\}|\$\w", text) == [], "each variable has a default"
    assert not {"env_file", "deploy", "container_name"} & found.keys(), "`deploy` does nothing in docker-compose 1.29"
    assert "version" not in yaml.safe_load(text)
    assert (found["mem_limit"], found["cpus"], found["read_only"]) == ("512m", 2, True)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("dotenv", ["", "SERVER_PORT=8080\nPUID=1001\nSERVER_PASS=s3cret\n"], ids=["bare", ".env"])
def test_the_tools_take_a_compose_file_with_and_without_a_dotenv(
    name: str, dotenv: str, tools: list[tuple[str, ...]], tmp_path: Path
) -> None:
    shutil.copy(ROOT / name, tmp_path)
    if dotenv:
        (tmp_path / ".env").write_text(dotenv)
    for tool in tools:
        done = subprocess.run((*tool, "config"), cwd=tmp_path, check=True, capture_output=True, text=True)
        found = yaml.safe_load(done.stdout)["services"]["autoscan"]
        assert done.stderr == ""
        assert found["user"] == ("1001:1000" if dotenv else "1000:1000")
        assert ("8080" if dotenv else "3468") in str(found["ports"])
        assert found["environment"]["SERVER_PASS"] == ("s3cret" if dotenv else "")
