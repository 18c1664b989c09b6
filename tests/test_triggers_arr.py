"""What the *arr parsers do with members that are missing, odd, doubled or telling."""

from typing import Any

import pytest

from autoscan.model import Change, Hints, Kind
from autoscan.triggers import parse

ROOT = "/data/tv/Flash Gordon (1954)"
SERIES = {"title": "Flash Gordon", "path": ROOT, "tvdbId": 77095}
FILE = {"relativePath": "Season 01/Flash Gordon - S01E01.mkv", "size": 5}
PLACE = f"{ROOT}/Season 01/Flash Gordon - S01E01.mkv"


def download(**members: Any) -> dict[str, Any]:
    return {"eventType": "Download", "series": SERIES, "episodeFile": FILE, **members}


def asked(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(request.path, str(request.kind), str(request.change)) for request in parse(body).requests]


@pytest.mark.parametrize(
    "file",
    [
        {"path": "/downloads/complete/fg.mkv"},
        {"path": ROOT},
        {"relativePath": ".", "path": None},
        {"relativePath": "../Other/x.mkv"},
        {"relativePath": "/etc/x.mkv"},
        {"relativePath": "C:\\x.mkv"},
        {"relativePath": "a\0b.mkv"},
        {"relativePath": "a\ud800.mkv"},
        {"relativePath": 17, "path": ["x"]},
        {"relativePath": "x" * 40_000},
        {},
    ],
)
def test_without_a_usable_file_the_owners_folder_is_asked_for(file: dict[str, Any]) -> None:
    assert asked(download(episodeFile=file)) == [(ROOT, "folder", "added")]
    assert asked(download(episodeFile=None)) == [(ROOT, "folder", "added")]


def test_one_unusable_file_of_several_adds_the_folder_to_the_others() -> None:
    body = download(episodeFile=None, episodeFiles=[FILE, {"relativePath": "\0"}])
    assert asked(body) == [(PLACE, "file", "added"), (ROOT, "folder", "added")]


def test_the_path_counts_below_the_folder_where_no_relative_path_is_told() -> None:
    assert asked(download(episodeFile={"path": PLACE})) == [(PLACE, "file", "added")]
    lower = {"eventType": "Download", "series": {"path": "D:\\TV"}, "episodeFile": {"path": "d:\\tv\\x\\y.mkv"}}
    assert asked(lower) == [("d:\\tv\\x\\y.mkv", "file", "added")]


def test_a_name_with_dots_is_not_a_way_up() -> None:
    body = download(episodeFile={"relativePath": "Wait... What/..x.mkv"})
    assert asked(body) == [(f"{ROOT}/Wait... What/..x.mkv", "file", "added")]


def test_a_backslash_in_a_posix_name_is_part_of_the_name() -> None:
    body = download(episodeFile={"relativePath": "AC\\DC.mkv"})
    assert asked(body) == [(f"{ROOT}/AC\\DC.mkv", "file", "added")]


def test_without_a_folder_a_download_is_not_trusted_but_a_delete_is() -> None:
    body = {"series": {"title": "X"}, "episodeFile": {"path": "/downloads/x.mkv"}}
    event = parse({**body, "eventType": "Download"})
    assert not event.requests
    assert "no usable path" in event.note
    assert event.known
    assert asked({**body, "eventType": "EpisodeFileDelete"}) == [("/downloads/x.mkv", "file", "removed")]


def test_the_path_of_an_album_is_final_unless_a_relative_path_tells_its_age() -> None:
    old = {"relativePath": "A/1.mp3", "path": "/downloads/1.mp3"}
    body = {"eventType": "Download", "artist": {"path": "/music/X"}, "trackFiles": [{"path": "/other/1.mp3"}, old]}
    assert asked(body) == [("/other/1.mp3", "file", "added"), ("/music/X/A/1.mp3", "file", "added")]
    assert asked({**body, "artist": {}, "trackFiles": [old]}) == []


