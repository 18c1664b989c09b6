"""Autoscan as its users run it: a program, its workers, a port."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
SECRET = "s3cret-of-the-test"
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "gunicorn_config.py", "wsgi:app")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, kw_only=True)
class Program:
    """A running Autoscan and its folder."""

    process: "subprocess.Popen[bytes]"
    port: int
    folder: Path
    host: str = "127.0.0.1"

    @property
    def log(self) -> str:
        """Return what it wrote to stderr so far."""
        return (self.folder / "stderr").read_text()

    @property
    def lock(self) -> Path:
        """Return the file that the leader locks."""
        return self.folder / "autoscan.db.leader.lock"

    def get(self, path: str, **headers: str) -> int:
        """Return the status of the answer to a GET on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Connection": "close"} | headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def post(self, path: str, body: Any) -> int:
        """Return the status of the answer to a POST of JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()

    def serves(self) -> bool:
        """Tell whether `/health` is answered with 200."""
        with suppress(OSError, http.client.HTTPException):
            return self.get("/health") == 200
        return False

    def workers(self) -> set[int]:
        """Return the process ids of the workers that live."""
        return set(children(self.process.pid))

    def leader(self) -> int | None:
        """Return the worker that holds the leader's lock, by what the kernel says; fail if there are several."""
        with suppress(FileNotFoundError):
            inode = self.lock.stat().st_ino
            held = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" not in line]
            holders = {int(words[4]) for words in held if words[5].endswith(f":{inode}")}
            assert len(holders) < 2, f"several leaders: {holders}"
            return next(iter(holders & self.workers()), None)
        return None

    def configure(self, text: str | None = None, **settings: Any) -> None:
        """Write the configuration file: `text` as it is, else the settings as JSON."""
        whole = {"SERVER_PASS": SECRET} | settings
        (self.folder / "config.json").write_text(json.dumps(whole) if text is None else text)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to Gunicorn's arbiter."""
        self.process.send_signal(number)


def children(pid: int) -> Iterator[int]:
    """Yield the ids of the living processes that `pid` began."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                yield int(stat.parent.name)


def environment(folder: Path, port: int, **variables: str) -> dict[str, str]:
    """Return the variables for an Autoscan of its own in `folder`."""
    return {
        **os.environ,  # noqa: TID251 - as the fixture left it
        "HOME": str(folder),
        "SERVER_IP": "127.0.0.1",
        "SERVER_PORT": str(port),
        "PLEX_AUTOSCAN_CONFIG": str(folder / "config.json"),
        "PLEX_AUTOSCAN_QUEUEFILE": str(folder / "queue.db"),
        "PLEX_AUTOSCAN_LOGFILE": "-",
        **variables,
    }


@contextmanager
def running(folder: Path, *command: str, **variables: str) -> Iterator[Program]:
    """Start Autoscan (default: under Gunicorn) in `folder`; end it, and look that nothing is left."""
    port = int(variables.pop("PORT", 0)) or free_port()
    with (folder / "stderr").open("wb") as stderr, (folder / "stdout").open("wb") as stdout:
        process = subprocess.Popen(
            command or GUNICORN, cwd=ROOT, env=environment(folder, port, **variables), stdout=stdout, stderr=stderr
        )
    program = Program(process=process, port=port, folder=folder, host=variables.get("SERVER_IP") or "127.0.0.1")
    try:
        yield program
    finally:
        workers = program.workers()
        process.terminate()
        try:
            process.wait(15)
        finally:
            process.kill()
            for pid in workers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(folder: Path, *command: str, **variables: str) -> Iterator[Program]:
    """As `running`, with a configuration file; begins once Autoscan answers."""
    if not (folder / "config.json").exists():
        variables["PORT"] = str(free_port())
        address = {"SERVER_IP": "127.0.0.1", "SERVER_PORT": int(variables["PORT"])}
        (folder / "config.json").write_text(json.dumps({"SERVER_PASS": SECRET} | address))
    with running(folder, *command, **variables) as program:
        wait_until(lambda: program.serves() or program.process.poll() is not None, 30, "Autoscan answers")
        assert program.process.poll() is None, program.log
        yield program
