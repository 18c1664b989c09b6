"""Lists of events: the newest first, listed already or not, with every filter."""

from datetime import timedelta

import pytest

from autoscan.errors import BadRequestError
from autoscan.model import Change, Kind, NewEvent, NewPath
from autoscan.model.views import EventFilter
from autoscan.store import Queue
from autoscan.store.arrears import AT_ONCE
from tests.clocks import VirtualClock
from tests.queues import add, event_at


def ids(queue: Queue, event_filter: EventFilter) -> list[int]:
    """Return the ids of all pages, two rows each."""
    found: list[int] = []
    cursor = ""
    for _ in range(100):
        page = queue.find_events(event_filter, limit=2, cursor=cursor)
        found += [row.id for row in page.rows]
        cursor = page.next
        if not cursor:
            return found
    raise AssertionError("there is always another page")


def receive(
    queue: Queue, clock: VirtualClock, *names: str, source: str = "sonarr", known: bool = True, note: str = ""
) -> int:
    """Store an event that names these paths, none of which is scanned."""
    event = NewEvent(
        at=clock.now(), source=source, app=source, type="Rename", request_id="r", body="{1}", note=note, known=known
    )
    paths = [
        NewPath(
            path=f"/data{name}",
            mapped=f"/mnt{name}",
            kind=Kind.FILE,
            change=Change.ADDED,
            outcome="ignored",
            detail="*.nfo",
        )
        for name in names
    ]
    return queue.add(event, paths, [], max_delay=0).event_id


@pytest.mark.parametrize("listed", [0, 2, 9], ids=["none listed", "some listed", "all listed"])
def test_the_newest_come_first_whether_listed_or_not(queue: Queue, clock: VirtualClock, listed: int) -> None:
    made = []
    for number in range(5):
        clock.advance(1)
        made.append(receive(queue, clock, f"/tv/Episode {number}.mkv"))
        if number < listed:
            queue.list_arrears()
    assert ids(queue, EventFilter()) == made[::-1]
    assert ids(queue, EventFilter(text="episode")) == made[::-1]
    assert ids(queue, EventFilter(text="2 mkv")) == [made[2]]


def test_what_is_listed_between_two_pages_comes_neither_twice_nor_not_at_all(queue: Queue, clock: VirtualClock) -> None:
    made = [receive(queue, clock, f"/tv/{number}.mkv") for number in range(6)]
    first = queue.find_events(EventFilter(text="tv"), limit=2)
    queue.list_arrears()
    new = receive(queue, clock, "/tv/new.mkv")
    second = queue.find_events(EventFilter(text="tv"), limit=9, cursor=first.next)
    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]
    assert ids(queue, EventFilter(text="tv"))[0] == new


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize(
    ("event_filter", "found"),
    [
        (EventFilter(text="data show"), ["show"]),
        (EventFilter(text="mnt show"), ["show"]),
        (EventFilter(text="rename"), ["other", "strange", "show"]),
        (EventFilter(text="nothing like that"), []),
        (EventFilter(text="plain words"), ["strange"]),
        (EventFilter(source="radarr"), ["other"]),
        (EventFilter(app="sonarr"), ["strange", "show"]),
        (EventFilter(known=False), ["strange"]),
        (EventFilter(known=True, text="ren"), ["other", "show"]),
        (EventFilter(known=False, source="radarr"), []),
    ],
)
def test_a_filter_finds_what_has_all_it_names(
    queue: Queue, clock: VirtualClock, event_filter: EventFilter, found: list[str], listed: bool
) -> None:
    made = {
        receive(queue, clock, "/tv/Show.mkv"): "show",
        receive(queue, clock, known=False, note="in plain words"): "strange",
        receive(queue, clock, "/movies/Film.mkv", source="radarr"): "other",
    }
    if listed:
        queue.list_arrears()
    assert [made[each] for each in ids(queue, event_filter)] == found


def test_times_bound_a_list(queue: Queue, clock: VirtualClock) -> None:
    first = receive(queue, clock, "/tv/1")
    start = clock.now()
    queue.list_arrears()
    clock.advance(10)
    second = receive(queue, clock, "/tv/2")
    later = start + timedelta(milliseconds=1)
    assert ids(queue, EventFilter(since=later)) == [second]
    assert ids(queue, EventFilter(until=later)) == [first]
    assert ids(queue, EventFilter(since=start, until=clock.now())) == [first]


def test_lists_show_the_first_paths_and_no_body_and_one_event_shows_all(queue: Queue, clock: VirtualClock) -> None:
    event_id = receive(queue, clock, *(f"/tv/{number}.nfo" for number in range(30)))
    (row,) = queue.find_events(EventFilter(), limit=1).rows
    assert [path.path for path in row.paths] == [f"/data/tv/{number}.nfo" for number in range(20)]
    assert (row.path_count, row.body) == (30, "")
    whole = queue.event(event_id)
    assert whole is not None
    assert (len(whole.paths), whole.path_count, whole.body) == (30, 30, "{1}")
    assert (whole.paths[0].outcome, whole.paths[0].detail, whole.paths[0].scan_id) == ("ignored", "*.nfo", None)
    assert queue.event(event_id + 1) is None


def test_sources_are_those_heard_of_lately(queue: Queue, clock: VirtualClock) -> None:
    receive(queue, clock, source="radarr")
    clock.advance(1000)
    receive(queue, clock, source="sonarr")
    assert queue.sources() == ()
    queue.list_arrears()
    assert queue.sources() == ("radarr", "sonarr")
    queue.clean(clock.now() - timedelta(seconds=1), clock.now())
    assert queue.sources() == ("sonarr",)


def test_a_cursor_of_another_list_is_refused(queue: Queue, clock: VirtualClock) -> None:
    for name in ("/tv/1", "/tv/2"):
        add(queue, clock, name)
    cursor = queue.find_events(EventFilter(), limit=1).next
    assert cursor
    with pytest.raises(BadRequestError, match="begin at its first page"):
        queue.find_events(EventFilter(), limit=1, cursor=cursor[:-2])


def test_many_events_are_listed_in_slices(queue: Queue, clock: VirtualClock) -> None:
    for _ in range(AT_ONCE + 1):
        queue.add(event_at(clock), [], [], max_delay=0)
    assert [queue.list_arrears(), queue.list_arrears(), queue.list_arrears()] == [True, False, False]
