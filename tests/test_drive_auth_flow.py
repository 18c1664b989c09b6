"""Authorizing Google Drive: what is asked for, what comes back, and all that goes wrong."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from autoscan.drive import tokens
from autoscan.drive.auth import SCOPE, Client
from autoscan.drive.auth_flow import Authorization, Granted
from autoscan.drive.auth_loopback import Loopback
from autoscan.errors import DriveRejectedError, DriveUnauthorizedError, DriveUnavailableError
from autoscan.settings import Secret
from tests.programs import free_port
from tests.servers.google import FakeGoogle

REDIRECT = "http://127.0.0.1:4321/"
#: oauthlib sends tokens over HTTPS only, unless it is told that this is a test.
INSECURE = "OAUTHLIB_INSECURE_TRANSPORT"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    monkeypatch.setenv(INSECURE, "1")
    with FakeGoogle() as fake:
        yield fake


def client(google: FakeGoogle, **more: Any) -> Client:
    mine: dict[str, Any] = {"client_id": google.CLIENT[0], "client_secret": Secret(google.CLIENT[1])} | more
    return Client(**mine, api_url=google.url)


def browse(address: str) -> tuple[int, str, str]:
    """Open an address as a browser does, and return status, body, and where it leads."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}", headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read().decode(), response.getheader("Location", "")
    finally:
        connection.close()


def agreed(google: FakeGoogle, **more: Any) -> tuple[Authorization, str]:
    """Return an attempt, and the address at which the browser ends."""
    attempt = Authorization(client(google, **more), REDIRECT)
    return attempt, browse(attempt.url)[2]


# ----- what is asked for


