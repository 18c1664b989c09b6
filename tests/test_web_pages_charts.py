"""What is drawn: bars and lines stay in their frame, and say what they stand for."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import Bucket, DeliveryRow, ScanRow, ServerBucket, Stage
from autoscan.web.screens import charts, timeline
from tests.clocks import START


def bucket(place: int, *, scans: int = 0, failed: int = 0, servers: Mapping[str, ServerBucket] | None = None) -> Bucket:
    start = START + timedelta(hours=place)
    return Bucket(start=start, seconds=3600, scans=scans, failed=failed, servers=servers or {})


def at(median: float | None, bad: int = 0) -> ServerBucket:
    return ServerBucket(ended=3, bad=bad, median_visible=median, p95_visible=median)


_servers = st.dictionaries(
    st.sampled_from(["plex", "jellyfin", "emby", "attic"]),
    st.builds(at, st.none() | st.floats(0, 1e6), st.integers(0, 10_000)),
)
_buckets = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), _servers), max_size=31)


@given(_buckets)
def test_everything_is_drawn_inside_the_frame(figures: list[tuple[int, int, dict[str, ServerBucket]]]) -> None:
    buckets = [
        bucket(place, scans=max(figure[:2]), failed=min(figure[:2]), servers=figure[2])
        for place, figure in enumerate(figures)
    ]
    for drawn in charts.draw(buckets):
        for bar in drawn.bars:
            assert bar.x >= charts.LEFT
            assert bar.x + bar.width <= charts.RIGHT + 0.1
            assert bar.y >= charts.TOP - 0.1
            assert bar.y + bar.height <= charts.BOTTOM + 0.1
        dots = [dot for line in drawn.lines for piece in line.pieces for dot in piece]
        assert all(charts.LEFT <= dot.x <= charts.RIGHT for dot in dots)
        assert all(charts.TOP - 0.1 <= dot.y <= charts.BOTTOM + 0.1 for dot in dots)
        assert 2 <= len(drawn.rows) <= 6
        assert [tick.at for tick in drawn.rows] == sorted((tick.at for tick in drawn.rows), reverse=True)


def test_failed_scans_stand_on_top_of_the_good_ones_and_add_up() -> None:
    drawn = charts.scans([bucket(0, scans=10, failed=4), bucket(1, scans=10)])
    good, bad, other = drawn.bars
    assert (good.kind, bad.kind, other.kind) == ("good", "bad", "good")
    assert bad.y + bad.height == good.y
    assert round(good.height + bad.height, 1) == other.height
    assert good.text == "10 scans, 4 failed"
    assert drawn.text == "20 scans ended, 4 of them failed."


def test_a_line_is_interrupted_where_nothing_was_seen() -> None:
    servers = [{"plex": at(10.0)}, {"plex": at(20.0)}, {}, {"plex": at(30.0), "emby": at(None)}]
    drawn = charts.times([bucket(place, servers=each) for place, each in enumerate(servers)])
    [line] = drawn.lines
    assert [len(piece) for piece in line.pieces] == [2, 1]
    assert line.points(line.pieces[0]).count(" ") == 1
    assert drawn.text == "Plex 10 s to 30 s."


def test_each_server_keeps_its_colour_in_all_charts() -> None:
    servers = {"plex": at(10.0, bad=1), "emby": at(5.0, bad=2)}
    _, times, failures = charts.draw([bucket(0, servers=servers)])
    assert times.legend == failures.legend == (("series-1", "Emby"), ("series-2", "Plex"))
    assert [bar.kind for bar in failures.bars] == ["series-1", "series-2"]
    assert failures.text == "Emby 2; Plex 1."


def test_nothing_at_all_is_said_in_words() -> None:
    scans, times, failures = charts.draw([bucket(0), bucket(1)])
    assert scans.empty
    assert times.text == "Nothing became visible."
    assert failures.text == "None."


def test_the_steps_of_a_scan_are_told_in_order_with_room_between_them() -> None:
    after = {seconds: START + timedelta(seconds=seconds) for seconds in (30, 31, 32, 72, 140)}
    delivery = DeliveryRow(
        id=1, server="plex", state=DeliveryState.VERIFIED, stage=Stage.ENDED, attempts=0, error="", evidence="",
        created_at=after[31], next_try_at=after[31], ended_at=after[72], first_asked_at=after[32], visible_after=72.0,
    )  # fmt: skip
    row = ScanRow(
        id=1, folder="/tv/A", state=ScanState.DONE, stage=Stage.ENDED, priority=0, source="sonarr", requested_at=START,
        due_at=after[30], ended_at=after[140], code="", reason="", deliveries=(delivery,),
    )  # fmt: skip
    steps = timeline.steps(row, after[30], after[31])
    assert [step.label for step in steps] == [
        "Requested", "Due: the file is looked for", "Handed to the servers", "Plex asked", "Plex: visible",
    ]  # fmt: skip
    assert [step.after for step in steps][:2] == ["at once", "after 30 s"]
    places = [step.x for step in steps]
    assert min(right - left for left, right in pairwise(places)) >= 20
    assert places[0] == timeline.LEFT
    assert places[-1] == timeline.RIGHT


def test_a_scan_that_waits_shows_when_it_is_due_and_one_that_failed_its_end() -> None:
    row = ScanRow(
        id=1, folder="/tv/A", state=ScanState.WAITING, stage=Stage.WAITING, priority=0, source="", requested_at=START,
        due_at=START + timedelta(seconds=30), ended_at=None, code="", reason="", deliveries=(),
    )  # fmt: skip
    assert [step.label for step in timeline.steps(row, None, None)] == ["Requested", "Due"]
