"""File or folder, there or gone: what the file system decides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from autoscan.model import Kind
from autoscan.presence import Go, Wait
from tests.clocks import START
from tests.presence_world import EPISODE, World, added, opened, removed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made


def test_a_wanted_folder_must_be_a_folder(world: World) -> None:
    scan = world.scan(added("/media/tv/Show", kind=Kind.FOLDER))
    world.write("tv/Show")
    assert isinstance(world.presence.judge(scan), Wait)
    (world.media / "tv" / "Show").unlink()
    (world.media / "tv" / "Show").mkdir()
    assert world.presence.judge(scan) == Go()


def test_a_file_without_an_extension_scans_the_folder_it_lies_in(world: World) -> None:
    world.write("tv/Show")
    assert world.play(world.scan(added("/media/tv/Show", kind=Kind.UNKNOWN))) == (Go(folder="/media/tv"), [])


def test_a_folder_named_like_a_file_is_scanned_itself(world: World) -> None:
    (world.media / "tv" / "Show.mkv").mkdir()
    verdict = world.presence.judge(world.scan(added("/media/tv/Show.mkv", kind=Kind.UNKNOWN), folder="/media/tv"))
    assert verdict == Go(folder="/media/tv/Show.mkv")


def test_a_folder_that_is_what_its_name_says_stays_the_scans_folder(world: World) -> None:
    (world.media / "tv" / "Show").mkdir()
    assert world.presence.judge(world.scan(added("/media/tv/Show", kind=Kind.UNKNOWN))) == Go()


def test_a_disc_scans_the_folder_of_its_title(world: World) -> None:
    (world.media / "film" / "BDMV").mkdir(parents=True)
    scan = world.scan(added("/media/film/BDMV", kind=Kind.UNKNOWN), folder="/media/film/BDMV")
    assert world.presence.judge(scan) == Go(folder="/media/film")


def test_a_scan_that_others_share_is_not_narrowed(world: World) -> None:
    (world.media / "tv" / "Show.mkv").mkdir()
    world.write("tv/other.mkv")
    scan = world.scan(added("/media/tv/Show.mkv", kind=Kind.UNKNOWN), added("/media/tv/other.mkv"), folder="/media/tv")
    assert world.presence.judge(scan) == Go()


def test_a_removed_file_is_not_waited_for(world: World) -> None:
    world.write("tv/Show/S01E01.mkv")
    assert world.play(world.scan(removed(EPISODE))) == (Go(), [])
    assert world.queue.warnings() == ()


def test_an_announced_removal_is_waited_for(world: World) -> None:
    folder = world.media / "tv" / "Show"
    folder.mkdir()
    scan = world.scan(removed("/media/tv/Show", announced=True))
    assert world.presence.judge(scan) == Wait(
        until=START + timedelta(seconds=5), reason=f"waits until it is gone, as announced: {folder}", checks=0
    )
    folder.rmdir()
    assert world.presence.judge(scan) == Go()


def test_an_announced_removal_that_never_comes_is_waited_for_ten_minutes(world: World) -> None:
    folder = world.media / "tv" / "Show"
    folder.mkdir()
    verdict, waits = world.play(world.scan(removed("/media/tv/Show", announced=True)))
    steps = [(b.until - a.until).total_seconds() for a, b in pairwise(waits)]
    assert verdict == Go(note=f"still there after 10 minutes: {folder}")
    assert (world.clock.now() - START).total_seconds() == 600
    assert {wait.checks for wait in waits} == {0}
    assert steps[:-1] == sorted(steps[:-1])
    assert (min(steps[:-1]), max(steps)) == (5, 30)


def test_the_bound_counts_from_when_the_scan_was_due_if_nothing_else_is_known(world: World) -> None:
    (world.media / "tv" / "Show").mkdir()
    scan = replace(world.scan(removed("/media/tv/Show", announced=True)), claimed_at=None)
    world.clock.advance(600)
    assert isinstance(world.presence.judge(scan), Go)


def test_a_file_that_is_wanted_is_judged_before_a_removal_that_was_announced(world: World) -> None:
    (world.media / "tv" / "Show").mkdir()
    scan = world.scan(removed("/media/tv/Show", announced=True), added("/media/tv/New/a.mkv"), folder="/media/tv")
    verdict = world.presence.judge(scan)
    assert isinstance(verdict, Wait)
    assert verdict.checks == 1
