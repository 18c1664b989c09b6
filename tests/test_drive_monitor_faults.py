"""The monitor of Google Drive when things go wrong: it waits, says so, goes on, and loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoscan.drive import monitor
from autoscan.drive.monitor_walk import build_page
from autoscan.errors import BadRequestError, StoreUnavailableError
from autoscan.model import Kind, Walk
from tests.drives import World, added, removed, renamed, watching
from tests.servers.google import FakeGoogle


def shared(fake: FakeGoogle) -> None:
    fake.world.shared_drive("Films")
    fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with watching(tmp_path) as found:
        yield found


def new_file(world: World, name: str = "e1.mkv") -> str:
    found: str = world.drive.path(f"Meine Ablage/TV/{name}")
    return found


def build(world: World) -> None:
    api = world.autoscan.drive_api()
    while not world.state().complete:
        build_page(api, world.queue, world.clock, world.state())
    api.close()
    world.clock.advance(3600)


# ----- nothing is lost


def test_ten_thousand_changes_come_page_by_page(world: World) -> None:
    world.drive.many(10_000)
    found = world.poll()
    assert len(found) == len({each.path for each in found}) == 10_000
    assert len(world.fake.requests("GET /drive/v3/changes")) >= 10
    assert world.poll() == []


def test_a_kill_before_a_page_is_kept_repeats_it_and_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drive.many(2500)
    keep = world.queue.keep_drive_changes
    pages = 0

    def dies(*arguments: Any, **more: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise StoreUnavailableError("killed")
        keep(*arguments, **more)

    monkeypatch.setattr(type(world.queue), "keep_drive_changes", lambda _, *a, **m: dies(*a, **m))
    world.clock.advance(61)
    with pytest.raises(StoreUnavailableError):
        world.settle()
    world.restart()
    world.settle()
    found = world.asked()
    assert {each.path for each in found} == {f"/mnt/gd/Many {number:06}.mkv" for number in range(2500)}
    # The page that was not kept was asked for once more: the same requests, which join the same scan.
    assert len(found) == 3500
    assert world.rows("SELECT folder FROM scans WHERE state = 'waiting'") == [{"folder": "/mnt/gd"}]


def test_the_place_to_read_on_is_kept_after_the_requests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    new_file(world)
    before = world.state().page_token

    def full(*_: Any, **__: Any) -> None:
        raise StoreUnavailableError("the disk is full")

    monkeypatch.setattr(type(world.queue), "add", full)
    world.clock.advance(61)
    with pytest.raises(StoreUnavailableError):
        world.settle()
    assert world.state().page_token == before
    monkeypatch.undo()
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
    assert world.state().page_token != before


def test_a_restart_reads_on_where_it_was(world: World) -> None:
    world.monitor.close()
    new_file(world)
    world.clock.advance(86400)
    world.restart()
    world.settle()
    assert world.asked() == [added("/mnt/gd/TV/e1.mkv")]


# ----- quota, failures, absence


@pytest.mark.parametrize(
    ("status", "reason"),
    [(429, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (403, "rateLimitExceeded"), (500, ""), (503, "")],
)
def test_a_storm_of_refusals_is_waited_out(world: World, status: int, reason: str) -> None:
    new_file(world)
    world.fake.fail("changes?", times=4, status=status, reason=reason)
    assert world.poll() == []
    before = len(world.fake.requests("GET /drive/v3/changes"))
    found = [each for _ in range(10) for each in world.poll()]
    assert found == [added("/mnt/gd/TV/e1.mkv")]
    assert len(world.fake.requests("GET /drive/v3/changes")) - before <= 14
    assert world.state().ok


def test_one_failure_is_not_told_and_lasting_ones_are(world: World) -> None:
    world.fake.fail("changes?", times=None, status=503)
    world.poll()
    assert world.state().ok
    world.poll()
    state = world.state()
    assert not state.ok
    assert state.since is not None
    assert any(text.startswith("My Drive: ") for text in world.autoscan.warnings())
    world.fake.calm()
    world.clock.advance(600)
    world.poll()
    assert world.state().ok
    assert world.state().since is None
    assert not any(text.startswith("My Drive: ") for text in world.autoscan.warnings())


def test_an_error_of_its_own_shows_and_ends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would come back at each poll, while everything looked well."""
    new_file(world)

    def refuses(*_: Any, **__: Any) -> None:
        raise BadRequestError("a value cannot be stored")

    monkeypatch.setattr(type(world.queue), "add", refuses)
    with pytest.raises(BadRequestError):
        world.poll()
    assert "an error of Autoscan's own, BadRequestError" in world.state().problem
    monkeypatch.undo()
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
    assert world.state().ok


