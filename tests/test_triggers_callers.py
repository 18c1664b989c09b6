"""Who is calling, what everybody else sends, and that no JSON object breaks the parser."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscan.model import Change, Event, Kind
from autoscan.triggers import PARSERS, from_paths, parse


@pytest.mark.parametrize(
    ("agent", "app"),
    [
        ("Sonarr/4.0.19.2979 (alpine 3.22.1)", "sonarr"),
        ("Radarr/6.0.3", "radarr"),
        ("lidarr/2", "lidarr"),
        ("Readarr/0.3", "readarr"),
        ("Whisparr/2.0.0", "sonarr"),
        ("Whisparr/3.0.0", "radarr"),
        ("Prowlarr/1.0", "unknown"),
        ("curl/8.5", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_event_without_an_owner_is_told_by_its_sender(agent: str, app: str) -> None:
    for event_type in ("Health", "HealthRestored", "ApplicationUpdate", "Test"):
        event = parse({"eventType": event_type, "message": "/data/tv is missing"}, user_agent=agent)
        assert (event.app, event.type, event.known, event.requests) == (app, event_type, True, ())
        assert event.note
    assert not parse({"eventType": "Whatever"}, user_agent=agent).known


@pytest.mark.parametrize(
    ("member", "app"),
    [("episodeFiles", "sonarr"), ("movieFile", "radarr"), ("trackFiles", "lidarr"), ("book", "readarr")],
)
def test_a_telling_member_stands_in_for_a_missing_owner(member: str, app: str) -> None:
    assert parse({"eventType": "Grab", member: []}, user_agent="curl/8").app == app


def test_the_owner_says_more_than_the_sender() -> None:
    assert parse({"eventType": "Test", "artist": {}}, user_agent="Sonarr/4").app == "lidarr"
    assert set(PARSERS) == {"series", "movie", "artist", "author"}


@pytest.mark.parametrize("name", ["filepath", "FilePath", "path", "dir"])
def test_a_manual_request_names_a_path_of_unknown_kind(name: str) -> None:
    event = parse({"eventType": "Manual", name: "/data/tv/Show\r\n"})
    assert event.app == "manual"
    (request,) = event.requests
    assert (request.path, request.kind, request.change) == ("/data/tv/Show", Kind.UNKNOWN, Change.ADDED)


@pytest.mark.parametrize("value", [None, "", " ", ".", "/x\0", "\ud800", 5, [], {"a": 1}, [None]])
def test_a_manual_request_without_a_path_says_what_to_send(value: object) -> None:
    event = parse({"eventType": "Manual", "filepath": value})
    assert (event.app, event.requests, event.known) == ("manual", (), True)
    assert "filepath" in event.note


def test_a_separator_at_the_end_tells_a_folder() -> None:
    event = from_paths(["/data/x.mkv"], ["/data/tv/The.Mp4/", "D:\\TV\\", "/data/y.mkv", "/data/a\\", "/data/y.mkv"])
    assert event.app == "manual"
    assert [(request.path, request.kind) for request in event.requests] == [
        ("/data/x.mkv", Kind.UNKNOWN),
        ("/data/tv/The.Mp4", Kind.FOLDER),
        ("D:\\TV", Kind.FOLDER),
        ("/data/y.mkv", Kind.UNKNOWN),
        ("/data/a\\", Kind.UNKNOWN),
    ]


def test_a_query_without_a_usable_path_asks_for_nothing() -> None:
    for event in (from_paths([], []), from_paths([""], ["\0"])):
        assert (event.app, event.requests) == ("manual", ())
        assert event.note


def test_a_body_with_a_path_alone_is_a_manual_request() -> None:
    assert [request.path for request in parse({"path": "/data/x"}).requests] == ["/data/x"]
    assert [request.path for request in parse({"filepath": ["/a", "/b"]}).requests] == ["/a", "/b"]
    assert [request.path for request in parse({"path": ["/a", "/b"]}).requests] == ["/a", "/b"]
    assert [request.path for request in parse({"dir": "/a", "path": ["", "/b"]}).requests] == ["/b", "/a"]
    assert parse({"path": "", "dir": []}).app == "unknown"


def test_bazarr_names_the_video_or_whatever_the_user_chose() -> None:
    notification = {"version": "1.0", "title": "Bazarr", "message": "", "attachments": [], "type": "info"}
    (request,) = parse({**notification, "path": "/m/X/x.mkv"}).requests
    assert (request.kind, request.hints.read_anew) == (Kind.FILE, True)
    (request,) = parse({**notification, "path": "/m/X"}).requests
    assert (request.kind, request.hints.read_anew) == (Kind.UNKNOWN, False)
    assert parse(notification).known is False


def test_texts_that_no_log_takes_are_made_sane() -> None:
    event = parse({"eventType": "Gra\ud800b\n\0" + "x" * 9000, "series": {"title": "a\ud800\nb"}})
    event.type.encode()
    assert event.type.isprintable()
    assert len(event.type) <= 500


def sane(event: Event) -> bool:
    json.dumps([event.type, event.note, event.app]).encode()
    for request in event.requests:
        assert request.path
        assert "\0" not in request.path
        request.path.encode()
        json.dumps(dict(request.hints.ids)).encode()
        request.hints.title.encode()
        assert request.size is None or 0 < request.size < 2**63
    return bool(event.requests) is not bool(event.note)


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split())


odd_text = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["/data/X", "/data/X/a.mkv", "a.mkv", "D:\\X", "\\\\", "..", "/", "", "\0", "\ud800", "true", "/data/\udfff"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | odd_text | st.sampled_from([10**4000, -1, 2**63])
keys = words(
    "eventType EventType series movie artist author path folderPath filePath episodeFile episodeFiles movieFile"
    " trackFile trackFiles bookFile album book relativePath deletedFiles deleteReason renamedEpisodeFiles"
    " renamedMovieFiles previousPath previousRelativePath size title year tvdbId episodes seasonNumber episodeNumber"
    " value isLoaded filepath notification_type version message remoteMovie edition"
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | odd_text, inner, max_size=6),
    max_leaves=25,
)
types = words(
    "Test Grab Download Rename Retag EpisodeFileDelete MovieFileDelete BookFileDelete SeriesDelete MovieDelete"
    " ArtistDelete AuthorDelete AlbumDelete BookDelete Delete Manual Health Nonsense download"
)


@settings(max_examples=400)
@given(st.dictionaries(keys | odd_text, trees, max_size=6), st.none() | types, odd_text)
def test_no_json_object_makes_the_parser_raise(body: dict[str, Any], event_type: str | None, agent: str) -> None:
    typed = body if event_type is None else {**body, "eventType": event_type}
    assert sane(parse(typed, user_agent=agent))


files = st.dictionaries(
    st.sampled_from(["relativePath", "path", "previousPath", "previousRelativePath", "size"]), scalars, max_size=5
)
owners = st.dictionaries(st.sampled_from(["path", "folderPath", "title", "year", "tmdbId"]), scalars, max_size=5)
of_arrs = st.fixed_dictionaries(
    {"eventType": types},
    optional={
        **dict.fromkeys(["series", "movie", "artist", "author"], owners),
        **dict.fromkeys(["episodeFile", "movieFile", "trackFile", "bookFile"], files),
        **dict.fromkeys(
            ["episodeFiles", "trackFiles", "deletedFiles", "renamedEpisodeFiles", "renamedMovieFiles"],
            st.lists(files, max_size=3) | st.booleans(),
        ),
        "album": owners,
        "deleteReason": odd_text,
    },
)


@settings(max_examples=400)
@given(of_arrs)
def test_whatever_an_application_sends_is_answered_with_usable_paths_or_a_note(body: dict[str, Any]) -> None:
    assert sane(parse(body))
