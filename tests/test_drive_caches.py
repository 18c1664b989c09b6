"""`scan.py build_caches`: everything is listed once, without a word; it goes on where it was, beside the service."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscan.cli import caching, main
from autoscan.drive import monitor_walk
from tests.drives import World, added, removed, watching
from tests.servers.google import FakeGoogle


def many(fake: FakeGoogle) -> None:
    fake.world.bulk(2500)
    fake.world.path("Meine Ablage/TV/e1.mkv")
    fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with watching(tmp_path, before=many) as found:
        yield found


def command(tmp_path: Path) -> int:
    return main(["build_caches", "--config", str(tmp_path / "config.json"), "--queuefile", str(tmp_path / "queue.db")])


def known(world: World) -> int:
    (row,) = world.rows("SELECT count(*) AS number FROM drive_files")
    return int(row["number"])


def test_everything_is_known_afterwards_and_nothing_is_scanned(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path) == 0
    assert capsys.readouterr().out == "My Drive: 2505 files and folders read\n"
    assert known(world) == 2505
    assert world.state().complete
    assert world.poll() == []
    world.clock.advance(3600)
    world.drive.trash("1bulk0d1")
    assert [each.path for each in world.poll()] == ["/mnt/gd/Folder 000001"]


def test_it_goes_on_where_it_was(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.fake.fail("pageToken", times=None, status=403, reason="insufficientFilePermissions")
    assert command(tmp_path) == 1
    assert "it goes on where it is" in capsys.readouterr().err
    assert known(world) == 1000
    world.fake.calm()
    before = len(world.fake.requests("GET /drive/v3/files"))
    assert command(tmp_path) == 0
    assert len(world.fake.requests("GET /drive/v3/files")) - before <= 3
    assert known(world) == 2505


def test_what_happens_meanwhile_is_told_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(tmp_path, before=many, settled=False) as world:
        listed = monitor_walk.build_page

        def while_it_lists(*arguments: Any) -> Any:
            if not world.rows("SELECT 1 FROM drive_files"):
                world.drive.path("Meine Ablage/TV/during.mkv")
            return listed(*arguments)

        monkeypatch.setattr(caching, "build_page", while_it_lists)
        assert command(tmp_path) == 0
        world.settle()
        assert world.asked() == [added("/mnt/gd/TV/during.mkv")]


def test_what_the_monitor_was_told_of_is_left_as_it_is(world: World, tmp_path: Path) -> None:
    """A file that moved is in the listing at its new place; the change that tells so is still to come."""
    episode = next(node.id for _, node in world.drive.nodes.slice(0) if node.name == "e1.mkv")
    world.drive.write(episode, size=5)
    world.poll()
    world.drive.rename(episode, "e2.mkv")
    assert command(tmp_path) == 0
    assert removed("/mnt/gd/TV/e1.mkv") in world.poll()


def test_an_unknown_drive_is_an_error_and_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with watching(tmp_path, before=many, google={"TEAMDRIVE": True, "TEAMDRIVES": ["Nobody"]}) as world:
        assert command(tmp_path) == 1
        out, err = capsys.readouterr()
        assert "Nobody" in err
        assert "My Drive: 2505 files" in out
        assert known(world) == 2505


def test_a_page_that_google_does_not_give_is_asked_for_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "PAUSE", 0.001)
    world.fake.fail("files?", times=3, status=503)
    assert command(tmp_path) == 0
    world.fake.fail("files?", times=None, status=503)
    assert command(tmp_path) == 1


def test_a_listing_whose_place_google_forgot_begins_again(world: World, tmp_path: Path) -> None:
    world.fake.fail("pageToken", times=None, status=403, reason="insufficientFilePermissions")
    command(tmp_path)
    world.fake.calm()
    state = world.state()
    with world.autoscan.store.write() as connection:
        connection.exec_driver_sql("UPDATE drives SET build_token = 'forgotten'")
    assert command(tmp_path) == 0
    assert state.build_token
    assert known(world) == 2505


def test_a_place_that_google_forgets_again_and_again_ends_it(world: World, tmp_path: Path) -> None:
    world.fake.fail("pageToken", times=None, status=404, reason="notFound")
    assert command(tmp_path) == 1
    assert len(world.fake.requests("GET /drive/v3/files")) <= 2 * caching.TRIES + 2


def test_a_terminal_shows_how_far_it_is(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command(tmp_path) == 0
    assert "2,505" in capsys.readouterr().err
