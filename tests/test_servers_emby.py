"""The simulated Emby, as its API description and the guide to media servers know the real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clocks import VirtualClock
from tests.servers import FakeEmby
from tests.servers.samples import ALIEN, EPISODES, LIBRARIES, SEASON, call, fill, found, report


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def emby(root: Path, clock: VirtualClock) -> Iterator[FakeEmby]:
    with FakeEmby({"/data": root}, LIBRARIES, clock=clock) as server:
        yield server


def scan(emby: FakeEmby, path: str) -> None:
    report(emby, path)
    emby.wait_idle()


def test_it_answers_with_and_without_emby_in_front(emby: FakeEmby) -> None:
    assert call(emby, "/System/Info").json()["Version"] == "4.9.1.90"
    assert call(emby, "/emby/System/Info").json()["Version"] == "4.9.1.90"


def test_a_base_path_of_emby_is_required_where_it_is_set(root: Path) -> None:
    with FakeEmby({"/data": root}, LIBRARIES, base_path="/emby") as emby:
        assert emby.url.endswith("/emby")
        assert call(emby, "/System/Info").status_code == 200
        assert requests.get(emby.url.removesuffix("/emby") + "/System/Info/Public", timeout=5).status_code == 404


def test_all_ways_to_send_the_token_work(emby: FakeEmby) -> None:
    ways = [{"X-Emby-Token": "sim-token"}, {"Authorization": 'Emby Token="sim-token"'}]
    ways += [{"Authorization": 'MediaBrowser Token="sim-token"'}, {"X-Emby-Authorization": 'Emby Token="sim-token"'}]
    answers = [requests.get(emby.url + "/System/Info", headers=headers, timeout=5) for headers in ways]
    assert [answer.status_code for answer in answers] == [200] * 4


def test_libraries_come_in_three_ways(emby: FakeEmby) -> None:
    query = call(emby, "/Library/VirtualFolders/Query").json()
    assert query["TotalRecordCount"] == 3
    assert query["Items"] == call(emby, "/Library/VirtualFolders").json()
    assert (query["Items"][1]["Id"], query["Items"][1]["Locations"]) == ("2", ["/data/tv", "/data/anime"])
    selectable = call(emby, "/Library/SelectableMediaFolders").json()
    assert [one["Path"] for one in selectable[1]["SubFolders"]] == ["/data/tv", "/data/anime"]
    emby.set(no_query=True)
    assert call(emby, "/Library/VirtualFolders/Query").status_code == 404
    assert call(emby, "/System/Configuration").json()["LibraryMonitorDelaySeconds"] == 60


def test_a_report_scans_and_the_path_filter_finds_exactly_the_file(emby: FakeEmby, clock: VirtualClock) -> None:
    assert report(emby, SEASON).status_code == 204
    clock.advance(61)
    emby.wait_idle()
    assert set(found(emby, Path=EPISODES[0], Recursive="true")) == {EPISODES[0]}
    assert found(emby, Path="/nonsense", Recursive="true") == {}
    emby.set(path_filter_ignored=True)
    assert len(found(emby, Path="/nonsense", Recursive="true")) > 3


def test_ids_are_numbers_and_an_item_refresh_must_be_recursive(emby: FakeEmby) -> None:
    (folder,) = found(emby, Path="/data/movies", Recursive="true").values()
    assert folder["Id"].isdecimal()
    address = f"/Items/{folder['Id']}/Refresh"
    call(emby, address, "POST", Recursive="false", MetadataRefreshMode="Default")
    emby.wait_idle()
    assert emby.paths() == []
    call(emby, address, "POST", Recursive="true", MetadataRefreshMode="Default", ImageRefreshMode="Default")
    emby.wait_idle()
    assert emby.paths() == [ALIEN]
    assert call(emby, "/Items/99999/Refresh", "POST").status_code == 404


def test_the_queue_can_be_deduplicated_or_not(emby: FakeEmby, clock: VirtualClock) -> None:
    emby.set(root_scan_s=600)
    for dedupe in (True, False):
        emby.set(dedupe=dedupe)
        for name in ("A", "B", "C"):
            report(emby, f"/data/movies/{name}")
            clock.advance(61)
        emby.wait_idle()
    assert len(emby.scans()) == 2 + 3


def test_there_is_no_45_second_rule(emby: FakeEmby) -> None:
    emby.self_writes(f"{SEASON}/poster.jpg")
    report(emby, SEASON)
    assert len(emby.monitor.refreshers) == 1


def test_posts_can_answer_200(emby: FakeEmby) -> None:
    emby.set(post_status=200)
    assert report(emby, SEASON).status_code == 200


def test_ancestors_and_provider_of_the_disk_view(emby: FakeEmby) -> None:
    scan(emby, SEASON)
    item = found(emby, Path=EPISODES[0], Recursive="true")[EPISODES[0]]
    above = call(emby, f"/Items/{item['Id']}/Ancestors").json()
    assert [one["Path"] for one in above][:2] == [SEASON, "/data/tv/Show"]
    assert call(emby, "/Items/99999/Ancestors").status_code == 404
    body = {"IsFile": True}
    assert call(emby, "/Environment/ValidatePath", "POST", json=body, Path=ALIEN).status_code == 204
    assert call(emby, "/Environment/ValidatePath", "POST", json=body, Path="/none").status_code == 404
    assert call(emby, "/Environment/DirectoryContents", Path="/none", IncludeFiles="true").status_code == 404


def test_small_files_are_ignored_as_samples_where_the_library_says_so(emby: FakeEmby) -> None:
    emby.set(sample_ignore_size=5_000)
    scan(emby, SEASON)
    assert emby.paths() == []


def test_a_starting_emby_answers_503(emby: FakeEmby) -> None:
    emby.set(startup_s=60)
    assert call(emby, "/System/Info/Public").status_code == 503


def test_deleting_is_forbidden(emby: FakeEmby) -> None:
    call(emby, "/Items/5", "DELETE")
    assert "forbidden call" in emby.violations[0]
    emby.forgive()