def test_what_a_rename_puts_in_place_is_not_gone() -> None:
    files = [
        {"relativePath": "b.mkv", "previousRelativePath": "a.mkv"},
        {"relativePath": "c.mkv", "previousRelativePath": "b.mkv"},
        {"relativePath": "d.mkv", "previousRelativePath": "d.mkv"},
    ]
    body = {"eventType": "Rename", "series": {"path": "/tv/X"}, "renamedEpisodeFiles": files}
    assert asked(body) == [
        ("/tv/X/b.mkv", "file", "renamed"),
        ("/tv/X/a.mkv", "file", "removed"),
        ("/tv/X/c.mkv", "file", "renamed"),
        ("/tv/X/d.mkv", "file", "renamed"),
    ]


def test_a_rename_of_case_only_removes_nothing_on_windows() -> None:
    files = [{"relativePath": "X.mkv", "previousRelativePath": "x.MKV"}]
    body = {"eventType": "Rename", "series": {"path": "D:\\X"}, "renamedEpisodeFiles": files}
    assert asked(body) == [("D:\\X\\X.mkv", "file", "renamed")]
    body = {"eventType": "Rename", "series": {"path": "/X"}, "renamedEpisodeFiles": files}
    assert len(asked(body)) == 2


def test_a_rename_without_the_new_name_asks_for_the_folder() -> None:
    files = [{"previousPath": "/tv/X/a.mkv"}]
    body = {"eventType": "Rename", "series": {"path": "/tv/X"}, "renamedEpisodeFiles": files}
    assert asked(body) == [("/tv/X/a.mkv", "file", "removed"), ("/tv/X", "folder", "renamed")]


def test_an_upgrade_in_place_removes_nothing() -> None:
    assert asked(download(isUpgrade=True, deletedFiles=[FILE])) == [(PLACE, "file", "added")]
    assert asked(download(isUpgrade=True, deletedFiles=True)) == [(PLACE, "file", "added")]


def test_the_same_file_twice_is_asked_for_once() -> None:
    assert asked(download(episodeFiles=[FILE, FILE])) == [(PLACE, "file", "added")]


@pytest.mark.parametrize("flag", [False, None, 0, 1, "false", [], [FILE]])
def test_a_series_is_not_gone_unless_deleted_files_says_so(flag: object) -> None:
    event = parse({"eventType": "SeriesDelete", "series": SERIES, "deletedFiles": flag})
    assert not event.requests
    assert event.note == "the files were kept"


@pytest.mark.parametrize("flag", [True, "true", "True"])
def test_a_deleted_series_is_announced_before_it_goes(flag: object) -> None:
    (request,) = parse({"eventType": "SeriesDelete", "series": SERIES, "deletedFiles": flag}).requests
    assert (request.path, request.kind, request.change) == (ROOT, Kind.FOLDER, Change.REMOVED)
    assert request.announced
    assert request.hints.ids == {"tvdb": "77095"}


def test_a_deleted_album_leaves_the_artists_folder_and_comes_soon() -> None:
    body = {"eventType": "AlbumDelete", "artist": {"path": "/music/X"}, "album": {"title": "A"}, "deletedFiles": True}
    (request,) = parse(body).requests
    assert (request.kind, request.change, request.announced) == (Kind.FOLDER, Change.REMOVED, False)
    assert request.min_delay == 60
    event = parse({**body, "artist": None})
    assert (event.app, event.requests, event.known) == ("lidarr", (), True)
    assert "artist's folder" in event.note


@pytest.mark.parametrize("reason", ["manualOverride", "noLinkedEpisodes", "MANUALOVERRIDE"])
def test_a_file_that_was_only_assigned_anew_is_not_gone(reason: str) -> None:
    event = parse({"eventType": "EpisodeFileDelete", "series": SERIES, "episodeFile": FILE, "deleteReason": reason})
    assert not event.requests
    assert "still there" in event.note


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "5", 2**63, None])
def test_a_size_that_is_none_is_not_taken(size: object) -> None:
    (request,) = parse(download(episodeFile={**FILE, "size": size})).requests
    assert request.size is None


