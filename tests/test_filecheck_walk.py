"""Walks through real folders, by real helper processes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.filecheck import FileChecker, Found, Walk, helper
from autoscan.model import Kind
from tests.clocks import VirtualClock


@pytest.fixture
def checker() -> Iterator[FileChecker]:
    made = FileChecker(clock=VirtualClock(), timeout=20)
    yield made
    made.close()


def walk(checker: FileChecker, *folders: Path, limit: int = 200, depth: int = 3) -> list[Walk]:
    """Walk through folders for videos."""
    return list(checker.walk(list(map(str, folders)), endings=[".mkv", ".mp4"], depth=depth, limit=limit).values())


def names(found: Walk) -> list[str]:
    return [file.path for file in found.files]


def write(folder: Path, name: str, mtime: float) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"abc")
    os.utime(file, (mtime, mtime))


def test_a_walk_finds_the_newest_files_with_their_sizes(checker: FileChecker, tmp_path: Path) -> None:
    for number, name in enumerate(("a.mkv", "Season 1/b.MP4", "Season 1/c/d.mkv", "x.nfo"), 1):
        write(tmp_path, name, number)
    (found,) = walk(checker, tmp_path)
    assert (found.exists, found.kind, found.found, found.partial, found.error) == (True, Kind.FOLDER, 3, False, "")
    assert found.files == (
        Found(path="Season 1/c/d.mkv", size=3, mtime=3.0),
        Found(path="Season 1/b.MP4", size=3, mtime=2.0),
        Found(path="a.mkv", size=3, mtime=1.0),
    )


def test_a_walk_counts_what_it_leaves_out_for_the_limit(checker: FileChecker, tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path, f"{number % 3}/{number}.mkv", number)
    (found,) = walk(checker, tmp_path, limit=2)
    assert (names(found), found.found) == (["2/8.mkv", "1/7.mkv"], 9)


def test_a_walk_passes_over_what_is_hidden_too_deep_or_has_no_readable_name(
    checker: FileChecker, tmp_path: Path
) -> None:
    for name in (".a.mkv", ".b/c.mkv", "@eaDir/d.mkv", "1/2/3/4.mkv", "1/2/3.mkv"):
        write(tmp_path, name, 1)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin-\xe9.mkv")).touch()
    (tmp_path / "dangling.mkv").symlink_to("nowhere")
    assert names(walk(checker, tmp_path)[0]) == ["1/2/3.mkv"]


def test_a_walk_follows_links_but_not_for_ever(checker: FileChecker, tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/a.mkv", 1)
    (tmp_path / "show").mkdir()
    (tmp_path / "show/Season 1").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "show/again").symlink_to(tmp_path / "show")
    (found,) = walk(checker, tmp_path / "show")
    assert sorted(names(found)) == ["Season 1/a.mkv", "again/Season 1/a.mkv"]


def test_a_walk_of_no_folder_finds_nothing(checker: FileChecker, tmp_path: Path) -> None:
    (tmp_path / "a.mkv").touch()
    file, gone = walk(checker, tmp_path / "a.mkv", tmp_path / "gone")
    assert (file.exists, file.kind, file.files) == (True, Kind.FILE, ())
    assert gone == Walk(exists=False)
    assert walk(checker) == []


def test_a_walk_tells_of_each_folder_before_it_reads_it_and_stops_in_time(tmp_path: Path) -> None:
    write(tmp_path, "one/a.mkv", 1)
    asked = {"endings": [".mkv"], "depth": 3, "limit": 9}
    told = list(helper.exchange([str(tmp_path)], walk={**asked, "seconds": 60}))
    assert [answer["at"] for answer in told[:-1]] == [str(tmp_path), f"{tmp_path}/one"]
    assert all(answer["link"] == "" for answer in told[:-1])
    (nothing,) = helper.exchange([str(tmp_path)], walk={**asked, "seconds": 0})
    assert (nothing["files"], nothing["partial"]) == ([], True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody who may not read a folder")
def test_a_walk_says_that_it_may_not_read_a_folder_and_tells_of_the_others(tmp_path: Path) -> None:
    write(tmp_path, "open/a.mkv", 1)
    (tmp_path / "locked").mkdir(mode=0o300)
    for folder in (tmp_path, *tmp_path.parents):
        if folder not in {Path("/tmp"), Path("/")}:
            folder.chmod(folder.stat().st_mode | 0o755)
    (tmp_path / "locked").chmod(0o300)
    asked = {"endings": [".mkv"], "depth": 3, "limit": 9, "seconds": 60}
    try:
        os.seteuid(65534)
        *_, answer = helper.exchange([str(tmp_path)], walk=asked)
    finally:
        os.seteuid(0)
    assert (answer["error"], answer["found"]) == (os.strerror(13), 1)
