"""Scans that last: what is asked of a server that is still busy with another."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests import houses
from tests.houses import House, episode, movie
from tests.servers import FakeJellyfin, make_media, season
from tests.servers.media import SIZE

HOUR = 3600


def learn(house: House, name: str) -> None:
    """Let the server scan everything that is there."""
    target = house.targets[0]
    for library in target.libraries():
        target.scan(library, target.plan(library, library.roots[0], ()), ())
    house.clock.advance(300)
    house.fakes[name].wait_idle()
    house.skip[name] = len(house.fakes[name].scans())


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house with the server that the test names, which knows what is there."""
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    make_media(tmp_path / "media/movies", {f"Old {number}/Old {number}.mkv": None for number in range(11)})
    with houses.build(tmp_path, [request.param]) as built:
        learn(built, request.param)
        yield built
        assert built.over_budget() == []


@pytest.mark.parametrize("house", ["jellyfin", "emby"], indirect=True)
def test_a_scan_that_waits_behind_that_of_another_library_is_waited_for(house: House, tmp_path: Path) -> None:
    (name,) = house.fakes
    house.fakes[name].set(root_scan_s=1800.0)
    make_media(tmp_path / "media/movies", {"Alien (1979)/Alien (1979).mkv": None})
    house.receive(movie(tmp_path, "Alien (1979)", size=SIZE))
    house.run(180)
    make_media(tmp_path / "media/tv", season("Show", 1, [2]))
    house.receive(episode(tmp_path, 2, size=SIZE))
    house.run(3 * HOUR, tick=5)
    assert house.results(name) == ["verified", "verified"]
    assert str(tmp_path / "media/tv") not in house.asked(name)


@pytest.mark.parametrize("house", ["jellyfin", "emby"], indirect=True)
def test_a_root_that_is_still_scanned_is_not_asked_for_again(house: House, tmp_path: Path) -> None:
    (name,) = house.fakes
    house.fakes[name].set(root_scan_s=1800.0)
    for number in range(10):
        make_media(tmp_path / "media/movies", {f"Film {number}/Film {number}.mkv": None})
        house.receive(movie(tmp_path, f"Film {number}", size=SIZE))
        house.run(150, tick=2)
    house.run(3 * HOUR, tick=5)
    assert set(house.results(name)) <= {"verified", "already_there"}
    assert len(house.asked(name)) <= 2


@pytest.mark.parametrize("house", ["plex", "jellyfin", "emby"], indirect=True)
def test_folders_deleted_one_after_another_share_the_scans_of_a_root(house: House, tmp_path: Path) -> None:
    (name,) = house.fakes
    house.fakes[name].set(**({"scan_delay_s": 300.0} if name == "plex" else {"root_scan_s": 300.0}))
    for number in range(10):
        folder = tmp_path / f"media/movies/Old {number}"
        shutil.rmtree(folder)
        named = {"title": f"Old {number}", "folderPath": str(folder), "tmdbId": number + 1}
        house.receive({"eventType": "MovieDelete", "movie": named, "deletedFiles": True})
        house.run(90, tick=2)
    house.run(HOUR, tick=5)
    # What the first scan removed before it was looked for cannot be seen gone by a title.
    assert set(house.results(name)) <= (
        {"verified_absent"} if name == "plex" else {"verified_absent", "done_unverifiable"}
    )
    assert len(house.asked(name)) <= 4


@pytest.mark.parametrize("between", [0, 30])
def test_reports_of_two_shows_are_not_made_one_of_the_library(
    tmp_path: Path, between: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(houses.KINDS, "jellyfin", partial(FakeJellyfin, foreign_ids=True))
    names = ["Show A", "Show B", "Other"]
    make_media(tmp_path / "media/tv", {f"{name}/{name} - S01E01.mkv": None for name in names})
    with houses.build(tmp_path, ["jellyfin"]) as house:
        learn(house, "jellyfin")
        for name in names[:2]:
            make_media(tmp_path / "media/tv", {f"{name}/{name} - S00E01.mkv": None})
            body = episode(tmp_path, 1, season=0, show=name, size=SIZE)
            house.receive(body | {"episodeFile": {"relativePath": f"{name} - S00E01.mkv", "size": SIZE}})
            house.run(between)
        house.run(900)
        assert house.results("jellyfin") == ["verified", "verified"]
        assert house.asked("jellyfin") == [str(tmp_path / "media/tv" / name) for name in names[:2]]
