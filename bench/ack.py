"""How fast a webhook is answered, beside a bare Flask view and one with a durable insert."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

from bench import load

ROOT = Path(__file__).parent.parent
PAYLOAD = ROOT / "tests/payloads/sonarr/download.json"
SECRET = "benchmark"
#: Rounds are repeated and their median taken: machines drift.
REPEATS = 3


class Round(NamedTuple):
    """One kind of load."""

    connections: int
    webhooks: int
    keep_alive: bool


ROUNDS = (Round(1, 400, True), Round(16, 2000, True), Round(64, 2000, True), Round(16, 2000, False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one application did in one kind of round; times in milliseconds."""

    application: str
    connections: int
    keep_alive: bool
    rate: float
    p50: float
    p99: float
    failures: int


def main(rounds: Sequence[Round] = ROUNDS) -> list[dict[str, object]]:
    """Measure all three in turn and print them side by side; return the figures."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, _all_three(Path(folder)) as ports:
        for kind in rounds:
            row = {name: measure(name, port, kind) for name, port in ports.items()}
            figures += row.values()
            _print(row)
    return [asdict(figure) for figure in figures]


def measure(name: str, port: int, kind: Round) -> Figure:
    """Send the webhooks of one round, `REPEATS` times, and return the run with the median rate."""
    requests = webhooks(keep_alive=kind.keep_alive)
    runs = [
        load.run(
            ("127.0.0.1", port),
            load.take(requests, kind.webhooks),
            connections=kind.connections,
            keep_alive=kind.keep_alive,
        )
        for _ in range(REPEATS)
    ]
    median = sorted(runs, key=lambda run: run.rate)[REPEATS // 2]
    return Figure(
        application=name,
        connections=kind.connections,
        keep_alive=kind.keep_alive,
        rate=median.rate,
        p50=median.percentile(50),
        p99=median.percentile(99),
        failures=sum(run.failures for run in runs),
    )


def webhooks(*, keep_alive: bool, secret: str = SECRET) -> Iterator[bytes]:
    """Yield Sonarr's import of ever other episodes, 24 to a season."""
    body = json.loads(PAYLOAD.read_text())
    series = body["series"]["path"]
    for number in count():
        season, episode = divmod(number, 24)
        body["episodeFile"]["relativePath"] = f"Season {season:02}/S{season:02}E{episode:02}.mkv"
        body["episodeFile"]["path"] = f"{series}/{body['episodeFile']['relativePath']}"
        yield load.request(f"/{secret}", json.dumps(body, indent=2).encode(), keep_alive=keep_alive)


@contextmanager
def _all_three(folder: Path) -> Iterator[dict[str, int]]:
    """Start the three applications under the same Gunicorn settings; yield the port of each."""
    applications = {"bare": "bench.floors:bare", "durable": "bench.floors:durable", "autoscan": "wsgi:app"}
    ports = {name: _free_port() for name in applications}
    running = [_start(folder, applications[name], ports[name]) for name in applications]
    try:
        for port in ports.values():
            until_it_listens(port)
        yield ports
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def _start(folder: Path, application: str, port: int) -> "subprocess.Popen[bytes]":
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}  # noqa: TID251
    environment = inherited | {
        "SERVER_IP": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PASS": SECRET,
        "PLEX_AUTOSCAN_QUEUEFILE": str(folder / "queue.db"),
        "PLEX_AUTOSCAN_LOGLEVEL": "WARN",
        "PLEX_AUTOSCAN_CONFIG": str(folder / "config.json"),
        "FLOOR_DATABASE": str(folder / "floor.db"),
    }
    (folder / "config.json").write_text("{}")
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn_config.py", application], cwd=ROOT, env=environment
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_it_listens(port: int, seconds: float = 60) -> None:
    """Wait until webhooks are answered on `port`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            result = load.run(
                ("127.0.0.1", port), load.take(webhooks(keep_alive=False), 8), connections=8, keep_alive=False
            )
        except ConnectionError:
            continue
        if not result.failures:
            return
    raise RuntimeError(f"nothing answers on port {port} after {seconds:g} s")


def _print(row: dict[str, Figure]) -> None:
    first = row["autoscan"]
    kind = "kept alive" if first.keep_alive else "new each time"
    print(f"\n{first.connections} connections, {kind}")
    for figure in row.values():
        failed = f"  {figure.failures} FAILED" if figure.failures else ""
        times = f"p50 {figure.p50:7.2f} ms   p99 {figure.p99:7.2f} ms"
        print(f"  {figure.application:9} {figure.rate:7.0f}/s   {times}{failed}")
    floor = row["durable"]
    print(
        f"  autoscan / durable floor: throughput {first.rate / floor.rate:.2f} (goal >= 0.8), "
        f"p99 {first.p99 / floor.p99:.2f} (goal <= 1.3)"
    )
