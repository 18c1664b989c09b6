"""A real rclone, whose cache does not know a new file until it is told to look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.rclone import LEFT_ALONE, CacheRefresher
from autoscan.settings import Secret
from tests.clocks import VirtualClock
from tests.programs import free_port
from tests.rclones import Rclone, serving
from tests.wires import answer, server


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    (tmp_path / "remote/Media/TV/Show").mkdir(parents=True)
    (tmp_path / "remote/Media/TV/Show/old.mkv").touch()
    return tmp_path / "remote"


@pytest.fixture
def rclone(remote: Path, tmp_path: Path) -> Iterator[Rclone]:
    with serving(str(remote), tmp_path) as served:
        assert served.shows("Media/TV/Show/old.mkv")
        assert not served.shows("Media/TV/Show/new.mkv")
        yield served


def refresher(url: str | Secret, to: str = "Media/", **more: object) -> CacheRefresher:
    return CacheRefresher(url, {to: ["/mnt/rclone/Media/"]}, **more)  # type: ignore[arg-type]  # a test's options


NEW = "/mnt/rclone/Media/TV/Show/new.mkv"


def test_a_new_file_appears_once_its_folder_was_refreshed(rclone: Rclone, remote: Path) -> None:
    (remote / "Media/TV/Show/new.mkv").touch()
    assert not rclone.shows("Media/TV/Show/new.mkv")
    assert refresher(rclone.url).refresh(NEW, 0) == "rclone read Media/TV/Show anew"
    assert rclone.shows("Media/TV/Show/new.mkv")


def test_each_failed_look_climbs_one_folder_and_not_above_the_mount(rclone: Rclone, remote: Path) -> None:
    assert rclone.shows("Media/TV/Show")
    (remote / "Media/TV/New/Season 1").mkdir(parents=True)
    (remote / "Media/TV/New/Season 1/new.mkv").touch()
    it, path = refresher(rclone.url), "/mnt/rclone/Media/TV/New/Season 1/new.mkv"
    lost = "rclone forgot Media/TV/New{}, and could not read it anew: file does not exist"
    assert it.refresh(path, 0) == lost.format("/Season 1")
    assert it.refresh(path, 1) == lost.format("")
    assert it.refresh(path, 2) == "rclone read Media/TV anew"
    assert rclone.shows("Media/TV/New/Season 1/new.mkv")
    assert it.refresh(path, 3) == "rclone read Media anew"
    assert it.refresh(path, 9) == "rclone read Media anew"


@pytest.mark.parametrize("to", ["", "/"])
def test_the_root_of_the_mount_can_be_refreshed(rclone: Rclone, remote: Path, to: str) -> None:
    assert rclone.shows("/Media")
    (remote / "Movies").mkdir()
    it = refresher(rclone.url, to)
    assert it.refresh("/mnt/rclone/Media/new.mkv") == "rclone read the root of the mount anew"
    assert rclone.shows("/Movies")
    assert it.refresh("/mnt/rclone/Media/Movies/x.mkv") == "rclone read Movies anew"


def test_a_path_of_no_mapping_is_none_of_its_business(rclone: Rclone) -> None:
    assert refresher(rclone.url).refresh("/mnt/other/a.mkv") == ""


def test_the_mount_of_a_remote_is_named(remote: Path, tmp_path: Path) -> None:
    config = f"[gdrive]\ntype = alias\nremote = {remote}\n"
    with serving("gdrive:", tmp_path, config=config) as rclone:
        assert rclone.shows("Media/TV/Show/old.mkv")
        (remote / "Media/TV/Show/new.mkv").touch()
        it = refresher(rclone.url, "gdrive:/Media/")
        assert it.refresh(NEW) == "rclone read gdrive:/Media/TV/Show anew"
        assert rclone.shows("Media/TV/Show/new.mkv")
        other = refresher(rclone.url, f"{remote}/Media")
        assert other.refresh(NEW) == f"rclone read {remote}/Media/TV/Show anew"
        unknown = refresher(rclone.url, "nowhere:Media").refresh(NEW)
        assert 'no VFS found with name "nowhere:"' in unknown


def test_user_and_password_come_from_the_url_or_the_settings(remote: Path, tmp_path: Path) -> None:
    with serving(str(remote), tmp_path, "me", "p@ss:w/rd") as rclone:
        inside = Secret(rclone.url.replace("//", "//me:p%40ss%3Aw%2Frd@"))
        for it in (
            refresher(inside),
            refresher(rclone.url, user="me", password=Secret("p@ss:w/rd")),
            refresher(inside, user="other", password=Secret("wrong")),
        ):
            assert it.refresh(NEW) == "rclone read Media/TV/Show anew"
            it.close()
        for wrong in (refresher(rclone.url), refresher(rclone.url, user="me")):
            assert wrong.refresh(NEW).startswith("rclone refuses user or password")


def test_one_that_does_not_run_is_a_note_and_left_alone_for_a_minute(remote: Path, tmp_path: Path) -> None:
    clock, beats = VirtualClock(), []
    it = refresher(f"http://127.0.0.1:{free_port()}", clock=clock, heartbeat=lambda: beats.append(1))
    note = it.refresh(NEW)
    assert note.startswith("rclone cannot be reached (connection refused)")
    assert len(beats) == 2
    assert it.refresh(NEW, 1) == note
    assert len(beats) == 2
    clock.advance(LEFT_ALONE)
    assert it.refresh(NEW, 1) == note
    assert len(beats) == 4


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"result": 1}', b'{"result": {"Media": true}}'])
def test_an_odd_answer_is_no_error_and_does_not_count_as_read(body: bytes) -> None:
    with server(answer(body=body)) as wire:
        note = refresher(wire.url).refresh(NEW)
    assert note.startswith("rclone forgot Media/TV/Show, and could not read it anew: its answer is not that of rclone")


def test_several_mounts_need_a_remote_in_the_mapping() -> None:
    body = b'{"error": "more than one VFS active - need \\"fs\\" parameter"}'
    with server(answer(500, body)) as wire:
        note = refresher(wire.url).refresh(NEW)
    assert 'more than one VFS active - need "fs" parameter (write the remote into' in note