def test_only_what_is_there_has_a_size() -> None:
    body = download(isUpgrade=True, deletedFiles=[{"relativePath": "old.avi", "size": 7}])
    assert [request.size for request in parse(body).requests] == [5, None]


def test_an_unknown_event_asks_for_nothing_and_says_so() -> None:
    event = parse(download(eventType="SeriesMoved"))
    assert not event.requests
    assert not event.known
    assert "not known" in event.note
    assert not parse({"series": SERIES, "episodeFile": FILE}).requests


def test_the_hints_hold_what_the_event_knows_of_the_item() -> None:
    series = {**SERIES, "year": 1954, "tvMazeId": 0, "tmdbId": 12, "imdbId": ""}
    episodes = [{"seasonNumber": 1, "episodeNumber": 1}, {"seasonNumber": 1, "episodeNumber": 2}, {"title": "?"}]
    (request,) = parse(download(series=series, episodes=episodes)).requests
    assert request.hints == Hints(
        title="Flash Gordon", year=1954, season=1, episodes=(1, 2), ids={"tvdb": "77095", "tmdb": "12"}
    )


def test_of_several_files_each_has_the_episodes_that_its_name_names() -> None:
    episodes = [{"seasonNumber": season, "episodeNumber": number} for season, number in ((1, 1), (1, 2), (2, 1))]
    names = ["X - S01E01-E02.mkv", "X - s02e01.mkv", "extra.mkv", "X S09E09.mkv"]
    files = [{"relativePath": name} for name in names]
    body = download(episodeFile=None, episodeFiles=files, episodes=episodes)
    hints = [(request.hints.season, request.hints.episodes) for request in parse(body).requests]
    assert hints == [(1, (1, 2)), (2, (1,)), (None, ()), (None, ())]


def test_a_season_without_numbers_is_still_a_season() -> None:
    (request,) = parse(download(episodes=[{"seasonNumber": 2024, "title": "Making of"}])).requests
    assert (request.hints.season, request.hints.episodes) == (2024, ())


def test_the_ids_of_a_movie_beat_those_of_its_release() -> None:
    body = {
        "eventType": "Download",
        "movie": {"folderPath": "/m/X", "tmdbId": 653, "stashId": "3fa8"},
        "movieFile": {"relativePath": "x.mkv"},
        "remoteMovie": {"title": "X", "year": 1922, "tmdbId": 1, "imdbId": "tt0013442"},
    }
    (request,) = parse(body).requests
    assert request.hints == Hints(title="X", year=1922, ids={"tmdb": "653", "imdb": "tt0013442", "stash": "3fa8"})


def test_music_and_books_have_the_ids_of_owner_and_part() -> None:
    album = {"eventType": "Retag", "artist": {"name": "S", "path": "/m/S", "mbId": "a"}, "album": {"mbId": "b"}}
    (request,) = parse(album).requests
    assert request.hints == Hints(title="S", ids={"musicbrainz": "a", "musicbrainz_album": "b"})
    book = {"goodreadsId": "2", "edition": {"asin": "B0", "isbn13": "978"}}
    body = {"eventType": "Retag", "author": {"name": "J", "path": "/b/J", "goodreadsId": "1"}, "book": book}
    (request,) = parse(body).requests
    assert request.hints.ids == {"goodreads": "1", "goodreads_book": "2", "asin": "B0", "isbn": "978"}


def test_a_movie_whose_only_path_is_a_folder_is_that_folder() -> None:
    body = {"EventType": "Download", "Movie": {"FilePath": "/m/Metropolis (1927)"}}
    assert asked(body) == [("/m/Metropolis (1927)", "folder", "added")]
    body = {"EventType": "Download", "Movie": {"FilePath": "x.mkv"}}
    assert not parse(body).requests
