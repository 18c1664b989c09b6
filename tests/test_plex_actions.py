"""What is done with an item once Plex shows it: analysis, and a match that was wrong."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscan.targets.plex.actions import analyze
from autoscan.targets.plex.matching import compare, fix_mismatch
from autoscan.targets.values import Library
from tests.servers import make_media, movie, season
from tests.targets import Pair, media, pair

SHOW = "/data/tv/Show/Season 01/Show - S01E02.mkv"
ALIENS = "/data/movies/Aliens (1986)/Aliens (1986).mkv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(folder: Path) -> Iterator[Pair]:
    with pair("plex", {"/data": folder}) as made:
        yield made.filled()


def item_of(it: Pair, path: str) -> Any:
    """Return the simulated item that holds a file."""
    items = it.fake.catalog.items.values()
    return next(item for item in items if path in {part.path for part in item.parts})


def puts(it: Pair) -> list[str]:
    return [request.path for request in it.asked("PUT ")]


# ----- analyze


@pytest.mark.parametrize("kind", ["basic", "deep", "loudness"])
def test_the_season_of_an_episode_is_analyzed_or_the_episode_alone(it: Pair, kind: str) -> None:
    episode = item_of(it, SHOW)
    assert analyze(it.target.api, str(episode.key), kind=kind, directory=True) == (
        f"analyzed item {episode.parent.key}"
    )
    assert analyze(it.target.api, str(episode.key), kind=kind, directory=False) == f"analyzed item {episode.key}"
    keys = (episode.parent.key, episode.key)
    assert puts(it) == [f"/library/metadata/{key}/analyze" for key in keys]


def test_a_movie_is_in_nothing_and_analyzed_itself(it: Pair) -> None:
    key = str(item_of(it, ALIENS).key)
    assert analyze(it.target.api, key, kind="basic", directory=True) == f"analyzed item {key}"


def test_nothing_is_analyzed_if_it_is_off_or_the_item_is_gone(it: Pair) -> None:
    assert analyze(it.target.api, "1", kind="off", directory=True) == ""
    assert analyze(it.target.api, "", kind="basic", directory=True) == ""
    assert analyze(it.target.api, "99999", kind="basic", directory=True) == ""
    assert puts(it) == []


def test_an_analysis_that_fails_is_a_note(it: Pair) -> None:
    it.fake.fail_next("/analyze", status=503)
    note = analyze(it.target.api, "1", kind="basic", directory=False)
    assert note.startswith("not analyzed: Plex answers HTTP 503")
    it.fake.fail_next("/library/metadata", status=200, body=b'<MediaContainer size="0"/>')
    assert analyze(it.target.api, "1", kind="basic", directory=True) == "analyzed item 1"


# ----- matches


def section(it: Pair, title: str) -> Library:
    found: Library = next(library for library in it.target.libraries() if library.title == title)
    return found


def fix(it: Pair, path: str, ids: dict[str, str], **more: str) -> str:
    library = section(it, "TV" if "/tv/" in path else "Movies")
    return fix_mismatch(it.target.api, library, str(item_of(it, path).key), path, ids, **more)


def matched(item: Any, *ids: str, guid: str = "plex://any/old") -> Any:
    item.agent_guid, item.ids, item.matched = guid, ids, True
    return item


def test_an_item_whose_ids_agree_is_never_touched(it: Pair) -> None:
    matched(item_of(it, ALIENS), "imdb://TT0090605", "tmdb://679")
    for ids in ({"tmdb": "679"}, {"imdb": "tt0090605", "tmdb": "1"}, {"tvdb": "5"}, {}, {"musicbrainz": "x"}):
        assert fix(it, ALIENS, ids) == ""
    assert puts(it) == []
    assert it.asked("/matches") == []


def test_a_movie_that_is_another_is_matched_by_the_events_id(it: Pair, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="autoscan.targets")
    aliens = matched(item_of(it, ALIENS), "tmdb://1", "imdb://tt1")
    guid = it.fake.matching.know("Aliens", "tmdb://679", "imdb://tt0090605")
    note = fix(it, ALIENS, {"tmdb": "679", "imdb": "tt0090605"}, language="de")
    key = aliens.key
    assert note == (
        f'matched item {key} anew: was "Aliens" (imdb://tt1, tmdb://1), is "Aliens" (imdb://tt0090605, tmdb://679)'
    )
    assert aliens.guid == guid
    assert puts(it) == [f"/library/metadata/{key}/match", f"/library/metadata/{key}/refresh"]
    (search,) = it.asked("/matches")
    assert dict(search.query) == {
        "manual": "1", "title": "tmdb-679", "year": "", "agent": "tv.plex.agents.movie", "language": "de",
    }  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == [f"{ALIENS}: {note}"]
    assert fix(it, ALIENS, {"tmdb": "679"}) == ""


def test_an_episode_leads_to_its_show_and_the_next_id_is_tried(it: Pair) -> None:
    episode = item_of(it, SHOW)
    show = matched(episode.parent.parent, "tvdb://1", "imdb://tt1")
    it.fake.matching.know("Show", "imdb://tt7")
    note = fix(it, SHOW, {"tvdb": "7", "imdb": "tt7", "tmdb": ""})
    assert note.startswith(f"matched item {show.key} anew: was ")
    assert [dict(search.query)["title"] for search in it.asked("/matches")] == ["tvdb-7", "imdb-tt7"]
    season_key = str(episode.parent.key)
    library = section(it, "TV")
    assert fix_mismatch(it.target.api, library, season_key, SHOW, {"imdb": "tt7"}) == ""


def test_what_plex_does_not_find_is_left(it: Pair) -> None:
    matched(item_of(it, ALIENS), "tmdb://1")
    note = fix(it, ALIENS, {"tmdb": "679", "imdb": "tt9"})
    assert note == (
        'wrong match left as it is: "Aliens" (tmdb://1) should be tmdb://679, imdb://tt9, of which Plex finds none'
    )
    assert puts(it) == []


def test_what_plex_finds_to_be_the_same_is_left(it: Pair) -> None:
    guid = it.fake.matching.know("Aliens", "tmdb://679")
    matched(item_of(it, ALIENS), "tmdb://1", guid=guid)
    assert "is what Plex finds under tmdb://679 as well" in fix(it, ALIENS, {"tmdb": "679"})
    assert puts(it) == []


def test_an_agent_of_old_is_told_the_id_itself(it: Pair) -> None:
    show = item_of(it, SHOW).parent.parent
    matched(show, guid="com.plexapp.agents.thetvdb://1?lang=en")
    it.fake.legacy_agents["1"] = "com.plexapp.agents.thetvdb"
    note = fix(it, SHOW, {"tvdb": "7"}, language="fr")
    assert show.guid == "com.plexapp.agents.thetvdb://7?lang=fr"
    assert note == f'matched item {show.key} anew: was "Show" (tvdb://1), is "Show" (tvdb://7)'
    assert fix(it, SHOW, {"tvdb": "7"}) == ""


def test_an_agent_of_old_that_knows_none_of_the_ids_is_left(it: Pair) -> None:
    aliens = matched(item_of(it, ALIENS), guid="com.plexapp.agents.imdb://tt1?lang=en")
    it.fake.legacy_agents["2"] = "com.plexapp.agents.themoviedb"
    note = fix(it, ALIENS, {"imdb": "tt2"})
    assert note.endswith("should be imdb://tt2, of which its agent com.plexapp.agents.themoviedb knows none")
    assert aliens.guid == "com.plexapp.agents.imdb://tt1?lang=en"


def test_a_movie_that_holds_files_of_another_folder_is_split_first(folder: Path) -> None:
    make_media(folder / "movies", movie("Alien 3 (1992)"))
    with pair("plex", {"/data": folder}, mis_group="*Alien 3*") as it:
        it.filled()
        path = "/data/movies/Alien 3 (1992)/Alien 3 (1992).mkv"
        host = matched(item_of(it, path), "tmdb://1")
        guid = it.fake.matching.know("Alien 3", "tmdb://8077")
        note = fix(it, path, {"tmdb": "8077"})
        mine = item_of(it, path)
        assert note.startswith(f"matched item {mine.key} anew after item {host.key} was split: was ")
        assert (mine.guid, mine.title, host.guid) == (guid, "Alien 3", "plex://any/old")
        assert [part.path for part in mine.parts] == [path]
        assert path not in {part.path for part in host.parts}


def test_a_show_that_holds_another_folder_is_split_first(folder: Path) -> None:
    make_media(folder / "tv/Other", {f"Season 01/{name}": size for name, size in _other().items()})
    with pair("plex", {"/data": folder}) as it:
        it.filled()
        path = "/data/tv/Other/Season 01/Other - S01E01.mkv"
        wrong, other = item_of(it, SHOW).parent.parent, item_of(it, path).parent.parent
        for each in list(other.children):
            other.children.remove(each)
            wrong.children.append(each)
            each.parent = wrong
        matched(wrong, "tvdb://1")
        it.fake.matching.know("Other", "tvdb://9")
        note = fix(it, path, {"tvdb": "9"})
        mine = item_of(it, path).parent.parent
        assert f"anew after item {wrong.key} was split" in note
        assert (mine.title, mine.ids) == ("Other", ("tvdb://9",))
        assert item_of(it, SHOW).parent.parent not in (mine, other)


def _other() -> dict[str, Any]:
    return {name.rpartition("/")[2]: size for name, size in season("Other", 1, [1]).items()}


def test_a_split_that_does_nothing_leaves_the_item_as_it_is(it: Pair) -> None:
    alien = "/data/movies/Alien (1979)/Alien (1979).mkv"
    item = matched(item_of(it, alien), "tmdb://1")
    assert len(list(item.parts)) == 2
    it.fake.matching.know("Alien", "tmdb://348")
    it.fake.fail_next("/split", status=200, body=b"")
    note = fix(it, alien, {"tmdb": "348"})
    assert note.endswith("and could not be split; do it in Plex by hand")
    assert [path.rpartition("/")[2] for path in puts(it)] == ["split"]
    it.fake.fail_next("/split", status=200, body=b"")
    it.fake.fail_next("/library/sections/2/all", status=200, body=b'<MediaContainer size="0"/>')
    assert fix(it, alien, {"tmdb": "348"}) == note


def test_a_file_that_moved_on_leaves_the_item_as_it_is(it: Pair) -> None:
    matched(item_of(it, ALIENS), "tmdb://1")
    it.fake.matching.know("Aliens", "tmdb://679")
    library = section(it, "Movies")
    key = str(item_of(it, ALIENS).key)
    note = fix_mismatch(it.target.api, library, key, "/data/movies/Else/x.mkv", {"tmdb": "679"})
    assert note.endswith("does not hold /data/movies/Else/x.mkv any more")


def test_a_repair_never_raises(it: Pair) -> None:
    library = section(it, "Movies")
    assert fix_mismatch(it.target.api, library, "99999", ALIENS, {"tmdb": "1"}) == ""
    empty = b'<MediaContainer size="0"/>'
    it.fake.fail_next("/library/metadata", status=200, body=empty)
    assert fix(it, ALIENS, {"tmdb": "1"}).endswith("is gone")
    it.fake.fail_next("/library/metadata", status=503)
    assert fix(it, ALIENS, {"tmdb": "1"}).startswith("wrong match left as it is: Plex answers HTTP 503")
    matched(item_of(it, ALIENS), "tmdb://1")
    it.fake.matching.know("Aliens", "tmdb://679")
    it.fake.fail_next("/match", status=200, body=b'<MediaContainer size="0"><SearchResult/></MediaContainer>')
    assert "of which Plex finds none" in fix(it, ALIENS, {"tmdb": "679"})


def test_music_is_not_matched(it: Pair) -> None:
    assert fix_mismatch(it.target.api, section(it, "Music"), "1", "/data/music/x.flac", {"tvdb": "1"}) == ""


@pytest.mark.parametrize(
    ("there", "wanted", "agree"),
    [
        ({}, {"tvdb": "1"}, None),
        ({"tvdb": "1"}, {"tmdb": "1"}, None),
        ({"tvdb": "1"}, {"tvdb": "1"}, True),
        ({"tvdb": "1", "imdb": "tt1"}, {"tvdb": "2", "imdb": "TT1"}, True),
        ({"tvdb": "1", "imdb": "tt1"}, {"tvdb": "2", "imdb": "tt2"}, False),
    ],
)
def test_one_id_that_agrees_is_enough(there: dict[str, str], wanted: dict[str, str], agree: bool | None) -> None:
    assert compare(there, wanted) is agree