def test_the_address_asks_to_read_with_pkce_and_a_state_of_chance(google: FakeGoogle) -> None:
    asked = [parse_qs(urlsplit(Authorization(client(google), REDIRECT).url).query) for _ in range(2)]
    first = {name: value for name, (value,) in asked[0].items()}
    assert first.pop("client_id") == google.CLIENT[0]
    assert len(first.pop("state")) >= 20
    assert len(first.pop("code_challenge")) == 43
    assert first == {
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    for name in ("state", "code_challenge"):
        assert asked[0][name] != asked[1][name]


def test_without_a_client_it_says_how_to_make_one(google: FakeGoogle) -> None:
    for missing in ({"client_id": ""}, {"client_secret": None}, {"client_secret": Secret("")}):
        with pytest.raises(DriveUnauthorizedError, match="make an OAuth client of the type Desktop app"):
            Authorization(client(google, **missing), REDIRECT)


# ----- what comes back


def test_what_is_allowed_is_a_token_that_renews_itself(google: FakeGoogle) -> None:
    google.sign.forgetful = True  # who agreed before gets a refresh token only if he is asked again
    attempt, address = agreed(google)
    granted = attempt.finish(attempt.code(address))
    token = tokens.read(granted.text)
    assert token is not None
    assert token.refresh_token in google.sign.refreshing
    assert (token.client_id, token.client_secret, granted.seconds) == (*google.CLIENT, 0)


def test_a_client_in_testing_tells_when_it_ends(google: FakeGoogle) -> None:
    google.sign.clients[google.CLIENT[0]].testing = True
    attempt, address = agreed(google)
    assert 0 <= 7 * 24 * 3600 - attempt.finish(attempt.code(address)).seconds <= 60


def test_a_part_of_the_address_will_do(google: FakeGoogle) -> None:
    attempt, address = agreed(google)
    code = attempt.code(address)
    assert attempt.code(f"  {address.partition('?')[2]}\n") == code


STRANGE = ["", "4/0AVG-the-code-alone", "http://127.0.0.1:4321/", "http://[", "&" * 100, "code=x&state="]


@pytest.mark.parametrize("text", STRANGE)
def test_an_address_that_is_none_is_not_taken(google: FakeGoogle, text: str) -> None:
    with pytest.raises(DriveRejectedError, match="paste the whole of it"):
        Authorization(client(google), REDIRECT).code(text)


def test_an_address_of_another_attempt_is_not_taken(google: FakeGoogle) -> None:
    _, address = agreed(google)
    other = Authorization(client(google), REDIRECT)
    with pytest.raises(DriveRejectedError, match="belongs to another attempt"):
        other.code(address)
    with pytest.raises(DriveRejectedError, match="has no code"):
        other.code(f"x?state={parse_qs(urlsplit(other.url).query)['state'][0]}")


def test_a_code_of_another_attempt_fails_by_its_verifier(google: FakeGoogle) -> None:
    first, address = agreed(google)
    with pytest.raises(DriveUnauthorizedError, match="authorize again"):
        Authorization(client(google), REDIRECT).finish(first.code(address))


def test_a_refusal_in_the_browser_is_one(google: FakeGoogle) -> None:
    google.sign.consent = "deny"
    attempt, address = agreed(google)
    with pytest.raises(DriveUnauthorizedError, match="permission was denied"):
        attempt.code(address)
    with pytest.raises(DriveUnauthorizedError, match="Google refused: server_error"):
        attempt.code(address.replace("access_denied", "server_error"))


def test_a_box_that_was_not_ticked_is_named(google: FakeGoogle) -> None:
    google.sign.consent = "untick"
    attempt, address = agreed(google)
    with pytest.raises(DriveUnauthorizedError, match="tick the box"):
        attempt.finish(attempt.code(address))


def test_without_a_refresh_token_nothing_is_granted(google: FakeGoogle) -> None:
    attempt = Authorization(client(google), REDIRECT)
    address = browse(attempt.url.replace("access_type=offline", "access_type=online"))[2]
    with pytest.raises(DriveUnauthorizedError, match="no refresh token"):
        attempt.finish(attempt.code(address))


def test_a_wrong_secret_is_named(google: FakeGoogle) -> None:
    attempt, address = agreed(google, client_secret=Secret("GOCSPX-another"))
    with pytest.raises(DriveUnauthorizedError, match="check GOOGLE") as caught:
        attempt.finish(attempt.code(address))
    assert "another" not in str(caught.value)


def test_a_code_is_good_once(google: FakeGoogle) -> None:
    attempt, address = agreed(google)
    attempt.finish(attempt.code(address))
    with pytest.raises(DriveUnauthorizedError, match="each can be used once"):
        attempt.finish(attempt.code(address))


def test_a_google_that_is_away_is_unavailable(google: FakeGoogle) -> None:
    attempt, address = agreed(google)
    google.fail("/token", kind="drop")
    google.fail("/token", kind="drop")
    with pytest.raises(DriveUnavailableError):
        attempt.finish(attempt.code(address))


# ----- the page on this machine


@contextmanager
def loopback(configured: str = "") -> Iterator[tuple[Loopback, list[str]]]:
    taken: list[str] = []

    def take(address: str) -> str:
        if "wrong" in address:
            raise DriveRejectedError("<wrong>")
        taken.append(address)
        return "Done & dusted"

    made = Loopback(configured, take)
    made.start()
    try:
        yield made, taken
    finally:
        made.close()


def test_the_page_takes_the_address_and_keeps_it_to_itself() -> None:
    with loopback() as (page, taken):
        assert page.redirect.uri == f"http://127.0.0.1:{page.redirect.port}/"
        status, body, _ = browse(f"{page.redirect.uri}?code=c&state=s")
        assert (status, taken) == (200, ["/?code=c&state=s"])
        assert "<p>Done &amp; dusted</p>" in body
        status, body, _ = browse(f"{page.redirect.uri}?wrong")
        assert (status, "&lt;wrong&gt;" in body) == (400, True)
        assert browse(f"{page.redirect.uri}favicon.ico")[0] == 404
        assert len(taken) == 1


def test_a_configured_address_of_this_machine_is_waited_at() -> None:
    port = free_port()
    with loopback(f"http://localhost:{port}/the-pass/google/callback") as (page, taken):
        assert page.redirect.port == port
        assert browse(f"http://127.0.0.1:{port}/the-pass/google/callback?code=c")[0] == 200
        assert browse(f"http://127.0.0.1:{port}/?code=c")[0] == 404
        assert taken == ["/the-pass/google/callback?code=c"]


@pytest.mark.parametrize("uri", ["https://localhost:3468/x", "http://autoscan.example/x", "http://localhost:99999/"])
def test_an_address_elsewhere_can_only_be_pasted(uri: str) -> None:
    with loopback(uri) as (page, _):
        assert (page.redirect.uri, page.redirect.port) == (uri, 0)


def test_a_port_that_is_taken_can_only_be_pasted() -> None:
    with loopback() as (first, _), loopback(first.redirect.uri) as (second, _):
        assert (second.redirect.uri, second.redirect.port) == (first.redirect.uri, 0)


def test_what_was_granted_is_never_printed() -> None:
    assert "1//secret" not in repr(Granted(text="1//secret"))
