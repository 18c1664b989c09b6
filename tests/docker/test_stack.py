"""docker-compose.yml put up beside simulated servers on the same network: the way in of most users."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker.asking import ask, serves, waiting
from tests.docker.composing import TOOLS, Stack, available, stack
from tests.docker.conftest import Built
from tests.docker.engine import inspect, volume
from tests.docker.simulators import PORT, TOKEN, Simulator, make_season, simulator
from tests.homes import PASS
from tests.houses import episode
from tests.programs import free_port
from tests.waiting import wait_until

SERVERS = [
    {"NAME": product, "TYPE": product, "URL": f"http://{product}:{PORT}", "TOKEN": TOKEN}
    for product in ("plex", "jellyfin")
]
MEBIBYTE = 1024**2
#: Seconds that scans of this source wait, longer than a stop takes.
PATIENCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A machine on which all of them run."""

    stack: Stack
    plex: Simulator
    jellyfin: Simulator
    port: int


@pytest.fixture(scope="module", params=TOOLS)
def home(built: Built, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    if not available(request.param):
        pytest.skip(f"`{request.param}` is not installed")
    port = free_port()
    dotenv = {
        "SERVER_PORT": str(port),
        "SERVER_PASS": PASS,
        "PUID": "1001",
        "SERVER_SCAN_DELAY": "1",
        "MEDIA_SERVERS": json.dumps(SERVERS),
        "SOURCES": json.dumps({"slow": {"SCAN_DELAY": PATIENCE}}),
    }
    with ExitStack() as opened:
        media = opened.enter_context(volume())
        up = opened.enter_context(stack(request.param, tmp_path_factory.mktemp("stack"), media, dotenv))
        plex, jellyfin = (
            opened.enter_context(simulator(product, up.network, media)) for product in ("plex", "jellyfin")
        )
        wait_until(lambda: serves(port), 60, "Autoscan answers")
        yield Home(stack=up, plex=plex, jellyfin=jellyfin, port=port)


def asked_for(home: Home, folder: str) -> tuple[int, int]:
    """Return how often Plex was asked for a folder, and Jellyfin, which knows no such show yet, for the library."""
    return home.plex.scans().count(folder), home.jellyfin.scans().count("/media/tv")


def test_a_webhook_leads_to_a_scan_in_each_server_of_the_network(home: Home) -> None:
    folder = make_season(home.plex.container, "Show", [1, 2])
    for number in (1, 2):
        assert ask(home.port, f"/{PASS}", episode(Path("/"), number)).status == 200
    wait_until(lambda: asked_for(home, folder) == (1, 1), 30, "both are asked")
    wait_until(lambda: waiting(home.port) == 0, 60, "the scan is over")
    (scan,) = ask(home.port, "/api/v1/scans").json["scans"]
    assert {each["state"] for each in scan["deliveries"]} == {"verified"}, "the media is seen through the volume"


def test_it_becomes_healthy(home: Home) -> None:
    wait_until(home.stack.autoscan.healthy, 60, "the engine calls it healthy")
    check = inspect(home.stack.autoscan.name)["Config"]["Healthcheck"]
    assert (check["StartPeriod"], check["Timeout"], check["Retries"]) == (15 * 10**9, 5 * 10**9, 3)


def test_limits_log_rotation_and_locks_are_in_force(home: Home) -> None:
    found = inspect(home.stack.autoscan.name)
    host = found["HostConfig"]
    assert (host["Memory"], host["MemoryReservation"]) == (512 * MEBIBYTE, 256 * MEBIBYTE)
    assert (host["NanoCpus"], host["CpuShares"]) == (2 * 10**9, 1024)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert [each.removesuffix(":true") for each in host["SecurityOpt"]] == ["no-new-privileges"]
    assert found["Config"]["User"] == "1001:1000", "PUID as .env says, PGID as it is by default"
    assert home.stack.autoscan.run("id", "-u") == "1001"
    assert {each["Destination"]: each["RW"] for each in found["Mounts"]} == {"/config": True, "/media": False}


def test_the_kernel_knows_the_limits_too(home: Home) -> None:
    code = """if 1:
        from pathlib import Path
        places = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
        print(*[Path(each).read_text() for each in places if Path(each).exists()])
    """
    assert home.stack.autoscan.python(code).strip() == str(512 * MEBIBYTE)


def test_commands_run_inside(home: Home) -> None:
    said = home.stack.run("exec", "-T", "autoscan", "python", "scan.py", "sections")
    assert said.count("/media/tv") == said.count("/media/movies") == 2
    once = home.stack.run("run", "--rm", "-T", "--no-deps", "autoscan", "python", "scan.py", "url")
    assert PASS in once


def test_a_stop_loses_nothing_and_a_new_start_goes_on(home: Home) -> None:
    folder = make_season(home.plex.container, "Slow Show", [1])
    _, before = asked_for(home, folder)
    assert ask(home.port, "/triggers/slow", episode(Path("/"), 1, show="Slow Show")).status == 200
    container = home.stack.autoscan
    home.stack.run("stop")
    assert container.state["ExitCode"] == 0, "137 would mean that it had to be killed"
    assert asked_for(home, folder) == (0, before)
    home.stack.run("start")
    wait_until(lambda: serves(home.port), 60, "it answers again")
    wait_until(lambda: asked_for(home, folder) == (1, before + 1), PATIENCE + 30, "both are asked after all")


def test_a_new_container_of_the_same_volume_remembers(home: Home) -> None:
    before = ask(home.port, "/api/v1/scans").json["scans"]
    home.stack.run("up", "--detach", "--no-build", "--force-recreate")
    wait_until(lambda: serves(home.port), 60, "it answers again")
    after = ask(home.port, "/api/v1/scans").json["scans"]
    assert {each["id"] for each in after} == {each["id"] for each in before} != set()


def test_no_secret_is_in_the_logs_and_no_request_was_wrong(home: Home) -> None:
    log = home.stack.autoscan.log + home.stack.autoscan.run("cat", "/config/autoscan.log")
    assert "this worker runs the background jobs" in log
    assert PASS not in log
    assert TOKEN not in log
    assert home.plex.violations() == home.jellyfin.violations() == []
