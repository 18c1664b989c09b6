"""Mappings: the longest prefix, on a boundary, once, and nothing else of the path changes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.paths import Mappings, clean, components, covers, join


@pytest.mark.parametrize(
    ("table", "path", "expected"),
    [
        # As plex_autoscan's samples have them.
        ({"/mnt/unionfs/": ["/home/user/media/fused/"]}, "/home/user/media/fused/TV/X", "/mnt/unionfs/TV/X"),
        ({"/mnt/unionfs/Media/": ["My Drive/Media/"]}, "My Drive/Media/TV/x.mkv", "/mnt/unionfs/Media/TV/x.mkv"),
        ({"/mnt/tv": ["Team TV/"]}, "Team TV/x.mkv", "/mnt/tv/x.mkv"),
        ({"Media/": ["/mnt/rclone/Media/"]}, "/mnt/rclone/Media/TV", "Media/TV"),
        ({"": ["/mnt/rclone/"]}, "/mnt/rclone/TV/X", "TV/X"),
        ({"": ["/data"]}, "/data/TV/X", "/TV/X"),
        # Boundaries.
        ({"/m": ["/data/TV"]}, "/data/TV-Anime/X", "/data/TV-Anime/X"),
        ({"/m": ["/movies/Alien"]}, "/movies/Aliens (1986)/x.mkv", "/movies/Aliens (1986)/x.mkv"),
        ({"/m": ["/data/TV"]}, "/data/TV/", "/m"),
        # Only the prefix, only once, never chained.
        ({"/data/data": ["/data"]}, "/data/data/x", "/data/data/data/x"),
        ({"/b": ["/a"], "/c": ["/b"]}, "/a/a/x", "/b/a/x"),
        # The longest wins, wherever it stands.
        ({"/all": ["/data"], "/tv": ["/data/tv"]}, "/data/tv/X", "/tv/X"),
        ({"/tv": ["/data/tv"], "/all": ["/data"]}, "/data/tv/X", "/tv/X"),
        ({"/root": ["/"], "/m": ["/data"]}, "/data/x", "/m/x"),
        ({"/root": ["/"], "/m": ["/data"]}, "/other/x", "/root/other/x"),
        ({"/any": [""], "/root": ["/"]}, "/x", "/root/x"),
        ({"/any": [""]}, "My Drive/x", "/any/My Drive/x"),
        ({"/any": [""]}, "D:\\x", "D:\\x"),
        # The same prefix twice: the first.
        ({"/first": ["/data"], "/second": ["/data"]}, "/data/x", "/first/x"),
        ({"/first": ["/data/", "/data"]}, "/data/x", "/first/x"),
        # From one flavour into the other.
        ({"D:\\TV": ["/data/tv"]}, "/data/tv/Show/Season 1/x.mkv", "D:\\TV\\Show\\Season 1\\x.mkv"),
        ({"/data/tv": ["D:\\TV\\"]}, "d:/tv/Show\\x.mkv", "/data/tv/Show/x.mkv"),
        ({"\\\\NAS\\Media": ["/mnt/media"]}, "/mnt/media/TV/x.mkv", "\\\\NAS\\Media\\TV\\x.mkv"),
        ({"/mnt/media/": ["\\\\NAS\\Media\\"]}, "\\\\nas\\media\\TV\\x.mkv", "/mnt/media/TV/x.mkv"),
        ({"/mnt/nas": ["\\\\NAS\\"]}, "\\\\nas\\media\\x", "/mnt/nas/media/x"),
        ({"D:\\TV": ["/data/tv"]}, "/data/tv/a\\..\\..\\..\\b", "D:\\TV\\b"),
        # Case and flavour decide what is the same.
        ({"/m": ["/data/tv"]}, "/data/TV/x", "/data/TV/x"),
        # What is above the prefix after resolving is not below it.
        ({"/m": ["/data/tv"]}, "/data/tv/../movies/x", "/data/movies/x"),
    ],
)
def test_a_path_is_mapped_by_its_prefix(table: dict[str, list[str]], path: str, expected: str) -> None:
    assert Mappings.from_config(table).apply(path).path == expected


def test_the_rule_that_mapped_is_told() -> None:
    mapped = Mappings.from_config({"/m": ["/data/"]}).apply("/data/x")
    assert mapped.rule is not None
    assert (mapped.rule.to, mapped.rule.source) == ("/m", "/data/")
    assert Mappings().apply("/data//x").rule is None
    assert Mappings().apply("/data//x").path == "/data/x"


def test_a_more_specific_table_wins_only_between_equally_long_prefixes() -> None:
    general = Mappings.from_config({"/general": ["/data"], "/general/tv": ["/data/tv"]})
    both = general | Mappings.from_config({"/special": ["/data"]})
    assert both.apply("/data/x").path == "/special/x"
    assert both.apply("/data/tv/x").path == "/general/tv/x"


parts = st.sampled_from(["data", "tv", "Am\u00e9lie", "Ame\u0301lie", "..", ".", "...", "x.mkv", "a\\b", "TV"])
rests = st.lists(parts, max_size=6).map("/".join)
tables = st.dictionaries(
    st.sampled_from(["/m", "/m/tv", "D:\\M", "\\\\NAS\\M", "/data"]),
    st.lists(st.sampled_from(["/data", "/data/tv", "/", "/data/tv/Am\u00e9lie", "E:\\"]), max_size=3),
    max_size=4,
)


@given(tables, rests)
def test_a_mapped_path_never_leaves_what_its_rule_leads_to(table: dict[str, list[str]], rest: str) -> None:
    mapped = Mappings.from_config(table).apply("/data/" + rest)
    if mapped.rule is None:
        assert mapped.path == clean("/data/" + rest)
    else:
        assert covers(mapped.rule.to, mapped.path)


@given(tables, rests)
def test_the_longest_matching_prefix_wins(table: dict[str, list[str]], rest: str) -> None:
    path = "/data/" + rest
    matching = [source for sources in table.values() for source in sources if covers(source, path)]
    rule = Mappings.from_config(table).apply(path).rule
    assert (rule is not None) == bool(matching)
    if rule is not None:
        assert len(components(rule.source)) == max(len(components(each)) for each in matching)


@given(st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]))
def test_prefixes_match_in_any_unicode_form_and_the_rest_keeps_its_own(one: str, other: str, own: str) -> None:
    def spelt(text: str, form: str) -> str:
        return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # sampled from literals

    rest = spelt("Été/café.mkv", own)
    mapped = Mappings.from_config({"/m": [spelt("/data/Séries", one)]}).apply(spelt("/data/Séries/", other) + rest)
    assert mapped.path == "/m/" + rest


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=5), max_size=4))
def test_the_rest_of_a_path_is_not_touched(names: list[str]) -> None:
    rest = clean("/".join(names)).removeprefix("./")
    assert Mappings.from_config({"/m": ["/data"]}).apply(f"/data/{rest}").path == clean(f"/m/{rest}")


@given(rests)
def test_there_and_back_is_where_it_was(rest: str) -> None:
    path = join("/data", rest)
    there = Mappings.from_config({"/elsewhere": ["/data"]}).apply(path).path
    assert Mappings.from_config({"/data": ["/elsewhere"]}).apply(there).path == path
