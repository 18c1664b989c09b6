"""The one door in: what merges, what is absorbed, and when the result is due."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from autoscan.errors import BadRequestError
from autoscan.model import Change, Expectation, Hints, Kind, NewPath, NewScan, ScanState
from autoscan.store import Queue, Store
from autoscan.store.tables import event_paths, events
from tests.clocks import VirtualClock
from tests.queues import add, add_id, claimed, event_at, expect, known, paths_of

SEASON = "/tv/Alien/Season 1"


def test_a_request_becomes_a_waiting_scan_with_what_it_expects(queue: Queue, clock: VirtualClock) -> None:
    hints = Hints(title="Alien", year=1979, season=1, episodes=(1, 2), ids={"tvdb": "1"})
    wanted = Expectation(
        path=f"{SEASON}/e1.mkv", kind=Kind.FILE, change=Change.RENAMED, size=2**40, announced=True, hints=hints
    )
    scan = known(queue, add_id(queue, clock, SEASON, files=[wanted], priority=2, request_id="abc"))
    assert (scan.folder, scan.state, scan.priority) == (SEASON, ScanState.WAITING, 2)
    assert (scan.source, scan.request_id, scan.whole) == ("sonarr", "abc", False)
    assert scan.requested_at == scan.last_requested_at == clock.now()
    assert scan.due_at == clock.now() + timedelta(seconds=30)
    assert scan.expectations == (wanted,)
    assert [(step.old, step.new, step.request_id) for step in queue.transitions(scan.id)] == [("", "waiting", "abc")]


def test_a_second_request_joins_the_waiting_scan_and_restarts_its_delay(queue: Queue, clock: VirtualClock) -> None:
    first = add(queue, clock, SEASON, files=["e1.mkv"]).scans[SEASON]
    clock.advance(20)
    second = add(queue, clock, SEASON, files=["e2.mkv"], request_id="r2").scans[SEASON]
    assert (first.merged, second.merged) == (False, True)
    assert second.scan_id == first.scan_id
    scan = known(queue, first.scan_id)
    assert second.due_at == scan.due_at == clock.now() + timedelta(seconds=30)
    assert scan.request_id == "r2"
    assert paths_of(scan) == {f"{SEASON}/e1.mkv", f"{SEASON}/e2.mkv"}


def test_the_delay_ends_a_longest_time_after_the_first_request(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    due = []
    for _ in range(40):
        due.append(add(queue, clock, SEASON, max_delay=100).scans[SEASON].due_at - start)
        clock.advance(10)
    assert due[:3] == [timedelta(seconds=30), timedelta(seconds=40), timedelta(seconds=50)]
    assert max(due) == due[-1] == timedelta(seconds=100)


def test_who_waits_for_what_should_follow_goes_when_it_has_come(queue: Queue, clock: VirtualClock) -> None:
    start = clock.now()
    assert due_after(queue, clock, start, patience=100) == 100
    clock.advance(20)
    assert due_after(queue, clock, start, patience=100) == 120
    clock.advance(20)
    assert due_after(queue, clock, start) == 70
    clock.advance(20)
    assert due_after(queue, clock, start, patience=100) == 90
    assert due_after(queue, clock, start, delay=5) == 90


def test_who_waits_for_what_should_follow_does_so_no_longer_than_the_longest_time(
    queue: Queue, clock: VirtualClock
) -> None:
    start = clock.now()
    for _ in range(10):
        assert due_after(queue, clock, start, patience=100, max_delay=150) <= 150
        clock.advance(10)
    assert due_after(queue, clock, start, max_delay=150) == 130


def due_after(queue: Queue, clock: VirtualClock, start: datetime, **terms: float) -> float:
    """Ask for a folder, and return when its scan is due."""
    due_at: datetime = add(queue, clock, SEASON, **terms).scans[SEASON].due_at  # type: ignore[arg-type] # numbers all
    return (due_at - start).total_seconds()


def test_a_shorter_delay_does_not_make_a_waiting_scan_due_sooner(queue: Queue, clock: VirtualClock) -> None:
    first = add(queue, clock, SEASON, delay=120).scans[SEASON]
    second = add(queue, clock, SEASON, delay=5).scans[SEASON]
    assert second.due_at == first.due_at


def test_the_more_urgent_priority_holds(queue: Queue, clock: VirtualClock) -> None:
    scan_id = add_id(queue, clock, SEASON, priority=3)
    add(queue, clock, SEASON, priority=1)
    add(queue, clock, SEASON, priority=2)
    assert known(queue, scan_id).priority == 1


def test_the_newer_word_about_a_path_holds(queue: Queue, clock: VirtualClock) -> None:
    added, gone = expect(f"{SEASON}/e1.mkv", size=5), expect(f"{SEASON}/e1.mkv", change=Change.REMOVED)
    scan_id = add_id(queue, clock, SEASON, files=[added])
    add(queue, clock, SEASON, files=[gone])
    assert known(queue, scan_id).expectations == (gone,)


def test_two_spellings_of_a_windows_folder_are_one(queue: Queue, clock: VirtualClock) -> None:
    first = add_id(queue, clock, r"D:\Media\TV")
    assert add_id(queue, clock, "d:/media/tv") == first


def test_a_posix_folder_is_not_its_upper_case_twin(queue: Queue, clock: VirtualClock) -> None:
    assert add_id(queue, clock, "/media/TV") != add_id(queue, clock, "/media/tv")


@pytest.mark.parametrize("folder", ["/tv/Alien", "/tv", "/"])
def test_a_waiting_whole_folder_takes_what_is_requested_below(queue: Queue, clock: VirtualClock, folder: str) -> None:
    above = add_id(queue, clock, folder, whole=True, files=[expect(folder)])
    clock.advance(10)
    below = add(queue, clock, SEASON, files=["e1.mkv"], priority=-1).scans[SEASON]
    assert (below.scan_id, below.merged) == (above, True)
    scan = known(queue, above)
    assert scan.due_at == clock.now() + timedelta(seconds=30)
    assert scan.priority == -1
    assert paths_of(scan) == {folder, f"{SEASON}/e1.mkv"}


def test_a_waiting_folder_that_was_not_itself_requested_takes_nothing_below(queue: Queue, clock: VirtualClock) -> None:
    above = add_id(queue, clock, "/tv/Alien", files=["poster.jpg"])
    assert add_id(queue, clock, SEASON) != above


def test_a_neighbour_whose_name_begins_alike_is_not_below(queue: Queue, clock: VirtualClock) -> None:
    neighbours = [add_id(queue, clock, folder) for folder in ("/tv/Aliens/S1", "/tv/Alien 2", "/tv/Alien!", "/tv/Alie")]
    above = add_id(queue, clock, "/tv/Alien", whole=True)
    assert all(known(queue, neighbour).state is ScanState.WAITING for neighbour in neighbours)
    assert add_id(queue, clock, "/tv/Alien-2") != above


@pytest.mark.parametrize("root", ["/tv/Alien", "/", r"D:\TV", r"\\nas\tv", "My Drive/TV"])
def test_a_new_whole_folder_absorbs_what_waits_below(queue: Queue, clock: VirtualClock, root: str) -> None:
    separator = "\\" if "\\" in root else "/"
    prefix = root if root.endswith(separator) else root + separator
    first = add_id(queue, clock, f"{prefix}S1", files=[expect(f"{prefix}S1{separator}e1.mkv")], priority=0)
    clock.advance(10)
    deeper = add_id(
        queue, clock, f"{prefix}S2{separator}Disc", files=[expect(f"{prefix}S2{separator}Disc{separator}a")]
    )
    clock.advance(10)
    taken = add(queue, clock, root, whole=True, priority=2, max_delay=45).scans[root]
    scan = known(queue, taken.scan_id)
    assert not taken.merged
    assert paths_of(scan) == {f"{prefix}S1{separator}e1.mkv", f"{prefix}S2{separator}Disc{separator}a"}
    assert (scan.priority, scan.requested_at) == (0, clock.now() - timedelta(seconds=20))
    assert scan.due_at == scan.requested_at + timedelta(seconds=45)
    for absorbed in (known(queue, first), known(queue, deeper)):
        assert (absorbed.state, absorbed.expectations) == (ScanState.ABSORBED, ())
        assert str(scan.id) in absorbed.reason
        assert absorbed.ended_at == clock.now()
        last = queue.transitions(absorbed.id)[-1]
        assert (last.old, last.new, last.reason) == ("waiting", "absorbed", absorbed.reason)


def test_a_waiting_folder_that_is_then_requested_itself_absorbs_what_waits_below(
    queue: Queue, clock: VirtualClock
) -> None:
    above = add_id(queue, clock, "/tv/Alien", files=["poster.jpg"])
    below = add_id(queue, clock, SEASON, files=["e1.mkv"])
    clock.advance(1)
    taken = add(queue, clock, "/tv/Alien", whole=True).scans["/tv/Alien"]
    assert (taken.scan_id, taken.merged) == (above, True)
    assert known(queue, below).state is ScanState.ABSORBED
    assert paths_of(known(queue, above)) == {"/tv/Alien/poster.jpg", f"{SEASON}/e1.mkv"}


def test_the_later_word_about_a_path_holds_when_scans_join(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv/Alien", files=[expect(SEASON)])
    clock.advance(1)
    add(queue, clock, SEASON, files=[expect(SEASON, change=Change.REMOVED)])
    clock.advance(1)
    joined = known(queue, add_id(queue, clock, "/tv/Alien", whole=True))
    assert joined.expectations == (expect(SEASON, change=Change.REMOVED),)


def test_an_earlier_word_about_a_path_does_not_undo_a_later_one_when_scans_join(
    queue: Queue, clock: VirtualClock
) -> None:
    add(queue, clock, SEASON, files=[expect(SEASON, change=Change.REMOVED)])
    clock.advance(1)
    add(queue, clock, "/tv/Alien", files=[expect(SEASON)])
    clock.advance(1)
    joined = known(queue, add_id(queue, clock, "/tv/Alien", whole=True))
    assert joined.expectations == (expect(SEASON),)


def test_an_event_during_the_scan_of_the_same_folder_is_not_lost(queue: Queue, clock: VirtualClock) -> None:
    first = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    claimed(queue)
    second = add_id(queue, clock, SEASON, files=["e2.mkv"], delay=0)
    queue.deliver(first, ["plex"])
    third = add_id(queue, clock, SEASON, files=["e3.mkv"], delay=0)
    assert second != first
    assert third == second
    assert paths_of(known(queue, first)) == {f"{SEASON}/e1.mkv"}
    assert paths_of(known(queue, second)) == {f"{SEASON}/e2.mkv", f"{SEASON}/e3.mkv"}


def test_a_whole_folder_that_is_being_checked_absorbs_nothing(queue: Queue, clock: VirtualClock) -> None:
    above = add_id(queue, clock, "/tv/Alien", whole=True, delay=0)
    claimed(queue)
    assert add_id(queue, clock, SEASON) != above


def test_one_event_may_want_many_folders(queue: Queue, store: Store, clock: VirtualClock) -> None:
    folders = ["/tv/Alien/Season 1", "/tv/Alien", "/movies/Heat"]
    scans = [NewScan(folder=folder, whole=folder == "/tv/Alien", due_at=clock.now()) for folder in folders]
    paths = [
        NewPath(path=f"/data{folder}", mapped=folder, kind=Kind.FOLDER, change=Change.ADDED, outcome="", folder=folder)
        for folder in folders
    ]
    ignored = NewPath(
        path="/x/.grab/y", mapped="/x/.grab/y", kind=Kind.FILE, change=Change.ADDED, outcome="ignored", detail=".grab"
    )
    added = queue.add(event_at(clock, body='{"a": "\\ud800"}'), [*paths, ignored], scans, max_delay=600)
    taker = added.scans["/tv/Alien"].scan_id
    assert added.scans["/tv/Alien/Season 1"].scan_id == taker
    assert queue.stats()[ScanState.ABSORBED] == 0
    with store.read() as connection:
        body = connection.execute(select(events.c.body)).scalar_one()
        rows = connection.execute(select(event_paths).order_by(event_paths.c.id)).all()
    assert body == '{"a": "\\ud800"}'
    assert [(row.folder, row.outcome, row.scan_id) for row in rows] == [
        ("/tv/Alien/Season 1", "merged", taker),
        ("/tv/Alien", "queued", taker),
        ("/movies/Heat", "queued", added.scans["/movies/Heat"].scan_id),
        ("", "ignored", None),
    ]


def test_an_event_that_wants_nothing_is_kept_too(queue: Queue, store: Store, clock: VirtualClock) -> None:
    added = queue.add(event_at(clock), [], [], max_delay=600)
    assert (added.event_id, dict(added.scans)) == (1, {})
    with store.read() as connection:
        assert connection.execute(select(events.c.id)).scalars().all() == [1]


@pytest.mark.parametrize(
    "unstorable",
    [expect("/tv/\ud800.mkv"), expect("/tv/a.mkv", size=10**30)],
    ids=["a lone surrogate", "an endless integer"],
)
def test_what_no_database_takes_is_refused_whole(queue: Queue, clock: VirtualClock, unstorable: Expectation) -> None:
    with pytest.raises(BadRequestError):
        add(queue, clock, "/tv", files=[unstorable])
    assert queue.count_open() == 0


def test_a_failure_for_want_of_files_is_taken_up_by_the_next_event(queue: Queue, clock: VirtualClock) -> None:
    failed = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    queue.fail(claimed(queue).id, "e1.mkv did not come", code="file_missing")
    next_one = add_id(queue, clock, SEASON, files=["e2.mkv"])
    add(queue, clock, SEASON, files=["e3.mkv"])
    assert known(queue, failed).state is ScanState.FAILED
    notes = [step.reason for step in queue.transitions(failed) if "taken up" in step.reason]
    assert notes == [f"taken up again by scan {next_one}"]


def test_a_failure_for_want_of_files_is_taken_up_by_a_scan_that_already_waits(
    queue: Queue, clock: VirtualClock
) -> None:
    failed = add_id(queue, clock, SEASON, files=["e1.mkv"], delay=0)
    claimed(queue)
    waiting = add_id(queue, clock, SEASON, files=["e2.mkv"])
    queue.fail(failed, "e1.mkv did not come", code="file_missing")
    assert queue.transitions(failed)[-1].reason == f"taken up again by scan {waiting}"


def test_another_failure_is_not_taken_up(queue: Queue, clock: VirtualClock) -> None:
    failed = add_id(queue, clock, SEASON, delay=0)
    queue.fail(claimed(queue).id, "no library", code="no_library")
    add(queue, clock, SEASON)
    assert queue.transitions(failed)[-1].reason == "no library"


def test_two_threads_adding_one_folder_make_one_scan(queue: Queue, clock: VirtualClock) -> None:
    start = threading.Barrier(8)

    def run(number: int) -> None:
        start.wait()
        for turn in range(10):
            add(queue, clock, SEASON, files=[f"{number}-{turn}.mkv"])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (scan,) = queue.recent(10)
    assert len(scan.expectations) == 80


names = st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(names, min_size=1, max_size=5, unique=True))
def test_whatever_folders_are_called_a_whole_one_takes_all_below_and_no_other(
    queue: Queue, clock: VirtualClock, names: list[str]
) -> None:
    root = f"/{uuid4()}"
    beside = {add_id(queue, clock, f"{root}/{names[0]}{name}") for name in names}
    for name in names:
        add(queue, clock, f"{root}/{names[0]}/{name}/x", files=["a"])
    whole = known(queue, add_id(queue, clock, f"{root}/{names[0]}", whole=True))
    assert paths_of(whole) == {f"{root}/{names[0]}/{name}/x/a" for name in names}
    assert all(known(queue, scan_id).state is ScanState.WAITING for scan_id in beside)


GONE = replace(expect("/tv/Alien", change=Change.REMOVED), kind=Kind.FOLDER, announced=True)


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_that_was_announced_to_go_takes_with_it_what_was_to_come(
    queue: Queue, clock: VirtualClock, whole: bool
) -> None:
    old, beside = expect(f"{SEASON}/old.mkv", change=Change.REMOVED), expect("/tv/Alien 2/a.mkv")
    add(queue, clock, "/tv" if whole else SEASON, whole=whole, files=[expect(f"{SEASON}/e1.mkv"), old, beside])
    scan_id = add_id(queue, clock, "/tv/Alien", whole=True, files=[GONE])
    assert sorted(known(queue, scan_id).expectations, key=lambda each: each.path) == [GONE, beside, old]


def test_a_folder_that_was_announced_to_go_stays_where_something_comes_into_it(
    queue: Queue, clock: VirtualClock
) -> None:
    other = replace(GONE, path="/tv/Alien/Season 2")
    scan_id = add_id(queue, clock, "/tv/Alien", whole=True, files=[GONE, other])
    add(queue, clock, SEASON, files=[expect(f"{SEASON}/e0.mkv", change=Change.REMOVED)])
    assert GONE in known(queue, scan_id).expectations
    add(queue, clock, SEASON, files=["e1.mkv"])
    expected = known(queue, scan_id).expectations
    assert {each.path for each in expected if each.announced} == {other.path}
    assert replace(GONE, announced=False, change=Change.ADDED) in expected
