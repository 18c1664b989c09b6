"""Media that Autoscan does not see, or not any more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autoscan.filecheck import FileChecker
from autoscan.model import Kind
from autoscan.presence import Go, Wait
from tests import webs
from tests.clocks import START, VirtualClock
from tests.presence_world import EPISODE, World, added, opened, removed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made


def lost_since(world: World) -> datetime | None:
    record = world.queue.root(str(world.media))
    assert record is not None
    return record.lost_since


def test_media_never_seen_are_not_checked_but_warned_of_until_they_are_there(world: World) -> None:
    world.with_rules(mappings={str(world.folder / "volume"): ["/data"]})
    root = world.folder / "volume"
    scan = world.scan(added("/data/tv/a.mkv"), folder="/data/tv")
    assert world.play(scan) == (Go(note=f"not checked: Autoscan sees nothing of {root}"), [])
    root.mkdir()
    assert isinstance(world.presence.judge(scan), Go)
    (text,) = world.queue.warnings()
    assert f"Autoscan sees no media in {root} (empty)" in text
    assert f"-v HOST_FOLDER:{root}:ro" in text
    (root / "tv").mkdir()
    assert isinstance(world.presence.judge(scan), Wait)
    assert world.queue.warnings() == ()


def test_one_path_that_somebody_typed_is_no_reason_to_warn_of_its_root(world: World) -> None:
    world.with_rules(mappings={"/": ["/host"]})
    typed = replace(world.scan(added("/host/nope/x.mkv")), source="manual")
    note = "not checked: Autoscan sees nothing of /nope"
    assert world.play(typed) == (Go(note=note), [])
    assert world.presence.hold(["/host/nope/x.mkv"]) == ""
    assert world.play(typed) == (Go(note=note), [])
    assert world.queue.warnings() == ()
    world.play(replace(typed, id=2))
    assert ["/nope (not there)" in text for text in world.queue.warnings()] == [True]


def test_what_a_program_names_is_warned_of_though_somebody_typed_it_before(world: World) -> None:
    world.with_rules(mappings={"/": ["/host"]})
    sent = world.scan(added("/host/nope/x.mkv"))
    world.play(replace(sent, source="api"))
    world.play(sent)
    assert len(world.queue.warnings()) == 1


def test_a_root_that_was_seen_before_holds_what_somebody_typed(world: World) -> None:
    world.play(world.scan(added("/media/tv/something.nfo")))
    world.media.rename(world.folder / "away")
    verdict = world.presence.judge(replace(world.scan(added(EPISODE)), id=2, source="manual"))
    assert isinstance(verdict, Wait)
    assert verdict.reason.startswith("held: ")
    assert len(world.queue.warnings("held:")) == 1


def test_a_warning_of_an_earlier_run_is_taken_back_once_the_media_are_there(world: World) -> None:
    world.queue.warn(f"media:{world.media}", "of yesterday")
    world.play(world.scan(removed("/media/tv/Show", announced=True)))
    assert world.queue.warnings() == ()


def test_a_new_leader_warns_anew_of_what_is_still_true_alone(world: World, tmp_path: Path) -> None:
    leader = webs.build(tmp_path / "site").autoscan
    for about in ("media:/mended", "media:/nope", "held:root:/back", "drive:1", "configuration"):
        leader.queue.warn(about, f"about {about}")
    leader.recover()
    assert leader.queue.warnings() == ("about configuration",)
    world.queue = leader.queue
    world.with_rules(mappings={})
    world.play(world.scan(added("/nope/x.mkv")))
    assert [text.startswith("Autoscan sees no media in /nope") for text in leader.queue.warnings("media:")] == [True]


def test_a_removal_below_media_never_seen_is_no_reason_to_warn(world: World) -> None:
    world.with_rules(mappings={})
    assert world.play(world.scan(removed("/data/tv/a.mkv"), folder="/data/tv")) == (Go(), [])
    assert world.queue.warnings() == ()


@pytest.mark.parametrize(
    ("path", "root"),
    [(r"D:\Media\TV\a.mkv", "D:\\"), (r"\\nas\media\TV\a.mkv", r"\\nas\media"), ("My Drive/TV/a.mkv", "My Drive")],
)
def test_a_path_of_another_machine_is_not_visible_here(world: World, path: str, root: str) -> None:
    verdict, waits = world.play(world.scan(added(path)))
    assert (verdict, waits) == (Go(note=f"not checked: Autoscan sees nothing of {root}"), [])
    assert [text.startswith(f"{root} is no place on this machine") for text in world.queue.warnings()] == [True]


def test_a_windows_path_that_is_mapped_is_looked_at(world: World) -> None:
    world.with_rules(mappings={str(world.media): ["D:\\Media"]})
    world.write("tv/a.mkv")
    assert world.play(world.scan(added("D:\\Media\\tv\\a.mkv"), folder="D:\\Media\\tv")) == (Go(), [])


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("empty", [True, False])
def test_media_that_were_there_and_are_gone_hold_their_scans(world: World, announced: bool, empty: bool) -> None:
    world.write("tv/Show/S01E01.mkv")
    scan = world.scan(added(EPISODE), removed("/media/tv/Old", announced=announced))
    assert world.presence.judge(scan) == Go()
    away = world.folder / "away"
    world.media.rename(away)
    if empty:
        world.media.mkdir()
    for each in (scan, world.scan(removed("/media/tv/Old", announced=announced))):
        verdict = world.presence.judge(each)
        assert isinstance(verdict, Wait)
        assert (verdict.until, verdict.checks) == (world.clock.now() + timedelta(seconds=30), 0)
        assert verdict.reason.startswith(f"held: {world.media} was there before and is now missing or empty")
    assert lost_since(world) == START
    if empty:
        world.media.rmdir()
    away.rename(world.media)
    assert world.presence.judge(scan) == Go()
    assert lost_since(world) is None


def test_the_target_of_a_path_mapping_is_the_root_of_what_lies_below(world: World) -> None:
    world.with_rules(mappings={}, known_roots=("/", str(world.media), str(world.media / "tv") + "/"))
    world.play(world.scan(added(f"{world.media}/tv/a.mkv")))
    assert [world.queue.root(str(path)) is not None for path in (world.media / "tv", world.media)] == [True, False]


def test_without_any_mapping_the_mount_is_the_root_and_stays_it_when_it_is_gone(tmp_path: Path) -> None:
    media = tmp_path / "media"
    (media / "tv").mkdir(parents=True)
    table = [f"1 2 3:4 / {point} rw - ext4 /dev/x rw\n" for point in ("/", media)]
    checker = FileChecker(clock=VirtualClock(), timeout=20, mountinfo=lambda: "".join(table))
    world = World(tmp_path / "unused", checker, VirtualClock())
    world.with_rules(mappings={})
    scan = world.scan(removed(f"{media}/tv/Show", announced=True))
    assert world.presence.judge(scan) == Go()
    assert [world.queue.root(str(path)) is not None for path in (media, media / "tv", tmp_path)] == [True, False, False]
    table.pop()
    (media / "tv").rmdir()
    verdict = world.presence.judge(scan)
    assert isinstance(verdict, Wait)
    assert verdict.reason.startswith(f"held: {media} was there")
    world.close()


def test_without_a_mount_the_first_component_is_the_root(world: World) -> None:
    world.with_rules(mappings={"/": ["/host"]})
    world.play(world.scan(added("/host/no-such-volume/tv/a.mkv")))
    assert ["/no-such-volume (not there)" in text for text in world.queue.warnings()] == [True]
    assert world.play(world.scan(added("/host", kind=Kind.FOLDER), folder="/host")) == (Go(), [])


def test_a_mount_that_hangs_makes_the_scan_wait_and_uses_up_nothing(world: World, tmp_path: Path) -> None:
    checker = FileChecker(clock=world.clock, command=(str(tmp_path / "none"),))
    world.checker = checker
    world.with_rules()
    verdict = world.presence.judge(replace(world.scan(added(EPISODE)), checks=1))
    assert isinstance(verdict, Wait)
    assert (verdict.until, verdict.checks) == (START + timedelta(seconds=60), 1)
    assert verdict.reason.startswith("cannot start")
