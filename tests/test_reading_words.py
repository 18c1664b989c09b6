"""What a search finds: words from their beginnings, however spelt; the index finds what a look at the rows does."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from autoscan.errors import BadRequestError
from autoscan.store import Store
from autoscan.store.dialect import advice
from autoscan.store.fulltext import BEYOND, Fulltext, expression
from autoscan.store.words import facet, wanted, words
from tests.clocks import START

SCANS = Fulltext("scan_words")

#: Letters that make trouble: case, accents, other scripts, signs of SQL and of FTS5, digits that are no digits.
LETTERS = st.sampled_from("aAbßéÉİ日ー2²_ .-'\"*=():^/\\ańЖ٣")


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    with store.read() as connection:
        yield connection


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/tv/Severance/Season 02/Severance.S02E03.mkv", {"tv", "severance", "season", "02", "s02e03", "mkv"}),
        ("Amélie (2001)", {"amelie", "2001"}),
        ("STRASSE Straße", {"strasse"}),
        ("\uff26\uff35\uff2c\uff2c width", {"full", "width"}),
        ("千と千尋の神隠し", {"千と千尋の神隠し"}),
        ("--- '\" *", set()),
    ],
)
def test_words_are_runs_of_letters_and_digits_without_case_and_accents(text: str, found: set[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("sever s02", True),
        ("SÉVERANCE s02e03", True),
        ("/tv/Severance/Season 02", True),
        ("everance", False),
        ("severance s03", False),
        ("se", False),
        ("02", True),
        ("", True),
    ],
)
def test_every_word_is_the_beginning_of_one_and_short_ones_are_whole(text: str, finds: bool) -> None:
    assert wanted(text).in_tokens(words("/tv/Severance/Season 02/Severance.S02E03.mkv")) is finds


def test_one_facet_of_each_group_must_be_there() -> None:
    tokens = {facet("source", "sonarr"), facet("state", "done")}
    sonarr, radarr, done = (facet("source", "sonarr"), facet("source", "radarr"), facet("state", "done"))
    assert wanted("", [sonarr, radarr], [done]).in_tokens(tokens)
    assert not wanted("", [radarr], [done]).in_tokens(tokens)
    assert wanted("", [], []).in_tokens(set())


def test_facets_of_different_properties_are_never_the_same() -> None:
    same = ("a", "b")
    assert facet("server", "ab", "c") != facet("server", "a", "bc") != facet("source", *same)


def test_a_search_of_too_many_words_is_refused() -> None:
    with pytest.raises(BadRequestError, match="up to 20"):
        wanted(" ".join(f"word{number}" for number in range(21)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stored=st.text(LETTERS, max_size=30),
    asked=st.text(LETTERS, max_size=12),
    cut=st.integers(0, 30),
    facets=st.sets(st.sampled_from("xyz")),
    groups=st.lists(st.sets(st.sampled_from("xyz"), min_size=1), max_size=2),
)
def test_the_index_finds_what_a_look_at_the_row_does(
    store: Store, stored: str, asked: str, cut: int, facets: set[str], groups: list[set[str]]
) -> None:
    tokens = words(stored) | {facet("is", each) for each in facets}
    groups_of_facets = [[facet("is", each) for each in group] for group in groups]
    for text in (asked, stored[cut:], stored[:cut]):
        wants = wanted(text, *groups_of_facets)
        with store.read() as connection:
            SCANS.add(connection, [(START, 1, tokens)])
            found = SCANS.find(connection, wants, low=0, high=BEYOND, newest_first=True, count=9)
            connection.rollback()
        assert [hit.item for hit in found if hit.matches] == ([1] if wants.in_tokens(tokens) else []), expression(wants)


def test_a_long_word_is_compared_to_its_end(connection: Connection) -> None:
    SCANS.add(connection, [(START, 1, words("collection")), (START, 2, words("collector"))])
    found = SCANS.find(connection, wanted("collectio"), low=0, high=BEYOND, newest_first=True, count=9)
    assert [(hit.item, hit.matches) for hit in found] == [(2, False), (1, True)]


def test_this_sqlite_has_the_full_text_index() -> None:
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    connection.close()
    assert "ENABLE_FTS5" in options


def test_without_it_the_operator_is_told() -> None:
    assert "lacks full-text search" in advice(sqlite3.OperationalError("no such module: fts5"))
