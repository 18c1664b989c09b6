"""A folder with a configuration, as the settings find it next to `scan.py`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autoscan.errors import Problem, SettingsError
from autoscan.settings import Loaded, load

PASS = "0f3a5c7e9b1d2f4a6c8e0b2d4f6a8c1e"


class Home:
    """The folder, and what is loaded from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config" / "config.json"
        self.config.parent.mkdir(exist_ok=True)

    def write(self, content: Mapping[str, Any] | str) -> None:
        """Write the configuration file; a mapping gets a SERVER_PASS where it has none, a text stays as it is."""
        text = content if isinstance(content, str) else json.dumps({"SERVER_PASS": PASS, **content}, indent=2)
        self.config.write_text(text, encoding="utf-8", newline="")

    def env(self, text: str) -> None:
        """Write `.env`."""
        (self.folder / ".env").write_text(text, encoding="utf-8")

    def load(self, **environ: str) -> Loaded:
        """Load the settings with this environment only."""
        return load(environ=environ, cwd=self.folder)

    def problems(self, **environ: str) -> tuple[Problem, ...]:
        """Return what is wrong; fail if nothing is."""
        try:
            loaded = self.load(**environ)
        except SettingsError as error:
            return error.problems
        raise AssertionError(f"no problem, but {loaded.settings}")

    def said(self, **environ: str) -> list[str]:
        """Return every line that an operator would read: the problems, or else the warnings."""
        try:
            return list(self.load(**environ).warnings)
        except SettingsError as error:
            return [str(problem) for problem in error.problems]

    def wrong(self, **environ: str) -> list[tuple[str, str]]:
        """Return name and place of each problem."""
        return [(problem.name, problem.where) for problem in self.problems(**environ)]
