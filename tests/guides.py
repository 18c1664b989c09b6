"""The examples in the guides, and an installation to try them on."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.family import PLEX_AUTOSCAN
from tests.listeners import listening
from tests.programs import ROOT, SECRET, Program, environment, free_port, running
from tests.servers import FakePlex, Library, make_media, season
from tests.waiting import wait_until

#: What an installation is made of, besides its virtual environment.
INSTALLED = ("autoscan", "config/config.json.sample", "deploy", "gunicorn_config.py", "scan.py", "static", "templates",
             "wsgi.py")  # fmt: skip
#: Without these the program would not live in its own folder, or count another copy of the code.
BARE = dict.fromkeys(
    ("PLEX_AUTOSCAN_CONFIG", "PLEX_AUTOSCAN_LOGFILE", "PLEX_AUTOSCAN_QUEUEFILE", "COVERAGE_PROCESS_START",
     "COVERAGE_PROCESS_CONFIG"), "")  # fmt: skip
#: What examples call by the names of variables.
KNOWN = {"SERVER_PASS": SECRET, "WEBHOOK_SECRET": "signs-what-scripts-send"}
#: Seconds that one example may take.
PATIENCE = 60
#: Not the version; the port and the password that the guides write.
PORT, PASSWORD = "3468", "<SERVER_PASS>"
#: What an example needs that changes what runs.
STOPPED = "stopped"
SHOWS = Library(title="Shows", type="tv", roots=("/data/tv",))

_FENCE = re.compile(r"^(?:<!-- (not run|needs): ([^\n]+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What stands between two fences."""

    #: The file's name.
    guide: str
    #: Its heading of the second level.
    section: str
    line: int
    language: str
    text: str
    #: What has to be there, in one word each: a program, `docker` for an engine, `stopped` for no running service.
    needs: tuple[str, ...]
    #: Why it cannot be tried; `""` if it can.
    untried: str

    def __str__(self) -> str:
        return f"{self.guide}, line {self.line}: {self.text.strip().splitlines()[0]}"


def examples(guide: Path) -> Iterator[Example]:
    """Yield what stands between fences in `guide`, in its order.

    A comment in the line above says what it needs, `<!-- needs: docker -->`, or why it is not tried,
    `<!-- not run: it takes a cluster -->`.
    """
    text = guide.read_text(encoding="utf-8")
    headings = [(match.start(), match[1]) for match in _HEADING.finditer(text)]
    for match in _FENCE.finditer(text):
        yield Example(
            guide=guide.name,
            section=next((title for start, title in reversed(headings) if start < match.start()), ""),
            line=text.count("\n", 0, match.start(4)) + 1,
            language=match[3],
            text=match[4],
            needs=tuple(match[2].replace(",", " ").split()) if match[1] == "needs" else (),
            untried=match[2] if match[1] == "not run" else "",
        )


@dataclass
class Installation:
    """Autoscan in a folder of its own, with a server that has one show; the service may run or not."""

    folder: Path
    port: int
    _opened: ExitStack
    program: Program | None = None

    def start(self) -> None:
        """Start the service, and return once it answers."""
        command = (sys.executable, str(self.folder / "scan.py"), "server")
        own = BARE | KNOWN | {"PORT": str(self.port), "GUNICORN_WORKERS": "1"}
        self.program = self._opened.enter_context(running(self.folder, *command, **own))
        wait_until(self.program.serves, 30, "Autoscan answers")

    def stop(self) -> None:
        """Stop the service, if it runs."""
        self.program = None
        self._opened.close()

    def run(self, example: Example) -> str:
        """Run an example as a shell does that ends at the first mistake; return what it printed, fail if it failed.

        One that asks the service finds it running.
        """
        if STOPPED in example.needs:
            self.stop()
        elif PORT in example.text and self.program is None:
            self.start()
        text = example.text.replace(PORT, str(self.port)).replace(PASSWORD, SECRET)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            check=False,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{example}\ncode {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        found = environment(self.folder, self.port, **BARE, **KNOWN)
        return found | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # noqa: TID251 - the shell's


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Give an installation in `folder`, whose service does not run yet."""
    home = folder / "autoscan"
    for name in INSTALLED:
        source, target = ROOT / name, home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    (home / ".venv").symlink_to(sys.prefix)
    media = folder / "media"
    make_media(media / "tv", season("Show", 1, [1]))
    with FakePlex({"/data": media}, [SHOWS]) as plex, listening() as listener, ExitStack() as opened:
        server = {"NAME": "plex", "TYPE": "plex", "URL": plex.url, "TOKEN": plex.token}
        _configure(home, MEDIA_SERVERS=[server], NOTIFY=[listener.url], SERVER_FILE_EXIST_PATH_MAPPINGS=_seen(media))
        _make_old(home / "plex_autoscan", plex, media)
        yield Installation(folder=home, port=free_port(), _opened=opened)


def _configure(home: Path, **settings: Any) -> None:
    path = home / "config" / "config.json"
    path.write_text(json.dumps({"SERVER_PASS": SECRET, "SERVER_SCAN_DELAY": 1} | settings))
    path.chmod(0o600)


def _make_old(folder: Path, plex: FakePlex, media: Path) -> None:
    """Write what plex_autoscan leaves behind, with a server that is there."""
    old = PLEX_AUTOSCAN | {"PLEX_LOCAL_URL": plex.url, "PLEX_TOKEN": plex.token, "RCLONE": {}}
    old |= {"SERVER_PATH_MAPPINGS": {}, "SERVER_FILE_EXIST_PATH_MAPPINGS": _seen(media)}
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config.json").write_text(json.dumps(old))
    (folder / "config" / "config.json").chmod(0o600)
    for name, table in (
        ("queue.db", "queueitemmodel (id, scan_path, scan_type)"),
        ("cache.db", "settings (key, value)"),
    ):
        with closing(sqlite3.connect(folder / name)) as database:
            database.execute(f"CREATE TABLE {table}")


def _seen(media: Path) -> dict[str, list[str]]:
    return {str(media): ["/data"]}
