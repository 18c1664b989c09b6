"""`scan.py explain`: the page's answer on the command line, with what the servers tell at this moment."""

import json
from pathlib import Path

import pytest

from tests import webs
from tests.clocks import START
from tests.desks import Desk, server_entry
from tests.servers import FakePlex, Library, make_media, season
from tests.test_explain import SERVERS, told
from tests.webs import SECRET

LIBRARIES = [Library(title="TV", type="tv", roots=("/mnt/media/tv",))]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_path_is_explained_by_what_a_server_tells_now(desk: Desk, tmp_path: Path) -> None:
    make_media(tmp_path / "tv", season("Show", 1, [1]))
    with FakePlex(tmp_path, LIBRARIES) as plex:
        desk.configure(
            MEDIA_SERVERS=[server_entry("plex", plex)],
            SERVER_PATH_MAPPINGS={"/mnt/media": ["/in"]},
            SERVER_FILE_EXIST_PATH_MAPPINGS={str(tmp_path): ["/mnt/media"]},
        )
        code, out, _ = desk.run("explain", "/in/tv/Show/Season 01")
    lines = " ".join(out.split())
    assert code == 0
    assert "mapped /mnt/media/tv/Show/Season 01 (SERVER_PATH_MAPPINGS: /in -> /mnt/media)" in lines
    assert f"on this machine {tmp_path}/tv/Show/Season 01: there" in lines
    assert "library TV (show), its folder /mnt/media/tv" in lines
    assert "libraries as it told just now" in lines


def test_a_missing_mapping_is_offered_to_copy(desk: Desk, tmp_path: Path) -> None:
    with FakePlex(tmp_path, LIBRARIES) as plex:
        desk.configure(MEDIA_SERVERS=[server_entry("plex", plex)])
        code, out, _ = desk.run("explain", "/downloads/tv/Show")
    assert code == 1
    assert 'SERVER_PATH_MAPPINGS: {"/mnt/media/tv": ["/downloads/tv"]}' in out
    assert "the nearest is /mnt/media/tv" in out


def test_an_ignored_path_says_by_what(desk: Desk) -> None:
    desk.configure(SERVER_IGNORE_LIST=["/.grab/"])
    code, out, _ = desk.run("explain", "/in/.grab/x")
    assert code == 1
    assert "'/.grab/' is in SERVER_IGNORE_LIST" in out


def test_what_is_no_path_is_said_in_words(desk: Desk) -> None:
    desk.configure()
    code, _, err = desk.run("explain", " ")
    assert code == 1
    assert "no usable path" in err


def test_what_a_server_told_before_counts_while_it_does_not_answer(tmp_path: Path, desk: Desk) -> None:
    site = webs.build(tmp_path, MEDIA_SERVERS=SERVERS)
    site.autoscan.queue.describe("plex", told("/mnt/media/tv"))
    site.autoscan.store.dispose()
    code, out, err = desk.run("explain", "/mnt/media/tv/Show", "--json")
    servers = {each["server"]: each for each in json.loads(out)["servers"]}
    assert code == 1  # jelly never told
    assert [each["root"] for each in servers["plex"]["libraries"]] == ["/mnt/media/tv"]
    assert (servers["plex"]["told_at"], servers["plex"]["live"]) == ("2026-01-01T12:00:00.000Z", False)
    assert servers["jelly"]["state"] == "unknown"
    assert err.count("what it told before counts") == 2


def test_it_is_the_same_as_from_the_api(tmp_path: Path, desk: Desk) -> None:
    site = webs.build(tmp_path, MEDIA_SERVERS=SERVERS, SOURCES={"sonarr": {"PATH_MAPPINGS": {"/mnt/media": ["/in"]}}})
    site.autoscan.queue.describe("plex", told("/mnt/media/tv", "/data/tv"))
    site.autoscan.queue.describe("jelly", told("/tank/tv"))
    query = {"path": "/in/tv/Show/e.mkv", "source": "sonarr"}
    answer = site.client.get("/api/v1/explain", query_string=query, headers={"X-Api-Key": SECRET})
    site.autoscan.close()
    _, out, _ = desk.run("explain", "/in/tv/Show/e.mkv", "--source", "sonarr", "--json")
    assert json.loads(out) == answer.json
    assert site.clock.now() == START
