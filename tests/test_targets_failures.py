"""What every target makes of a server that refuses, starts, hides or lies."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.targets import Target
from tests.targets import FAKES, Pair, media, pair

SEASON = "/data/tv/Show/Season 01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture(params=sorted(FAKES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def it(kind: str, folder: Path) -> Iterator[Pair]:
    with pair(kind, {"/data": folder}) as made:
        yield made


Call = Callable[[Target], object]
CALLS: dict[str, Call] = {
    "probe": lambda it: it.probe(),
    "info": lambda it: it.info(),
    "libraries": lambda it: it.libraries(fresh=True),
    "states": lambda it: it.states(),
    "scan": lambda it: it.scan(it.libraries()[0], it.plan(it.libraries()[0], SEASON, ()), ()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_wrong_token_is_unauthorized(it: Pair, call: Call) -> None:
    it.target.libraries()
    it.fake.set(bad_token=True)
    with pytest.raises(TargetUnauthorizedError, match="refuses the token") as caught:
        call(it.target)
    assert it.fake.token not in str(caught.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_server_that_starts_is_unavailable(it: Pair, call: Call) -> None:
    it.target.libraries()
    it.fake.set(startup_s=60.0)
    with pytest.raises(TargetUnavailableError, match="503"):
        call(it.target)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_server_that_is_down_is_unavailable_and_later_answers_again(it: Pair, call: Call) -> None:
    it.target.libraries()
    it.fake.set(down=True)
    with pytest.raises(TargetUnavailableError):
        call(it.target)
    it.fake.set(down=False)
    call(it.target)


def test_a_server_that_never_answers_is_unavailable(kind: str, folder: Path) -> None:
    with (
        pair(kind, {"/data": folder}, settings={"timeout": 0.2}, timeout_prob=1.0) as it,
        pytest.raises(TargetUnavailableError, match="in time"),
    ):
        it.target.probe()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_login_page_is_unavailable_and_named(it: Pair, call: Call) -> None:
    it.target.libraries()
    it.fake.set(proxy_login_page=True)
    with pytest.raises(TargetUnavailableError, match="login page"):
        call(it.target)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null", b"<MediaContainer", b'{"Items": 5}', b"<a/>"])
@pytest.mark.parametrize("call", ["probe", "libraries", "states"])
def test_an_odd_body_is_unavailable(it: Pair, body: bytes, call: str) -> None:
    it.target.libraries()
    it.fake.fail_next("GET", status=200, body=body, times=2)
    with pytest.raises(TargetUnavailableError):
        CALLS[call](it.target)


def test_a_redirect_is_an_error_and_the_token_stays_here(it: Pair, folder: Path, kind: str) -> None:
    it.target.libraries()
    with FAKES[kind]({"/data": folder}, ()) as other:
        it.fake.set(redirect=f"{other.url}/web/?next=secret")
        for call in CALLS.values():
            with pytest.raises(TargetRejectedError, match=f"redirects to {other.url}/web/,") as caught:
                call(it.target)
            assert "secret" not in str(caught.value)
        assert other.requests() == []


def test_a_redirect_at_the_first_request_is_an_error_that_names_the_place(kind: str, folder: Path) -> None:
    with (
        pair(kind, {"/data": folder}, redirect="https://login.example/") as it,
        pytest.raises(TargetRejectedError, match=r"redirects to https://login\.example/"),
    ):
        it.target.libraries()
