"""How the simulated Jellyfin takes reports of changed paths: delayed, merged, climbed up, and often dropped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clocks import VirtualClock
from tests.servers import FakeJellyfin, Library, make_media, movie, write_file
from tests.servers.ids import item_id
from tests.servers.samples import ALIEN, EPISODES, LIBRARIES, MOVIES, SEASON, SHOWS, call, fill, report


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def jellyfin(root: Path, clock: VirtualClock) -> Iterator[FakeJellyfin]:
    with FakeJellyfin({"/data": root}, LIBRARIES, clock=clock) as server:
        yield server


def refresh(jellyfin: FakeJellyfin, kind: str, path: str, mode: str = "Default") -> None:
    address = f"/Items/{item_id(kind, path)}/Refresh"
    answer = call(jellyfin, address, "POST", metadataRefreshMode=mode, imageRefreshMode=mode)
    assert answer.status_code == 204
    jellyfin.wait_idle()


def folder(jellyfin: FakeJellyfin, title: str) -> dict[str, object]:
    return next(one for one in call(jellyfin, "/Library/VirtualFolders").json() if one["Name"] == title)


def test_a_report_waits_a_minute_and_every_further_one_starts_the_minute_anew(
    jellyfin: FakeJellyfin, clock: VirtualClock
) -> None:
    for _ in range(3):
        report(jellyfin, SEASON)
        clock.advance(59)
    assert jellyfin.scans() == []
    clock.advance(2)
    assert [one.path for one in jellyfin.scans()] == ["/data/tv"]


def test_siblings_meet_in_their_parent(jellyfin: FakeJellyfin, root: Path) -> None:
    refresh(jellyfin, "Folder", "/data/tv")
    make_media(root / "tv", ["Show/Season 02/Show S02E01.mkv", "Show/Season 03/Show S03E01.mkv"])
    refresh(jellyfin, "Folder", "/data/tv")
    report(jellyfin, "/data/tv/Show/Season 02")
    report(jellyfin, "/data/tv/Show/Season 03")
    (waiting,) = jellyfin.monitor.refreshers
    assert waiting.path == "/data/tv/Show"
    jellyfin.wait_idle()
    assert {one.path for one in jellyfin.scans()[-3:]} == {
        "/data/tv/Show",
        "/data/tv/Show/Season 02",
        "/data/tv/Show/Season 03",
    }


def test_two_series_within_the_minute_make_the_whole_root_scan(jellyfin: FakeJellyfin) -> None:
    report(jellyfin, "/data/tv/A", "/data/tv/B")
    jellyfin.wait_idle()
    assert [one.path for one in jellyfin.scans()] == ["/data/tv"]


def test_a_child_joins_its_parent_and_a_parent_takes_over_its_child(jellyfin: FakeJellyfin) -> None:
    report(jellyfin, SEASON)
    report(jellyfin, EPISODES[0])
    report(jellyfin, "/data/tv/Show")
    (waiting,) = jellyfin.monitor.refreshers
    assert (waiting.path, waiting.affected) == ("/data/tv/Show", [SEASON, EPISODES[0], "/data/tv/Show"])
    jellyfin.wait_idle()
    assert [one.path for one in jellyfin.scans()] == ["/data/tv"]


def test_a_movie_folder_is_no_item_so_its_root_is_scanned(jellyfin: FakeJellyfin) -> None:
    report(jellyfin, "/data/movies/Alien (1979)")
    jellyfin.wait_idle()
    assert [(one.path, one.asked_path) for one in jellyfin.scans()] == [("/data/movies", "/data/movies/Alien (1979)")]
    assert jellyfin.database.by_path.get("/data/movies/Alien (1979)") is None


def test_the_queue_is_serial_and_not_deduplicated(jellyfin: FakeJellyfin, clock: VirtualClock) -> None:
    jellyfin.set(root_scan_s=600)
    for name in ("A", "B", "C"):
        report(jellyfin, f"/data/movies/{name}")
        clock.advance(61)
    jellyfin.wait_idle()
    assert [one.path for one in jellyfin.scans()] == ["/data/movies"] * 3
    assert len(jellyfin.overlaps()) == 3


def test_a_deleted_path_refreshes_the_nearest_folder_that_is_there(jellyfin: FakeJellyfin, root: Path) -> None:
    refresh(jellyfin, "Folder", "/data/tv")
    (root / "tv/Show").rename(root / "elsewhere")
    write_file(root / "tv/keep.txt")
    report(jellyfin, SEASON, kind="Deleted")
    jellyfin.wait_idle()
    assert jellyfin.scans()[-1].path == "/data/tv"
    assert jellyfin.paths() == []


def test_paths_outside_of_every_library_are_accepted_in_vain(jellyfin: FakeJellyfin) -> None:
    assert report(jellyfin, "/elsewhere/Show").status_code == 204
    jellyfin.wait_idle()
    assert jellyfin.scans() == []


@pytest.mark.parametrize("name", ["sample/x.mkv", "Show/.hidden", "Show/x-sample.mkv", "Show/@eaDir", "Off/x.mkv"])
def test_ignored_paths_are_dropped_silently(jellyfin: FakeJellyfin, root: Path, name: str) -> None:
    write_file(root / "tv/Off/.ignore", "")
    assert report(jellyfin, f"/data/tv/{name}").status_code == 204
    assert jellyfin.monitor.refreshers == []


def test_what_the_server_wrote_itself_is_not_listened_to_for_45_seconds(
    jellyfin: FakeJellyfin, clock: VirtualClock
) -> None:
    jellyfin.self_writes(f"{SEASON}/poster.jpg")
    report(jellyfin, SEASON)
    assert jellyfin.monitor.refreshers == []
    clock.advance(46)
    report(jellyfin, SEASON)
    assert len(jellyfin.monitor.refreshers) == 1


def test_a_full_scan_discards_what_waits(jellyfin: FakeJellyfin) -> None:
    report(jellyfin, SEASON)
    call(jellyfin, "/Library/Refresh", "POST")
    jellyfin.wait_idle()
    assert [one.path for one in jellyfin.scans()] == [""]
    report(jellyfin, SEASON)
    jellyfin.restart()
    assert jellyfin.monitor.refreshers == []
    jellyfin.forgive()


@pytest.mark.parametrize("body", [{}, {"Updates": []}, {"Updates": [{"Path": None}]}, {"Updates": ["x"]}, []])
def test_a_report_without_a_path_is_a_violation(jellyfin: FakeJellyfin, body: object) -> None:
    call(jellyfin, "/Library/Media/Updated", "POST", json=body)
    assert jellyfin.violations
    jellyfin.forgive()


def test_an_update_type_that_does_not_exist_or_an_unlabelled_body_is_a_violation(jellyfin: FakeJellyfin) -> None:
    report(jellyfin, SEASON, kind="Changed")
    requests.post(
        jellyfin.url + "/Library/Media/Updated",
        data='{"Updates": [{"Path": "/x", "UpdateType": "Created"}]}',
        headers={"Authorization": 'MediaBrowser Token="sim-token"'},
        timeout=5,
    )
    assert [text.split(":")[0] for text in jellyfin.violations] == [
        "UpdateType is 'Changed'",
        "the body is not labelled JSON",
    ]
    jellyfin.forgive()


def test_the_realtime_monitor_notices_changes_by_itself(
    jellyfin: FakeJellyfin, root: Path, clock: VirtualClock
) -> None:
    jellyfin.set(realtime_monitor=True)
    jellyfin.tick()
    make_media(root / "movies", movie("Heat (1995)"))
    jellyfin.tick()
    clock.advance(120)
    assert "/data/movies/Heat (1995)/Heat (1995).mkv" in jellyfin.paths()
    assert folder(jellyfin, "Movies")["LibraryOptions"] == {"EnableRealtimeMonitor": True}


def test_a_path_in_two_libraries_has_one_item(root: Path, clock: VirtualClock) -> None:
    twice = [MOVIES, Library(title="More", type="movies", roots=("/data/movies",)), SHOWS]
    with FakeJellyfin({"/data": root}, twice, clock=clock) as jellyfin:
        refresh(jellyfin, "Folder", "/data/movies")
        assert jellyfin.paths() == [ALIEN]
