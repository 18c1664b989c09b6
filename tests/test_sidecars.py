"""Sidecars: their items are found and read anew at every kind of server, by few requests, and edits by hand stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.model import Seen, Sighting
from autoscan.targets.base import Known
from autoscan.targets.owners import is_of_folder, owner_file, stems
from tests.lookups import SEASON
from tests.servers import make_media, season, write_file
from tests.targets import Pair, expect, media, pair

SERVERS = ["plex", "jellyfin", "emby"]
MOVIE = "/data/movies/Alien (1979)"
ALBUM = "/data/music/Artist/Album"
#: The most that may be asked for the sidecars of one folder, refreshes and all.
MOST = 7


class Helper:
    """Asks one target to refresh owners, and looks at what came of it."""

    def __init__(self, it: Pair, name: str, folder: Path) -> None:
        self.it = it
        self.name = name
        self.folder = folder
        self.known = Known()

    def refresh(self, *sidecars: str) -> dict[str, Sighting]:
        """Refresh owners; see to it that it cost little."""
        library = self.it.target.libraries_for(sidecars[0])[0]
        before = len(self.it.asked(""))
        done: dict[str, Sighting] = self.it.target.refresh_owners(library, sidecars, known=self.known)
        assert len(self.it.asked("")) - before <= MOST
        return done

    def warm(self, path: str) -> None:
        """Look for a file, by which the target learns and gets to know the server."""
        library = self.it.target.libraries_for(path)[0]
        self.it.target.look_up(library, [expect(path)], look=3, known=self.known)

    def one(self, sidecar: str) -> str:
        """Refresh the owner of one; return what was seen, `""` if there was none."""
        done = self.refresh(sidecar)
        assert set(done) <= {sidecar}
        assert all(each.seen is Seen.PRESENT and each.item for each in done.values())
        return done[sidecar].saw if done else ""

    def refreshed(self) -> list[str]:
        """Return the ids of the items that were refreshed."""
        match = "PUT /library/metadata/" if self.name == "plex" else "/Refresh"
        return [each.path.split("/")[-2] for each in self.it.asked(match) if each.path.endswith(("refresh", "Refresh"))]


@contextmanager
def helper(name: str, folder: Path, **knobs: Any) -> Iterator[Helper]:
    with pair(name, {"/data": media(folder)}, **knobs) as made:
        made.filled()
        made.fake.advance(86_400)
        held = Helper(made, name, folder)
        before = len(held.refreshed())
        held.warm(f"{MOVIE}/Alien (1979).mkv")
        held.known = Known()
        yield held
        for request in made.asked(""):
            query = {key.lower(): value.lower() for key, value in request.query}
            assert query.get("replaceallmetadata", "false") == "false"
            assert query.get("replaceallimages", "false") == "false"
        assert len(held.refreshed()) - before <= MOST


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def it(name: str, tmp_path: Path) -> Iterator[Helper]:
    with helper(name, tmp_path) as made:
        yield made


WORDS = {
    "plex": {"known": "P2", "title": "P3", "children": "P3", "folder": "P3", "movie": "P3"},
    "jellyfin": {"known": "J1", "title": "J5", "children": "J4", "folder": "J1", "movie": "J1"},
    "emby": {
        "known": "Ids=",
        "title": "SearchTerm=",
        "children": "ParentId=",
        "folder": "Path=",
        "movie": "SearchTerm=",
    },
}


@pytest.mark.parametrize("ending", [".srt", ".en.srt", ".en.forced.srt", ".nfo", "-thumb.jpg", ".SDH.ass"])
def test_the_sidecar_of_an_episode_has_the_episode_read_anew(it: Helper, ending: str) -> None:
    before = it.refreshed()
    evidence = WORDS[it.name]["children"]
    assert it.one(f"{SEASON}/Show - S01E01{ending}") == f"refreshed its item Show - S01E01 ({evidence})"
    assert len(it.refreshed()) == len(before) + 1


def test_what_was_learnt_of_the_folder_is_asked_first(it: Helper) -> None:
    it.warm(f"{SEASON}/Show - S01E01.mkv")
    saw = it.one(f"{SEASON}/Show - S01E02.de.srt")
    evidence = "P2" if it.name == "plex" else WORDS[it.name]["children"]
    assert saw == f"refreshed its item Show - S01E02 ({evidence})"


def test_the_owner_is_the_item_itself(it: Helper) -> None:
    path = f"{SEASON}/Show - S01E02.mkv"
    library = it.it.target.libraries_for(path)[0]
    sighting = it.it.target.look_up(library, [expect(path)], look=3, known=Known())[path]
    done = it.refresh(f"{SEASON}/Show - S01E02.srt")
    assert [each.item for each in done.values()] == [sighting.item]
    assert it.refreshed()[-1] == sighting.item


@pytest.mark.parametrize("file", ["poster.jpg", "season.nfo", "folder.jpg", "fanart2.jpg", ".plexmatch"])
def test_what_belongs_to_a_season_has_the_season_read_anew(it: Helper, file: str) -> None:
    assert it.one(f"{SEASON}/{file}") == f"refreshed its item Season 01 ({WORDS[it.name]['folder']})"


@pytest.mark.parametrize("file", ["tvshow.nfo", "season01-poster.jpg", "banner.jpg"])
def test_what_belongs_to_a_series_has_the_series_read_anew(it: Helper, file: str) -> None:
    assert it.one(f"/data/tv/Show/{file}") == f"refreshed its item Show ({WORDS[it.name]['folder']})"


def test_a_cover_has_its_album_read_anew_and_lyrics_their_track(it: Helper) -> None:
    assert it.one(f"{ALBUM}/cover.jpg") == f"refreshed its item Album ({WORDS[it.name]['folder']})"
    assert it.one(f"{ALBUM}/album.nfo").startswith("refreshed its item Album")
    assert it.one(f"{ALBUM}/01 - Track 1.lrc") == f"refreshed its item 01 - Track 1 ({WORDS[it.name]['children']})"


@pytest.mark.parametrize("file", ["Alien (1979).en.srt", "Alien (1979)-poster.jpg", "movie.nfo", "poster.jpg"])
def test_what_belongs_to_a_movie_has_the_movie_read_anew(it: Helper, file: str) -> None:
    assert it.one(f"{MOVIE}/{file}") == f"refreshed its item Alien (1979) ({WORDS[it.name]['movie']})"


def test_a_movie_that_was_seen_before_is_known(it: Helper) -> None:
    it.warm(f"{MOVIE}/Alien (1979).mkv")
    assert it.one(f"{MOVIE}/poster.jpg") == f"refreshed its item Alien (1979) ({WORDS[it.name]['known']})"


@pytest.mark.parametrize(
    "sidecar",
    [
        f"{SEASON}/Show - S01E03.srt",
        f"{SEASON}/Show - S01E011.srt",
        "/data/tv/Nothing/Season 01/Nothing - S01E01.srt",
        "/data/tv/Nothing/tvshow.nfo",
        "/data/movies/Nothing (2000)/poster.jpg",
        "/data/movies/poster.jpg",
        "/data/tv/folder.jpg",
        "/data/tv/Nothing.srt",
        "/data/music/Nothing/cover.jpg",
    ],
)
def test_without_an_owner_nothing_is_read_anew(it: Helper, sidecar: str) -> None:
    before = it.refreshed()
    assert it.one(sidecar) == ""
    assert it.refreshed() == before


def test_a_movie_in_the_root_itself_is_found(name: str, tmp_path: Path) -> None:
    write_file(tmp_path / "movies/Heat.mkv")
    with helper(name, tmp_path) as it:
        assert it.one("/data/movies/Heat.en.srt").startswith("refreshed its item Heat (")
        assert it.one("/data/movies/poster.jpg") == ""


def test_a_file_of_two_episodes_is_read_anew_as_both_in_plex(tmp_path: Path) -> None:
    write_file(tmp_path / "tv/Show/Season 03/Show - S03E01-E02.mkv")
    with helper("plex", tmp_path) as it:
        before = len(it.refreshed())
        assert it.one("/data/tv/Show/Season 03/Show - S03E01-E02.srt").startswith("refreshed")
        assert len(set(it.refreshed()[before:])) == 2


def test_several_sidecars_of_one_item_are_one_refresh(it: Helper) -> None:
    before = len(it.refreshed())
    done = it.refresh(*(f"{SEASON}/Show - S01E01.{word}.srt" for word in ("de", "en", "fr", "nl")))
    assert len(done) == 4
    assert len(it.refreshed()) == before + 1


def test_many_items_of_one_folder_are_read_anew_by_their_folder(name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "tv", season("Pack", 1, range(1, 25)))
    with helper(name, tmp_path) as it:
        before = len(it.refreshed())
        done = it.refresh(*(f"/data/tv/Pack/Season 01/Pack - S01E{number:02d}.srt" for number in range(1, 25)))
        assert len(done) == 24
        assert {each.saw.partition(" (")[0] for each in done.values()} == {"refreshed its item Season 01"}
        assert len(it.refreshed()) == before + 1


def test_many_movies_beside_one_another_are_not_all_read_anew(name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "movies", [f"Film {number}.mkv" for number in range(5)])
    with helper(name, tmp_path) as it:
        before = len(it.refreshed())
        done = it.refresh(*(f"/data/movies/Film {number}.srt" for number in range(5)))
        assert len(done) == len(it.refreshed()) - before <= 2


def test_what_plex_takes_for_something_else_is_found_by_its_folder(tmp_path: Path) -> None:
    make_media(tmp_path / "tv", {"Mislabeled/Season 01/Show - S04E01.mkv": None})
    with helper("plex", tmp_path) as it:
        for item in it.it.fake.catalog.items.values():
            item.title = "Something else"
        assert it.one("/data/tv/Mislabeled/Season 01/Show - S04E01.srt").endswith("(P4)")


def test_a_jellyfin_that_computes_ids_without_case_is_understood(tmp_path: Path) -> None:
    with helper("jellyfin", tmp_path, case_sensitive_ids=False) as it:
        assert it.one(f"{MOVIE}/Alien (1979).srt") == "refreshed its item Alien (1979) (J1)"


@pytest.mark.parametrize(("name", "knob"), [("jellyfin", "foreign_ids"), ("emby", "path_filter_ignored")])
def test_without_look_ups_by_path_a_title_or_what_was_learnt_leads_there(name: str, knob: str, tmp_path: Path) -> None:
    with helper(name, tmp_path, **{knob: True}) as it:
        assert it.one(f"{MOVIE}/Alien (1979).srt") == f"refreshed its item Alien (1979) ({WORDS[name]['title']})"
        assert it.one("/data/movies/(2001)/2001.srt") == ""
        assert it.one(f"{SEASON}/Show - S01E02.srt") == ""
        write_file(tmp_path / "tv/Show/Season 01/Show - S01E03.mkv")
        it.it.scan(SEASON)
        it.it.fake.advance(300)
        it.warm(f"{SEASON}/Show - S01E03.mkv")
        assert it.one(f"{SEASON}/Show - S01E02.srt") == f"refreshed its item Show - S01E02 ({WORDS[name]['children']})"


def test_an_item_that_goes_in_between_is_no_owner(it: Helper) -> None:
    it.it.fake.fail_next("PUT /library/metadata" if it.name == "plex" else "/Refresh", status=404)
    assert it.one(f"{SEASON}/Show - S01E01.srt") == ""


# ----- names


def test_the_longest_stem_is_the_owner() -> None:
    files = ["/m/Film.mkv", "/m/Film.2.mkv", "/m/Other.mkv", "/n/Film.2.en.mkv"]
    assert owner_file("/m/Film.2.en.srt", files) == "/m/Film.2.mkv"
    assert owner_file("/m/film.EN.srt", files) == "/m/Film.mkv"
    assert owner_file("/m/Filmed.srt", files) is None


def test_a_picture_is_not_its_own_owner() -> None:
    assert owner_file("/p/one.jpg", ["/p/one.jpg"]) is None


def test_letters_composed_otherwise_are_the_same() -> None:
    assert owner_file("/m/Ame\u0301lie.srt", ["/m/Am\u00e9lie.mkv"]) == "/m/Am\u00e9lie.mkv"


@given(
    st.text(alphabet="abc .-_()", min_size=1, max_size=12).filter(lambda stem: stem.strip(" .")),
    st.text("xyz", max_size=3),
)
def test_a_stem_is_among_the_stems_of_its_sidecars(stem: str, word: str) -> None:
    sidecar = f"/m/{stem}.{word}.srt" if word else f"/m/{stem}.srt"
    assert stem in stems(sidecar)
    assert owner_file(sidecar, [f"/m/{stem}.mkv"]) == f"/m/{stem}.mkv"


@pytest.mark.parametrize("file", ["Season 01.jpg", "season-specials-poster.jpg", "season-all.png", "Backdrop 3.jpg"])
def test_such_names_belong_to_the_folder(file: str) -> None:
    assert is_of_folder(f"/tv/Show/{file}")


@pytest.mark.parametrize("file", ["Show - S01E01-poster.jpg", "Posterity.nfo", "Seasons.nfo", "cover me.srt"])
def test_such_names_do_not(file: str) -> None:
    assert not is_of_folder(f"/tv/Show/{file}")
