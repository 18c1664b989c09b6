"""docker-compose.yml put up as it stands, beside a `.env` and what a test has to add."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docker import engine
from tests.docker.engine import Container, EngineError
from tests.docker.images import IMAGE
from tests.programs import ROOT

TOOLS = {"docker compose": ("docker", "compose"), "docker-compose": ("docker-compose",)}
PROJECT = "autoscantest"


def available(tool: str) -> bool:
    """Tell whether this machine has that tool."""
    try:
        engine.run(*TOOLS[tool], "version", seconds=20)
    except EngineError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What was put up."""

    tool: str
    folder: Path

    def run(self, *arguments: str) -> str:
        """Run a command of the tool."""
        files = ("--file", "docker-compose.yml", "--file", "override.yml")
        place = ("--project-directory", str(self.folder), "--project-name", PROJECT)
        paths = [str(self.folder / each) if each.endswith(".yml") else each for each in files]
        return engine.run(*TOOLS[self.tool], *paths, *place, *arguments, seconds=180)

    @property
    def autoscan(self) -> Container:
        """Return the container of the service, which has another one after a new `up`."""
        return Container(self.run("ps", "--quiet", "autoscan"))

    @property
    def network(self) -> str:
        """Return the network on which its services know each other."""
        return f"{PROJECT}_default"


@contextmanager
def stack(tool: str, folder: Path, media: str, dotenv: Mapping[str, str]) -> Iterator[Stack]:
    """Put the file up with the image under test and the media; take everything down again."""
    shutil.copy(ROOT / "docker-compose.yml", folder)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in dotenv.items()))
    (folder / "override.yml").write_text(json.dumps(_override(media)))
    found = Stack(tool=tool, folder=folder)
    found.run("down", "--volumes")
    try:
        found.run("up", "--detach", "--no-build")
        yield found
    finally:
        found.run("down", "--volumes", "--timeout", "10")


def _override(media: str) -> Any:
    """Return the image that was built, the media, and the least pause between two looks at health."""
    service = {"image": IMAGE, "volumes": ["media:/media:ro"], "healthcheck": {"interval": "2s"}}
    return {"services": {"autoscan": service}, "volumes": {"media": {"external": True, "name": media}}}
