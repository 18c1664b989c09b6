"""What holds paths: anchors, roots that are gone, and too many files missing at once."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker
from autoscan.model import Kind, Scan
from autoscan.presence import Go, MassGuard, Missing, Wait
from tests.clocks import VirtualClock
from tests.presence_world import EPISODE, World, added, opened, removed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made


def held(world: World, scan: Scan) -> str:
    """Judge a scan that must be held, and return the reason."""
    verdict = world.presence.judge(scan)
    assert isinstance(verdict, Wait)
    assert verdict.reason.startswith("held: ")
    assert (verdict.until, verdict.checks) == (world.clock.now() + timedelta(seconds=30), scan.checks)
    return verdict.reason


# ----- anchors


@pytest.mark.parametrize("start", ["", "/media", "/media/tv", "local", "local tv"])
def test_nothing_below_a_path_goes_out_while_its_anchor_is_missing(world: World, start: str) -> None:
    anchor = world.folder / "mounted.bin"
    below = {"local": str(world.media), "local tv": f"{world.media}/tv"}.get(start, start)
    world.with_rules(anchors={below: (str(anchor),)})
    world.write("tv/Show/S01E01.mkv")
    scan = world.scan(added(EPISODE), removed("/media/tv/Old.mkv"))
    reason = held(world, scan)
    assert reason.startswith(f"held: {anchor} is not there; without this anchor nothing")
    assert world.queue.warnings() == (reason,)
    anchor.touch()
    assert world.presence.judge(scan) == Go()
    assert world.queue.warnings() == ()


def test_what_lies_elsewhere_needs_no_anchor(world: World) -> None:
    world.with_rules(anchors={"/media/tv/Sh": ("/nowhere",), "/media/movies": ("/nowhere",)})
    world.write("tv/Show/S01E01.mkv")
    assert world.presence.judge(world.scan(added(EPISODE))) == Go()


def test_every_anchor_of_a_path_must_be_there(world: World) -> None:
    first, second = world.write("one"), world.folder / "two"
    world.with_rules(anchors={"/": (str(first), str(second)), "/media/": (str(first),)})
    world.write("tv/Show/S01E01.mkv")
    assert str(second) in held(world, world.scan(added(EPISODE)))


def test_a_folder_is_an_anchor_only_with_something_in_it(world: World) -> None:
    folder = world.media / "anchor"
    world.with_rules(anchors={"/media": (str(folder),)})
    world.write("tv/Show/S01E01.mkv")
    scan = world.scan(added(EPISODE))
    assert f"{folder} is not there" in held(world, scan)
    folder.mkdir()
    assert f"{folder} is empty" in held(world, scan)
    (folder / "x").touch()
    assert world.presence.judge(scan) == Go()


def test_an_anchor_that_cannot_be_looked_at_is_not_there(world: World) -> None:
    loop = world.folder / "loop"
    loop.symlink_to(loop)
    world.with_rules(anchors={"": (str(loop),)})
    assert f"{loop} is not there (Too many levels of symbolic links)" in held(world, world.scan(added(EPISODE)))


def test_anchors_hold_even_where_files_are_not_looked_at(world: World) -> None:
    world.with_rules(max_checks=0, anchors={"/media": ("/nowhere",)})
    held(world, world.scan(added(EPISODE)))
    held(world, world.scan())
    world.with_rules(max_checks=0)
    assert world.presence.judge(world.scan(added(EPISODE))) == Go()


def test_an_anchor_on_a_mount_that_hangs_makes_its_scans_wait(world: World, tmp_path: Path) -> None:
    world.checker = FileChecker(clock=world.clock, command=(str(tmp_path / "none"),))
    world.with_rules(max_checks=0, anchors={"/media": ("/nowhere",)})
    verdict = world.presence.judge(world.scan(added(EPISODE)))
    assert isinstance(verdict, Wait)
    assert verdict.reason.startswith("cannot start")
    with pytest.raises(FileCheckError):
        world.presence.guard.hold([EPISODE])


# ----- telling


def test_a_hold_is_told_once_again_after_each_day_and_when_it_is_over(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="autoscan.presence")
    anchor = world.folder / "mounted.bin"
    world.with_rules(max_checks=0, anchors={"/media": (str(anchor),)})
    scan = world.scan(added(EPISODE))
    reasons = []
    for _ in range(5):
        reasons.append(held(world, scan))
        world.clock.advance(12 * 3600)
    text = reasons[0]
    assert reasons == [text, text, f"{text} (for 1 day now)", f"{text} (for 1 day now)", f"{text} (for 2 days now)"]
    anchor.touch()
    assert world.presence.judge(scan) == Go()
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        *(("WARNING", each) for each in dict.fromkeys(reasons)),
        ("INFO", "no longer held: /media"),
    ]
    anchor.unlink()
    assert held(world, scan) == text


def test_a_hold_of_an_earlier_run_is_taken_back(world: World) -> None:
    for about in ("held:root:/gone", "held:mass:/x", f"held:root:{world.media}", "media:/y"):
        world.queue.warn(about, f"about {about}")
    world.presence.judge(world.scan(removed("/media/tv/Show", announced=True)))
    assert f"about held:root:{world.media}" not in world.queue.warnings()
    world.queue.forget_warnings("held:")
    assert world.queue.warnings() == ("about media:/y",)


# ----- what a lane asks


def test_the_guard_tells_a_lane_what_holds_any_paths(world: World) -> None:
    anchor = world.write("mounted.bin")
    world.with_rules(anchors={"/media": (str(anchor),)})
    guard = world.presence.guard
    assert guard.hold(["/media/tv/Show/a.mkv", "/media/movies/b.mkv"]) == ""
    anchor.unlink()
    assert guard.hold(["/media/tv"]).startswith(f"held: {anchor} is not there")
    world.media.rename(world.folder / "away")
    world.with_rules()
    assert world.presence.guard.hold(["/media/tv"]).startswith(f"held: {world.media} was there before")
    world.media.mkdir()
    assert world.presence.guard.hold(["/media/tv"]).startswith(f"held: {world.media} was there before")
    world.media.rmdir()
    (world.folder / "away").rename(world.media)
    assert world.presence.guard.hold(["/media/tv"]) == ""


# ----- too many at once


def lose(world: World, number: int, *, announced: bool = False) -> None:
    for count in range(number):
        world.presence.guard.missing(f"/media/tv/Show/{count}.mkv", announced=announced)


def test_a_mount_counts_as_lost_when_too_many_files_are_missing_within_a_minute(world: World) -> None:
    world.with_rules(mass_limit=5)
    guard = world.presence.guard
    lose(world, 5)
    lose(world, 5)
    assert not guard.is_lost(EPISODE)
    world.clock.advance(61)
    guard.missing("/media/movies/1.mkv")
    assert not guard.is_lost(EPISODE)
    lose(world, 5)
    assert guard.is_lost(EPISODE)
    assert not guard.is_lost("/elsewhere/a.mkv")
    reason = guard.hold([EPISODE])
    assert reason.startswith(f"held: too many files below {world.media} are missing at once")
    world.clock.advance(3600)
    assert held(world, world.scan(added(EPISODE))) == reason


def test_it_is_back_when_half_of_the_missing_files_are(world: World) -> None:
    world.with_rules(mass_limit=5)
    lose(world, 6)
    guard = world.presence.guard
    for count in range(3):
        assert guard.hold([EPISODE])
        world.write(f"tv/Show/{count}.mkv")
    assert guard.hold([EPISODE]) == ""
    assert not guard.is_lost(EPISODE)
    assert world.queue.warnings() == ()
    lose(world, 3)
    assert not guard.is_lost(EPISODE)


def test_it_is_back_when_its_root_was_seen_gone_and_is_there_again(world: World) -> None:
    world.with_rules(mass_limit=5)
    lose(world, 6)
    guard = world.presence.guard
    assert guard.hold([EPISODE])
    world.media.rename(world.folder / "away")
    assert "was there before" in guard.hold([EPISODE])
    (world.folder / "away").rename(world.media)
    assert guard.hold([EPISODE]) == ""


def test_what_was_announced_does_not_count(world: World) -> None:
    world.with_rules(mass_limit=5)
    lose(world, 50, announced=True)
    assert not world.presence.guard.is_lost(EPISODE)


def test_a_folder_counts_only_where_its_parent_is_gone_or_empty_too(world: World) -> None:
    world.with_rules(mass_limit=5)
    guard = world.presence.guard
    for count in range(50):
        guard.missing(f"/media/tv/{count}", kind=Kind.FOLDER)
    assert not guard.is_lost(EPISODE)
    (world.media / "empty").mkdir()
    for count in range(3):
        guard.missing(f"/media/empty/{count}", kind=Kind.FOLDER)
        guard.missing(f"/media/gone/{count}", kind=Kind.FOLDER)
    assert guard.is_lost(EPISODE)


def test_a_scan_whose_files_never_come_is_held_if_they_are_too_many(world: World) -> None:
    world.with_rules(mass_limit=5, max_checks=2)
    paths = [f"/media/tv/Show/{count}.mkv" for count in range(6)]
    scan = world.scan(*map(added, paths))
    first = world.presence.judge(scan)
    assert isinstance(first, Wait)
    assert first.reason.startswith("not there: ")
    scan = replace(scan, checks=first.checks)
    assert "too many files" in held(world, scan)
    world.clock.advance(30)
    assert "too many files" in held(world, scan)
    for path in paths:
        world.write(path.removeprefix("/media/"))
    assert world.presence.judge(scan) == Go()


@pytest.mark.parametrize(("number", "limit", "kind"), [(5, 5, Kind.FILE), (60, 0, Kind.FILE), (60, 5, Kind.UNKNOWN)])
def test_files_that_never_come_fail_below_the_limit_without_one_and_where_they_may_be_removals(
    world: World, number: int, limit: int, kind: Kind
) -> None:
    world.with_rules(mass_limit=limit, max_checks=1)
    scan = world.scan(*(added(f"/media/tv/Show/{count}.mkv", kind=kind) for count in range(number)))
    assert isinstance(world.presence.judge(scan), Missing)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40), st.booleans()), max_size=60), st.integers(1, 6))
def test_a_mount_is_lost_exactly_if_more_than_the_limit_were_missing_within_a_minute(
    found: list[tuple[int, int, bool]], limit: int
) -> None:
    clock = VirtualClock()
    guard = MassGuard(limit=limit, clock=clock, mount_of=lambda _: "/mnt")
    latest: dict[int, float] = {}
    lost = False
    for name, pause, announced in found:
        clock.advance(pause)
        guard.missing(f"/mnt/{name}", announced=announced)
        if not announced:
            latest[name] = clock.monotonic()
            recent = [at for at in latest.values() if at > clock.monotonic() - 60]
            lost = lost or len(recent) > limit
        assert guard.is_lost("/mnt/x") == lost
    guard.back("/mnt")
    assert not guard.is_lost("/mnt/x")
    assert guard.missed("/mnt") == ()


def test_no_more_files_are_remembered_than_can_be_useful() -> None:
    guard = MassGuard(limit=2, clock=VirtualClock(), mount_of=lambda _: "/mnt")
    for count in range(1500):
        guard.missing(f"/mnt/{count}")
    assert len(guard.missed("/mnt")) == 1000


# ----- the word to rclone


def test_each_look_that_counts_tells_of_one_missing_file_a_folder_with_the_looks_so_far(world: World) -> None:
    told: list[tuple[str, int]] = []

    def on_missing(path: str, checks: int) -> str:
        told.append((path, checks))
        return "told rclone" if checks else ""

    world.with_rules(max_checks=3, on_missing=on_missing)
    folders = [f"/media/tv/Show/S{count}" for count in range(5)]
    scan = world.scan(*(added(f"{folder}/{name}.mkv") for folder in folders for name in "ab"))
    _, waits = world.play(scan)
    assert told == [(f"{world.media}/tv/Show/S{count}/b.mkv", checks) for checks in (0, 1) for count in range(3)]
    assert [wait.reason.endswith("; told rclone") for wait in waits] == [False, True]
