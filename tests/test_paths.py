"""The algebra of paths: its laws for any path, and its answers for the ones people have."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoscan.paths import Flavour, ancestors, clean, components, covers, flavour, join, key, name, parent

names = st.sampled_from(["TV", "tv", "TV-Anime", "Alien", "Aliens", "...", "a b", "Amélie", "a\\b", "C:", "ß", "ss"])
odd_names = names | st.sampled_from([".", "..", ""]) | st.text(st.characters(exclude_characters="/\\\0"), max_size=4)
roots = st.sampled_from(["/", "", "D:\\", "d:/", "\\\\NAS\\Media\\", "\\\\nas\\", "//", "./"])


@st.composite
def paths(draw: st.DrawFn, parts: st.SearchStrategy[str] = odd_names) -> str:
    root = draw(roots)
    separator = draw(st.sampled_from(["/", "\\"])) if flavour(root) is Flavour.WINDOWS else "/"
    return root + separator.join(draw(st.lists(parts, max_size=5)))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/tv", Flavour.POSIX),
        ("My Drive/Media", Flavour.POSIX),
        ("/data/C:\\x", Flavour.POSIX),
        ("D:\\TV", Flavour.WINDOWS),
        ("d:/TV", Flavour.WINDOWS),
        ("D:", Flavour.WINDOWS),
        ("D:x", Flavour.POSIX),
        ("\\\\NAS\\TV", Flavour.WINDOWS),
        ("\\TV", Flavour.POSIX),
        ("", Flavour.POSIX),
    ],
)
def test_the_start_of_a_path_tells_its_flavour(path: str, expected: Flavour) -> None:
    assert flavour(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data//tv/./X/", "/data/tv/X"),
        ("//data/tv", "/data/tv"),
        ("/data/../../etc", "/etc"),
        ("/data/Wait... What/", "/data/Wait... What"),
        ("/data/a\\b", "/data/a\\b"),
        ("My Drive/Media/", "My Drive/Media"),
        ("../x", "x"),
        (".", ""),
        ("", ""),
        ("/", "/"),
        ("D:/TV//X\\", "D:\\TV\\X"),
        ("D:", "D:\\"),
        ("D:\\..\\..\\x", "D:\\x"),
        ("\\\\NAS\\Media\\..\\..\\x\\", "\\\\NAS\\Media\\x"),
        ("\\\\NAS", "\\\\NAS"),
        ("./C:/x", "./C:/x"),
        ("/data/Am\u00e9lie", "/data/Am\u00e9lie"),
        ("/data/Ame\u0301lie", "/data/Ame\u0301lie"),
    ],
)
def test_cleaning_resolves_what_the_text_alone_tells(path: str, expected: str) -> None:
    assert clean(path) == expected


@given(paths())
@example("./C:/x")
@example("x/../\\\\host/y")
def test_cleaning_twice_is_cleaning_once(path: str) -> None:
    assert clean(clean(path)) == clean(path)


@given(paths())
def test_cleaning_keeps_the_names_as_they_are_spelt(path: str) -> None:
    assert set(components(path)[1:]) <= {*path.replace("\\", "/").split("/"), *path.split("/")}


@given(paths())
def test_a_path_is_below_each_of_its_ancestors_and_the_last_is_its_own_parent(path: str) -> None:
    above = ancestors(path)
    assert all(covers(folder, path) for folder in above)
    assert above[:1] == [parent(path)] if above else parent(path) in {clean(path), ""}
    if above and components(path)[0] in {"/", "D:\\"}:
        assert parent(above[-1]) == above[-1]


def test_ancestors_end_at_the_folder_where_to_stop() -> None:
    assert ancestors("/data/tv/Show/Season 1", "/data/tv") == ["/data/tv/Show", "/data/tv"]
    assert ancestors("/data/tv/Show") == ["/data/tv", "/data", "/"]
    assert ancestors("/data/tv/Show", "/data/TV") == []
    assert ancestors("/data/tv", "/data/tv") == []
    assert ancestors("D:\\TV\\Show", "d:/tv") == ["D:\\TV"]
    assert ancestors("\\\\NAS\\TV\\Show") == ["\\\\NAS\\TV"]
    assert ancestors("My Drive/Media/x") == ["My Drive/Media", "My Drive"]


@pytest.mark.parametrize(
    ("path", "folder", "last"),
    [
        ("/data/tv/x.mkv", "/data/tv", "x.mkv"),
        ("/", "/", ""),
        ("D:\\x", "D:\\", "x"),
        ("D:\\", "D:\\", ""),
        ("\\\\NAS\\TV\\x", "\\\\NAS\\TV", "x"),
        ("\\\\NAS\\TV", "\\\\NAS\\TV", "TV"),
        ("My Drive/x", "My Drive", "x"),
    ],
)
def test_a_root_is_its_own_parent(path: str, folder: str, last: str) -> None:
    assert parent(path) == folder
    assert name(path) == last


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/data/TV", "/data/TV", True),
        ("/data/TV/", "/data/TV/Show", True),
        ("/data/TV", "/data/TV-Anime/Show", False),
        ("/movies/Alien", "/movies/Aliens (1986)", False),
        ("/data/TV", "/data/tv/Show", False),
        ("D:\\TV", "d:/tv/Show", True),
        ("D:\\TV", "D:\\TV-Anime", False),
        ("\\\\NAS\\Media", "\\\\nas\\MEDIA\\TV", True),
        ("\\\\NAS", "\\\\nas\\media", True),
        ("D:\\Stra\u00dfe", "D:\\STRASSE", False),
        ("/data/Am\u00e9lie", "/data/Ame\u0301lie/x.mkv", True),
        ("/", "/data", True),
        ("/data", "data/x", False),
        ("/D:/TV", "D:/TV/x", False),
        ("My Drive/Media", "My Drive/Media/x", True),
    ],
)
def test_a_folder_covers_what_is_below_it_on_component_boundaries(root: str, path: str, expected: bool) -> None:
    assert covers(root, path) is expected


@given(paths(names), st.lists(names, min_size=1, max_size=3), st.text("abc-", min_size=1))
def test_a_longer_name_is_another_folder(root: str, below: list[str], more: str) -> None:
    path = join(root, "/".join(below))
    assert covers(root, path)
    if name(root) and parent(root) != clean(root):
        assert not covers(clean(root) + more, path)


@given(paths(), st.lists(odd_names, max_size=5))
def test_nothing_joined_leaves_its_root(root: str, below: list[str]) -> None:
    assert covers(root, join(root, "/".join(below)))


def test_joining_keeps_the_flavour_of_the_root() -> None:
    assert join("D:\\TV\\", "Season 1/x.mkv") == "D:\\TV\\Season 1\\x.mkv"
    assert join("\\\\NAS\\TV", "Season 1\\x.mkv") == "\\\\NAS\\TV\\Season 1\\x.mkv"
    assert join("/data/tv", "a\\b.mkv") == "/data/tv/a\\b.mkv"
    assert join("/", "x") == "/x"


@given(paths(), st.sampled_from(["NFC", "NFD"]))
def test_the_key_is_the_same_for_spellings_of_one_folder_only(path: str, form: str) -> None:
    assert key(path) == key(clean(path)) == key(key(path))
    if flavour(path) is Flavour.POSIX:
        assert key(path) == clean(path)
    else:
        assert key(path.swapcase() if path.isascii() else path) == key(path)
    assert covers(path, unicodedata.normalize(form, clean(path)))  # type: ignore[arg-type]  # sampled from literals


def test_two_folders_that_differ_in_more_than_case_have_two_keys() -> None:
    assert key("D:\\Tv\\ÄRA") == key("d:/TV/ära")
    assert key("D:\\Straße") != key("D:\\Strasse")
    assert key("D:\\ΟΔΟΣ") == key("D:\\οδος")
    assert key("/data/TV") != key("/data/tv")
    assert key("/data/Am\u00e9lie") != key("/data/Ame\u0301lie")
    assert key("D:\\\u0130") == key("D:\\\u0130")
