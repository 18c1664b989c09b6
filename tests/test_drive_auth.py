"""Credentials of Google Drive: users' tokens of any age, service accounts, renewal and revocation."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autoscan.clock import Clock
from autoscan.drive import tokens
from autoscan.drive.api import DriveApi
from autoscan.drive.auth import Client, DriveCredentials
from autoscan.errors import DriveError, DriveUnauthorizedError, DriveUnavailableError
from autoscan.settings import Secret
from tests.servers.google import FakeGoogle

MINE = ("the-client.apps.googleusercontent.com", "GOCSPX-the-secret")


@dataclass
class Desk:
    """What asks the fake Google, and the text that is stored."""

    fake: FakeGoogle
    stored: str = ""
    kept: list[str] = field(default_factory=list)

    def api(self, **client: Any) -> DriveApi:
        names: dict[str, Any] = {
            "client_id": MINE[0],
            "client_secret": Secret(MINE[1]),
            "api_url": self.fake.url,
        } | client
        credentials = DriveCredentials(Client(**names), load=lambda: self.stored, keep_text=self.keep)
        return DriveApi(credentials, api_url=self.fake.url, timeout=5)

    def keep(self, text: str) -> None:
        self.stored = text
        self.kept.append(text)

    def email(self, **client: Any) -> str:
        api = self.api(**client)
        try:
            return api.about().email
        finally:
            api.close()

    def refusal(self, **client: Any) -> str:
        with pytest.raises(DriveUnauthorizedError) as caught:
            self.email(**client)
        return str(caught.value)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with FakeGoogle() as fake:
        yield Desk(fake)


# ----- what earlier programs left behind


def forms(refresh: str) -> dict[str, Any]:
    client, secret = MINE
    return {
        "plex_autoscan": {"access_token": "old", "expires_in": 1500000000, "refresh_token": refresh, "scope": "x"},
        "oauth2client": {
            "_class": "OAuth2Credentials",
            "_module": "oauth2client.client",
            "access_token": "old",
            "client_id": client,
            "client_secret": secret,
            "invalid": False,
            "refresh_token": refresh,
            "scopes": ["https://www.googleapis.com/auth/drive"],
            "token_expiry": "2020-01-01T00:00:00Z",
            "token_response": {"access_token": "old", "refresh_token": refresh},
            "token_uri": "https://oauth2.googleapis.com/token",
        },
        "google-auth": {
            "token": "old",
            "refresh_token": refresh,
            "token_uri": "https://oauth2.googleapis.com/token",
            "client_id": client,
            "client_secret": secret,
            "scopes": ["https://www.googleapis.com/auth/drive"],
            "universe_domain": "googleapis.com",
            "account": "",
            "expiry": "2020-01-01T00:00:00.123456Z",
        },
        "inside": {"token": {"access_token": "old", "refresh_token": refresh, "token_type": "Bearer"}},
        "inside as text": {"token": json.dumps({"access_token": "old", "refresh_token": refresh})},
        "response only": {"client_id": client, "token_response": {"refresh_token": refresh}},
    }


@pytest.mark.parametrize("form", forms(""))
@pytest.mark.parametrize("scope", ["drive", "drive.readonly"])
def test_a_token_of_an_earlier_program_is_used_as_it_is(desk: Desk, form: str, scope: str) -> None:
    refresh = desk.fake.sign.refresh_token(MINE[0], f"https://www.googleapis.com/auth/{scope}")
    desk.stored = json.dumps(forms(refresh)[form])
    assert desk.email() == "ada@example.com"
    (request,) = desk.fake.requests("POST /token")
    assert b"scope" not in request.body


def test_a_token_of_another_client_is_used_with_that_client(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    assert desk.email(client_id="newer", client_secret=Secret("newer")) == "ada@example.com"


def test_a_token_of_the_configured_client_is_used_with_todays_secret(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token().replace(MINE[1], "the-secret-of-yesterday")
    assert desk.email() == "ada@example.com"


NONSENSE = [
    "{",
    "[]",
    "7",
    '"text"',
    '{"access_token": "x"}',
    '{"refresh_token": ""}',
    '{"refresh_token": 7}',
    "[" * 9999,
]


@pytest.mark.parametrize("text", NONSENSE)
def test_what_cannot_renew_itself_is_no_authorisation(desk: Desk, text: str) -> None:
    assert tokens.read(text) is None
    desk.stored = text
    assert "unusable: run `scan.py authorize`" in desk.refusal()
    assert desk.fake.requests() == []


def test_nothing_stored_says_what_to_do(desk: Desk) -> None:
    assert desk.refusal() == "nobody has authorized Autoscan to read Google Drive yet: run `scan.py authorize`"


def test_no_token_is_ever_printed(desk: Desk) -> None:
    token = tokens.read(desk.fake.stored_token())
    assert repr(token) == "Token(***)"


# ----- renewal


def test_an_access_token_is_asked_for_once_and_kept(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    assert desk.email() == desk.email() == "ada@example.com"
    assert len(desk.fake.requests("POST /token")) == 1
    assert len(desk.kept) == 1


def test_an_access_token_that_google_forgot_is_renewed_within_the_request(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    api = desk.api()
    api.about()
    desk.fake.sign.access.clear()
    assert api.about().email == "ada@example.com"
    assert len(desk.kept) == 2
    api.close()


def test_another_refresh_token_is_kept(desk: Desk) -> None:
    desk.fake.sign.rotates = True
    desk.stored = desk.fake.stored_token()
    before = tokens.read(desk.stored)
    desk.email()
    after = tokens.read(desk.stored)
    assert before is not None
    assert after is not None
    assert after.refresh_token != before.refresh_token
    desk.fake.sign.access.clear()
    assert desk.email() == "ada@example.com"


def test_an_authorisation_from_now_is_used_at_once_and_not_overwritten(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    api = desk.api()
    api.about()
    desk.fake.sign.revoke_all()
    with pytest.raises(DriveUnauthorizedError):
        api.about()
    desk.stored = fresh = desk.fake.stored_token()
    assert api.about().email == "ada@example.com"
    old, new = tokens.read(fresh), tokens.read(desk.stored)
    assert old is not None
    assert new is not None
    assert new.refresh_token == old.refresh_token
    api.close()


def test_what_is_renewed_while_somebody_authorizes_does_not_replace_his_authorisation(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    reads: list[str] = [desk.stored, "somebody else's"]
    client = Client(client_id=MINE[0], client_secret=Secret(MINE[1]), api_url=desk.fake.url)
    credentials = DriveCredentials(client, load=lambda: reads.pop(0), keep_text=desk.keep)
    api = DriveApi(credentials, api_url=desk.fake.url)
    assert api.about().email == "ada@example.com"
    assert desk.kept == []
    api.close()


# ----- what ends it


def test_a_revoked_token_says_what_to_do(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    desk.fake.sign.revoke_all()
    text = desk.refusal()
    assert "invalid_grant: Token has been expired or revoked" in text
    assert "run `scan.py authorize`" in text
    assert "Testing" in text


def test_a_client_that_is_gone_says_what_to_do(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    desk.fake.sign.clients[MINE[0]].deleted = True
    assert "make another one" in desk.refusal()
    desk.fake.sign.clients.clear()
    assert "check GOOGLE.CLIENT_ID" in desk.refusal()


@pytest.mark.parametrize(
    "trouble", [{"status": 200, "kind": "page"}, {"status": 404, "kind": "page"}, {"kind": "drop"}]
)
def test_a_token_endpoint_in_trouble_is_unavailable(desk: Desk, trouble: dict[str, Any]) -> None:
    desk.stored = desk.fake.stored_token()
    desk.fake.fail("/token", times=None, **trouble)
    with pytest.raises(DriveUnavailableError):
        desk.email()
    desk.fake.calm()
    assert desk.email() == "ada@example.com"


def test_a_token_endpoint_that_is_overloaded_is_unavailable(desk: Desk) -> None:
    desk.stored = desk.fake.stored_token()
    desk.fake.fail("/token", times=3, status=503)
    with pytest.raises(DriveUnavailableError, match="no access token just now"):
        desk.email()


# ----- service accounts

ROBOT = "robot@a-project.iam.gserviceaccount.com"


def key_file(desk: Desk, folder: Path) -> str:
    path = folder / "key.json"
    path.write_text(desk.fake.sign.service_account(ROBOT))
    return str(path)


def test_a_service_account_needs_no_authorisation(desk: Desk, tmp_path: Path) -> None:
    path = key_file(desk, tmp_path)
    assert desk.email(service_account_file=path) == "ada@example.com"
    assert desk.kept == []
    assert [each.path for each in desk.fake.requests()] == ["/token", "/drive/v3/about"]


def test_a_service_account_renews_its_access_token(desk: Desk, tmp_path: Path) -> None:
    api = desk.api(service_account_file=key_file(desk, tmp_path))
    api.about()
    desk.fake.sign.access.clear()
    assert api.about().email == "ada@example.com"
    api.close()


def test_a_service_account_may_act_as_a_user_who_delegated_it(desk: Desk, tmp_path: Path) -> None:
    path = key_file(desk, tmp_path)
    assert "domain-wide delegation" in desk.refusal(service_account_file=path, subject="ada@example.com")
    desk.fake.sign.delegated.add("ada@example.com")
    assert desk.email(service_account_file=path, subject="ada@example.com") == "ada@example.com"


def test_a_key_that_google_knows_no_more_says_what_to_do(desk: Desk, tmp_path: Path) -> None:
    path = key_file(desk, tmp_path)
    desk.fake.sign.service_account(ROBOT)  # another key in its place
    assert "make a new key" in desk.refusal(service_account_file=path)


class Ahead(Clock):
    """A Google whose clock is hours ahead of ours."""

    def now(self) -> Any:
        return super().now() + timedelta(hours=5)


def test_a_wrong_clock_of_this_machine_is_named(tmp_path: Path) -> None:
    with FakeGoogle(clock=Ahead()) as fake:
        desk = Desk(fake)
        assert "set this machine's clock" in desk.refusal(service_account_file=key_file(desk, tmp_path))


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"type": "authorized_user"}', '{"type": "service_account"}'])
def test_a_key_file_that_is_none_says_what_to_do(desk: Desk, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "key.json"
    if text is not None:
        path.write_text(text)
    assert f"GOOGLE.SERVICE_ACCOUNT_FILE: {path}" in desk.refusal(service_account_file=str(path))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DriveError, match="no text"):
        desk.email(service_account_file=str(path))


def test_another_key_file_is_used_at_once(desk: Desk, tmp_path: Path) -> None:
    path = key_file(desk, tmp_path)
    api = desk.api(service_account_file=path)
    api.about()
    key_file(desk, tmp_path)
    desk.fake.sign.access.clear()
    assert api.about().email == "ada@example.com"
    api.close()
