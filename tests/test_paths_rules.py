"""What is ignored, what comes first, what a name tells, and which folder is scanned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.model import Kind
from autoscan.paths import (
    MEDIA_EXTENSIONS,
    IgnoreList,
    Priorities,
    clean,
    closest,
    covers,
    is_photo,
    is_sidecar,
    kind_by_name,
    medium,
    scan_folder,
)


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("/.grab/", "/data/tv/.grab/x.mkv", True),
        ("/.grab/", "/data/tv/.grab", True),
        ("/.grab/", "D:\\TV\\.Grab\\x.mkv", True),
        ("\\.grab\\", "/data/.grab/x", True),
        ("/.grab/", "/data/tv/.grabber/x.mkv", False),
        (".DS_Store", "/data/tv/.ds_store", True),
        ("Thumbs.db", "/data/tv/x.mkv", False),
        (".partial~", "/data/x.mkv.partial~", True),
        ("Ame\u0301lie", "/data/AM\u00c9LIE/x.mkv", True),
        ("", "/data/x.mkv", False),
    ],
)
def test_a_path_is_ignored_for_text_that_it_contains(pattern: str, path: str, ignored: bool) -> None:
    assert IgnoreList(("no such thing", pattern)).match(path) == (pattern if ignored else None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/mnt/unionfs/Media/Movies/X", 1),
        ("/mnt/unionfs/media/movies", 1),
        ("D:\\Media\\MOVIES\\X", 1),
        ("/mnt/Movies-4K/X", 9),
        ("/mnt/TV/X", 2),
        ("/mnt/TV/Movies/X", 1),
        ("/mnt/TV Shows/X", 9),
        ("/mnt/Music/Lossless/X", 3),
        ("/mnt/Music/x/Lossless", 9),
        ("/mnt/Kids/Severance.S01.2160p", 4),
        ("/", 9),
    ],
)
def test_the_lowest_number_counts_of_which_a_path_contains_a_pattern(path: str, expected: int) -> None:
    table = {2: ["/TV/"], 1: ["/Movies/", "\\Films\\"], 3: ["Music/Lossless"], 4: ["2160P"], 9: ["", "/"]}
    assert Priorities(table).of(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/data/x.mkv",
        "/data/x.MKV",
        "D:\\TV\\x.ts",
        "/data/x.en.srt",
        "/data/movie.nfo",
        "/data/x.r00",
        "/data/x.001",
        "/data/x.zip",
        "/data/book.epub",
        "/data/Show/.plexmatch",
        "/m/BDMV/index.bdmv",
        "/m/VIDEO_TS/VIDEO_TS.IFO",
    ],
)
def test_a_known_extension_tells_a_file(path: str) -> None:
    assert kind_by_name(path) is Kind.FILE


@pytest.mark.parametrize(
    "path",
    [
        "/data/Mr. Robot",
        "/data/Marvel's Agents of S.H.I.E.L.D",
        "/data/Show.S01",
        "/data/Movie.2010",
        "/data/x.mkv/",
        "D:\\TV\\x.mkv\\",
        "/data/.mkv",
        "/data/Dr.",
        "/",
        "",
    ],
)
def test_a_dot_tells_nothing(path: str) -> None:
    assert kind_by_name(path) is Kind.FOLDER


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/tv/Show/Season 1/x.mkv", Kind.FILE, "/tv/Show/Season 1"),
        ("/tv/Show/Season 1/x.mkv", Kind.UNKNOWN, "/tv/Show/Season 1"),
        ("/tv/Show/Season 1/x.mkv", Kind.FOLDER, "/tv/Show/Season 1/x.mkv"),
        ("/tv/S.H.I.E.L.D", Kind.UNKNOWN, "/tv/S.H.I.E.L.D"),
        ("/tv/S.H.I.E.L.D", Kind.FILE, "/tv"),
        ("/tv/Show/x.srt", Kind.UNKNOWN, "/tv/Show"),
        ("/tv/Show/", Kind.FOLDER, "/tv/Show"),
        ("/m/X/BDMV/STREAM/00001.m2ts", Kind.FILE, "/m/X"),
        ("/m/X/BDMV/STREAM", Kind.FOLDER, "/m/X"),
        ("/m/X/bdmv", Kind.UNKNOWN, "/m/X"),
        ("/m/X/VIDEO_TS/VTS_01_1.VOB", Kind.FILE, "/m/X"),
        ("/m/X/AUDIO_TS", Kind.FOLDER, "/m/X"),
        ("/m/CERTIFICATE", Kind.FOLDER, "/m/CERTIFICATE"),
        ("/m/X/CERTIFICATE/BACKUP/id.bdmv", Kind.FILE, "/m/X"),
        ("/m/X/CERTIFICATE/id.bdmv", Kind.FILE, "/m/X"),
        ("/m/CERTIFICATE/film.mkv", Kind.FILE, "/m/CERTIFICATE"),
        ("/m/Certificate", Kind.FOLDER, "/m/Certificate"),
        ("D:\\M\\X\\BDMV\\index.bdmv", Kind.FILE, "D:\\M\\X"),
        ("\\\\NAS\\BDMV", Kind.FOLDER, "\\\\NAS\\BDMV"),
        ("D:\\TV\\x.mkv", Kind.FILE, "D:\\TV"),
        ("x.mkv", Kind.FILE, ""),
    ],
)
def test_a_change_asks_for_the_folder_that_a_server_can_scan(path: str, kind: Kind, expected: str) -> None:
    assert scan_folder(path, kind) == expected


@given(
    st.lists(st.sampled_from(["a", "BDMV", "VIDEO_TS", "x.mkv", "CERTIFICATE", "BACKUP", ".."]), max_size=6),
    st.sampled_from(Kind),
)
def test_the_folder_to_scan_covers_the_path_and_is_its_own_answer(names: list[str], kind: Kind) -> None:
    path = "/" + "/".join(names)
    folder = scan_folder(path, kind)
    assert covers(folder, path)
    assert folder == clean(folder)
    assert scan_folder(folder, Kind.FOLDER) == folder


def test_sidecars_stand_beside_media() -> None:
    assert is_sidecar("/tv/x.en.srt")
    assert is_sidecar("/tv/Show/poster.JPG")
    assert is_sidecar("/tv/Show/.plexmatch")
    assert not is_sidecar("/tv/x.mkv")
    assert not is_sidecar("/tv/srt")
    assert {".mkv", ".flac", ".epub"} <= MEDIA_EXTENSIONS


def test_a_photo_is_a_file_beside_which_nothing_stands() -> None:
    assert kind_by_name("/photos/2020/IMG_1.HEIC") is Kind.FILE
    assert is_photo("/photos/2020/IMG_1.HEIC")
    assert not is_photo("/tv/Show/poster.jpg")
    assert kind_by_name("/tv/WWE.Monday.Night.Raw") is Kind.FOLDER


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/media/tv/Show/Season 1", "/mnt/media/tv"),
        ("/data/TV/Show", "/mnt/media/tv"),
        ("D:\\movies\\X", "/data/movies"),
        ("/data/anime/X", "/data/movies"),
    ],
)
def test_the_nearest_root_shares_its_name_with_the_path(path: str, expected: str) -> None:
    assert closest(path, ["/data/movies", "/mnt/media/tv", "/"]) == expected


def test_without_roots_none_is_nearest() -> None:
    assert closest("/data/tv", []) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.mkv", "video"), ("a.FLAC", "audio"), ("a.epub", "book"), ("a.srt", ""), ("folder", ""), (".mkv", "")],
)
def test_the_extension_tells_what_kind_of_media_a_file_is(path: str, expected: str) -> None:
    assert medium(path) == expected
