"""The parts of the simulated servers: their view of the disk, tables of routes, names, and the process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.servers import make_media, movie, naming
from tests.servers.spec import parse_routes, well_typed
from tests.servers.view import View

IDENTITY = {"plex": "/identity", "jellyfin": "/System/Info/Public", "emby": "/System/Info/Public"}


def test_a_view_speaks_windows_paths_and_is_case_blind_there(tmp_path: Path) -> None:
    make_media(tmp_path, {"Show/a.mkv": 5})
    view = View({"D:\\TV": tmp_path})
    assert [entry.path for entry in view.entries("D:\\TV\\Show") or []] == ["D:\\TV\\Show\\a.mkv"]
    assert view.look("d:\\tv\\Show\\a.mkv") is not None
    assert view.server_path(tmp_path / "Show") == "D:\\TV\\Show"
    with pytest.raises(ValueError, match="no mount"):
        view.server_path(Path("/elsewhere"))


def test_a_view_can_be_case_blind_and_hide_what_a_test_hides(tmp_path: Path) -> None:
    make_media(tmp_path, {"Show/a.mkv": 5})
    view = View({"/data/tv": tmp_path})
    assert view.look("/data/tv/show") is None
    view.case_blind = True
    assert view.look("/data/tv/show/A.MKV") is not None
    view.hidden.add("/data/tv/Show/*")
    assert view.entries("/data/tv/Show") == []
    assert [entry.path for entry in view.entries("/data") or []] == ["/data/tv"]
    assert view.entries("/other") is None


def test_a_table_of_routes_reads_types_choices_and_required_parameters() -> None:
    (route,) = parse_routes("GET /a/{id:int}/b/{rest:rest} admin | x:int! y:one|two @more", {"more": "z:bool"})
    assert route.pattern.fullmatch("/a/5/b/c/d")
    assert not route.pattern.fullmatch("/a/x/b/c")
    assert [param.name for param in route.params.values() if param.required] == ["x"]
    assert well_typed("one|two", "TWO")
    assert not well_typed("bool", "1")
    assert well_typed("guid", "f137a2dd21bbc1b99aa5c0f6bf02a805")
    assert not well_typed("date", "yesterday")


@pytest.mark.parametrize("product", ["plex", "jellyfin", "emby"])
def test_a_server_runs_as_a_process_and_ends_on_sigterm(product: str, tmp_path: Path) -> None:
    make_media(tmp_path / "movies", movie("Alien (1979)"))
    command = [sys.executable, "-m", "tests.servers", product, "--root", str(tmp_path), "--token", "T", "--speed", "9"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    with process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert requests.get(said["url"] + IDENTITY[product], timeout=5).status_code == 200
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_a_process_names_violations_and_fails(tmp_path: Path) -> None:
    options = ["--mount", f"/data={tmp_path}", "--library", "TV=tv:/data/a;/data/b", "--set", "non_admin=true"]
    command = [sys.executable, "-m", "tests.servers", "plex", "--root", str(tmp_path), *options, "--set", "token=x"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, cwd=Path(__file__).parent.parent, **pipes)  # type: ignore[call-overload]
    with process:
        said = json.loads(process.stdout.readline())
        requests.get(said["url"] + "/nonsense", timeout=5)
        process.terminate()
        assert "unknown route: GET /nonsense" in process.communicate(timeout=10)[1]
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Show - S01E02.mkv", (1, (2,))),
        ("show.s01e02e03.1080p.mkv", (1, (2, 3))),
        ("Show S01E02-E04.mkv", (1, (2, 3, 4))),
        ("Show S01E02-03.mkv", (1, (2, 3))),
        ("Show - S01E02-720p.mkv", (1, (2,))),
        ("Show 1x02.mkv", (1, (2,))),
        ("Movie 1080.mkv", None),
    ],
)
def test_episodes_are_read_from_names(name: str, numbers: object) -> None:
    assert naming.episode(name) == numbers


def test_titles_seasons_and_parts_are_read_from_names() -> None:
    assert naming.title("Alien (1979) {imdb-tt0078748}") == naming.Title(name="Alien", year=1979)
    assert naming.title("Show [tvdbid-5]") == naming.Title(name="Show", year=None)
    assert [naming.season(name) for name in ("Season 01", "Specials", "S2", "Extras")] == [1, 0, 2, None]
    assert naming.part("Long (2000) - cd2") == ("Long (2000)", 2)
    assert naming.extension(".hidden") == ""


def test_media_trees_are_made_of_sizes_texts_and_folders(tmp_path: Path) -> None:
    files = make_media(
        tmp_path, {"a/b.mkv": 5_000_000_000, "a/b.nfo": "text", "c": {"d.mkv": None, "e": {}}, "f": b"x"}
    )
    assert [file.stat().st_size for file in files] == [5_000_000_000, 4, 1000, 1]
    assert (tmp_path / "c/e").is_dir()
