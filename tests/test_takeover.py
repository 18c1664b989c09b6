"""Autoscan unpacked over an installation of the family: it starts, and everything goes on, without an edit."""

import http.client
import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.family import NINIYAS, PLEX_AUTOSCAN, VERSION_2, VERSION_2_ENV
from tests.homes import PASS
from tests.programs import ROOT, Program, running
from tests.waiting import wait_until

PROGRAM = ("autoscan", "gunicorn_config.py", "scan.py", "static", "templates", "wsgi.py")
#: What would lead the program away from its own folder, or count another copy of the code.
BARE = {
    "PLEX_AUTOSCAN_CONFIG": "",
    "PLEX_AUTOSCAN_LOGFILE": "",
    "PLEX_AUTOSCAN_QUEUEFILE": "",
    "COVERAGE_PROCESS_START": "",
    "COVERAGE_PROCESS_CONFIG": "",
}
DOWNLOAD = {
    "series": {"title": "Show", "path": "/home/user/media/fused/TV/Show"},
    "episodeFile": {"relativePath": "Season 01/Show - S01E01.mkv"},
    "eventType": "Download",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path)
    (tmp_path / "config").mkdir()
    return tmp_path


@contextmanager
def started(place: Path, **variables: str) -> Iterator[Program]:
    """Start the copy in `place`; only its address is not its own, so that no port is taken twice."""
    with running(place, sys.executable, str(place / "scan.py"), "server", **BARE, **variables) as program:
        wait_until(lambda: program.serves() or program.process.poll() is not None, 30, "Autoscan answers")
        assert program.process.poll() is None, program.log
        wait_until(lambda: "this worker runs the background jobs" in logged(place), 10, "a worker leads")
        yield program


def logged(place: Path) -> str:
    return (place / "plex_autoscan.log").read_text()


def asked(program: Program, path: str) -> dict[str, Any]:
    with closing(http.client.HTTPConnection(program.host, program.port, timeout=20)) as connection:
        connection.request("GET", path)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer


def folders(place: Path) -> set[str]:
    with closing(sqlite3.connect(place / "autoscan.db")) as database:
        return {folder for (folder,) in database.execute("SELECT folder FROM scans")}


def left_by_plex_autoscan(place: Path, config: Mapping[str, Any]) -> str:
    """Write what plex_autoscan leaves: its configuration and a queue with one file in it."""
    with closing(sqlite3.connect(place / "queue.db")) as queue, queue:
        queue.execute(
            "CREATE TABLE queueitemmodel (id INTEGER PRIMARY KEY, scan_path VARCHAR(256) NOT NULL UNIQUE,"
            " scan_for VARCHAR(64) NOT NULL, scan_section INTEGER NOT NULL, scan_type VARCHAR(64) NOT NULL)"
        )
        queue.execute(
            "INSERT INTO queueitemmodel VALUES (1, '/mnt/unionfs/Movies/Old/old.mkv', 'Radarr', 1, 'Download')"
        )
    text = json.dumps(config, indent=2, sort_keys=True)
    (place / "config/config.json").write_text(text)
    return text


@pytest.mark.parametrize("config", [PLEX_AUTOSCAN, NINIYAS], ids=["plex_autoscan", "NiNiyas"])
def test_an_installation_of_plex_autoscan_goes_on_with_its_queue(place: Path, config: dict[str, Any]) -> None:
    text = left_by_plex_autoscan(place, config)
    with started(place) as program:
        assert program.post(f"/{PASS}", DOWNLOAD) == 200
        assert program.get(f"/{PASS}") == 401, "SERVER_ALLOW_MANUAL_SCAN is false"
        assert asked(program, f"/api/{PASS}?cmd=queue_count") == {"queue_count": 2}
        assert folders(place) == {"/mnt/unionfs/Movies/Old", "/mnt/unionfs/TV/Show/Season 01"}
        assert logged(place).count("PLEX_SCANNER") == 1, "one warning"
    assert (place / "config/config.json").read_text() == text
    log = logged(place)
    assert config["PLEX_TOKEN"] not in log
    assert PASS not in log


def test_an_installation_of_version_2_goes_on_with_its_dotenv(place: Path) -> None:
    (place / "config/config.json").write_text(VERSION_2)
    (place / ".env").write_text(VERSION_2_ENV)
    with started(place) as program:
        assert program.post("/12345678", DOWNLOAD) == 200
        assert asked(program, "/health")["servers"] == 2
        wait_until(lambda: len(program.workers()) == 2, 10, "as many workers as .env says")
        lines = [json.loads(line) for line in logged(place).splitlines()]
        assert len([line for line in lines if "PLEX_DATABASE_PATH" in line["message"]]) == 1
    assert (place / "config/config.json").read_text() == VERSION_2
    assert (place / ".env").read_text() == VERSION_2_ENV
