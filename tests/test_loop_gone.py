"""What was deleted, where a server does not simply tell: nothing is believed gone, or still there, that nobody saw."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.intake import Received
from autoscan.triggers.manual import from_lists
from tests import houses
from tests.houses import House, episode
from tests.servers import Library, make_media
from tests.servers.mb import MediaBrowser
from tests.servers.media import SIZE

HOUR = 3600


def learn(house: House) -> None:
    """Let the server scan everything that is there."""
    (target,) = house.targets
    for library in target.libraries():
        for root in library.roots:
            target.scan(library, target.plan(library, root, ()), ())
    house.clock.advance(300)
    house.fakes[target.name].wait_idle()
    house.skip[target.name] = len(house.fakes[target.name].scans())


def deleted(house: House, *files: Path) -> None:
    """Delete files and tell of it, as a program does that knows no more than their paths."""
    for file in files:
        file.unlink()
    received = Received(source="api", request_id="r9", body="{}", at=house.clock.now())
    house.intake.submit(from_lists([], [], [str(file) for file in files]), received)


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[House]:
    """A Plex with a library of photos and clips, whose folders cannot be viewed."""
    root = tmp_path / "media/photos"
    root.mkdir(parents=True)
    make_media(root, {"2020/a.jpg": None, "2020/clip.mp4": None})
    with houses.build(
        tmp_path, ["plex"], libraries=[Library(title="P", type="homevideos", roots=(str(root),))]
    ) as built:
        learn(built)
        yield built


def test_what_nothing_shows_as_listed_is_no_stale_entry(photos: House, tmp_path: Path) -> None:
    deleted(photos, tmp_path / "media/photos/2020/clip.mp4")
    photos.run(26 * HOUR, tick=5)
    assert photos.results("plex") == ["done_unverifiable"]
    assert "nothing tells whether it is still listed" in photos.evidence("plex")
    assert len(photos.asked("plex")) == 2


@pytest.fixture(params=["jellyfin", "emby"])
def movies(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A server that knows a movie by another title than Radarr."""
    make_media(tmp_path / "media/movies", {f"{each}/{each}.mkv": None for each in (GERMAN, "Other (2000)")})
    with houses.build(tmp_path, [request.param]) as built:
        learn(built)
        yield built
        assert built.over_budget() == []


GERMAN = "Chihiros Reise (2001)"


def movie_deleted(house: House, folder: Path, title: str) -> None:
    shutil.rmtree(folder)
    named = {"title": title, "folderPath": str(folder), "tmdbId": 129}
    house.receive({"eventType": "MovieDelete", "movie": named, "deletedFiles": True})


def test_a_movie_by_another_title_is_seen_gone(movies: House, tmp_path: Path) -> None:
    (name,) = movies.fakes
    movie_deleted(movies, tmp_path / "media/movies" / GERMAN, "Spirited Away")
    movies.run(HOUR)
    assert movies.results(name) == ["verified_absent"]
    assert len(movies.asked(name)) == 1


def test_a_movie_by_another_title_that_stays_listed_is_not_believed_gone(movies: House, tmp_path: Path) -> None:
    (name,) = movies.fakes
    movies.fakes[name].set(never_remove="*Chihiros*")
    movie_deleted(movies, tmp_path / "media/movies" / GERMAN, "Spirited Away")
    movies.run(26 * HOUR, tick=5)
    assert movies.results(name) == ["stale_entry"]


def test_a_movie_that_no_title_leads_to_is_not_believed_gone(movies: House, tmp_path: Path) -> None:
    (name,) = movies.fakes
    fake = movies.fakes[name]
    assert isinstance(fake, MediaBrowser)
    for item in fake.database.by_id.values():
        item.name = "Sen to Chihiro" if "Chihiros" in item.path else item.name
    movies.fakes[name].set(never_remove="*Chihiros*")
    movie_deleted(movies, tmp_path / "media/movies" / GERMAN, "Spirited Away")
    movies.run(26 * HOUR, tick=5)
    assert movies.results(name) == ["done_unverifiable"]
    assert len(movies.asked(name)) == 1


@pytest.mark.parametrize("kept", [False, True])
def test_a_file_of_another_season_in_the_folder_of_a_show_is_looked_for(tmp_path: Path, *, kept: bool) -> None:
    tv = tmp_path / "media/tv"
    make_media(tv, dict.fromkeys(["Show/Show - S01E01.mkv", "Show/Show - S02E01.mkv", "Other/Other - S01E01.mkv"]))
    with houses.build(tmp_path, ["plex"]) as house:
        learn(house)
        make_media(tv, {"Show/Show - S01E02.mkv": None})
        body = episode(tmp_path, 2, size=SIZE)
        house.receive(body | {"episodeFile": {"relativePath": "Show - S01E02.mkv", "size": SIZE}})
        house.run(400)
        house.fakes["plex"].set(never_remove="*S02E01*" if kept else "")
        deleted(house, tv / "Show/Show - S02E01.mkv")
        house.run(26 * HOUR, tick=5)
        assert house.results("plex") == ["verified", "stale_entry" if kept else "verified_absent"]
        assert house.over_budget() == []
