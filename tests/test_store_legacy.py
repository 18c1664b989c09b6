"""The queue of plex_autoscan and 2.x: read once, never changed."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from autoscan.model import Change, ScanState
from autoscan.store import Queue, Store
from autoscan.store.legacy import read_old_queue
from autoscan.store.tables import event_paths, events
from tests.clocks import VirtualClock
from tests.queues import paths_of

PLEX_AUTOSCAN = """
CREATE TABLE queueitemmodel (id INTEGER NOT NULL PRIMARY KEY, scan_path VARCHAR(256) NOT NULL UNIQUE,
    scan_for VARCHAR(64) NOT NULL, scan_section INTEGER NOT NULL, scan_type VARCHAR(64) NOT NULL);
INSERT INTO queueitemmodel (scan_path, scan_for, scan_section, scan_type) VALUES
    ('/tv/Alien/Season 1/e1.mkv', 'Sonarr', 1, 'Download'),
    ('/tv/Alien/Season 1/e2.mkv', 'Sonarr', 1, 'Upgrade'),
    ('/tv/Alien/Season 2/e1.mkv', 'Sonarr', 1, 'EpisodeFileDelete'),
    ('/movies/S.H.I.E.L.D.', 'Manual', 2, 'Manual');
"""
BY275 = """
CREATE TABLE scan_item (path VARCHAR(256) NOT NULL PRIMARY KEY, request_from VARCHAR(64) NOT NULL,
    section_id INTEGER NOT NULL, event_type VARCHAR(64) NOT NULL, created_at DATETIME NOT NULL);
INSERT INTO scan_item VALUES ('/music/Artist/Album/01.flac', 'Lidarr', 3, 'Download', '2024-01-01 00:00:00'),
    ('', 'Manual', 3, 'Manual', '2024-01-01 00:00:00');