def test_it_waits_as_long_as_google_says(world: World) -> None:
    new_file(world)
    world.fake.fail("changes?", times=1, status=429, reason="rateLimitExceeded", retry_after="300")
    assert world.poll() == []
    world.clock.advance(230)
    world.settle()
    assert world.asked() == []
    world.clock.advance(140)
    world.settle()
    assert world.asked() == [added("/mnt/gd/TV/e1.mkv")]


def test_a_network_that_is_away_for_a_day_costs_few_requests_and_nothing_else(world: World) -> None:
    new_file(world)
    world.fake.down()
    for _ in range(24 * 60):
        world.clock.advance(60)
        world.settle()
    state = world.state()
    assert not state.ok
    assert state.polled_at is not None
    assert (world.clock.now() - state.polled_at).total_seconds() > 86_000
    polls = world.rows("SELECT value FROM counters WHERE name = 'drive_polls' AND label = 'failed'")
    assert polls[0]["value"] < 24 * 8
    world.fake.up()
    world.clock.advance(monitor.LONGEST_PAUSE * 1.3)
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
    assert world.state().ok


def test_a_clock_that_jumps_changes_nothing(world: World) -> None:
    world.clock._start = world.clock._start.replace(year=2020)
    new_file(world)
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
    world.clock._start = world.clock._start.replace(year=2031)
    world.settle()
    polls = len(world.fake.requests("GET /drive/v3/changes"))
    world.settle()
    assert len(world.fake.requests("GET /drive/v3/changes")) == polls


def test_a_broken_shared_drive_does_not_stop_the_others(tmp_path: Path) -> None:
    with watching(tmp_path, before=shared) as world:
        (films,) = world.drive.drives
        world.drive.leave(films)
        new_file(world)
        assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
        world.poll()
        assert world.state().ok
        assert not world.state(films).ok
        world.drive.join(films)
        world.drive.path("Films/Alien.mkv")
        world.clock.advance(700)
        assert added("/mnt/films/Alien.mkv") in world.poll()


# ----- authorisation


def test_without_an_authorisation_it_says_what_to_do_until_there_is_one(tmp_path: Path) -> None:
    with watching(tmp_path, authorized=False) as world:
        assert any("scan.py authorize" in text for text in world.autoscan.warnings())
        (state,) = world.queue.drive_states()
        assert not state.ok
        world.queue.keep_drive_credentials(world.fake.stored_token())
        world.poll()
        new_file(world)
        assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
        assert [state.name for state in world.queue.drive_states()] == ["My Drive"]
        assert not any("scan.py authorize" in text for text in world.autoscan.warnings())


def test_a_revoked_authorisation_is_a_lasting_state_with_what_to_do(world: World) -> None:
    world.fake.sign.revoke_all()
    world.poll()
    world.poll()
    assert "scan.py authorize" in world.state().problem
    new_file(world)
    world.queue.keep_drive_credentials(world.fake.stored_token())
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]
    assert world.state().ok


# ----- Google forgets the place


def forget(world: World) -> None:
    for log in world.drive.logs.values():
        log.forget()


def test_after_a_forgotten_place_what_the_cache_knew_is_compared_with_all_there_is(world: World) -> None:
    kept, moved, changed, gone = (new_file(world, f"{name}.mkv") for name in ("kept", "moved", "changed", "gone"))
    world.poll()
    build(world)
    world.poll()
    world.drive.rename(moved, "elsewhere.mkv")
    world.drive.write(changed, size=77)
    world.drive.trash(gone)
    new_file(world, "new.mkv")
    forget(world)
    assert world.poll() == [
        added("/mnt/gd/TV/changed.mkv", 77),
        added("/mnt/gd/TV/new.mkv"),
        removed("/mnt/gd/TV/gone.mkv"),
        removed("/mnt/gd/TV/moved.mkv"),
        renamed("/mnt/gd/TV/elsewhere.mkv"),
    ]
    assert world.state().walk is Walk.NONE
    assert world.state().ok
    assert kept
    new_file(world, "later.mkv")
    assert world.poll() == [added("/mnt/gd/TV/later.mkv")]


