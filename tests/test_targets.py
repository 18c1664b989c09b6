"""What every target keeps, whatever server it speaks to."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.model import Change
from autoscan.paths import covers
from autoscan.targets import TYPES, Library, from_settings
from autoscan.targets.base import root_of, spelt_below, update_type, upwards
from tests import servers
from tests.clocks import VirtualClock
from tests.targets import FAKES, Pair, expect, media, pair, removed, server, target

SEASON = "/data/tv/Show/Season 01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture(params=sorted(FAKES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def it(kind: str, folder: Path) -> Iterator[Pair]:
    with pair(kind, {"/data": folder}) as made:
        yield made


def test_a_scan_is_taken_and_covers_the_folder(it: Pair) -> None:
    it.filled()
    before = len(it.fake.scans())
    scope = it.scan(SEASON, expect(f"{SEASON}/Show - S01E01.mkv"))
    it.fake.advance(120)
    it.fake.wait_idle()
    assert covers(scope.path, SEASON)
    assert any(covers(scan.path, SEASON) for scan in it.fake.scans()[before:])


def test_a_new_episode_is_in_the_server_afterwards(it: Pair, folder: Path) -> None:
    it.filled()
    it.fake.tick()
    servers.write_file(folder / "tv/Show/Season 01/Show - S01E09.mkv")
    it.scan(SEASON, expect(f"{SEASON}/Show - S01E09.mkv"))
    it.fake.advance(120)
    it.fake.wait_idle()
    assert f"{SEASON}/Show - S01E09.mkv" in it.fake.paths()


@pytest.mark.parametrize(
    "gone", ["tv/Show/Season 01/Show - S01E01.mkv", "tv/Show/Season 01", "tv/Show"], ids=["file", "season", "series"]
)
def test_what_was_removed_is_gone_from_the_server_afterwards(it: Pair, folder: Path, gone: str) -> None:
    it.filled()
    it.fake.tick()
    servers.write_file(folder / "tv/Other/Season 01/Other - S01E01.mkv")
    _remove(folder / gone)
    asked = f"/data/{gone}" if (folder / gone).suffix == "" else SEASON
    it.scan(asked, removed(f"{SEASON}/Show - S01E01.mkv"))
    it.fake.advance(120)
    it.fake.wait_idle()
    assert f"{SEASON}/Show - S01E01.mkv" not in it.fake.paths()


def _remove(path: Path) -> None:
    for inner in sorted(path.rglob("*"), reverse=True):
        inner.rmdir() if inner.is_dir() else inner.unlink()
    path.rmdir() if path.is_dir() else path.unlink()


def test_probe_info_libraries_states_and_counts_agree_with_the_server(it: Pair) -> None:
    it.filled()
    it.target.probe()
    assert it.target.info().name.startswith("Simulated")
    assert it.target.info().version == it.fake.knobs.version
    libraries = it.target.libraries()
    assert [library.title for library in libraries] == ["TV", "Movies", "Music"]
    assert libraries[1].roots == ("/data/movies", "/data/movies-4k")
    assert {state.library_id for state in it.target.states()} == {library.id for library in libraries}
    assert not any(state.busy for state in it.target.states())


def test_a_library_being_scanned_is_busy_and_then_not(it: Pair) -> None:
    it.filled()
    it.fake.set(start_delay=1.0)
    library = it.target.libraries()[0]
    scope = it.target.plan(library, library.roots[0], ())
    it.target.scan(library, scope, ())
    if it.target.type == "emby":
        it.fake.advance(60.5)  # its own delay
    assert [state.library_id for state in it.target.states() if state.busy] == [library.id]
    it.fake.wait_idle()
    assert not any(state.busy for state in it.target.states())


def test_the_token_is_in_no_url_and_no_log(it: Pair, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        it.target.probe()
        it.scan(SEASON, removed(f"{SEASON}/x.mkv"))
    assert it.fake.token not in caplog.text
    assert not [request for request in it.asked("") if it.fake.token in f"{request.path}{request.query}"]


def test_the_server_is_told_who_asks(it: Pair) -> None:
    it.target.probe()
    headers = " ".join(it.asked("")[-1].headers.values())
    assert "autoscan-1234" in headers
    assert "Autoscan" in headers
    assert socket.gethostname() not in headers


def test_a_url_may_end_with_a_slash(kind: str, folder: Path) -> None:
    with pair(kind, {"/data": folder}) as it:
        other = target(server(kind, f"{it.fake.url}/"))
        assert other.libraries() == it.target.libraries()
        other.close()


def test_a_url_may_have_a_base_path(kind: str, folder: Path) -> None:
    with pair(kind, {"/data": folder}, base_path="/media") as it:
        it.target.probe()
        assert len(it.target.libraries()) == 3


def test_a_mapping_of_the_server_is_applied_to_what_we_ask(kind: str, folder: Path) -> None:
    mappings = {"/data": ("/mnt/media",), "/data/tv": ("/mnt/media/series",)}
    with pair(kind, {"/data": folder}, settings={"path_mappings": mappings}) as it:
        assert it.target.server_path("/mnt/media/series/Show") == "/data/tv/Show"
        assert it.target.server_path("/mnt/media/movies/X") == "/data/movies/X"
        assert it.target.server_path("/mnt/media-2/X") == "/mnt/media-2/X"


def test_libraries_are_kept_for_ten_minutes(it: Pair) -> None:
    it.target.libraries()
    count = len(it.asked(""))
    it.clock.advance(599)
    it.target.libraries()
    assert len(it.asked("")) == count
    it.clock.advance(1)
    it.target.libraries()
    assert len(it.asked("")) == count + 1


def test_a_path_without_a_library_has_them_read_anew_but_at_most_once_a_minute(it: Pair) -> None:
    it.target.libraries()
    count = len(it.asked(""))
    assert it.target.libraries_for("/data/books/X") == ()
    assert len(it.asked("")) == count
    it.clock.advance(60)
    assert it.target.libraries_for("/data/books/X") == ()
    assert it.target.libraries_for("/data/books/X") == ()
    assert len(it.asked("")) == count + 1


def test_every_library_that_holds_the_folder_is_found_on_component_boundaries(kind: str, folder: Path) -> None:
    libraries = (
        servers.Library(title="All", type="movies", roots=("/data",)),
        servers.Library(title="Movies", type="movies", roots=("/data/movies",)),
        servers.Library(title="4K", type="movies", roots=("/data/movies-4k",)),
    )
    with pair(kind, {"/data": folder}, libraries) as it:
        found = it.target.libraries_for("/data/movies-4k/Alien (1979)")
        assert [library.title for library in found] == ["All", "4K"]
        assert it.target.libraries_for("/dat") == ()


def test_the_root_of_a_library_is_a_root_scope(it: Pair) -> None:
    it.filled()
    assert it.plan("/data/tv").root
    assert it.plan("/data/tv").path == "/data/tv"
    assert not it.plan("/data/tv/Show/Season 01").root


def test_nothing_is_asked_before_the_first_call_and_closing_unused_is_fine(kind: str) -> None:
    asked = iter(["once"])
    unused = target(server(kind, "http://127.0.0.1:1"), client_id=lambda: next(asked))
    unused.close()
    assert next(asked) == "once"


def test_each_server_of_the_settings_gets_a_target_in_order() -> None:
    made = from_settings(
        [server(kind, "http://x", name=f"my {kind}") for kind in TYPES], clock=VirtualClock(), client_id=lambda: "x"
    )
    assert [(each.type, each.name) for each in made] == [(kind, f"my {kind}") for kind in TYPES]


def test_a_heartbeat_goes_with_each_exchange(it: Pair) -> None:
    beats: list[int] = []
    other = target(server(it.target.type, it.fake.url), heartbeat=lambda: beats.append(1))
    other.probe()
    other.close()
    assert len(beats) >= 2


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ((Change.ADDED, Change.ADDED), "Created"),
        ((Change.REMOVED,), "Deleted"),
        ((Change.ADDED, Change.REMOVED), "Modified"),
        ((Change.RENAMED,), "Modified"),
        ((), "Modified"),
    ],
)
def test_the_update_type_is_the_true_one(changes: tuple[Change, ...], word: str) -> None:
    assert update_type([expect("/x", change) for change in changes]) == word


def _library(*roots: str) -> Library:
    return Library(id="1", title="TV", type="show", roots=roots)


@pytest.mark.parametrize(
    ("roots", "folder", "root", "spelt"),
    [
        (("/data", "/data/tv/"), "/data/tv/Show", "/data/tv", "/data/tv/Show"),
        (("D:\\Media\\TV",), "d:/media/tv/Show/Season 1", "D:\\Media\\TV", "D:\\Media\\TV\\Show\\Season 1"),
        (("\\\\NAS\\tv\\",), "\\\\nas\\TV\\Show", "\\\\NAS\\tv", "\\\\NAS\\tv\\Show"),
        (("/data/Ame\u0301lie",), "/data/Am\u00e9lie/x", "/data/Ame\u0301lie", "/data/Ame\u0301lie/x"),
        (("/",), "/tv", "/", "/tv"),
    ],
)
def test_a_folder_is_spelt_as_the_server_spells_its_root(
    roots: tuple[str, ...], folder: str, root: str, spelt: str
) -> None:
    assert root_of(_library(*roots), folder) == root
    assert spelt_below(root, folder) == spelt


def test_a_folder_that_left_its_library_is_its_own_root() -> None:
    assert root_of(_library("/data/tv"), "/data/other/") == "/data/other"
    assert upwards("/data/other", "/data/other") == ["/data/other"]
    assert upwards("/data/tv/a/b", "/data/tv") == ["/data/tv/a/b", "/data/tv/a", "/data/tv"]
