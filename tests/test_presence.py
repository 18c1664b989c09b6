"""Files that are wanted: how long they are looked for, and when they are whole."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from autoscan.model import Change, Kind
from autoscan.presence import Go, Missing, Verdict, Wait
from tests.clocks import START
from tests.presence_world import EPISODE, World, added, opened, removed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made


def test_a_file_that_is_there_goes_at_once(world: World) -> None:
    world.write("tv/Show/S01E01.mkv", size=10)
    assert world.play(world.scan(added(EPISODE, size=10))) == (Go(), [])


def test_a_scan_that_expects_nothing_goes_at_once(world: World) -> None:
    assert world.play(world.scan()) == (Go(), [])


def test_a_renamed_file_is_looked_for_under_its_new_name(world: World) -> None:
    world.write("tv/Show/new.mkv")
    renamed = replace(added("/media/tv/Show/new.mkv"), change=Change.RENAMED)
    assert world.play(world.scan(removed("/media/tv/Show/old.mkv"), renamed)) == (Go(), [])


def test_a_path_of_unsaid_kind_is_wanted_gone_beside_one_that_is_there(world: World) -> None:
    world.write("tv/Show/new.mkv")
    listed = [added(f"/media/tv/Show/{name}.mkv", kind=Kind.UNKNOWN) for name in ("new", "old")]
    assert world.play(world.scan(*listed)) == (Go(found=(replace(listed[1], change=Change.REMOVED),)), [])
    assert isinstance(world.play(world.scan(listed[1]))[0], Missing)


def test_no_checks_means_no_look(world: World) -> None:
    world.with_rules(max_checks=0)
    assert world.play(world.scan(added("/elsewhere/a.mkv"), removed("/media/tv", announced=True))) == (Go(), [])
    assert (world.queue.root("/elsewhere"), world.queue.warnings()) == (None, ())


def test_a_missing_file_is_looked_for_as_often_as_configured_and_then_fails(world: World) -> None:
    verdict, waits = world.play(world.scan(added(EPISODE)))
    assert [wait.checks for wait in waits] == [1, 2]
    assert (world.clock.now() - START).total_seconds() == 120
    assert isinstance(verdict, Missing)
    assert verdict.reason.startswith(
        f"file_missing: looked 3 times for {world.media}/tv/Show/S01E01.mkv, 60 s apart, and it was not there; "
    )
    assert "SERVER_FILE_EXIST_PATH_MAPPINGS" in verdict.reason


def test_a_file_that_comes_later_is_seen_at_the_next_check(world: World) -> None:
    scan = world.scan(added(EPISODE))
    assert world.presence.judge(scan) == Wait(
        until=START + timedelta(seconds=60), reason=f"not there: {world.media}/tv/Show/S01E01.mkv", checks=1
    )
    world.clock.advance(60)
    world.write("tv/Show/S01E01.mkv", age=10)
    assert world.presence.judge(replace(scan, checks=1)) == Go()


def test_without_a_pause_between_checks_there_is_still_a_second(world: World) -> None:
    world.with_rules(delay=0)
    _, waits = world.play(world.scan(added(EPISODE)))
    assert [wait.until for wait in waits] == [START + timedelta(seconds=1), START + timedelta(seconds=2)]


def test_some_of_the_files_are_enough_when_the_checks_are_used_up(world: World) -> None:
    world.write("tv/Show/S01E01.mkv")
    verdict, waits = world.play(
        world.scan(added(EPISODE), added("/media/tv/Show/2.mkv"), added("/media/tv/Show/3.mkv"))
    )
    assert isinstance(verdict, Go)
    assert (verdict.note, verdict.found) == (f"not there: {world.media}/tv/Show/2.mkv and 1 more", ())
    assert verdict.missing is not None
    assert verdict.missing.paths == ("/media/tv/Show/2.mkv", "/media/tv/Show/3.mkv")
    assert len(waits) == 2


def test_what_the_file_system_refuses_to_tell_is_part_of_the_reason(world: World) -> None:
    long = "x" * 300
    verdict, _ = world.play(world.scan(added(f"/media/tv/{long}")))
    assert isinstance(verdict, Missing)
    assert f"({os.strerror(36)})" in verdict.reason


def test_exhaustion_scans_the_folder_where_configured(world: World) -> None:
    world.with_rules(folder_on_exhaustion=True)
    (world.media / "tv" / "Show").mkdir()
    verdict, _ = world.play(world.scan(added(EPISODE)))
    assert isinstance(verdict, Go)
    assert verdict.folder is None
    assert verdict.note.endswith("and it was not there; scans /media/tv/Show all the same")


def test_exhaustion_scans_the_nearest_folder_that_exists(world: World) -> None:
    world.with_rules(folder_on_exhaustion=True)
    verdict, _ = world.play(world.scan(added("/media/tv/Show/Season 1/a.mkv"), folder="/media/tv/Show/Season 1"))
    assert isinstance(verdict, Go)
    assert verdict.folder == "/media/tv"


def test_exhaustion_climbs_to_the_root_at_most(world: World) -> None:
    world.with_rules(folder_on_exhaustion=True)
    verdict, _ = world.play(world.scan(added("/media/film/Film/a.mkv"), folder="/media/film/Film"))
    assert isinstance(verdict, Go)
    assert verdict.folder == "/media"


def test_another_size_is_accepted_when_it_stays(world: World) -> None:
    file = world.write("tv/Show/S01E01.mkv", size=10)
    verdict, waits = world.play(world.scan(added(EPISODE, size=99)))
    assert [(wait.checks, wait.reason) for wait in waits] == [(1, f"not whole: {file}")]
    assert verdict == Go(note=f"{file} has 10 bytes, the event named 99", found=(added(EPISODE, size=10),))


def test_another_size_at_the_only_check_goes_with_a_note(world: World) -> None:
    world.with_rules(max_checks=1)
    file = world.write("tv/Show/S01E01.mkv", size=10)
    verdict, waits = world.play(world.scan(added(EPISODE, size=99)))
    assert verdict == Go(note=f"not whole: {file}; {file} has 10 bytes, the event named 99")
    assert waits == []


def test_a_file_that_grows_is_waited_for_until_it_has_its_size_and_is_quiet(world: World) -> None:
    scan = world.scan(added(EPISODE, size=30))
    reasons = []
    for size, age in ((10, 0), (20, 0), (30, 61)):
        world.write("tv/Show/S01E01.mkv", size=size, age=age)
        verdict = world.presence.judge(scan)
        reasons.append(type(verdict))
        world.clock.advance(60)
    assert reasons == [Wait, Wait, Go]


def test_a_file_that_never_stops_growing_goes_when_the_checks_are_used_up(world: World) -> None:
    scan = world.scan(added(EPISODE), age=0)
    verdicts: list[Verdict] = []
    for size in range(1, 6):
        world.write("tv/Show/S01E01.mkv", size=size, age=0)
        verdicts.append(verdict := world.presence.judge(scan))
        if isinstance(verdict, Go):
            break
        assert isinstance(verdict, Wait)
        scan = replace(scan, checks=verdict.checks)
        world.clock.advance((verdict.until - world.clock.now()).total_seconds())
    assert [wait.checks for wait in verdicts if isinstance(wait, Wait)] == [0, 1, 2]
    assert verdicts[-1] == Go(note=f"not whole: {world.media}/tv/Show/S01E01.mkv")


def test_a_fresh_file_of_a_fresh_event_is_looked_at_twice(world: World) -> None:
    file = world.write("tv/Show/S01E01.mkv", age=5)
    verdict, waits = world.play(world.scan(added(EPISODE, size=10), age=10))
    assert verdict == Go()
    assert waits == [
        Wait(until=START + timedelta(seconds=3), reason=f"looks again whether it is still written: {file}", checks=0)
    ]


@pytest.mark.parametrize(("event_age", "file_age"), [(10, 61), (61, 5)])
def test_an_old_file_or_an_old_event_needs_no_second_look(world: World, event_age: int, file_age: int) -> None:
    world.write("tv/Show/S01E01.mkv", age=file_age)
    assert world.play(world.scan(added(EPISODE), age=event_age)) == (Go(), [])


def test_a_touched_file_that_kept_its_size_and_is_quiet_is_whole(world: World) -> None:
    scan = world.scan(added(EPISODE), age=0)
    world.write("tv/Show/S01E01.mkv", age=5)
    assert isinstance(world.presence.judge(scan), Wait)
    world.write("tv/Show/S01E01.mkv", age=500)
    assert world.presence.judge(scan) == Go()


def test_what_was_seen_is_remembered_for_a_bounded_number_of_scans(world: World) -> None:
    world.write("tv/Show/S01E01.mkv", age=5)
    scan = world.scan(added(EPISODE), age=0)
    for number in range(1005):
        world.presence._memory.keep(number + 10, {})
    assert isinstance(world.presence.judge(scan), Wait)
    assert len(world.presence._memory._looks) == 1000
    assert world.presence.judge(scan) == Go()
    assert len(world.presence._memory._looks) == 999
