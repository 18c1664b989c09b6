"""Simulated media servers in containers of their own, on the network of the one under test."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.docker.asking import ask, serves
from tests.docker.engine import LABEL, Container, docker
from tests.docker.images import IMAGE
from tests.programs import ROOT
from tests.waiting import wait_until

TOKEN = "t0ken-of-the-simulators"
#: Inside of each.
PORT = 8000
LIBRARIES = ("--library", "TV=tv:/media/tv", "--library", "Movies=movies:/media/movies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """One of them, with its controls."""

    container: Container
    port: int

    def scans(self) -> list[str]:
        """Return the folders that it was asked to scan, in order."""
        return [each["path"] for each in ask(self.port, "/__sim__/scans").json]

    def violations(self) -> list[str]:
        """Return the requests that a real server would not understand."""
        found: list[str] = ask(self.port, "/__sim__/violations").json
        return found


@contextmanager
def simulator(product: str, network: str, media: str) -> Iterator[Simulator]:
    """Run one, known to the network by its product's name; its media lies in a volume."""
    name = f"autoscan-test-{product}"
    docker(
        *("create", "--name", name, "--label", LABEL, "--network", network, "--network-alias", product),
        *("--publish", f"127.0.0.1::{PORT}", "--volume", f"{media}:/media", "--user=0", "--entrypoint=python"),
        *(IMAGE, "-m", "tests.servers", product, "--root=/media", "--mount=/media=/media", *LIBRARIES),
        *(f"--token={TOKEN}", f"--port={PORT}", "--set=host=0.0.0.0"),
    )
    try:
        docker("cp", "-", f"{name}:/app", stdin=_packed())
        docker("start", name)
        container = Container(name)
        port = container.port(PORT)
        wait_until(lambda: serves(port, "/__sim__/scans"), 30, f"{product} answers")
        yield Simulator(container=container, port=port)
    finally:
        docker("rm", "--force", "--volumes", name)


def make_season(container: Container, show: str, episodes: Any) -> str:
    """Put a season into the media and return its folder."""
    container.python(
        "from pathlib import Path; from tests.servers import make_media, season; "
        f"make_media(Path('/media/tv'), season({show!r}, 1, {list(episodes)!r}))"
    )
    return f"/media/tv/{show}/Season 01"


def _packed() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("tests/__init__.py", "tests/servers"):
            archive.add(ROOT / name, name, filter=lambda entry: None if "__pycache__" in entry.name else entry)
    return packed.getvalue()
