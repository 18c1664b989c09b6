"""What holds for every scan, whatever it expects."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscan.model import Change, Expectation, Kind
from autoscan.presence import Go
from tests.presence_world import World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made


EXPECTED = st.builds(
    Expectation,
    path=st.sampled_from([f"/media/tv/Show/{name}" for name in "abcd"] + ["/media/tv/Show", "/nowhere/x", "Q:\\x"]),
    kind=st.sampled_from(Kind),
    change=st.sampled_from(Change),
    size=st.none() | st.sampled_from([0, 10, 20]),
    announced=st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    expected=st.lists(EXPECTED, max_size=4, unique_by=lambda each: each.path),
    rules=st.tuples(st.integers(0, 4), st.booleans()),
    ages=st.tuples(st.sampled_from([0, 59, 300]), st.sampled_from([0, 100])),
    there=st.sets(st.sampled_from("abcd")),
)
def test_every_scan_comes_to_an_end_within_its_checks(
    world: World,
    expected: list[Expectation],
    rules: tuple[int, bool],
    ages: tuple[int, int],
    there: set[str],
) -> None:
    (max_checks, folder), (event_age, file_age) = rules, ages
    world.with_rules(max_checks=max_checks, folder_on_exhaustion=folder)
    for name in "abcd":
        (world.media / "tv" / "Show" / name).unlink(missing_ok=True)
    for name in there:
        world.write(f"tv/Show/{name}", age=file_age)
    verdict, waits = world.play(world.scan(*expected, age=event_age))
    checks = [wait.checks for wait in waits]
    assert checks == sorted(checks)
    assert max(checks, default=0) <= max(0, max_checks - 1)
    assert isinstance(verdict, Go) or any(each.change.wants_presence for each in expected)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expected=st.lists(EXPECTED, min_size=1, max_size=4, unique_by=lambda each: each.path))
def test_removals_that_were_not_announced_go_at_once(world: World, expected: list[Expectation]) -> None:
    gone = [replace(each, change=Change.REMOVED, announced=False) for each in expected]
    assert world.play(world.scan(*gone)) == (Go(), [])
