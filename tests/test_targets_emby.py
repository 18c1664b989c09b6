"""What is Emby's own: reported folders, where they are gone, and older servers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.model import Change
from tests import servers
from tests.targets import Pair, expect, media, pair, removed, server, target

SEASON = "/data/tv/Show/Season 01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(folder: Path) -> Iterator[Pair]:
    with pair("emby", {"/data": folder}) as made:
        yield made


def _update(it: Pair) -> tuple[str, str]:
    (update,) = json.loads(it.asked("/Media/Updated")[-1].body)["Updates"]
    return update["Path"], update["UpdateType"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ((Change.ADDED,), "Created"),
        ((Change.REMOVED,), "Deleted"),
        ((Change.ADDED, Change.REMOVED), "Modified"),
    ],
)
def test_a_folder_is_reported_with_its_true_change(it: Pair, changes: tuple[Change, ...], word: str) -> None:
    scope = it.scan(SEASON, *(expect(f"{SEASON}/{change}.mkv", change) for change in changes))
    assert (scope.path, scope.label) == (SEASON, "media updated")
    assert _update(it) == (SEASON, word)


@pytest.mark.parametrize("status", [200, 204])
def test_both_answers_that_servers_give_are_taken(it: Pair, status: int) -> None:
    it.fake.set(post_status=status)
    it.scan(SEASON, removed(f"{SEASON}/x.mkv"))


def test_a_folder_that_is_gone_has_the_nearest_above_reported_as_deleted(it: Pair) -> None:
    it.scan("/data/tv/Show/Season 09/Extras", removed("/data/tv/Show/Season 09/Extras/x.mkv"))
    assert _update(it) == ("/data/tv/Show", "Deleted")


def test_a_folder_that_is_gone_up_to_its_root_is_reported_itself(it: Pair) -> None:
    it.target.libraries()
    it.fake.fail_next("/Environment/ValidatePath", status=404, times=9)
    it.scan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv"))
    assert _update(it) == ("/data/tv/Gone", "Deleted")


def test_what_was_added_is_reported_without_a_look_at_the_disk(it: Pair) -> None:
    it.scan("/data/tv/New & 50% #1", expect("/data/tv/New & 50% #1/x.mkv"))
    assert it.asked("ValidatePath") == []


def test_a_path_goes_to_the_look_at_the_disk_as_it_is(it: Pair) -> None:
    it.plan("/data/tv/Amélie & Co #1+2", removed("/data/tv/Amélie & Co #1+2/x.mkv"))
    request = it.asked("ValidatePath")[0]
    assert request.query == (("Path", "/data/tv/Amélie & Co #1+2"),)
    assert json.loads(request.body) == {"IsFile": False}


def test_a_token_that_may_not_look_has_the_folder_itself_reported(it: Pair) -> None:
    it.fake.fail_next("ValidatePath", status=403)
    assert it.plan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv")).path == "/data/tv/Gone"


def test_a_token_that_is_refused_while_looking_is_unauthorized(it: Pair) -> None:
    it.fake.fail_next("ValidatePath", status=401)
    with pytest.raises(TargetUnauthorizedError):
        it.plan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv"))


def test_a_server_that_goes_away_while_looking_is_unavailable(it: Pair) -> None:
    it.fake.fail_next("ValidatePath", status=502)
    with pytest.raises(TargetUnavailableError):
        it.plan("/data/tv/Gone", removed("/data/tv/Gone/x.mkv"))


def test_an_old_server_tells_its_libraries_in_the_older_way(folder: Path) -> None:
    with pair("emby", {"/data": folder}, no_query=True) as it:
        first = it.target.libraries()
        assert [library.title for library in first] == ["TV", "Movies", "Music"]
        assert first[1].roots == ("/data/movies", "/data/movies-4k")
        assert not any(state.busy for state in it.target.states())
        it.target.libraries(fresh=True)
        assert len(it.asked("/VirtualFolders/Query")) == 1


def test_another_refusal_of_the_libraries_is_no_older_server(it: Pair) -> None:
    it.target.prefix()
    it.fake.fail_next("VirtualFolders", status=400)
    with pytest.raises(TargetRejectedError):
        it.target.libraries()


def test_the_documented_base_path_is_taken_and_remembered(it: Pair) -> None:
    it.target.probe()
    assert it.asked("")[-1].path == "/emby/System/Info"
    assert it.remembered == [("Emby", "/emby")]


def test_a_server_behind_a_path_of_its_own_is_asked_without_the_documented_one(folder: Path) -> None:
    with pair("emby", {"/data": folder}, base_path="/tv") as it:
        it.target.probe()
        assert it.asked("")[-1].path == "/tv/System/Info"
        assert it.remembered == []


def test_a_url_that_ends_with_the_base_path_gets_it_once(folder: Path) -> None:
    with pair("emby", {"/data": folder}, base_path="/emby") as it:
        it.target.probe()
        assert [request.path for request in it.asked("")] == ["/emby/System/Info/Public", "/emby/System/Info"]


def test_an_odd_count_is_unknown(it: Pair) -> None:
    library = it.target.libraries()[0]
    it.fake.fail_next("/Items", status=200, body=b"[]")
    assert it.target.counts(library) is None
    it.fake.fail_next("/Items", status=200, body=b'{"TotalRecordCount": "many"}')
    assert it.target.counts(library) is None
    assert it.filled().target.counts(library) == 3


@pytest.mark.parametrize("body", [b"[1, 2]", b'[{"SubFolders": 3}]', b'[{"SubFolders": [{"Path": 1}, 2]}]'])
def test_odd_older_libraries_are_an_odd_answer_or_have_no_folder(it: Pair, body: bytes) -> None:
    it.target.prefix()
    it.fake.set(no_query=True)
    it.fake.fail_next("Selectable", status=200, body=body)
    if body == b"[1, 2]":
        with pytest.raises(TargetUnavailableError):
            it.target.libraries()
    else:
        assert it.target.libraries()[0].roots == ()


def test_a_windows_server_gets_its_own_spelling(folder: Path) -> None:
    libraries = (servers.Library(title="TV", type="tv", roots=("D:\\Media\\TV",)),)
    with pair("emby", {"D:\\Media": folder}, libraries, case_insensitive=True) as it:
        it.scan("d:/media/tv/Show/Season 09", removed("d:/media/tv/Show/Season 09/x.mkv"))
        assert _update(it) == ("D:\\Media\\TV\\Show", "Deleted")


def test_a_place_without_an_emby_is_unavailable_and_named(folder: Path) -> None:
    with servers.FakePlex({"/data": folder}, ()) as plex:
        plex.forgive()
        other = target(server("emby", plex.url))
        with pytest.raises(TargetUnavailableError, match="is no Emby; look at its URL"):
            other.probe()
        other.close()
