"""The main job through real programs: Gunicorn with its workers, SQLite on disk, media servers on sockets."""

import http.client
import json
import os
import random
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from tests.houses import episode
from tests.programs import SECRET, Program, serving
from tests.servers import FakeJellyfin, FakePlex, Library, make_media, season
from tests.waiting import wait_until

PAYLOADS = sorted(Path(__file__).parent.joinpath("payloads").glob("*/*.json"))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    for name in ("tv", "movies"):
        (folder / name).mkdir(parents=True)
    return folder


def libraries(media: Path) -> list[Library]:
    return [
        Library(title="TV", type="tv", roots=(str(media / "tv"),)),
        Library(title="Movies", type="movies", roots=(str(media / "movies"),)),
    ]


@contextmanager
def plex(media: Path, **knobs: Any) -> Iterator[FakePlex]:
    with FakePlex(media, libraries(media), **knobs) as fake:
        yield fake


@contextmanager
def jellyfin(media: Path, **knobs: Any) -> Iterator[FakeJellyfin]:
    with FakeJellyfin(media, libraries(media), **knobs) as fake:
        yield fake


def configure(folder: Path, *fakes: FakePlex | FakeJellyfin, **settings: Any) -> None:
    servers = [
        {"NAME": fake.product, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token, "TIMEOUT": 5}
        for fake in fakes
    ]
    config = {"SERVER_PASS": SECRET, "SERVER_SCAN_DELAY": 1, "MEDIA_SERVERS": servers} | settings
    (folder / "config.json").write_text(json.dumps(config))


def asked(fake: FakePlex | FakeJellyfin) -> list[str]:
    return [scan.path for scan in fake.scans()]


def post(program: Program, body: dict[str, Any]) -> None:
    assert program.post(f"/{SECRET}", body) == 200


def test_a_webhook_leads_to_one_scan_of_the_season_folder_at_each_server(tmp_path: Path, media: Path) -> None:
    make_media(media / "tv", season("Show", 1, [1, 2]))
    with plex(media) as first, jellyfin(media) as second:
        configure(tmp_path, first, second)
        with serving(tmp_path) as program:
            for number in (1, 2):
                post(program, episode(tmp_path, number))
            wait_until(lambda: asked(first) and asked(second), 30, "both servers are asked")
            wait_until(lambda: queue_count(program) == 0, 30, "the scan is over")
        assert asked(first) == [str(media / "tv/Show/Season 01")]
        assert len(asked(second)) == 1


def queue_count(program: Program) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
    try:
        connection.request("GET", f"/api/{SECRET}?cmd=queue_count")
        count: int = json.loads(connection.getresponse().read())["queue_count"]
        return count
    finally:
        connection.close()


def test_every_known_body_of_every_application_is_answered_2xx(tmp_path: Path) -> None:
    with serving(tmp_path) as program:
        bodies = [path for path in PAYLOADS if not path.name.endswith(".expect.json")]
        assert len(bodies) >= 66
        answers = {path.name: program.post(f"/{SECRET}", json.loads(path.read_text())) for path in bodies}
        refused = {name for name, status in answers.items() if not 200 <= status < 300}
        assert refused == {"without_a_path.json"}, "only a manual request that names no path"


def test_one_server_that_refuses_connections_does_not_delay_the_other(tmp_path: Path, media: Path) -> None:
    make_media(media / "tv", season("Show", 1, [1]))
    with plex(media) as dead, jellyfin(media) as alive:
        dead.set(down=True)
        configure(tmp_path, dead, alive)
        with serving(tmp_path) as program:
            post(program, episode(tmp_path, 1))
            wait_until(lambda: asked(alive), 30, "the living server is asked")
            assert queue_count(program) == 1
            dead.set(down=False)
            wait_until(lambda: asked(dead), 30, "the other is asked when it is back")
            wait_until(lambda: queue_count(program) == 0, 30, "the scan is over")


def test_nothing_is_lost_and_no_folder_is_scanned_twice_at_once_while_workers_are_killed(
    tmp_path: Path, media: Path
) -> None:
    """1,000 webhooks for 50 season folders over 16 connections; each folder is scanned after its last event."""
    folders = [(f"Show {number % 10}", number // 10 + 1) for number in range(50)]
    for show, number in folders:
        make_media(media / "tv", season(show, number, range(1, 21)))
    bodies = [episode(tmp_path, each, season=number, show=show) for each in range(1, 21) for show, number in folders]
    with plex(media, per_dir=0.02) as fake:
        configure(tmp_path, fake, SERVER_SCAN_DELAY=2)
        with serving(tmp_path, GUNICORN_WORKERS="4") as program:
            wait_until(lambda: len(program.workers()) == 4, 20, "four workers")
            stop = threading.Event()
            killer = threading.Thread(target=kill_workers, args=(program, stop))
            killer.start()
            last_answer = send_all(program, bodies)
            wait_until(lambda: queue_count_or(program, 1) == 0, 240, "every scan is over")
            stop.set()
            killer.join()
        scanned: dict[str, float] = defaultdict(float)
        for scan in fake.scans():
            scanned[scan.path] = max(scanned[scan.path], scan.asked_at)
        for show, number in folders:
            folder = str(media / "tv" / show / f"Season {number:02d}")
            assert scanned[folder] > last_answer[f"{show}/{number}"], folder
        assert fake.overlaps() == []


def kill_workers(program: Program, stop: threading.Event) -> None:
    """Kill twenty workers, whether they lead or not; each leader's end costs the next one a wait for held slots."""
    chance = random.Random(1)
    killed = 0
    while killed < 20 and not stop.wait(1):
        workers = sorted(program.workers())
        if len(workers) >= 3:
            killed += 1
            with suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)


def send_all(program: Program, bodies: list[dict[str, Any]]) -> dict[str, float]:
    """Send all bodies over 16 connections, each again until it is answered; return when each folder's last began."""
    todo: SimpleQueue[dict[str, Any]] = SimpleQueue()
    for body in bodies:
        todo.put(body)
    last: dict[str, float] = defaultdict(float)
    senders = [threading.Thread(target=send, args=(program, todo, last)) for _ in range(16)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return last


def send(program: Program, todo: "SimpleQueue[dict[str, Any]]", last: dict[str, float]) -> None:
    from autoscan.clock import Clock  # noqa: PLC0415 - the time at which a sender begins

    clock = Clock()
    while True:
        try:
            body = todo.get_nowait()
        except Empty:
            return
        name = f"{body['series']['title']}/{body['episodes'][0]['seasonNumber']}"
        while True:
            began = clock.now().timestamp()
            try:
                if program.post(f"/{SECRET}", body) == 200:
                    break
            except (OSError, http.client.HTTPException):
                continue  # its worker was killed: it was not answered, so it is sent again
        last[name] = max(last[name], began)


def queue_count_or(program: Program, otherwise: int) -> int:
    try:
        return queue_count(program)
    except (OSError, http.client.HTTPException, KeyError, ValueError):
        return otherwise
