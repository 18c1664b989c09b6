"""What the rules make of an event, and that it is in the queue when the intake answers."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.errors import StoreUnavailableError
from autoscan.intake import Intake, Outcome, Received, SourceRules
from autoscan.model import Change, Event, Expectation, Hints, Kind, ScanRequest, ScanState
from autoscan.paths import IgnoreList, Mappings, Priorities, covers, key
from autoscan.store import Queue, Store
from autoscan.triggers import parse
from tests.clocks import START, VirtualClock

SEASON = "/data/tv/Show/Season 1"


def later(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def file(path: str, change: Change = Change.ADDED, *, size: int | None = None, min_delay: int = 0) -> ScanRequest:
    return ScanRequest(path=path, kind=Kind.FILE, change=change, size=size, min_delay=min_delay)


def event(*requests: ScanRequest, note: str = "") -> Event:
    return Event(app="sonarr", type="Download", requests=requests, note=note)


def received(source: str = "", request_id: str = "r1") -> Received:
    return Received(source=source, request_id=request_id, body='{"eventType": "Download"}', at=START)


@pytest.fixture
def intake(queue: Queue, clock: VirtualClock) -> Intake:
    return make_intake(queue, clock)


def make_intake(queue: Queue, clock: VirtualClock) -> Intake:
    return Intake(
        queue=queue,
        mappings=Mappings.from_config({"/mnt/media/": ["/data/"], "/mnt/anime": ["/data/tv/anime"]}),
        ignore=IgnoreList(("/.grab/", ".DS_Store")),
        priorities=Priorities({1: ["/movies/"], 2: ["/tv/"]}),
        sources={
            "4k": SourceRules(mappings=Mappings.from_config({"/mnt/4k": ["/data"]}), priority=0, delay=5),
            "slow": SourceRules(delay=900),
        },
        delay=30,
        max_delay=600,
        clock=clock,
    )


@pytest.fixture
def unopened(tmp_path: Path, clock: VirtualClock) -> Intake:
    """An intake whose queue a test of the pure part never touches."""
    return make_intake(Queue(Store(tmp_path / "never.db", clock)), clock)


def test_a_file_becomes_a_scan_of_its_mapped_folder(unopened: Intake) -> None:
    plan = unopened.plan(event(file(f"{SEASON}/a.mkv", size=5)), "", START)
    (scan,) = plan.scans
    assert (scan.folder, scan.whole) == ("/mnt/media/tv/Show/Season 1", False)
    assert (scan.priority, scan.due_at) == (2, later(30))
    assert scan.expectations == (
        Expectation(path="/mnt/media/tv/Show/Season 1/a.mkv", kind=Kind.FILE, change=Change.ADDED, size=5),
    )
    assert plan.max_delay == 600
    assert plan.note == ""


def test_requests_of_one_folder_become_one_scan_with_the_stricter_terms(unopened: Intake) -> None:
    requests = (
        file(f"{SEASON}/a.mkv"),
        file(f"{SEASON}/b.mkv", Change.REMOVED, min_delay=60),
        file("/data/movies/X/x.mkv"),
        ScanRequest(path=SEASON, kind=Kind.FOLDER, change=Change.RENAMED),
    )
    plan = unopened.plan(event(*requests), "", START)
    assert [scan.folder for scan in plan.scans] == ["/mnt/media/tv/Show/Season 1", "/mnt/media/movies/X"]
    season, movie = plan.scans
    assert season.due_at == later(60)
    assert season.whole
    assert len(season.expectations) == 3
    assert (movie.priority, movie.due_at, movie.whole) == (1, later(30), False)


def test_patience_lasts_while_all_have_it_and_no_longer_than_the_longest_delay(unopened: Intake) -> None:
    one, two = (replace(file(f"{SEASON}/{name}.mkv", Change.REMOVED), patience=300) for name in "ab")
    for requests, until in (((one, two), later(300)), ((one, file(f"{SEASON}/c.mkv")), None)):
        (scan,) = unopened.plan(event(*requests), "", START).scans
        assert (scan.due_at, scan.patient_until) == (later(30), until)
    (scan,) = replace(unopened, max_delay=100).plan(event(one), "", START).scans
    assert scan.patient_until == later(100)
    (scan,) = replace(unopened, delay=900).plan(event(one), "", START).scans
    assert (scan.due_at, scan.patient_until) == (later(900), None)


@pytest.mark.parametrize(
    ("path", "kind", "folder", "whole"),
    [
        ("/data/tv/Show", Kind.FOLDER, "/mnt/media/tv/Show", True),
        ("/data/tv/Show", Kind.UNKNOWN, "/mnt/media/tv/Show", True),
        ("/data/tv/Show/a.mkv", Kind.UNKNOWN, "/mnt/media/tv/Show", False),
        ("/data/tv/Show", Kind.FILE, "/mnt/media/tv", False),
        ("/data/movies/X/BDMV", Kind.FOLDER, "/mnt/media/movies/X", False),
        ("x.mkv", Kind.FILE, "x.mkv", True),
        ("D:\\TV\\Show\\a.mkv", Kind.FILE, "D:\\TV\\Show", False),
    ],
)
def test_only_a_folder_that_was_itself_requested_is_whole(
    unopened: Intake, path: str, kind: Kind, folder: str, whole: bool
) -> None:
    plan = unopened.plan(event(ScanRequest(path=path, kind=kind, change=Change.ADDED)), "", START)
    assert [(scan.folder, scan.whole) for scan in plan.scans] == [(folder, whole)]


def test_two_spellings_of_one_windows_folder_are_one_scan(unopened: Intake) -> None:
    plan = unopened.plan(event(file("D:\\TV\\Show\\a.mkv"), file("d:/tv/show/b.mkv")), "", START)
    assert [scan.folder for scan in plan.scans] == ["D:\\TV\\Show"]
    assert [path.folder for path in plan.paths] == ["D:\\TV\\Show", "D:\\TV\\Show"]
    assert [path.mapped for path in plan.paths] == ["D:\\TV\\Show\\a.mkv", "d:\\tv\\show\\b.mkv"]


def test_a_source_has_its_own_mapping_priority_and_delay(unopened: Intake) -> None:
    (scan,) = unopened.plan(event(file(f"{SEASON}/a.mkv")), "4k", START).scans
    assert (scan.folder, scan.priority, scan.due_at) == ("/mnt/4k/tv/Show/Season 1", 0, later(5))
    (scan,) = unopened.plan(event(file("/data/tv/anime/a.mkv")), "4k", START).scans
    assert scan.folder == "/mnt/anime"
    (scan,) = unopened.plan(event(file(f"{SEASON}/a.mkv")), "another", START).scans
    assert scan.folder == "/mnt/media/tv/Show/Season 1"


def test_a_delay_that_is_longer_than_the_cap_raises_the_cap(unopened: Intake) -> None:
    plan = unopened.plan(event(file(f"{SEASON}/a.mkv")), "slow", START)
    assert (plan.scans[0].due_at, plan.max_delay) == (later(900), 900)
    plan = replace(unopened, delay=0, max_delay=0).plan(event(file("/x/a", Change.REMOVED, min_delay=60)), "", START)
    assert (plan.scans[0].due_at, plan.max_delay) == (later(60), 60)


def test_an_ignored_path_is_kept_with_the_rule_that_ignored_it(intake: Intake, queue: Queue) -> None:
    receipt = intake.submit(event(file("/data/tv/.grab/a.mkv"), file(f"{SEASON}/a.mkv")), received())
    ignored, taken = receipt.taken
    assert (ignored.outcome, ignored.detail, ignored.folder) == (Outcome.IGNORED, "/.grab/", "")
    assert (ignored.scan_id, ignored.due_at) == (None, None)
    assert receipt.event.note == "/mnt/media/tv/.grab/a.mkv is ignored: '/.grab/' is in SERVER_IGNORE_LIST"
    assert taken.outcome is Outcome.QUEUED
    assert queue.count_open() == 1


def test_many_ignored_paths_are_counted(unopened: Intake) -> None:
    plan = unopened.plan(event(*(file(f"/data/{number}/.DS_Store") for number in range(10))), "", START)
    assert plan.scans == ()
    assert plan.note.endswith("; 7 more are ignored")


def test_an_event_is_in_the_queue_when_the_intake_answers(intake: Intake, queue: Queue) -> None:
    receipt = intake.submit(event(file(f"{SEASON}/a.mkv")), received("sonarr", "r7"))
    (taken,) = receipt.taken
    assert (taken.path, taken.mapped) == (f"{SEASON}/a.mkv", "/mnt/media/tv/Show/Season 1/a.mkv")
    assert (taken.outcome, taken.due_at) == (Outcome.QUEUED, later(30))
    assert taken.scan_id is not None
    scan = queue.scan(taken.scan_id)
    assert scan is not None
    assert (scan.folder, scan.state, scan.source, scan.request_id) == (
        "/mnt/media/tv/Show/Season 1",
        ScanState.WAITING,
        "sonarr",
        "r7",
    )
    assert [each.path for each in scan.expectations] == ["/mnt/media/tv/Show/Season 1/a.mkv"]


def test_a_further_event_of_the_folder_joins_the_waiting_scan(
    intake: Intake, queue: Queue, clock: VirtualClock
) -> None:
    (first,) = intake.submit(event(file(f"{SEASON}/a.mkv")), received()).taken
    clock.advance(10)
    (second,) = intake.submit(event(file(f"{SEASON}/b.mkv")), received(request_id="r2")).taken
    assert (second.outcome, second.scan_id) == (Outcome.MERGED, first.scan_id)
    assert second.due_at == later(40)
    assert queue.count_open() == 1


def test_the_same_event_again_is_harmless(intake: Intake, queue: Queue) -> None:
    told = event(file(f"{SEASON}/a.mkv"), file(f"{SEASON}/a.avi", Change.REMOVED))
    first, second = intake.submit(told, received()), intake.submit(told, received())
    assert second.event_id != first.event_id
    assert {taken.scan_id for taken in first.taken} == {taken.scan_id for taken in second.taken}
    scan = queue.scan(first.taken[0].scan_id or 0)
    assert scan is not None
    assert len(scan.expectations) == 2


def test_a_whole_folder_takes_over_what_waits_below_it(intake: Intake, queue: Queue) -> None:
    intake.submit(event(file(f"{SEASON}/a.mkv")), received())
    show = ScanRequest(path="/data/tv/Show", kind=Kind.FOLDER, change=Change.RENAMED)
    receipt = intake.submit(event(show, file(f"{SEASON}/b.mkv")), received())
    assert len({taken.scan_id for taken in receipt.taken}) == 1
    assert queue.count_open() == 1


def test_an_event_that_asks_for_nothing_is_stored(intake: Intake, queue: Queue) -> None:
    told = parse({"eventType": "Grab", "series": {"path": "/data/tv/Show"}})
    receipt = intake.submit(told, received())
    assert receipt.event_id > 0
    assert (receipt.taken, receipt.event) == ((), told)
    assert queue.count_open() == 0


def test_hints_and_announcements_reach_the_queue(intake: Intake, queue: Queue) -> None:
    body = {"eventType": "SeriesDelete", "series": {"title": "Show", "path": "/data/tv/Show", "tvdbId": 7}}
    receipt = intake.submit(parse({**body, "deletedFiles": True}), received())
    scan = queue.scan(receipt.taken[0].scan_id or 0)
    assert scan is not None
    (expectation,) = scan.expectations
    assert (expectation.announced, expectation.change) == (True, Change.REMOVED)
    assert expectation.hints == Hints(title="Show", ids={"tvdb": "7"})


def test_a_database_that_cannot_be_reached_is_said_to_be_unavailable(tmp_path: Path, clock: VirtualClock) -> None:
    store = Store(tmp_path / "missing" / "autoscan.db", clock)
    with pytest.raises(StoreUnavailableError):
        make_intake(Queue(store), clock).submit(event(file(f"{SEASON}/a.mkv")), received())
    store.dispose()


requests = st.lists(
    st.builds(
        ScanRequest,
        path=st.sampled_from(
            [
                "/data/tv/S/1/a.mkv",
                "/data/tv/S/1/b.mkv",
                "/data/tv/S",
                "/data/.grab/x",
                "D:\\TV\\a.mkv",
                "d:/tv/b.mkv",
                "/",
            ]
        ),
        kind=st.sampled_from(Kind),
        change=st.sampled_from(Change),
        min_delay=st.sampled_from([0, 60]),
        hints=st.just(Hints()),
    ),
    max_size=8,
)


@given(requests, st.sampled_from(["", "4k", "slow"]))
def test_every_path_is_ignored_or_below_exactly_one_scan(wanted: list[ScanRequest], source: str) -> None:
    clock = VirtualClock()
    intake = make_intake(Queue(Store(Path("never.db"), clock)), clock)
    plan = intake.plan(event(*wanted), source, START)
    folders = [scan.folder for scan in plan.scans]
    assert len({key(folder) for folder in folders}) == len(folders)
    assert len(plan.paths) == len(wanted)
    assert sum(len(scan.expectations) for scan in plan.scans) == sum(not path.detail for path in plan.paths)
    for path in plan.paths:
        assert (path.folder == "") is bool(path.detail)
        assert path.detail or (path.folder in folders and covers(path.folder, path.mapped))
    for scan in plan.scans:
        assert later(5) <= scan.due_at <= START + timedelta(seconds=plan.max_delay)
