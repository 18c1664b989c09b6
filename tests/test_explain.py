"""What would become of a path: every step as the intake and the servers' facts have it, and nothing comes of it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import BadRequestError
from autoscan.explain import AtServer, Explanation, Joins, Match, RuleUsed
from autoscan.explain.showing import server_in_words
from autoscan.model import Kind, LibraryFacts, ServerFacts
from tests import webs
from tests.clocks import START
from tests.queues import add, add_id
from tests.webs import Site

SERVERS = [
    {"NAME": "plex", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "t"},
    {
        "NAME": "jelly",
        "TYPE": "jellyfin",
        "URL": "http://127.0.0.1:9",
        "TOKEN": "t",
        "PATH_MAPPINGS": {"/data": ["/mnt/media"]},
    },
]


SHADOWED = (
    "SERVER_PATH_MAPPINGS: /x -> /mnt/media/tv is never reached, /x/ -> /mnt/media has the same prefix and stands "
    "before it: remove one of them"
)


def build(folder: Path, **config: Any) -> Site:
    return webs.build(folder, **{"MEDIA_SERVERS": SERVERS, "SERVER_PATH_MAPPINGS": {"/mnt/media": ["/in"]}, **config})


def told(*roots: str) -> ServerFacts:
    libraries = tuple(
        LibraryFacts(id=str(number), title=root.rpartition("/")[2], type="show", roots=(root,))
        for number, root in enumerate(roots, 1)
    )
    return ServerFacts(at=START, version="1", name="x", libraries=libraries)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = build(
        tmp_path,
        SERVER_IGNORE_LIST=["/.grab/"],
        SERVER_SCAN_PRIORITIES={"2": ["tv"]},
        SOURCES={"sonarr4k": {"PATH_MAPPINGS": {"/mnt/media/tv4k": ["/in/tv"]}, "PRIORITY": 7, "SCAN_DELAY": 90}},
    )
    made.autoscan.queue.describe("plex", told("/mnt/media/tv", "/mnt/media"))
    made.autoscan.queue.describe("jelly", told("/data/tv"))
    return made


def explain(site: Site, path: str, source: str = "", **options: Any) -> Explanation:
    return site.autoscan.explainer().explain(path, source, **{"probe": False, **options})


def at(explanation: Explanation, server: str) -> AtServer:
    (found,) = (each for each in explanation.servers if each.server == server)
    return found


def test_a_path_goes_through_every_step(site: Site) -> None:
    found = explain(site, "/in/tv/Show/e.mkv")
    assert (found.path, found.mapped, found.folder) == (
        "/in/tv/Show/e.mkv",
        *["/mnt/media/tv/Show/e.mkv"],
        "/mnt/media/tv/Show",
    )
    assert found.rule == RuleUsed(setting="SERVER_PATH_MAPPINGS", source="/in", to="/mnt/media")
    assert (found.kind, found.whole, found.ignored_by) == (Kind.FILE, False, "")
    assert (found.priority, found.delay, found.joins, found.exists) == (2, 30, None, None)


def test_each_server_has_its_path_rule_libraries_and_folder(site: Site) -> None:
    found = explain(site, "/in/tv/Show/e.mkv")
    plex, jelly = at(found, "plex"), at(found, "jelly")
    assert (plex.path, plex.folder, plex.rule) == ("/mnt/media/tv/Show/e.mkv", "/mnt/media/tv/Show", None)
    assert plex.libraries == (
        Match(id="1", title="tv", type="show", root="/mnt/media/tv"),
        Match(id="2", title="media", type="show", root="/mnt/media"),
    )
    assert jelly.rule == RuleUsed(setting="jelly: PATH_MAPPINGS", source="/mnt/media", to="/data")
    assert (jelly.folder, [each.root for each in jelly.libraries]) == ("/data/tv/Show", ["/data/tv"])
    assert (jelly.type, jelly.state, jelly.about, jelly.problem, jelly.offer) == ("jellyfin", "ok", "", "", None)
    assert (jelly.told_at, jelly.live) == (START, False)


def test_a_source_has_its_own_rules(site: Site) -> None:
    found = explain(site, "/in/tv/Show", "sonarr4k")
    assert found.rule is not None
    assert (found.mapped, found.rule.setting) == ("/mnt/media/tv4k/Show", "SOURCES.sonarr4k.PATH_MAPPINGS")
    assert (found.priority, found.delay) == (7, 90)
    other = explain(site, "/in/movies/M", "sonarr4k")
    assert other.rule is not None
    assert other.rule.setting == "SERVER_PATH_MAPPINGS"


def test_an_ignored_path_goes_no_further(site: Site) -> None:
    found = explain(site, "/in/tv/.grab/e.mkv")
    assert (found.ignored_by, found.folder, found.servers) == ("/.grab/", "", ())


@pytest.mark.parametrize("path", ["", "   ", "/a\0b", "\ud800"])
def test_what_is_no_path_is_refused(site: Site, path: str) -> None:
    with pytest.raises(BadRequestError):
        explain(site, path)


@pytest.mark.parametrize(("path", "kind"), [("/in/tv/Show", Kind.FOLDER), ("/in/tv/a.mkv/", Kind.FOLDER)])
def test_a_folder_is_scanned_whole(site: Site, path: str, kind: Kind) -> None:
    found = explain(site, path)
    assert (found.kind, found.whole) == (kind, True)
    assert found.folder == found.mapped


def test_the_scan_it_would_join_is_named(site: Site) -> None:
    add(site.autoscan.queue, site.clock, "/mnt/media/movies")
    scan_id = add_id(site.autoscan.queue, site.clock, "/mnt/media/tv", whole=True)
    due = site.clock.now() + timedelta(seconds=30)
    assert explain(site, "/in/tv/Show/e.mkv").joins == Joins(scan_id=scan_id, folder="/mnt/media/tv", due_at=due)


def test_nothing_is_stored(site: Site) -> None:
    before = site.rows("SELECT count(*) AS n FROM events UNION ALL SELECT count(*) FROM scans")
    explain(site, "/in/tv/Show/e.mkv")
    assert site.rows("SELECT count(*) AS n FROM events UNION ALL SELECT count(*) FROM scans") == before


# ----- is it there?


def test_it_is_looked_for_where_this_machine_has_it(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_FILE_EXIST_PATH_MAPPINGS={str(tmp_path): ["/mnt/media"]})
    (tmp_path / "e.mkv").touch()
    found = explain(site, "/in/e.mkv", probe=True)
    assert (found.local, found.exists) == (f"{tmp_path}/e.mkv", True)
    assert explain(site, "/in/f.mkv", probe=True).exists is False
    site.autoscan.close()


# ----- what a server is doing


def test_a_server_says_why_it_would_not_be_asked_now(site: Site) -> None:
    queue = site.autoscan.queue
    queue.pause("plex", until=START + timedelta(minutes=5), reason="plex is down", unauthorized=False)
    queue.hold("jelly", "page")
    found = explain(site, "/in/tv/Show")
    plex, jelly = at(found, "plex"), at(found, "jelly")
    assert (plex.state, plex.about, plex.held_since) == ("paused", "plex is down", None)
    assert plex.next_probe_at == START + timedelta(minutes=5)
    assert (jelly.state, jelly.held_since, jelly.next_probe_at) == ("held", START, None)
    assert "by hand (page)" in jelly.about
    assert ("asked again at", "2026-01-01T12:05:00.000Z") in server_in_words(plex)
    assert ("paused since", "2026-01-01T12:00:00.000Z") in server_in_words(jelly)


def test_a_server_that_never_told_is_unknown(tmp_path: Path) -> None:
    found = at(explain(build(tmp_path), "/in/tv/Show"), "plex")
    assert (found.state, found.told_at, found.problem, found.offer) == ("unknown", None, "", None)


def test_what_a_server_tells_just_now_counts_before_what_it_told(site: Site) -> None:
    queue = site.autoscan.queue
    queue.pause("plex", until=START + timedelta(minutes=5), reason="plex was down", unauthorized=False)
    found = explain(site, "/in/tv/Show", live={"plex": told("/mnt/other")})
    assert (at(found, "plex").libraries, at(found, "plex").live, at(found, "plex").state) == ((), True, "ok")
    assert at(found, "jelly").libraries
    assert not at(found, "jelly").live


# ----- what is missing


def test_where_nothing_matches_the_nearest_library_is_named_and_the_mapping_offered(site: Site) -> None:
    found = explain(site, "/downloads/tv/Show/e.mkv")
    plex, jelly = at(found, "plex"), at(found, "jelly")
    assert "the nearest is /mnt/media/tv" in plex.problem
    assert plex.offer is not None
    assert jelly.offer == plex.offer
    assert plex.offer.setting == "SERVER_PATH_MAPPINGS"
    assert json.loads(plex.offer.text) == {"/mnt/media/tv": ["/downloads/tv"]}


def test_with_the_offer_in_the_settings_the_path_is_scanned(tmp_path: Path, site: Site) -> None:
    path = "/downloads/tv/Show/e.mkv"
    offer = at(explain(site, path), "plex").offer
    assert offer is not None
    mended = build(tmp_path, SERVER_PATH_MAPPINGS=json.loads(offer.text))
    assert [bool(each.libraries) for each in explain(mended, path).servers] == [True, True]


# ----- mappings


def test_mappings_that_do_nothing_are_named(tmp_path: Path) -> None:
    site = build(
        tmp_path,
        SERVER_PATH_MAPPINGS={"/mnt/media": ["/in", "/x/"], "/mnt/media/tv": ["/x"], "/nowhere": ["/y"]},
        SOURCES={"radarr": {"PATH_MAPPINGS": {"/mnt/media/movies": ["/in"]}}},
    )
    assert not [each for each in site.autoscan.explainer().mapping_warnings() if "leads" in each]
    site.autoscan.queue.describe("plex", told("/mnt/media/tv"))
    site.autoscan.queue.describe("jelly", told("/tank/tv"))
    assert site.autoscan.explainer().mapping_warnings() == (
        SHADOWED,
        "SERVER_PATH_MAPPINGS: /y -> /nowhere leads to no library of any server: mend or remove it",
        "SOURCES.radarr.PATH_MAPPINGS: /in -> /mnt/media/movies leads to no library of any server: mend or remove it",
        "jelly: PATH_MAPPINGS: /mnt/media -> /data leads to no library of jelly: mend or remove it",
    )


def test_mappings_that_lead_somewhere_are_not_named(site: Site) -> None:
    assert [each for each in site.autoscan.explainer().mapping_warnings() if "tv4k" not in each] == []
