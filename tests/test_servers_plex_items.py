"""How items of the simulated Plex are found: windows, media queries, parents, folders, search."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.clocks import VirtualClock
from tests.servers import FakePlex, make_media, movie, write_file
from tests.servers.samples import LIBRARIES, SEASON, call, fill, open_plex, scan

#: python-plexapi has no types.
Api = Any


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def plex(root: Path, clock: VirtualClock) -> Iterator[FakePlex]:
    with FakePlex({"/data": root}, LIBRARIES, clock=clock) as server:
        yield server


@pytest.fixture
def api(plex: FakePlex) -> Iterator[Api]:
    with requests.Session() as session:
        yield open_plex(plex.url, plex.token, session)


def test_new_items_are_found_by_the_newest_first_window(plex: FakePlex, api: Api, clock: VirtualClock) -> None:
    plex.bulk(300, "2")
    clock.advance(60)
    scan(plex, "2", SEASON)
    found = api.fetchItems("/library/sections/2/all?type=4&sort=addedAt:desc", container_size=50, maxresults=3)
    assert {episode.media[0].parts[0].file for episode in found} == {
        f"{SEASON}/Show - S01E0{number}.mkv" for number in (1, 2, 3)
    }
    newest = api.library.section("Shows").search(sort="addedAt:desc", libtype="episode", maxresults=2)
    assert [episode.grandparentTitle for episode in newest] == ["Show", "Show"]


def test_added_at_is_compared_with_plexs_own_clock(plex: FakePlex, clock: VirtualClock) -> None:
    plex.set(clock_skew_s=86_400)
    scan(plex, "2", SEASON)
    clock.advance(600)
    path = "/library/sections/2/all?type=4&addedAt%3E%3E=-"
    assert call(plex, path + "900").json()["MediaContainer"]["size"] == 3
    assert call(plex, path + "9m").json()["MediaContainer"]["size"] == 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("type=4&show.title==Show&season.index=1", 3),
        ("type=4&show.title==show&episode.index=2", 1),
        ("type=4&show.title%3D=Sho", 0),
        ("type=4&show.title=Sho", 3),
        ("type=4&show.title!=Sho", 0),
        ("type=4&show.title%3C=sh", 3),
        ("type=4&show.title%3E=ow", 3),
        ("type=2&episode.title==Episode 3", 1),
        ("type=4&index%3E%3E=1", 2),
        ("type=4&index%3C%3C=2", 1),
        ("type=4&unmatched=1", 0),
        ("type=4&limit=2", 2),
        ("type=3", 1),
        ("", 1),
    ],
)
def test_media_queries_filter_on_the_server(plex: FakePlex, query: str, count: int) -> None:
    scan(plex, "2", SEASON)
    answer = call(plex, f"/library/sections/2/all?{query}").json()["MediaContainer"]
    assert answer["size"] == count


def test_paging_works_by_header_and_by_argument(plex: FakePlex) -> None:
    plex.bulk(30, "1")
    first = call(plex, "/library/sections/1/all?X-Plex-Container-Start=25&X-Plex-Container-Size=10").json()
    assert {"size": 5, "totalSize": 30, "offset": 25}.items() <= first["MediaContainer"].items()
    none = call(plex, "/library/sections/1/all?X-Plex-Container-Size=0").json()["MediaContainer"]
    assert (none["size"], none["totalSize"]) == (0, 30)


def test_children_and_leaves_of_a_show_are_one_request_each(plex: FakePlex, api: Api) -> None:
    scan(plex, "2", SEASON)
    (show,) = api.library.section("Shows").all()
    assert show.locations == ["/data/tv/Show"]
    assert [one.index for one in show.seasons()] == [1]
    assert [one.index for one in show.episodes()] == [1, 2, 3]
    key = show.episodes()[0].ratingKey
    assert [one.ratingKey for one in api.fetchItems([key, 99_999, key + 1])] == [key, key + 1]
    assert call(plex, "/library/all?guid=" + show.guid).json()["MediaContainer"]["size"] == 1


def test_albums_and_tracks_are_found(plex: FakePlex, api: Api) -> None:
    scan(plex, "3", "/data/music/Artist/Album")
    (track,) = api.fetchItems("/library/sections/3/all?type=10&artist.title==Artist&album.title==Album&track.index=2")
    assert (track.title, track.parentTitle, track.grandparentTitle) == ("Track 2", "Album", "Artist")
    (artist,) = api.library.section("Music").all()
    assert artist.locations == ["/data/music/Artist/Album"]


def test_a_file_of_two_episodes_is_a_part_of_both(plex: FakePlex, root: Path) -> None:
    write_file(root / "tv/Show/Season 02/Show S02E01-E02.mkv")
    scan(plex, "2", "/data/tv/Show/Season 02")
    assert [item.index for item in plex.catalog.holders("2", "/data/tv/Show/Season 02/Show S02E01-E02.mkv")] == [1, 2]


def test_versions_and_parts_of_a_movie_are_one_item(plex: FakePlex, root: Path, api: Api) -> None:
    names = ["Heat (1995) - 1080p.mkv", "Heat (1995) - 4K.mkv"]
    make_media(root / "movies", movie("Heat (1995)", *names))
    make_media(root / "movies", movie("Long (2000)", "Long (2000) - cd1.avi", "Long (2000) - cd2.avi"))
    scan(plex, "1")
    found = {item.title: [len(media.parts) for media in item.media] for item in api.library.section("Movies").all()}
    assert found == {"Alien": [1], "Heat": [1, 1], "Long": [2]}


def test_a_file_can_be_filed_under_another_item(plex: FakePlex, root: Path) -> None:
    scan(plex, "1")
    plex.set(mis_group="*Heat*")
    make_media(root / "movies", movie("Heat (1995)"))
    scan(plex, "1")
    path = "/data/movies/Heat (1995)/Heat (1995).mkv"
    assert [item.title for item in plex.catalog.holders("1", path)] == ["Alien"]


def test_the_folder_view_goes_down_level_by_level(plex: FakePlex, api: Api) -> None:
    scan(plex, "2", SEASON)
    (show,) = api.library.section("Shows").folders()
    (inner,) = show.subfolders()
    assert [item.media[0].parts[0].file for item in api.fetchItems(inner.key)] == plex.paths()
    assert call(plex, "/library/sections/2/folder?parent=77").json()["MediaContainer"]["size"] == 0


def test_hub_search_finds_by_title(plex: FakePlex, api: Api) -> None:
    scan(plex, "2", SEASON)
    assert [item.title for item in api.search("sho", sectionId=2)] == ["Show"]
    assert call(plex, "/hubs/search").status_code == 400
    assert call(plex, "/hubs/search?query=sho&limit=many").status_code == 400
    assert "missing parameter query" in plex.violations[0]
    plex.forgive()


def test_the_timeline_counts_waiting_scans(plex: FakePlex, api: Api) -> None:
    plex.set(start_delay=60)
    for _ in range(3):
        call(plex, "/library/sections/2/refresh")
    assert api.library.section("Shows").timeline().updateQueueSize == 2


def test_a_hundred_thousand_items_are_there_without_files(plex: FakePlex) -> None:
    plex.bulk(2_000, "2")
    scan(plex, "2")
    assert len(plex.paths()) == 2_003
    plex.bulk(50, "3")
    plex.bulk(500, "2", added_at=plex.now() + 1)
    newest = call(plex, "/library/sections/2/all?type=4&sort=addedAt:desc&X-Plex-Container-Size=50").json()
    assert {item["grandparentTitle"][:4] for item in newest["MediaContainer"]["Metadata"]} == {"Bulk"}
