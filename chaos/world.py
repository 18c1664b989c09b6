"""Where it happens: the real Autoscan under Gunicorn, two simulated media servers, media on disk."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.programs import GUNICORN, ROOT, SECRET, Program, environment, free_port
from tests.servers import FakeJellyfin, FakePlex, Library
from tests.waiting import wait_until

WORKERS = 4
#: Seconds that Autoscan gets to start, also on a busy machine.
START = 60

Fake = FakePlex | FakeJellyfin


class World:
    """Everything that runs; Autoscan may be killed and started again."""

    def __init__(self, folder: Path, servers: Mapping[str, Fake]) -> None:
        self.folder = folder
        self.media = folder / "media"
        self.servers = servers
        self.database = folder / "autoscan.db"
        self._port = free_port()
        self.program = self._launch()

    def start(self) -> None:
        """Start Autoscan anew, and wait until it answers and somebody leads."""
        self.program = self._launch()
        self.wait_until_it_leads()

    def wait_until_it_leads(self) -> None:
        """Wait until all workers are there, one of them leads, and requests are answered."""
        wait_until(lambda: len(self.program.workers()) == WORKERS, START, "all workers run")
        wait_until(lambda: self.program.serves() and self.program.leader(), START, "Autoscan answers, and one leads")

    def kill(self) -> None:
        """Kill Autoscan's processes, all at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.program.process.pid, signal.SIGKILL)
        self.program.process.wait()

    def _launch(self) -> Program:
        # A group of its own, so that all of it can be killed at one moment.
        with (self.folder / "stderr").open("ab") as log:
            process = subprocess.Popen(
                GUNICORN,
                cwd=ROOT,
                env=environment(self.folder, self._port, GUNICORN_WORKERS=str(WORKERS)),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return Program(process=process, port=self._port, folder=self.folder)


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """Start everything below `folder`, and end it afterwards.

    Raises AssertionError at the end if a server was sent something that a real one would not understand.
    """
    (folder / "media/tv").mkdir(parents=True)
    library = Library(title="TV", type="tv", roots=(str(folder / "media/tv"),))
    with ExitStack() as stack:
        servers: dict[str, Fake] = {
            "plex": stack.enter_context(FakePlex(folder / "media", [library], per_dir=0.02)),
            "jellyfin": stack.enter_context(FakeJellyfin(folder / "media", [library], per_dir=0.02)),
        }
        (folder / "config.json").write_text(json.dumps(_settings(servers)))
        world = World(folder, servers)
        stack.callback(world.kill)
        world.wait_until_it_leads()
        yield world


def _settings(servers: Mapping[str, Fake]) -> dict[str, object]:
    known = [
        {"NAME": name, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token, "TIMEOUT": 5}
        for name, fake in servers.items()
    ]
    return {"SERVER_PASS": SECRET, "SERVER_SCAN_DELAY": 1, "MEDIA_SERVERS": known}
