"""`scan.py doctor`: what it finds right and wrong with this machine."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoscan.cli.doctor import machine
from autoscan.cli.doctor.findings import Level
from autoscan.cli.doctor.folders import Folders
from autoscan.clock import Clock
from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker, Listing, Look
from autoscan.store import Queue, Store
from tests.desks import Desk
from tests.practices import Capture, Practice, made


@pytest.fixture
def practice(tmp_path: Path, capsys: Capture) -> Iterator[Practice]:
    with ExitStack() as opened:
        yield made(Desk(tmp_path, capsys), opened)


# ----- this machine


def test_media_that_are_not_visible_here_are_a_warning_with_the_ways_to_mend_it(practice: Practice) -> None:
    code, finding = practice.only(practice.serve("plex"), SERVER_FILE_EXIST_PATH_MAPPINGS={})
    assert (code, finding["level"], finding["name"]) == (0, "warn", "media")
    assert finding["text"].startswith("/data/tv is not there (plex)")
    assert "SERVER_FILE_EXIST_PATH_MAPPINGS" in finding["advice"]


def test_where_files_are_not_looked_at_media_need_not_be_visible(practice: Practice) -> None:
    settings = {"SERVER_FILE_EXIST_PATH_MAPPINGS": {}, "SERVER_MAX_FILE_CHECKS": 0}
    code, findings = practice.examine(practice.serve("plex"), **settings)
    assert (code, findings) == (0, [])


def test_anchors_have_to_be_there(practice: Practice) -> None:
    anchors = {"/data": [str(practice.media), "/no/anchor.bin"], "": [str(practice.media / "tv/Show")]}
    code, finding = practice.only(practice.serve("plex"), ANCHORS=anchors)
    assert (code, finding["about"], finding["name"]) == (1, "ANCHORS", "/no/anchor.bin")
    assert finding["text"] == "is not there: scans below /data wait"


def test_a_configuration_that_others_may_read_is_a_warning(practice: Practice) -> None:
    practice.configure(practice.serve("plex"))
    practice.desk.config.chmod(0o644)
    code, findings = practice.all()
    assert code == 0
    (warned,) = (finding for finding in findings if finding["level"] == "warn")
    assert "mode 0644" in warned["text"]
    assert warned["advice"] == f"chmod 600 {practice.desk.config}"


def test_without_a_configuration_file_the_environment_counts(tmp_path: Path) -> None:
    assert "environment and defaults count" in machine._config_file(tmp_path / "none.json").text


def test_a_data_folder_that_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (finding,) = machine._data_folder(tmp_path / "file" / "data")
    assert finding.level is Level.FAIL
    assert f"id {os.getuid()}" in finding.advice


def test_a_data_folder_that_is_still_to_be_made_is_in_order(tmp_path: Path) -> None:
    assert [each.level for each in machine._data_folder(tmp_path / "a" / "b")] == [Level.OK, Level.OK]


@pytest.mark.parametrize(
    ("free", "level"), [(2**31, Level.OK), (500 * 2**20, Level.WARN), (5 * 2**20, Level.FAIL), (0, Level.FAIL)]
)
def test_little_free_space_is_told_before_there_is_none(tmp_path: Path, free: int, level: Level) -> None:
    assert machine._space(tmp_path, free).level is level


def test_lasting_warnings_and_the_settings_own_are_repeated(practice: Practice) -> None:
    practice.configure(practice.serve("plex"), USE_DOCKER=True)
    store = Store(practice.desk.folder / "autoscan.db", Clock())
    store.prepare()
    Queue(store).warn("media:/x", "Autoscan sees no media in /x")
    store.dispose()
    code, findings = practice.all()
    assert code == 0
    warned = [finding["text"] for finding in findings if finding["about"] == "warnings"]
    assert "Autoscan sees no media in /x" in warned
    assert any("USE_DOCKER" in text for text in warned)
    assert any(finding["name"] == "database" and finding["level"] == "ok" for finding in findings)


def test_a_database_that_does_not_answer_fails(practice: Practice) -> None:
    with sqlite3.connect(practice.desk.folder / "autoscan.db") as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    code, finding = practice.only(practice.serve("plex"))
    assert (code, finding["name"]) == (1, "database")
    assert "has not been prepared" in finding["text"]


def test_settings_that_do_not_hold_are_code_2(practice: Practice) -> None:
    practice.desk.configure(SERVER_PORT="high")
    code, out, err = practice.desk.run("doctor")
    assert (code, out) == (2, "")
    assert "SERVER_PORT" in err


class Mount(FileChecker):
    """Media of which a test says what is the matter."""

    def __init__(self, listing: Listing | None) -> None:
        super().__init__(clock=Clock())
        self._listing = listing

    def listing(self, path: str, limit: int = 1) -> Listing:
        if self._listing is None:
            raise FileCheckError(f"{path} does not answer")
        return self._listing

    def look(self, paths: Sequence[str]) -> dict[str, Look]:
        raise FileCheckError(f"{paths[0]} does not answer")


@pytest.mark.parametrize(
    ("folder", "listing", "trouble"),
    [
        ("C:\\media", None, "no path of this machine"),
        ("My Drive/media", None, "no path of this machine"),
        ("/mnt", None, "on a mount that hangs: /mnt does not answer"),
        ("/mnt", Listing(exists=False, error="Permission denied"), "not readable: Permission denied"),
        ("/mnt", Listing(exists=True), "no folder"),
    ],
)
def test_what_can_be_the_matter_with_a_folder(folder: str, listing: Listing | None, trouble: str) -> None:
    folders = Folders(Mount(listing))
    assert folders.state(folder).trouble == trouble
    assert not folders.exists(folder)
    folders.close()