def test_it_says_that_changes_may_be_lost_for_as_long_as_it_compares(world: World) -> None:
    forget(world)
    world.clock.advance(61)
    while world.state().walk is Walk.NONE:
        assert world.monitor.step()
    assert any("changes since 2026-01-01T12:00" in text for text in world.autoscan.warnings())
    world.settle()
    assert not any("changes since" in text for text in world.autoscan.warnings())


def test_without_a_filled_cache_only_what_was_made_meanwhile_is_new(tmp_path: Path) -> None:
    def old(fake: FakeGoogle) -> None:
        fake.world.path("Meine Ablage/TV/old.mkv")
        fake.clock.advance(86400)  # type: ignore[attr-defined]  # a virtual one

    with watching(tmp_path, before=old) as world:
        new_file(world, "new.mkv")
        forget(world)
        assert world.poll() == [added("/mnt/gd/TV/new.mkv")]
        assert world.state().complete


def test_a_folder_that_went_meanwhile_stands_for_all_that_lay_in_it(world: World) -> None:
    for number in range(30):
        world.drive.path(f"Meine Ablage/TV/Show/e{number}.mkv")
    build(world)
    world.poll()
    show = next(node.id for _, node in world.drive.nodes.slice(0) if node.name == "Show")
    world.drive.delete(show)
    forget(world)
    assert world.poll() == [removed("/mnt/gd/TV/Show", Kind.FOLDER)]
    assert [row["name"] for row in world.rows("SELECT name FROM drive_files")] == ["TV"]


def test_a_comparison_goes_on_after_a_restart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.drive.bulk(3500)
    build(world)
    world.poll()
    world.drive.rename("1bulk0f42", "renamed.mkv")
    forget(world)
    world.clock.advance(61)
    while world.state().walked < 2000:
        assert world.monitor.step()
    listings = len(world.fake.requests("GET /drive/v3/files"))
    world.restart()
    assert world.state().walk is Walk.RECONCILE
    while not any("changes since" in text for text in world.autoscan.warnings()):
        assert world.monitor.step()
    world.settle()
    assert {each.path for each in world.asked()} == {
        "/mnt/gd/Folder 000000/File 0000042.mkv",
        "/mnt/gd/Folder 000000/renamed.mkv",
    }
    assert len(world.fake.requests("GET /drive/v3/files")) - listings <= 4


def test_new_changes_are_read_between_the_pages_of_a_comparison(world: World) -> None:
    world.drive.bulk(5000)
    build(world)
    world.poll()
    forget(world)
    world.clock.advance(61)
    while world.state().walk is Walk.NONE:
        assert world.monitor.step()
    new_file(world)
    for _ in range(4):
        world.monitor.step()
    assert world.state().walk is Walk.RECONCILE
    assert world.asked() == [added("/mnt/gd/TV/e1.mkv")]


def test_google_is_not_stormed_if_it_forgets_again_and_again(world: World) -> None:
    world.fake.fail("pageToken=", times=None, status=404, reason="notFound")
    world.poll()
    before = len(world.fake.requests())
    for _ in range(10):
        world.poll()
    assert len(world.fake.requests()) - before <= 60
    world.fake.calm()
    new_file(world)
    world.clock.advance(700)
    assert world.poll() == [added("/mnt/gd/TV/e1.mkv")]


def test_a_listing_whose_place_is_forgotten_begins_again(world: World) -> None:
    world.drive.bulk(2500)
    forget(world)
    world.clock.advance(61)
    while world.state().walked < 1000:
        assert world.monitor.step()
    world.fake.fail("files?", times=1, status=404, reason="notFound")
    world.poll()
    assert world.poll() == []
    assert world.state().walk is Walk.NONE
    assert world.state().complete
