"""A media library, servers that have it, and `scan.py scan` on a clock that the command itself turns."""

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autoscan.cli.scanning.command import Order, run
from autoscan.cli.scanning.screens import Json
from autoscan.settings import Settings
from tests.clocks import VirtualClock
from tests.desks import server_entry
from tests.homes import Home
from tests.servers import Library, make_media, season
from tests.targets import FAKES, Fake

Capture = pytest.CaptureFixture[str]
EPISODE = "Show/Season 01/Show - S01E01.mkv"


@dataclass
class World:
    """A library on disk, servers that have it, settings, and a clock that the command itself turns."""

    folder: Path
    capsys: Capture
    opened: ExitStack
    clock: VirtualClock = field(default_factory=VirtualClock)
    fakes: dict[str, Fake] = field(default_factory=dict)

    @property
    def tv(self) -> Path:
        return self.folder / "media" / "tv"

    @property
    def episode(self) -> str:
        return str(self.tv / EPISODE)

    def serve(self, *kinds: str, root: Path | None = None, **knobs: Any) -> None:
        """Start a server of each of `kinds`, whose one library is `root` (default: `media/tv`)."""
        library = Library(title="TV", type="tv", roots=(str(root or self.tv),))
        for kind in kinds:
            fake: Any = FAKES[kind](self.folder / "media", [library], clock=self.clock, **knobs)
            self.fakes[kind] = self.opened.enter_context(fake)

    def settings(self, **settings: Any) -> Settings:
        home = Home(self.folder)
        servers = [server_entry(kind, fake) | {"NAME": kind} for kind, fake in self.fakes.items()]
        home.write({"MEDIA_SERVERS": servers} | settings)
        return home.load().settings

    def scan(self, *paths: str, settings: Settings | None = None, **order: Any) -> tuple[int, list[dict[str, Any]]]:
        """Scan and return the exit code with every result there is."""
        typed = Order(paths=paths or (self.episode,), **order)
        code = run(settings or self.settings(), typed, self.clock, Json(self.clock))
        told = json.loads(self.capsys.readouterr().out)
        assert told["ok"] is (code == 0)
        return code, [result for path in told["paths"] for result in path["results"]]

    def only(self, *paths: str, **order: Any) -> tuple[int, dict[str, Any]]:
        """Scan and return the exit code with the one result."""
        code, (result,) = self.scan(*paths, **order)
        return code, result


def made(folder: Path, capsys: Capture, opened: ExitStack) -> World:
    """Return a world in `folder`, with a season of two episodes; what is started ends with `opened`."""
    (folder / "media" / "other").mkdir(parents=True)
    make_media(folder / "media" / "tv", season("Show", 1, [1, 2]))
    return World(folder=folder, capsys=capsys, opened=opened)
