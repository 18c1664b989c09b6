"""`scan.py scan`: each end that a path can come to, shown with its reason, and the exit code that follows."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoscan.cli.scanning.command import Order, run
from autoscan.cli.scanning.screens import Json
from tests.foregrounds import Capture, World, made
from tests.servers import write_file
from tests.targets import FAKES


@pytest.fixture
def world(tmp_path: Path, capsys: Capture) -> Iterator[World]:
    with ExitStack() as opened:
        yield made(tmp_path, capsys, opened)


# ----- ends that are good


@pytest.mark.parametrize("kind", FAKES)
def test_a_new_file_is_verified_with_the_evidence(world: World, kind: str) -> None:
    world.serve(kind)
    code, result = world.only()
    assert (code, result["server"], result["library"], result["state"]) == (0, kind, "TV", "verified")
    assert result["good"]
    assert result["scans"] == 1
    assert 0 < result["requests"] <= 30
    assert result["seconds"] < 900
    assert [(each["path"], each["state"]) for each in result["files"]] == [(world.episode, "verified")]
    assert result["files"][0]["evidence"]


@pytest.mark.parametrize("kind", FAKES)
def test_a_removed_file_is_verified_to_be_gone(world: World, kind: str) -> None:
    world.serve(kind)
    assert world.scan()[0] == 0
    Path(world.episode).unlink()
    world.clock.advance(3600)
    code, result = world.only(removed=True)
    assert (code, result["state"]) == (0, "verified_absent")


def test_all_servers_are_asked_and_each_has_a_row(world: World) -> None:
    world.serve("plex", "jellyfin", "emby")
    code, results = world.scan()
    assert code == 0
    assert [(each["server"], each["state"]) for each in results] == [
        ("plex", "verified"),
        ("jellyfin", "verified"),
        ("emby", "verified"),
    ]


def test_a_folder_takes_over_the_file_in_it_and_both_are_shown(world: World) -> None:
    world.serve("plex")
    code, results = world.scan(world.episode, str(world.tv / "Show"))
    assert code == 0
    assert [each["state"] for each in results] == ["verified", "verified"]
    assert len(world.fakes["plex"].scans()) == 1


def test_a_sidecar_is_done_but_cannot_be_verified(world: World) -> None:
    world.serve("plex")
    subtitle = Path(world.episode).with_suffix(".en.srt")
    write_file(subtitle, 100)
    code, result = world.only(str(subtitle))
    assert (code, result["state"]) == (0, "done_unverifiable")


def test_an_extra_is_ignored_by_rule(world: World) -> None:
    world.serve("plex")
    sample = world.tv / "Show/Season 01/sample.mkv"
    write_file(sample, 100)
    code, result = world.only(str(sample))
    assert (code, result["state"]) == (0, "ignored_by_rule")


def test_a_server_without_the_library_is_no_failure_where_another_has_it(world: World) -> None:
    world.serve("plex")
    world.serve("jellyfin", root=world.folder / "media" / "other")
    code, results = world.scan()
    assert code == 0
    assert {each["server"]: each["state"] for each in results} == {"plex": "verified", "jellyfin": "not_here"}


def test_without_verification_it_ends_with_the_request_accepted(world: World) -> None:
    world.serve("plex")
    code, result = world.only(settings=world.settings(VERIFY=False))
    assert (code, result["state"], result["files"]) == (0, "accepted", [])
    assert f"for {world.tv}/Show/Season 01" in result["text"]


def test_commands_of_the_settings_are_run_before_it_ends(world: World) -> None:
    world.serve("plex", "emby")
    told = world.folder / "told"
    command = f'echo "$AUTOSCAN_SERVER $AUTOSCAN_RESULT" >> {told}'
    assert world.scan(settings=world.settings(RUN_COMMAND_AFTER_SCAN=command))[0] == 0
    assert sorted(told.read_text().splitlines()) == ["emby verified", "plex verified"]


# ----- ends that are not


def test_a_path_without_any_library_is_not_here_with_the_nearest(world: World) -> None:
    world.serve("plex", root=world.folder / "media" / "other")
    code, result = world.only()
    assert (code, result["state"], result["library"]) == (1, "not_here", "")
    assert f"the nearest is {world.folder}/media/other" in result["text"]


def test_a_file_that_is_not_there_is_file_missing_at_once_and_nobody_is_asked(world: World) -> None:
    world.serve("plex")
    code, result = world.only(str(world.tv / "Show/Season 01/typo.mkv"))
    assert (code, result["state"], result["server"]) == (1, "file_missing", "")
    assert result["text"].startswith(f"looked once for {world.tv}/Show/Season 01/typo.mkv, and it was not there; ")
    assert result["seconds"] < 10
    assert world.fakes["plex"].requests() == []


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_the_server_does_not_see_is_not_visible_with_advice(world: World, kind: str) -> None:
    world.serve(kind, mount_dropped=True)
    code, result = world.only()
    assert (code, result["state"]) == (1, "not_visible")
    assert "mount it there" in result["text"]
    assert result["scans"] == 0


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_never_comes_is_unverified_with_the_last_evidence(world: World, kind: str) -> None:
    world.serve(kind, never_add="*E01*")
    code, result = world.only()
    assert (code, result["state"]) == (1, "unverified")
    assert 1 < result["scans"] <= 5
    assert result["requests"] <= 30
    assert result["files"][0]["evidence"]


@pytest.mark.parametrize("kind", FAKES)
def test_a_file_that_stays_listed_is_a_stale_entry(world: World, kind: str) -> None:
    world.serve(kind)
    assert world.scan()[0] == 0
    Path(world.episode).unlink()
    world.fakes[kind].set(never_remove="*E01*")
    world.clock.advance(3600)
    code, result = world.only(removed=True)
    assert (code, result["state"]) == (1, "stale_entry")


def test_a_scan_that_is_refused_to_the_end_has_failed_with_the_refusal(world: World) -> None:
    world.serve("plex")
    world.fakes["plex"].fail_next("/refresh", status=400, times=100)
    code, result = world.only()
    assert (code, result["state"]) == (1, "failed")
    assert "HTTP 400" in result["text"]


def test_a_token_that_is_refused_is_a_configuration_error_at_once(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(bad_token=True)
    code, results = world.scan()
    assert code == 1
    states = {each["server"]: each for each in results}
    assert states["plex"]["state"] == "config_error"
    assert "refuses the token" in states["plex"]["text"]
    assert states["jellyfin"]["state"] == "verified"


def test_a_server_that_does_not_answer_is_given_up_after_a_minute(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(down=True)
    code, results = world.scan()
    assert code == 1
    states = {each["server"]: each for each in results}
    assert states["plex"]["state"] == "unavailable"
    assert "connection refused" in states["plex"]["text"]
    assert 60 <= states["plex"]["seconds"] < 90
    assert states["jellyfin"]["state"] == "verified"


def test_what_is_not_over_in_time_is_timed_out_with_what_it_waited_for(world: World) -> None:
    world.serve("plex", mount_dropped=True)
    code, result = world.only(timeout=30)
    assert (code, result["state"], result["seconds"]) == (1, "timed_out", None)
    assert result["text"].startswith("not visible yet after 30 s: plex does not see ")


def test_the_time_out_leaves_alone_what_is_over(world: World) -> None:
    world.serve("plex", "jellyfin")
    world.fakes["plex"].set(mount_dropped=True)
    code, results = world.scan(timeout=900)
    assert code == 1
    assert {each["server"]: each["state"] for each in results} == {"plex": "timed_out", "jellyfin": "verified"}


def test_a_time_out_before_the_file_was_looked_at_says_so(world: World) -> None:
    world.serve("plex")
    code, result = world.only(timeout=0.0)
    assert (code, result["state"], result["text"]) == (1, "timed_out", "waiting after 0 s")


def test_an_ignored_path_is_not_scanned_and_that_is_no_success(world: World) -> None:
    world.serve("plex")
    code, result = world.only(settings=world.settings(SERVER_IGNORE_LIST=["Show - S01"]))
    assert (code, result["state"]) == (1, "ignored")
    assert "Show - S01" in result["text"]


def test_without_a_server_the_code_is_2(world: World, capsys: Capture) -> None:
    code = run(world.settings(), Order(paths=("/x",)), world.clock, Json(world.clock))
    assert code == 2
    assert "no media server is configured" in capsys.readouterr().err


def test_a_path_that_is_none_is_refused_with_code_2(world: World, capsys: Capture) -> None:
    world.serve("plex")
    assert run(world.settings(), Order(paths=("",)), world.clock, Json(world.clock)) == 2
    assert "no usable path" in capsys.readouterr().err
