"""How items of the simulated Jellyfin and Emby are found: ids, parents, filters; and what they show of the disk."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clocks import VirtualClock
from tests.servers import FakeEmby, FakeJellyfin, Library, make_media, movie, write_file
from tests.servers.ids import item_id
from tests.servers.samples import ALIEN, EPISODES, LIBRARIES, SEASON, call, fill, found, report

ROOT = item_id("Folder", "/data/movies")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture
def jellyfin(root: Path, clock: VirtualClock) -> Iterator[FakeJellyfin]:
    with FakeJellyfin({"/data": root}, LIBRARIES, clock=clock, monitor_delay=0) as server:
        yield server


def scan_everything(server: FakeJellyfin | FakeEmby) -> None:
    roots = [root for library in server.libraries for root in library.roots]
    for path in roots:
        report(server, path)
        server.wait_idle()


def test_one_request_by_ids_answers_files_and_folders_and_leaves_out_the_unknown(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    ids = [item_id("Episode", EPISODES[0]), item_id("Season", SEASON), item_id("Episode", "/data/tv/none.mkv")]
    assert list(found(jellyfin, ids=",".join(ids))) == [EPISODES[0], SEASON]


def test_no_ids_are_no_filter_and_a_violation(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    assert len(call(jellyfin, "/Items", ids="", recursive="true").json()["Items"]) > 6
    assert "ill-typed parameter ids=''" in jellyfin.violations[0]
    jellyfin.forgive()


def test_a_path_filter_is_ignored_by_jellyfin_and_a_violation(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    assert len(found(jellyfin, Path="/nonsense", recursive="true")) > 6
    assert "unknown parameter Path" in jellyfin.violations[0]
    jellyfin.forgive()


def test_path_and_sources_are_shown_only_where_asked_for(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    (item,) = call(jellyfin, "/Items", ids=item_id("Movie", ALIEN)).json()["Items"]
    assert not {"Path", "MediaSources", "ParentId"} & set(item)
    assert found(jellyfin, ids=item_id("Movie", ALIEN))[ALIEN]["ParentId"] == ROOT


def test_kinds_parents_pages_search_and_order_select_items(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    assert set(found(jellyfin, recursive="true", includeItemTypes="Movie,Episode")) == {ALIEN, *EPISODES}
    assert set(found(jellyfin, parentId=item_id("Series", "/data/tv/Show"), recursive="true")) == {SEASON, *EPISODES}
    assert list(found(jellyfin, parentId=item_id("Season", SEASON), excludeItemTypes="Folder")) == list(EPISODES)
    assert found(jellyfin, parentId="0" * 32) == {}
    assert set(found(jellyfin)) == {f"root\\default\\{name}" for name in ("Movies", "Shows", "Music")}
    backwards = found(jellyfin, recursive="true", searchTerm="S01E", sortBy="SortName", sortOrder="Descending")
    assert list(backwards) == list(reversed(EPISODES))
    page = call(jellyfin, "/Items", recursive="true", includeItemTypes="Episode", startIndex="1", limit="1").json()
    assert (len(page["Items"]), page["TotalRecordCount"], page["StartIndex"]) == (1, 3, 1)


def test_date_last_saved_comes_with_the_first_metadata_not_with_the_insertion(
    jellyfin: FakeJellyfin, clock: VirtualClock
) -> None:
    since = datetime.fromtimestamp(jellyfin.now(), UTC).isoformat().replace("+00:00", "Z")
    jellyfin.set(per_new_item=600)
    report(jellyfin, "/data/movies")
    clock.advance(60)
    assert ALIEN in found(jellyfin, recursive="true")
    assert ALIEN not in found(jellyfin, recursive="true", minDateLastSaved=since)
    jellyfin.wait_idle()
    assert ALIEN in found(jellyfin, recursive="true", minDateLastSaved=since)


def test_an_item_by_id_alone_needs_a_user_but_its_ancestors_do_not(jellyfin: FakeJellyfin) -> None:
    scan_everything(jellyfin)
    episode = item_id("Episode", EPISODES[0])
    assert call(jellyfin, f"/Items/{episode}").status_code == 400
    assert call(jellyfin, f"/Items/{episode}", userId="0" * 32).json()["Path"] == EPISODES[0]
    above = call(jellyfin, f"/Items/{episode}/Ancestors").json()
    assert [one["Path"] for one in above] == [SEASON, "/data/tv/Show", "/data/tv", "root\\default\\Shows"]
    assert call(jellyfin, f"/Items/{'0' * 32}/Ancestors").status_code == 404
    assert call(jellyfin, f"/Items/{'0' * 32}", userId="0" * 32).status_code == 404


@pytest.mark.parametrize(("version", "kind", "listed"), [("10.11.5", "Video", True), ("12.0.0", "Movie", False)])
def test_a_further_version_is_a_video_and_from_12_on_a_hidden_movie(
    jellyfin: FakeJellyfin, root: Path, version: str, kind: str, listed: bool
) -> None:
    jellyfin.set(version=version)
    names = ["Heat (1995) - 1080p.mkv", "Heat (1995) - 4K.mkv"]
    make_media(root / "movies", movie("Heat (1995)", *names))
    scan_everything(jellyfin)
    scan_everything(jellyfin)
    first, second = (f"/data/movies/Heat (1995)/{name}" for name in names)
    assert (second in found(jellyfin, ids=item_id(kind, second))) is listed
    assert call(jellyfin, f"/Items/{item_id(kind, second)}/Ancestors").status_code == 200
    sources = found(jellyfin, ids=item_id("Movie", first))[first]["MediaSources"]
    assert [source["Path"] for source in sources] == [first, second]
    (root / "movies/Heat (1995)" / names[0]).unlink()
    scan_everything(jellyfin)
    assert second in found(jellyfin, ids=item_id("Movie", second))


def test_discs_are_the_folder_and_other_folders_are_folders(jellyfin: FakeJellyfin, root: Path) -> None:
    make_media(root, ["movies/Disc (2001)/BDMV/index.bdmv", "movies/Box/Heat (1995)/Heat (1995).mkv"])
    make_media(root, ["tv/Show/Season 01/Disc/VIDEO_TS/x.vob", "tv/Show/Other/a.mkv", "tv/loose.mkv", "movies/one.mkv"])
    scan_everything(jellyfin)
    kinds = {path: item["Type"] for path, item in found(jellyfin, recursive="true").items()}
    assert kinds["/data/movies/Disc (2001)"] == "Movie"
    assert kinds["/data/movies/Box"] == "Folder"
    assert kinds["/data/movies/Box/Heat (1995)/Heat (1995).mkv"] == "Movie"
    assert kinds["/data/movies/one.mkv"] == "Movie"
    assert kinds[f"{SEASON}/Disc"] in ("Episode", "Folder")
    assert kinds["/data/tv/Show/Other"] == "Folder"
    assert kinds["/data/tv/loose.mkv"] == "Video"


def test_every_type_of_library_has_its_kinds(tmp_path: Path, clock: VirtualClock) -> None:
    make_media(tmp_path, ["books/A/a.epub", "books/B/b.m4b", "home/day/x.mp4", "home/day/y.jpg", "clips/C/C.mkv"])
    make_media(tmp_path, ["mixed/M (2000)/M (2000).mkv", "mixed/S/S S01E01.mkv", "mixed/song.mp3", "music/x.txt"])
    make_media(tmp_path, {"music": {"Empty": {}}})
    types = {"books": "books", "home": "homevideos", "clips": "musicvideos", "mixed": "mixed", "music": "music"}
    libraries = [Library(title=name, type=kind, roots=(f"/m/{name}",)) for name, kind in types.items()]
    with FakeJellyfin({"/m": tmp_path}, libraries, clock=clock, monitor_delay=0) as server:
        scan_everything(server)
        kinds = {path: item["Type"] for path, item in found(server, recursive="true").items()}
        assert call(server, "/Library/VirtualFolders").json()[3]["CollectionType"] is None
    files = {path.rpartition("/")[2]: kind for path, kind in kinds.items() if "." in path}
    assert files == {
        "a.epub": "Book",
        "b.m4b": "AudioBook",
        "x.mp4": "Video",
        "y.jpg": "Photo",
        "C.mkv": "MusicVideo",
        "M (2000).mkv": "Movie",
        "S S01E01.mkv": "Episode",
        "song.mp3": "Audio",
    }
    assert kinds["/m/music/Empty"] == "Folder"


def test_a_file_filed_under_another_is_one_of_its_sources(jellyfin: FakeJellyfin, root: Path) -> None:
    scan_everything(jellyfin)
    jellyfin.set(mis_group="*Heat*")
    make_media(root / "movies", movie("Heat (1995)"))
    scan_everything(jellyfin)
    sources = found(jellyfin, ids=item_id("Movie", ALIEN))[ALIEN]["MediaSources"]
    assert [source["Path"] for source in sources] == [ALIEN, "/data/movies/Heat (1995)/Heat (1995).mkv"]


def test_ids_follow_the_configuration_and_a_migrated_database_has_foreign_ones(root: Path, clock: VirtualClock) -> None:
    with FakeJellyfin({"/data": root}, LIBRARIES, clock=clock, case_sensitive_ids=False) as server:
        assert call(server, "/System/Configuration").json()["EnableCaseSensitiveItemIds"] is False
        assert found(server, ids=item_id("Folder", "/data/movies", case_sensitive=False))
    with FakeJellyfin({"/data": root}, LIBRARIES, clock=clock, foreign_ids=True) as server:
        assert found(server, ids=ROOT) == {}


def test_the_path_of_a_source_can_be_where_a_link_leads(jellyfin: FakeJellyfin, root: Path) -> None:
    target = write_file(root / "store/real.mkv")
    (root / "movies/Linked (2002)").mkdir()
    (root / "movies/Linked (2002)/Linked (2002).mkv").symlink_to(target)
    jellyfin.set(symlink_resolve=True)
    scan_everything(jellyfin)
    path = "/data/movies/Linked (2002)/Linked (2002).mkv"
    assert found(jellyfin, ids=item_id("Movie", path))[path]["MediaSources"][0]["Path"] == str(target)


def test_the_server_tells_what_it_sees_on_disk(jellyfin: FakeJellyfin) -> None:
    def validate(path: str | None, is_file: bool | None = None) -> int:
        body = {"Path": path, "IsFile": is_file}
        return call(jellyfin, "/Environment/ValidatePath", "POST", json=body).status_code

    assert [validate(ALIEN, True), validate(ALIEN, False), validate(SEASON), validate("/none")] == [204, 404, 204, 404]
    assert validate(None) == 400
    listing = call(jellyfin, "/Environment/DirectoryContents", path=SEASON, includeFiles="true").json()
    assert [(one["Path"], one["Type"]) for one in listing] == [(path, "File") for path in EPISODES]
    above = call(jellyfin, "/Environment/DirectoryContents", path="/data/tv/Show", includeDirectories="true").json()
    assert [(one["Name"], one["Type"]) for one in above] == [("Season 01", "Directory")]
    assert call(jellyfin, "/Environment/DirectoryContents", path="/none").status_code == 500
    assert call(jellyfin, "/Environment/DirectoryContents").status_code == 400
    assert "missing parameter path" in jellyfin.violations[0]
    jellyfin.forgive()


@pytest.mark.parametrize("product", [FakeJellyfin, FakeEmby])
def test_many_items_are_there_without_files(product: type[FakeJellyfin | FakeEmby], root: Path) -> None:
    with product({"/data": root}, LIBRARIES, clock=VirtualClock(), monitor_delay=0) as server:
        server.bulk(1_050)
        server.bulk(250, server.libraries[1].id)
        scan_everything(server)
        assert len(server.paths()) == 1_306
