"""Where the demo plays: a folder of its own, two simulated media servers, and the real Autoscan between them."""

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from bench.demo import story
from bench.demo.pace import DemoError, Pace
from bench.demo.story import Webhook
from tests.programs import free_port
from tests.servers import FakeJellyfin, FakePlex, Library, Scan

ROOT = Path(__file__).parents[2]
#: What Autoscan consists of when it runs.
PROGRAM = ("autoscan", "templates", "static", "scan.py", "wsgi.py", "gunicorn_config.py")
#: Seconds without a further webhook after which a folder is scanned. Longer than any pause between the webhooks.
SCAN_DELAY = 5
#: Seconds that Autoscan gets to start, and to end.
START, END = 30, 15
#: As slow as small servers are, in seconds.
SLOWNESS = {"start_delay": 0.5, "per_new_item": 0.1}
AGENTS = {"Sonarr": "Sonarr/4.0.19.2979 (alpine 3.22.1)", "Radarr": "Radarr/6.0.4.10291 (alpine 3.22.1)"}

Fake = FakePlex | FakeJellyfin


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that runs."""

    folder: Path
    servers: Mapping[str, Fake]
    #: How many scans each server did before the demo began: of what its libraries knew already.
    before: Mapping[str, int]
    process: "subprocess.Popen[bytes]"
    port: int
    password: str

    @property
    def media(self) -> Path:
        """Return the folder of the media."""
        return self.folder / "media"

    @property
    def database(self) -> Path:
        """Return Autoscan's database."""
        return self.folder / "autoscan.db"

    def post(self, webhook: Webhook) -> int:
        """Send a webhook as its application does, and return the status of the answer."""
        headers = {"Content-Type": "application/json", "User-Agent": AGENTS[webhook.sender]}
        return self._request("POST", f"/{self.password}", json.dumps(webhook.body, indent=2), headers)

    def check(self) -> None:
        """Raise DemoError if Autoscan has ended."""
        if self.process.poll() is not None:
            raise DemoError(
                f"Autoscan has ended (exit code {self.process.returncode}); the end of its log:\n{self.log}"
            )

    def serves(self) -> bool:
        """Tell whether Autoscan answers yet."""
        with suppress(OSError, http.client.HTTPException):
            return self._request("GET", "/health", "", {}) == http.HTTPStatus.OK
        return False

    @property
    def log(self) -> str:
        """Return the end of Autoscan's log."""
        return "\n".join((self.folder / "autoscan.log").read_text(errors="replace").splitlines()[-15:])

    def scans(self, server: str) -> list[Scan]:
        """Return the scans that a server was asked for since the demo began."""
        return self.servers[server].scans()[self.before[server] :]

    def _request(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body.encode(), {"Connection": "close", **headers})
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def opened(pace: Pace) -> Iterator[Stage]:
    """Start everything, and end and remove it all afterwards. Raises DemoError if Autoscan does not start.

    Raises AssertionError at the end if a server was sent something that a real one would not understand.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autoscan-demo-"))).resolve()
        story.prepare(folder / "media")
        servers = _servers(folder / "media", pace.clock)
        for fake in servers.values():
            stack.enter_context(fake)
            _read_everything(fake)
        port, password = free_port(), secrets.token_hex(16)
        stage = Stage(
            folder=folder,
            servers=servers,
            before={name: len(fake.scans()) for name, fake in servers.items()},
            process=stack.enter_context(_autoscan(folder, _settings(servers, port, password))),
            port=port,
            password=password,
        )
        _wait_until_it_serves(stage, pace)
        yield stage


def _servers(media: Path, clock: Clock) -> dict[str, Fake]:
    libraries = [
        Library(title="TV", type="tv", roots=(str(media / "tv"),)),
        Library(title="Movies", type="movies", roots=(str(media / "movies"),)),
    ]
    knobs: dict[str, Any] = {"clock": clock, **SLOWNESS}
    return {"Plex": FakePlex(media, libraries, **knobs), "Jellyfin": FakeJellyfin(media, libraries, **knobs)}


def _read_everything(fake: Fake) -> None:
    """Let a server scan all of its libraries, as it did when it was set up."""
    if isinstance(fake, FakeJellyfin):
        fake.full_scan(fake.now())
    else:
        for library in fake.libraries:
            _ask_plex(fake, f"/library/sections/{library.id}/refresh")
    fake.wait_idle()


def _ask_plex(fake: FakePlex, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
    connection.request("GET", path, headers={"X-Plex-Token": fake.token, "Connection": "close"})
    connection.getresponse().read()
    connection.close()


def _settings(servers: Mapping[str, Fake], port: int, password: str) -> dict[str, Any]:
    return {
        "SERVER_IP": "127.0.0.1",
        "SERVER_PORT": port,
        "SERVER_PASS": password,
        "SERVER_SCAN_DELAY": SCAN_DELAY,
        "MEDIA_SERVERS": [
            {"NAME": name, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token} for name, fake in servers.items()
        ],
    }


@contextmanager
def _autoscan(folder: Path, settings: Mapping[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `python scan.py server`, from a copy: a `.env` or an old queue beside the original has no part in this."""
    for name in PROGRAM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / "program" / name)
    (folder / "config.json").write_text(json.dumps(settings, indent=2))
    with (folder / "autoscan.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "scan.py", "server"],
            cwd=folder / "program",
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the demo, which then ends Autoscan.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}  # noqa: TID251 - it makes one
    return inherited | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PLEX_AUTOSCAN_CONFIG": str(folder / "config.json"),
        "PLEX_AUTOSCAN_QUEUEFILE": str(folder / "queue.db"),
        "PLEX_AUTOSCAN_LOGFILE": "-",
    }


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(END)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it has left
    process.wait()


def _wait_until_it_serves(stage: Stage, pace: Pace) -> None:
    pace.begin()
    while not stage.serves():
        stage.check()
        if pace.seconds > START:
            raise DemoError(f"Autoscan does not answer after {START} s; the end of its log:\n{stage.log}")
        pace.pause()
