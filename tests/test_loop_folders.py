"""A folder that is requested whole: every media file in it must be shown afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.model import Change, Expectation, Kind
from tests import houses
from tests.houses import House
from tests.servers import Library, make_media, season, write_file

SERVERS = ["plex", "jellyfin", "emby"]
HOUR = 3600


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    make_media(tmp_path / "media/tv", season("Old", 1, [1, 2]))
    with houses.build(tmp_path, [name]) as built:
        yield built
        for ask in (ask for scan in built.scans() for ask in built.queue.asks(scan.id)):
            folders = {Path(each.path).parent for each in ask.delivery.expectations if each.kind is Kind.FILE}
            assert ask.scans <= 5
            assert ask.requests <= 30 * max(1, len(folders))


def request(house: House, folder: Path, seconds: float = 600) -> None:
    """Ask for a folder by hand, and let time pass."""
    house.receive({"eventType": "Manual", "filepath": str(folder)})
    house.run(seconds, tick=2)


def files(house: House) -> dict[str, str]:
    """Return what was found of each file of the last scan, by its name."""
    (ask,) = house.queue.asks(house.scans()[-1].id)
    return {Path(each.path).name: each.result.value for each in ask.findings}


def test_every_file_of_a_show_is_seen(house: House, name: str, tmp_path: Path) -> None:
    tv = tmp_path / "media/tv"
    make_media(tv, season("Show", 1, [1, 2]) | season("Show", 2, [1]))
    request(house, tv / "Show")
    assert house.results(name) == ["verified"]
    assert files(house) == {
        "Show": "verified",
        "Show - S01E01.mkv": "verified",
        "Show - S01E02.mkv": "verified",
        "Show - S02E01.mkv": "verified",
    }


def test_what_is_shown_already_is_scanned_all_the_same(house: House, name: str, tmp_path: Path) -> None:
    request(house, tmp_path / "media/tv/Old")
    request(house, tmp_path / "media/tv/Old")
    assert house.results(name) == ["verified", "verified"]
    assert len(house.asked(name)) == 2


def test_a_file_that_never_comes_is_found_out(house: House, name: str, tmp_path: Path) -> None:
    house.fakes[name].set(never_add="*S01E02*")
    request(house, tmp_path / "media/tv/Old", 6 * HOUR)
    assert house.results(name) == ["unverified"]
    assert files(house)["Old - S01E01.mkv"] == "verified"


def test_a_library_of_150_episodes_is_seen_within_the_budget(house: House, name: str, tmp_path: Path) -> None:
    tv = tmp_path / "media/tv"
    make_media(tv, season("Show", 1, range(1, 76)) | season("Show", 2, range(1, 76)))
    request(house, tv / "Show", HOUR)
    assert house.results(name) == ["verified"]
    assert len(files(house)) == 151


@pytest.mark.parametrize("number", [40, 250])
def test_many_movies_at_once_are_seen_within_the_budget(house: House, name: str, tmp_path: Path, number: int) -> None:
    movies = tmp_path / "media/movies"
    for each in range(number):
        file = write_file(movies / f"Film {each:03}/Film {each:03}.mkv")
        os.utime(file, (each, each))
    request(house, movies, HOUR)
    assert house.results(name) == ["verified"], house.evidence(name)
    assert house.scans()[-1].reason == f"{number} media files in it: the newest 20 are looked for"
    assert set(files(house)) == {"movies", *(f"Film {each:03}.mkv" for each in range(number - 20, number))}


def test_movies_that_come_slowly_are_waited_for(house: House, name: str, tmp_path: Path) -> None:
    movies = tmp_path / "media/movies"
    make_media(movies, [f"Film {each}/Film {each}.mkv" for each in range(20)])
    house.fakes[name].set(start_delay=120.0)
    request(house, movies, 2 * HOUR)
    assert house.results(name) == ["verified"], house.evidence(name)
    assert len(files(house)) == 21


def test_of_more_files_than_two_hundred_the_newest_fifty_are_seen(house: House, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "media/tv/Show/Season 01"
    for each in range(1, 221):
        file = write_file(folder / f"Show - S01E{each:03}.mkv")
        os.utime(file, (each, each))
    request(house, folder)
    assert house.results(name) == ["verified"]
    assert house.scans()[-1].reason == "220 media files in it: the newest 50 are looked for"
    assert set(files(house)) == {"Season 01", *(f"Show - S01E{each:03}.mkv" for each in range(171, 221))}


def test_what_no_library_lists_is_not_looked_for(house: House, name: str, tmp_path: Path) -> None:
    show = tmp_path / "media/tv/Show"
    make_media(
        show,
        {
            "Season 01/Show - S01E01.mkv": None,
            "Season 01/Show - S01E01.nfo": None,
            "Season 01/.hidden.mkv": None,
            "trailers/a.mkv": None,
            "Season 01/Show-sample.mkv": None,
            "theme.mp3": None,
            "booklet.pdf": None,
            "Season 02/Disc/BDMV/STREAM/00001.m2ts": None,
            "Season 02/Disc/deeper/than/that.mkv": None,
        },
    )
    request(house, show)
    assert house.results(name) == ["verified"]
    assert set(files(house)) == {"Show", "Show - S01E01.mkv"}


def test_an_audio_file_among_videos_is_let_go_by_the_library_s_type(house: House, name: str, tmp_path: Path) -> None:
    song = write_file(tmp_path / "media/tv/Old/Season 01/song.mp3")
    request(house, song)
    assert house.results(name) == ["ignored_by_rule"]
    assert "lists no audio files" in house.evidence(name)


def test_an_album_is_seen_with_its_tracks(name: str, tmp_path: Path) -> None:
    music = tmp_path / "media/music"
    tracks = [f"Artist/Album/CD 1/{number:02} - Track {number}.flac" for number in range(1, 11)]
    make_media(music, [*tracks, "Artist/Album/video.mp4", "Artist/Album/booklet.pdf"])
    libraries = [Library(title="Music", type="music", roots=(str(music),))]
    with houses.build(tmp_path, [name], libraries=libraries) as house:
        request(house, music / "Artist")
        assert house.results(name) == ["verified"]
        assert len(files(house)) == 11


def test_a_folder_that_autoscan_cannot_see_is_scanned_and_never_a_failure(name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Old", 1, [1, 2]))
    mapped = {name: {"path_mappings": {str(tmp_path / "media"): ["/nas/media"]}}}
    with houses.build(tmp_path, [name], servers=mapped) as house:
        house.fakes[name].set(never_add="*S01E02*")
        request(house, Path("/nas/media/tv/Old"))
        assert house.results(name) == ["verified"]
        make_media(tmp_path / "media/tv", season("New", 1, [1, 2]))
        house.fakes[name].set(never_add="*")
        request(house, Path("/nas/media/tv/New"))
        assert house.results(name)[1] in {"done_unverifiable", "verified"}
        assert set(files(house)) == {"New"}


def test_a_restart_goes_on_with_the_files_that_were_found(house: House, name: str, tmp_path: Path) -> None:
    request(house, tmp_path / "media/tv/Old", 36)
    house.restart()
    house.run(300)
    assert house.results(name) == ["verified"]
    assert len(files(house)) == 3


def test_an_import_beside_it_is_all_that_is_looked_for(house: House, name: str, tmp_path: Path) -> None:
    season_folder = tmp_path / "media/tv/Old/Season 01"
    house.receive({"eventType": "Manual", "filepath": str(season_folder)})
    house.receive(houses.episode(tmp_path, 1, show="Old"))
    house.run(300)
    assert house.results(name) == ["verified"]
    assert set(files(house)) == {"Season 01", "Old - S01E01.mkv"}


def test_nothing_more_is_expected_of_a_scan_that_has_gone_out(house: House, name: str, tmp_path: Path) -> None:
    request(house, tmp_path / "media/tv/Old", 60)
    (scan,) = house.scans()
    more = Expectation(path=str(tmp_path / "media/tv/Old/x.mkv"), kind=Kind.FILE, change=Change.ADDED)
    assert not house.queue.expect(scan.id, [more])
    assert house.scans() == [scan]
    assert name in house.fakes
