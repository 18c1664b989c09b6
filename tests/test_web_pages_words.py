"""The words of the pages: every state has one, and times read as people say them."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta

import pytest

from autoscan.intake import Outcome
from autoscan.model import Change, DeliveryState, ScanState, Transition
from autoscan.model.drive import DriveState, Walk
from autoscan.model.views import DeliveryRow, ScanRow, Stage
from autoscan.targets.emby import sightings as emby
from autoscan.targets.jellyfin import hidden as jellyfin
from autoscan.targets.plex import lookup as plex
from autoscan.verification import ASKED_FOR
from autoscan.web.screens import wording
from tests.clocks import START

TONES = {"good", "bad", "wait", "busy", "quiet"}


def row(server: str = "plex", *, state: DeliveryState = DeliveryState.VERIFIED, **values: object) -> DeliveryRow:
    given = {
        "id": 1, "attempts": 0, "error": "", "evidence": "", "created_at": START, "next_try_at": START,
        "ended_at": START, "first_asked_at": START, "visible_after": None, "stage": Stage.ENDED, **values,
    }  # fmt: skip
    return DeliveryRow(server=server, state=state, **given)  # type: ignore[arg-type] # whatever a test wants


def test_every_stage_state_result_and_outcome_has_a_word_of_a_known_tone() -> None:
    tables = (wording.STAGES, wording.SCANS, wording.RESULTS, wording.OUTCOMES, wording.SERVERS)
    assert {word.tone for table in tables for word in table.values()} <= TONES
    assert set(wording.STAGES) == set(Stage)
    assert set(wording.SCANS) == set(ScanState)
    assert set(wording.RESULTS) == set(DeliveryState)
    assert set(wording.OUTCOMES) == {outcome.value for outcome in Outcome}
    assert set(wording.CHANGES) == set(Change)


def test_every_code_of_a_look_is_explained() -> None:
    codes = {*plex._SAW, "P1b", *astuple(jellyfin.WORDS), "J2", *astuple(emby.WORDS), emby.PATH}
    assert codes - {""} == set(ASKED_FOR)


def test_what_is_good_is_said_to_be_good_and_what_is_bad_bad() -> None:
    for state in DeliveryState:
        if state.is_good:
            assert wording.RESULTS[state].tone == "good"
        elif wording.RESULTS[state].tone == "good":
            pytest.fail(f"{state} is told as good")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (-3, "0 s"), (41.6, "42 s"), (59.4, "59 s"), (60, "1 min"), (110, "1 min 50 s"),
        (3599, "59 min 59 s"), (3600, "1 h"), (7500, "2 h 5 min"), (86400, "1 d"), (273600, "3 d 4 h"),
    ],
)  # fmt: skip
def test_lengths_of_time_are_told_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert wording.span(seconds) == text


def test_moments_to_come_and_past_ones_are_told_from_now() -> None:
    assert wording.until(START + timedelta(seconds=80), START) == "in 1 min 20 s"
    assert wording.until(START - timedelta(seconds=80), START) == "now"
    assert wording.ago(START - timedelta(minutes=5), START) == "5 min ago"
    assert wording.ago(START, START) == "just now"


def test_where_it_showed_is_told_with_the_fastest_first() -> None:
    rows = [row("jellyfin", visible_after=110.0), row("emby"), row("plex", visible_after=42.0)]
    assert wording.visible(rows) == "visible in Plex after 42 s, in Jellyfin after 1 min 50 s"
    assert wording.visible([row("emby")]) == ""


def test_the_reason_of_a_delivery_is_what_is_known_best() -> None:
    assert wording.why(row(evidence="listed by path", visible_after=42.0)) == "visible after 42 s: listed by path"
    pending = row(state=DeliveryState.PENDING, stage=Stage.PAUSED)
    assert wording.why(pending) == wording.STAGES[Stage.PAUSED].meaning
    assert wording.why(row(state=DeliveryState.FAILED, error="HTTP 500")) == "HTTP 500"
    assert wording.of_delivery(pending).label == "Server paused"


def test_steps_of_the_history_are_told_in_the_same_words() -> None:
    def step(old: str, new: str, delivery: int | None = None) -> str:
        return wording.change(
            Transition(at=START, scan_id=1, delivery_id=delivery, server="", old=old, new=new, reason="", request_id="")
        )

    assert step("", "waiting") == "Waiting"
    assert step("waiting", "checking") == "Waiting → Waiting for the file"
    assert step("pending", "verified", 1) == "Under way → Visible"
    assert step("pending", "pending", 1) == "Under way"
    assert step("", "of another version") == "of another version"


def test_bodies_are_shown_with_a_line_for_each_value_and_left_alone_where_they_are_no_json() -> None:
    assert wording.pretty('{"a":[1,"ä"]}') == '{\n  "a": [\n    1,\n    "ä"\n  ]\n}'
    assert wording.pretty("path=%2Ftv") == "path=%2Ftv"


@pytest.mark.parametrize(
    ("octets", "text"),
    [(0, "0 B"), (700, "700 B"), (1536, "1.5 KiB"), (1_503_238_553, "1.4 GiB"), (2**52, "4096.0 TiB")],
)
def test_sizes_are_told_in_powers_of_1024(octets: int, text: str) -> None:
    assert wording.size(octets) == text


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/tv/Dark/Season 03", ("/tv/", "Dark/Season 03")),
        ("/tv/Dark/Season 03/e1.mkv", ("/tv/Dark/Season 03/", "e1.mkv")),
        ("/movies/Arrival (2016)/", ("/movies/", "Arrival (2016)/")),
        ("D:\\TV\\Dark\\Staffel 3", ("D:\\TV\\", "Dark\\Staffel 3")),
        ("/Season 1", ("/", "Season 1")), ("name", ("", "name")), ("/", ("", "/")), ("", ("", "")),
    ],
)  # fmt: skip
def test_a_path_is_shown_by_its_name_and_a_season_with_its_series(path: str, parts: tuple[str, str]) -> None:
    assert wording.parts(path) == parts
    assert "".join(parts) == path


def test_a_scan_is_told_in_one_line(scan_row: Callable[..., ScanRow]) -> None:
    pending = row("plex", state=DeliveryState.PENDING, stage=Stage.LOOKING)
    seen, bad = row("jellyfin", visible_after=110.0), row("emby", state=DeliveryState.UNVERIFIED)
    told = {
        scan_row(ScanState.WAITING, Stage.WAITING): wording.STAGES[Stage.WAITING].meaning,
        scan_row(ScanState.FAILED, Stage.ENDED, reason="the file never came"): "the file never came",
        scan_row(ScanState.DELIVERING, Stage.LOOKING, pending, seen): (
            "Plex: looking; visible in Jellyfin after 1 min 50 s"
        ),
        scan_row(ScanState.FAILED, Stage.ENDED, seen, bad): (
            "Emby: never appeared; visible in Jellyfin after 1 min 50 s"
        ),
        scan_row(ScanState.DONE, Stage.ENDED, row("plex", state=DeliveryState.ACCEPTED)): "Plex: accepted",
        scan_row(ScanState.DONE, Stage.ENDED, row("plex", state=DeliveryState.ACCEPTED), seen): (
            "visible in Jellyfin after 1 min 50 s"
        ),
    }
    for scan, text in told.items():
        assert wording.progress(scan) == text


@pytest.fixture
def scan_row() -> Callable[..., ScanRow]:
    def make(state: ScanState, stage: Stage, *deliveries: DeliveryRow, reason: str = "") -> ScanRow:
        return ScanRow(
            id=1, folder="/tv/A", state=state, stage=stage, priority=0, source="", requested_at=START, due_at=START,
            ended_at=START if stage is Stage.ENDED else None, code="", reason=reason, deliveries=deliveries,
        )  # fmt: skip

    return make


def test_messages_of_other_rooms_are_shown_as_sentences() -> None:
    assert wording.sentence("no server has a library") == "No server has a library."
    assert wording.sentence("/tv is gone.") == "/tv is gone."
    assert wording.sentence("") == ""


def test_a_watched_drive_is_told_as_it_is() -> None:
    states = [
        DriveState(drive="", name="My Drive", problem="no access"),
        DriveState(drive="", name="My Drive", walk=Walk.RECONCILE, walked=2),
        DriveState(drive="", name="My Drive", polled_at=START),
        DriveState(drive="", name="My Drive"),
    ]
    assert [wording.drive(state).label for state in states] == ["Not read", "Being listed", "OK", "Not read yet"]


def test_what_is_not_known_has_a_word_too() -> None:
    assert wording.exists(None).label == "Unknown"
    assert wording.exists(found=True).tone == "good"
    assert wording.exists(found=False).tone == "bad"
    assert wording.outcome("of another version").label == "of another version"
    assert wording.server("?").label == "Not asked yet"
    assert [wording.number(count, "library", "libraries") for count in (1, 2)] == ["1 library", "2 libraries"]
    assert [wording.title(name) for name in ("plex", "attic")] == ["Plex", "attic"]


def test_a_reason_is_told_without_the_word_that_programs_look_for() -> None:
    assert wording.plain("file_missing: looked once for /tv/a.mkv") == "looked once for /tv/a.mkv"
    assert wording.plain("/tv/some_file: is held by its anchor") == "/tv/some_file: is held by its anchor"
    assert wording.plain("plex: HTTP 500") == "plex: HTTP 500"
    assert wording.plain("") == ""
