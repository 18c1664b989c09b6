"""`scan.py notify` shows who is told, `--test` tells them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desks import Desk
from tests.homes import Home
from tests.listeners import Listener, listening

pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_test_message_reaches_each_target_and_no_secret_the_screen(desk: Desk, listener: Listener) -> None:
    desk.configure(NOTIFY=[listener.url, {"URL": listener.url, "EVENTS": ["server_down"]}])
    code, out, err = desk.run("notify", "--test")
    assert code == 0
    assert listener.titles == ["Autoscan: a test"] * 2
    assert out.splitlines() == ["1. json://***: took the message", "2. json://***: took the message"]
    assert "hunter2" not in out + err


def test_one_that_does_not_take_it_is_named(desk: Desk, listener: Listener) -> None:
    listener.status = 403
    desk.configure(NOTIFY=["nosuchservice://secret-of-mine", listener.url])
    code, out, err = desk.run("notify", "--test")
    assert code == 1
    assert "1. nosuchservice://***: did not take the message" in out
    assert "2. json://***: did not take the message" in out
    assert "secret-of-mine" not in out + err


def test_without_the_option_nothing_is_sent(desk: Desk, listener: Listener) -> None:
    desk.configure(NOTIFY=[{"URL": listener.url, "EVENTS": "server_down, mount_lost"}])
    code, out, _ = desk.run("notify")
    assert code == 0
    assert "json://***" in out
    assert "mount_lost, server_down" in out
    assert listener.titles == []


def test_with_nobody_to_tell_it_says_how_to_name_somebody(desk: Desk) -> None:
    desk.configure()
    code, _, err = desk.run("notify", "--test")
    assert code == 1
    assert "NOTIFY is empty" in err


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('["no url"]', "is no Apprise URL"),
        ("[5]", "is neither an Apprise URL nor a table"),
        ('[{"EVENTS": ["server_down"]}]', "has no URL"),
        ('[{"URL": "json://x", "EVENTS": ["server_up"]}]', '"server_up" is no event'),
    ],
)
def test_a_mistake_in_the_setting_is_told_without_repeating_an_address(tmp_path: Path, written: str, said: str) -> None:
    home = Home(tmp_path)
    home.write({})
    (problem,) = home.problems(NOTIFY=written)
    assert problem.name.startswith("NOTIFY")
    assert said in problem.message
    assert "no url" not in problem.message


def test_the_environment_takes_urls_with_spaces_between_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write({})
    found = home.load(NOTIFY="json://a/b?c=d json://second:pass@host/").settings
    assert [target.url.reveal() for target in found.notify] == ["json://a/b?c=d", "json://second:pass@host/"]
    assert "json://second:pass@host/" in found.secrets()
