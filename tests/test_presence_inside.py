"""What lies in folders that are requested whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autoscan.filecheck import FileChecker
from autoscan.model import Change, Expectation, Kind
from autoscan.presence import Inside
from tests.presence_world import EPISODE, World, added, opened, removed

SHOW = added("/media/tv/Show", kind=Kind.FOLDER)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        made.write("tv/Show/Season 1/old.mkv", age=9000)
        made.write("tv/Show/Season 2/new.mkv", age=10)
        made.write("tv/Show/show.nfo")
        yield made


def inside(world: World, *expected: Expectation, limit: int = 200) -> list[str]:
    found = world.presence.inside(world.scan(*expected), limit)
    assert all(each == added(each.path) for each in found.files)
    return [each.path for each in found.files]


def test_media_files_are_found_by_their_mapped_paths_the_newest_first(world: World) -> None:
    files = ["/media/tv/Show/Season 2/new.mkv", "/media/tv/Show/Season 1/old.mkv"]
    assert inside(world, SHOW) == files
    assert inside(world, replace(SHOW, kind=Kind.UNKNOWN, change=Change.RENAMED)) == files
    assert inside(world, SHOW, added("/media/tv/Show/Season 1", kind=Kind.FOLDER)) == files
    assert inside(world, SHOW, removed(files[1])) == files[:1]


def test_more_than_the_limit_are_counted(world: World) -> None:
    found = world.presence.inside(world.scan(SHOW), 1)
    assert (len(found.files), found.found, found.partial) == (1, 2, False)


@pytest.mark.parametrize(
    "expected",
    [
        (),
        (SHOW, added(EPISODE)),
        (removed("/media/tv/Show", announced=True),),
        (added("/media/tv/Show/show.nfo", kind=Kind.UNKNOWN),),
        (added("/media/tv/Gone", kind=Kind.FOLDER),),
        (added("/elsewhere/Show", kind=Kind.FOLDER),),
        (added("D:\\TV\\Show", kind=Kind.FOLDER),),
    ],
)
def test_nothing_is_found_where_files_are_named_or_no_folder_can_be_seen(
    world: World, expected: tuple[Expectation, ...]
) -> None:
    assert world.presence.inside(world.scan(*expected), 200) == Inside()


def test_nothing_is_looked_at_without_checks(world: World) -> None:
    world.with_rules(max_checks=0)
    assert inside(world, SHOW) == []


def test_a_mount_that_hangs_hides_what_is_in_it(world: World) -> None:
    world.checker = FileChecker(clock=world.clock, command=(str(world.folder / "none"),))
    world.with_rules()
    assert inside(world, SHOW) == []


def test_a_file_that_another_mapping_puts_elsewhere_is_left_out(world: World) -> None:
    other = world.folder / "other"
    world.with_rules(mappings={str(world.media): ["/media"], str(other): ["/media/tv/Show/Season 2"]})
    assert inside(world, SHOW) == ["/media/tv/Show/Season 1/old.mkv"]


def test_a_lane_is_told_what_holds_its_paths(world: World) -> None:
    assert world.presence.hold([EPISODE]) == ""
    world.media.rename(world.folder / "away")
    assert world.presence.hold([EPISODE]).startswith("held: ")
    world.with_rules(max_checks=0)
    assert world.presence.hold([EPISODE]) == ""
    world.checker.close()
    world.checker = FileChecker(clock=world.clock, command=(str(world.folder / "none"),))
    world.with_rules()
    assert world.presence.hold([EPISODE]).startswith("cannot start")
