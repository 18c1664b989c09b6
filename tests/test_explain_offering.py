"""The mapping that is missing: found by the tail of a path, put where it belongs, and enough to reach the library."""

import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autoscan.explain.offering import SHARED, Case, Site, added, offers
from autoscan.paths import Mappings, Rule

Table = Mapping[str, Sequence[str]]


def site(name: str, *roots: str, mappings: Table | None = None) -> Site:
    return Site(name=name, roots=roots, mappings=Mappings.from_config(mappings or {}))


def case(folder: str, *sites: Site, mappings: Table | None = None, exists: bool = False) -> Case:
    return Case(folder=folder, mappings=Mappings.from_config(mappings or {}), sites=sites, exists=exists)


def offered(asked: Case) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Return by server the setting and the table that are offered."""
    return {name: (offer.setting, json.loads(offer.text)) for name, offer in offers(asked).items()}


def reached(asked: Case) -> list[str]:
    """Return the servers with an offer whose libraries hold the folder once all that is offered is in place."""
    shared, own = asked.mappings, {each.name: each.mappings for each in asked.sites}
    for name, (setting, table) in offered(asked).items():
        (rule,) = Mappings.from_config(table).rules
        if setting == SHARED:
            shared = added(shared, rule)
        else:
            own[name] = added(own[name], rule)
    mapped = shared.apply(asked.folder).path
    return [each.name for each in asked.sites if Site(name="", roots=each.roots, mappings=own[each.name]).holds(mapped)]


TV = "/downloads/tv/Show/Season 1"
PLEX = site("plex", "/mnt/media/movies", "/mnt/media/tv")

#: By what is the matter: the case, and what is offered for which server.
CASES: dict[str, tuple[Case, dict[str, tuple[str, dict[str, list[str]]]]]] = {
    "nothing is missing": (case("/mnt/media/tv/Show", PLEX), {}),
    "no server knows it": (case(TV, PLEX), {"plex": (SHARED, {"/mnt/media/tv": ["/downloads/tv"]})}),
    "all servers call it the same": (
        case(TV, PLEX, site("jellyfin", "/mnt/media/tv")),
        {name: (SHARED, {"/mnt/media/tv": ["/downloads/tv"]}) for name in ("plex", "jellyfin")},
    ),
    "each server calls it otherwise": (
        case(TV, PLEX, site("jellyfin", "/data/tv")),
        {
            "plex": (SHARED, {"/mnt/media/tv": ["/downloads/tv"]}),
            "jellyfin": ("PATH_MAPPINGS", {"/data/tv": ["/mnt/media/tv"]}),
        },
    ),
    "one server knows it": (
        case("/mnt/media/tv/Show", PLEX, site("jellyfin", "/data/tv")),
        {"jellyfin": ("PATH_MAPPINGS", {"/data/tv": ["/mnt/media/tv"]})},
    ),
    "it is on this machine": (
        case("/srv/tv/Show", PLEX, exists=True),
        {"plex": ("PATH_MAPPINGS", {"/mnt/media/tv": ["/srv/tv"]})},
    ),
    "the server has mappings of its own": (
        case(TV, site("plex", "/data/tv", mappings={"/data": ["/mnt/media"]})),
        {"plex": (SHARED, {"/data/tv": ["/downloads/tv"]})},
    ),
    "the server maps its own library away": (
        case(TV, site("plex", "/data/tv", mappings={"/data": ["/mnt/media"], "/elsewhere": ["/data"]})),
        {"plex": (SHARED, {"/mnt/media/tv": ["/downloads/tv"]})},
    ),
    "a line with the same beginning leads astray": (
        case(TV, PLEX, mappings={"/mnt/old": ["/downloads/tv"]}),
        {"plex": (SHARED, {"/mnt/media/tv": ["/downloads/tv"]})},
    ),
    "a shorter line leads astray": (
        case(TV, PLEX, mappings={"/mnt/old": ["/downloads"]}),
        {"plex": (SHARED, {"/mnt/media/tv": ["/downloads/tv"]})},
    ),
    "a longer line leads astray": (case(TV, PLEX, mappings={"/mnt/old": ["/downloads/tv/Show"]}), {}),
    "it comes from Windows": (
        case(r"D:\Media\TV\Show", PLEX),
        {"plex": (SHARED, {"/mnt/media/tv": [r"D:\Media\TV"]})},
    ),
    "it comes from Drive": (
        case("My Drive/Media/tv/Show", PLEX),
        {"plex": (SHARED, {"/mnt/media/tv": ["My Drive/Media/tv"]})},
    ),
    "the longer tail prevails": (
        case("/a/media/tv/x", site("plex", "/old/tv", "/mnt/media/tv")),
        {"plex": (SHARED, {"/mnt/media/tv": ["/a/media/tv"]})},
    ),
    "the first of two alike names counts": (
        case("/a/tv/tv/x", site("plex", "/mnt/tv")),
        {"plex": (SHARED, {"/mnt/tv": ["/a/tv"]})},
    ),
    "a root with quotes and umlauts": (
        case('/a/"Fernsehen"/Müller', site("plex", '/mnt/"Fernsehen"')),
        {"plex": (SHARED, {'/mnt/"Fernsehen"': ['/a/"Fernsehen"']})},
    ),
    "nothing is alike": (case("/a/b/c", PLEX), {}),
    "there are no libraries": (case(TV, site("plex")), {}),
    "there are no servers": (case(TV), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing_is_offered(name: str) -> None:
    asked, wanted = CASES[name]
    assert offered(asked) == wanted


@pytest.mark.parametrize("name", CASES)
def test_with_what_is_offered_in_place_the_folder_is_reached(name: str) -> None:
    asked, wanted = CASES[name]
    assert set(reached(asked)) >= set(wanted)


def test_the_reason_says_where_it_belongs() -> None:
    asked, _ = CASES["each server calls it otherwise"]
    found = offers(asked)
    assert found["plex"].why.startswith(f"no server has a library for {TV}. Write it into SERVER_PATH_MAPPINGS")
    assert "the PATH_MAPPINGS of jellyfin in MEDIA_SERVERS, besides" in found["jellyfin"].why
    assert "which finds it there" in offers(CASES["it is on this machine"][0])["plex"].why
    assert "right for other servers" in offers(CASES["one server knows it"][0])["jellyfin"].why


def test_a_line_that_has_to_go_is_named() -> None:
    asked, _ = CASES["a line with the same beginning leads astray"]
    assert offers(asked)["plex"].why.endswith('instead of {"/mnt/old": ["/downloads/tv"]}')


NAMES = st.sampled_from(["tv", "TV", "movies", "media", "data", "mnt", "Müller", "a b"])
PATHS = st.builds(lambda names: "/" + "/".join(names), st.lists(NAMES, min_size=1, max_size=4))
OTHERS = st.builds(lambda names: "D:\\" + "\\".join(names), st.lists(NAMES, min_size=1, max_size=3))
TABLES = st.dictionaries(PATHS, st.lists(PATHS | OTHERS, min_size=1, max_size=2), max_size=3)
SITES = st.lists(
    st.builds(
        lambda roots, table: site("", *roots, mappings=table), st.lists(PATHS | OTHERS, min_size=1, max_size=3), TABLES
    ),
    max_size=3,
)


@given(folder=PATHS | OTHERS, table=TABLES, sites=SITES, exists=st.booleans())
def test_whatever_is_offered_leads_to_a_library(folder: str, table: Table, sites: list[Site], exists: bool) -> None:
    named = [Site(name=f"s{number}", roots=each.roots, mappings=each.mappings) for number, each in enumerate(sites)]
    asked = case(folder, *named, mappings=table, exists=exists)
    found = offers(asked)
    assume(found)
    assert set(reached(asked)) >= set(found)
    assert not [each.name for each in named if each.holds(asked.mapped) and each.name in found]


def test_an_added_line_takes_the_place_of_one_with_the_same_beginning() -> None:
    table = added(Mappings.from_config({"/a": ["/x"], "/b": ["/y"]}), Rule(to="/c", source="/x/"))
    assert [(rule.to, rule.source) for rule in table.rules] == [("/b", "/y"), ("/c", "/x/")]