"""


def write_old(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def prepared(folder: Path, clock: VirtualClock, *old_queues: Path) -> Store:
    store = Store(folder / "autoscan.db", clock, old_queues=old_queues or None)
    store.prepare()
    return store


def waiting(store: Store) -> dict[str, set[str]]:
    """Return the folders that wait, and what is expected in each."""
    return {scan.folder: paths_of(scan) for scan in Queue(store).recent(100, ScanState.WAITING)}


def test_what_an_old_queue_still_held_waits_and_is_due(tmp_path: Path, clock: VirtualClock) -> None:
    write_old(tmp_path / "queue.db", PLEX_AUTOSCAN)
    store = prepared(tmp_path, clock)
    assert store.warnings == ()
    assert waiting(store) == {
        "/tv/Alien/Season 1": {"/tv/Alien/Season 1/e1.mkv", "/tv/Alien/Season 1/e2.mkv"},
        "/tv/Alien/Season 2": {"/tv/Alien/Season 2/e1.mkv"},
        "/movies/S.H.I.E.L.D.": {"/movies/S.H.I.E.L.D."},
    }
    scans = {scan.folder: scan for scan in Queue(store).recent(100)}
    assert {scan.source for scan in scans.values()} == {"import"}
    assert {scan.due_at for scan in scans.values()} == {clock.now()}
    assert scans["/movies/S.H.I.E.L.D."].whole
    assert scans["/tv/Alien/Season 2"].expectations[0].change is Change.REMOVED
    with store.read() as connection:
        assert connection.execute(select(events.c.app, events.c.type)).one() == ("import", "queue.db")
        assert len(connection.execute(select(event_paths)).all()) == 4
    store.dispose()


def test_the_queue_of_the_by275_fork_is_read_as_well(tmp_path: Path, clock: VirtualClock) -> None:
    write_old(tmp_path / "queue.db", PLEX_AUTOSCAN + BY275)
    store = prepared(tmp_path, clock)
    assert waiting(store)["/music/Artist/Album"] == {"/music/Artist/Album/01.flac"}
    assert len(waiting(store)) == 4
    store.dispose()


@pytest.mark.parametrize("script", [PLEX_AUTOSCAN, BY275], ids=["plex_autoscan", "by275"])
def test_the_old_file_is_not_touched(tmp_path: Path, clock: VirtualClock, script: str) -> None:
    old = tmp_path / "app" / "queue.db"
    old.parent.mkdir()
    write_old(old, script)
    os.utime(old, ns=(10**18, 10**18))
    before = (old.read_bytes(), old.stat().st_mtime_ns)
    store = prepared(tmp_path / "data", clock, old)
    assert waiting(store)
    assert (old.read_bytes(), old.stat().st_mtime_ns) == before
    assert [file.name for file in old.parent.iterdir()] == ["queue.db"]
    store.dispose()


def test_a_queue_is_read_once(tmp_path: Path, clock: VirtualClock) -> None:
    write_old(tmp_path / "queue.db", PLEX_AUTOSCAN)
    store = prepared(tmp_path, clock)
    while (scan := Queue(store).claim()) is not None:
        Queue(store).fail(scan.id, "done with", code="")
    store.prepare()
    store.dispose()
    store = prepared(tmp_path, clock)
    assert waiting(store) == {}
    store.dispose()


def test_a_queue_that_comes_later_is_read_then(tmp_path: Path, clock: VirtualClock) -> None:
    prepared(tmp_path, clock).dispose()
    write_old(tmp_path / "queue.db", PLEX_AUTOSCAN)
    store = prepared(tmp_path, clock)
    assert len(waiting(store)) == 3
    store.dispose()


def test_every_place_is_looked_at(tmp_path: Path, clock: VirtualClock) -> None:
    for name, script in (("a.db", PLEX_AUTOSCAN), ("b.db", BY275)):
        write_old(tmp_path / name, script)
    places = [tmp_path / name for name in ("a.db", "none.db", "b.db", "a.db", "autoscan.db")]
    store = prepared(tmp_path, clock, *places)
    assert len(waiting(store)) == 4
    store.dispose()


def test_what_lies_in_a_journal_is_seen_and_stays_there(tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(PLEX_AUTOSCAN)
        before = {part.name: part.read_bytes() for part in tmp_path.iterdir()}
        assert len(read_old_queue(file)) == 4
        assert {part.name: part.read_bytes() for part in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "script", ["CREATE TABLE other (id INTEGER)", "CREATE TABLE scan_item (path TEXT, event_type)"]
)
def test_an_old_queue_that_holds_nothing_is_noted_and_forgotten(
    tmp_path: Path, clock: VirtualClock, script: str
) -> None:
    write_old(tmp_path / "queue.db", script)
    store = prepared(tmp_path, clock)
    assert (waiting(store), store.warnings) == ({}, ())
    store.dispose()


def test_a_file_that_is_no_queue_is_left_alone_with_a_warning(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "queue.db").write_bytes(b"no database " * 100)
    store = prepared(tmp_path, clock)
    (warning,) = store.warnings
    assert "queue.db" in warning
    assert waiting(store) == {}
    store.dispose()


def test_one_name_that_is_no_text_does_not_cost_the_others(tmp_path: Path, clock: VirtualClock) -> None:
    broken = "INSERT INTO queueitemmodel VALUES (9, CAST(x'2f74762fff2f612e6d6b76' AS TEXT), 'Sonarr', 1, 'Download')"
    write_old(tmp_path / "queue.db", PLEX_AUTOSCAN + broken)
    store = prepared(tmp_path, clock)
    assert store.warnings == ()
    assert waiting(store).keys() > {"/tv/Alien/Season 1", "/tv/\N{REPLACEMENT CHARACTER}"}
    store.dispose()


def test_an_old_queue_where_one_may_not_look_is_left_alone_with_a_warning(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Path.stat

    def stat(path: Path, **how: bool) -> os.stat_result:
        if "closed" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return kept(path, **how)

    monkeypatch.setattr(Path, "stat", stat)
    old = tmp_path / "closed" / "queue.db"
    store = prepared(tmp_path, clock, old)
    assert f"{old}: the old queue could not be read and is left alone" in store.warnings[0]
    store.dispose()
