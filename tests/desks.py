"""A folder with a configuration, and commands that are run on it within the test's process."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscan.cli import main
from tests.programs import SECRET
from tests.servers import FakeEmby, FakeJellyfin, FakePlex


class Desk:
    """A folder with a configuration, and commands that are run on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.config = folder / "config.json"

    def configure(self, **settings: Any) -> None:
        """Write the configuration file."""
        self.config.write_text(json.dumps({"SERVER_PASS": SECRET} | settings))

    def run(self, *argv: str) -> tuple[int, str, str]:
        """Run a command and return its exit code, stdout and stderr."""
        places = ("--config", str(self.config), "--queuefile", str(self.folder / "queue.db"), "--logfile", "-")
        code = main([*argv, *places])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err


def server_entry(kind: str, server: FakePlex | FakeJellyfin | FakeEmby) -> dict[str, str]:
    return {"NAME": f"my {kind}", "TYPE": kind, "URL": server.url, "TOKEN": server.token}
