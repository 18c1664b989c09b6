"""How Jellyfin and Emby are asked for paths that they may spell otherwise: in another case, in another Unicode form."""

import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.model import Seen
from tests.lookups import Looker, removed
from tests.servers import Library, make_media
from tests.targets import pair

PRESENT, ABSENT, UNKNOWN = Seen.PRESENT, Seen.ABSENT, Seen.UNKNOWN
LIBRARIES = (
    Library(title="TV", type="tv", roots=("D:\\Media\\TV",)),
    Library(title="Movies", type="movies", roots=("D:\\Media\\Movies",)),
)
SHOW = "D:\\Media\\TV\\The Show"
EPISODE = f"{SHOW}\\Season 1\\The Show - S01E01.mkv"
MOVIE = "D:\\Media\\Movies\\Alien (1979)\\Alien (1979).mkv"
#: As Windows has it, and as nobody has it: `é` in one character, and in two.
COMPOSED = "Am\u00e9lie (2001)"
TAKEN_APART = unicodedata.normalize("NFD", COMPOSED)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    names = ["The Show/Season 1/The Show - S01E01.mkv", "The Show/Season 1/The Show - S01E02.mkv"]
    make_media(tmp_path / "TV", dict.fromkeys([*names, "Other/Season 1/Other - S01E01.mkv"]))
    make_media(tmp_path / "Movies", dict.fromkeys(["Alien (1979)/Alien (1979).mkv", "Other (2000)/Other (2000).mkv"]))
    return tmp_path


@pytest.fixture(params=["jellyfin", "emby"])
def look(request: pytest.FixtureRequest, disk: Path) -> Iterator[Looker]:
    with pair(request.param, {"D:\\Media": disk}, LIBRARIES, case_insensitive=True) as made:
        yield Looker(made.filled())


@pytest.mark.parametrize("path", [EPISODE, MOVIE, SHOW])
def test_a_path_in_another_case_is_never_absent(look: Looker, path: str) -> None:
    assert look.one(removed(path.lower()), look=0)[0] is UNKNOWN
    assert look.one(removed(path.lower()))[0] is UNKNOWN


@pytest.mark.parametrize("path", [EPISODE, MOVIE])
def test_what_was_listed_as_it_is_spelt_is_absent_afterwards(look: Looker, disk: Path, path: str) -> None:
    assert look.one(removed(path), look=0)[0] is PRESENT
    shutil.rmtree(disk / "/".join(path.split("\\")[2:4]))
    look.it.filled()
    assert look.one(removed(path))[0] is ABSENT


def test_where_its_folder_is_listed_a_file_may_be_absent_after_a_scan(look: Looker) -> None:
    other = EPISODE.replace("E01", "E09")
    assert look.one(removed(other), look=0)[0] is UNKNOWN
    assert look.one(removed(other))[0] is ABSENT
    assert look.one(removed(other.replace("Season", "season")))[0] is UNKNOWN


@pytest.mark.parametrize("kind", ["jellyfin", "emby"])
@pytest.mark.parametrize(("listed", "told"), [(COMPOSED, TAKEN_APART), (TAKEN_APART, COMPOSED)])
def test_letters_may_be_composed_or_taken_apart(kind: str, listed: str, told: str, tmp_path: Path) -> None:
    make_media(tmp_path, {f"{listed}/{listed}.mkv": None, "Other (2000)/Other (2000).mkv": None})
    libraries = (Library(title="Movies", type="movies", roots=("/data/movies",)),)
    with pair(kind, {"/data/movies": tmp_path}, libraries) as made:
        look = Looker(made.filled())
        path = f"/data/movies/{told}/{told}.mkv"
        assert look.one(path, look=3)[0] is PRESENT
        assert look.one(removed(path), look=0)[0] is PRESENT
        shutil.rmtree(tmp_path / listed)
        made.filled()
        assert look.one(removed(path))[0] is ABSENT
