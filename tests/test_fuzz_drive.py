"""Whatever Google, or a proxy in its place, answers: an error that is known, or a value; and no name leads astray."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from autoscan.drive import tokens
from autoscan.drive.api import DriveApi
from autoscan.drive.api_values import FOLDER, RawChange, RawFile
from autoscan.drive.auth import Client, DriveCredentials
from autoscan.drive.auth_flow import Authorization
from autoscan.drive.changes import Doubt, doubt, entry, follow
from autoscan.drive.paths import MY_DRIVE
from autoscan.errors import DriveError
from autoscan.model import DriveEntry
from autoscan.settings import Secret
from tests.chances import many
from tests.clocks import START
from tests.drives import watching
from tests.fuzzing import DEEP, ODD, anything, spoilt
from tests.wires import answer, server

MEMBERS = (
    "id name parents mimeType md5Checksum size trashed driveId createdTime shortcutDetails targetMimeType changes files"
    " drives file fileId removed time drive changeType nextPageToken newStartPageToken startPageToken user displayName"
    " error message errors details reason location error_description access_token expires_in refresh_token scope"
)
FILE: dict[str, Any] = {
    "id": "f1", "name": "Ep 1.mkv", "parents": ["d1"], "mimeType": "video/x-matroska", "md5Checksum": "aa", "size": "5",
    "trashed": False, "driveId": "T", "createdTime": "2026-01-01T00:00:00.000Z", "shortcutDetails": {"targetId": "x"},
}  # fmt: skip
CHANGE = {"changeType": "file", "fileId": "f1", "removed": False, "time": "2026-01-02T00:00:00.000Z", "file": FILE}
#: What Google answers to each question, by what it is called here.
RIGHT: dict[str, Any] = {
    "changes": {"changes": [CHANGE, {"changeType": "drive", "drive": {"id": "T", "name": "Films"}}]},
    "files": {"files": [FILE, {**FILE, "mimeType": FOLDER}], "nextPageToken": "n"},
    "file": FILE,
    "drives": {"drives": [{"id": "T", "name": "Films"}], "nextPageToken": "n"},
    "root": {"id": "r", "name": "Meine Ablage", "mimeType": FOLDER},
    "about": {"user": {"displayName": "Ada", "emailAddress": "ada@example.com"}},
    "start": {"startPageToken": "7"},
}  # fmt: skip
ASK: dict[str, Callable[[DriveApi], object]] = {
    "changes": lambda api: api.changes("4", "T"),
    "files": lambda api: api.files("T", "m"),
    "file": lambda api: api.file("f1"),
    "drives": DriveApi.drives,
    "root": DriveApi.root,
    "about": DriveApi.about,
    "start": DriveApi.start_page_token,
}
REFUSAL = {
    "error": {
        "code": 403, "message": "no", "status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}],
        "errors": [{"message": "no", "reason": "teamDriveNotFound", "location": "driveId"}],
    }
}  # fmt: skip
GRANT = {"access_token": "a", "expires_in": 3599, "token_type": "Bearer", "scope": "x", "refresh_token": "r"}
NO_GRANT = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
WHEN = st.sampled_from(
    ["", "5", "9" * 400, "-1", "Fri, 31 Dec 9999 23:59:59 -2359", f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT",
     "Mon, 01 Jan 2024 00:00:00 +99999999999999999", "soon"]
)  # fmt: skip


@dataclass
class Google:
    """Answers everything alike, but for its tokens."""

    body: bytes = b""
    status: int = 200
    retry_after: str = ""
    token_body: bytes = json.dumps({"access_token": "a", "expires_in": 3599}).encode()
    token_status: int = 200
    stored: str = ""
    asked: int = 0

    def talk(self, connection: Any, request: bytes) -> None:
        self.asked += 1
        token = request.startswith(b"POST /token")
        headers = {"Content_Type": "application/json", "Retry_After": self.retry_after, "Date": self.retry_after}
        status, body = (self.token_status, self.token_body) if token else (self.status, self.body)
        answer(status, body, **headers)(connection, request)

    def keep(self, text: str) -> None:
        self.stored = text


@contextmanager
def google(**said: Any) -> Iterator[tuple[Google, DriveApi]]:
    it = Google(**said)
    with server(it.talk) as wire:
        client = Client(client_id="c", client_secret=Secret("s"), api_url=wire.url)
        it.stored = it.stored or tokens.write(tokens.Token(refresh_token="r", client_id="c", client_secret="s"))
        credentials = DriveCredentials(client, load=lambda: it.stored, keep_text=it.keep)
        api = DriveApi(credentials, api_url=wire.url, timeout=5)
        try:
            yield it, api
        finally:
            api.close()


def texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value of the API."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif hasattr(value, "__slots__") and hasattr(value, "__dataclass_fields__"):
        for name in value.__slots__:
            yield from texts(getattr(value, name))


def sound(value: Any) -> bool:
    """Tell whether a database takes all of what an API method returned."""
    files = [each for each in (*getattr(value, "files", ()), value) if isinstance(each, RawFile)]
    changes = [each for each in getattr(value, "changes", ()) if isinstance(each, RawChange)]
    files += [each.file for each in changes if each.file is not None]
    sizes = all(each.size is None or 0 <= each.size < 2**63 for each in files)
    ids = all(each.id and all(each.parents) for each in files)
    alike = all(each.file.id == each.file_id for each in changes if each.file is not None)
    return sizes and ids and alike and all(text.encode() is not None for text in texts(value))


def asked(api: DriveApi, question: str) -> None:
    with suppress(DriveError):
        value = ASK[question](api)
        assert sound(value)
        _followed(value)


def _followed(value: Any) -> None:
    """Do what the monitor does with files and changes."""
    for change in getattr(value, "changes", ()):
        new = entry(change.file) if change.file is not None else None
        for old in (None, DriveEntry(id="f1", drive="T", name="x", parents=("d1",), listed_at=START)):
            follow(old, new, doubt(old, change.file, change.time))
            follow(new, old, Doubt(listed=True))


ALL = list(HealthCheck)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what Google's library logs out of reports, which must be text: it repeats half characters."""
    monkeypatch.setattr(logging.getLogger("googleapiclient.http"), "disabled", True)


def test_a_right_answer_is_read() -> None:
    for question, right in RIGHT.items():
        with google(body=json.dumps({**right, "nextPageToken": ""}).encode()) as (_, api):
            assert sound(ASK[question](api))


@settings(max_examples=many(150), suppress_health_check=ALL)
@given(st.sampled_from(sorted(RIGHT)), st.integers(0, 2**64))
def test_a_spoilt_answer_is_an_error_that_is_known_or_a_value(question: str, seed: int) -> None:
    with google(body=json.dumps(spoilt(RIGHT[question], Random(seed))).encode()) as (it, api):
        asked(api, question)
        assert it.asked < 1100


@settings(max_examples=many(80), suppress_health_check=ALL)
@given(
    st.sampled_from(sorted(RIGHT)),
    anything(MEMBERS).map(json.dumps) | st.text(max_size=30),
    st.sampled_from([200, 204, 301]),
)
@example("about", "[" * 100_000 + "]" * 100_000, 200)
@example("drives", '{"nextPageToken": "the same for ever"}', 200)
@example("changes", '{"nextPageToken": "4"}', 200)
@example("file", '{"id": "other", "name": "x"}', 200)
def test_any_answer_is_an_error_that_is_known_or_a_value(question: str, body: str, status: int) -> None:
    with google(body=body.encode(errors="replace"), status=status) as (it, api):
        asked(api, question)
        assert it.asked < 5


@settings(max_examples=many(120), suppress_health_check=ALL)
@given(
    st.sampled_from(sorted(RIGHT)),
    st.integers(0, 2**64).map(lambda seed: json.dumps(spoilt(REFUSAL, Random(seed))))
    | anything(MEMBERS).map(json.dumps),
    st.sampled_from([400, 401, 403, 404, 410, 429, 500, 503]),
    WHEN,
)
@example("about", '{"error": {"message": 5}}', 400, "")
@example("about", "[" * 100_000 + "]" * 100_000, 403, "")
@example("about", json.dumps({"error": {"message": "\ud800"}}), 403, "")
def test_any_refusal_is_an_error_that_is_known(question: str, body: str, status: int, when: str) -> None:
    with google(body=body.encode(), status=status, retry_after=when) as (_, api):
        try:
            found = ASK[question](api)
        except DriveError as error:
            found = error
    if not isinstance(found, DriveError):
        assert (question, status, found) == ("file", 404, None)
        return
    assert not any("\ud800" <= each <= "\udfff" for each in str(found))
    assert 0 <= getattr(found, "retry_after", 0) <= 86_400


@settings(max_examples=many(120), suppress_health_check=ALL)
@given(
    st.integers(0, 2**64).map(lambda seed: spoilt(Random(seed).choice((GRANT, NO_GRANT)), Random(seed)))
    | anything(MEMBERS),
    st.sampled_from([200, 200, 400, 401]),
)
@example({**GRANT, "expires_in": 1e18}, 200)
@example({**GRANT, "expires_in": 10**30}, 200)
@example({**GRANT, "access_token": 5}, 200)
@example({**GRANT, "access_token": "a\nb"}, 200)
@example({**GRANT, "refresh_token": ["r2"]}, 200)
@example({"error": {"code": 5}}, 400)
@example(DEEP, 400)
def test_whatever_the_token_endpoint_says_the_authorisation_stays_usable(said: Any, status: int) -> None:
    body = json.dumps(RIGHT["about"]).encode()
    with google(body=body, token_body=json.dumps(said).encode(), token_status=status) as (it, api):
        for _ in range(2):
            asked(api, "about")
        kept = tokens.read(it.stored)
        assert kept is not None
        given = said.get("refresh_token") if isinstance(said, dict) else None
        assert kept.refresh_token in {"r", given if isinstance(given, str) else "r"}


@settings(max_examples=many(60), suppress_health_check=ALL)
@given(
    st.integers(0, 2**64).map(lambda seed: spoilt(Random(seed).choice((GRANT, NO_GRANT)), Random(seed)))
    | anything(MEMBERS),
    st.sampled_from([200, 400]),
)
@example({**GRANT, "refresh_token_expires_in": "9" * 5000}, 200)
@example([], 200)
def test_whatever_comes_for_a_code_is_an_error_that_is_known_or_an_authorisation(said: Any, status: int) -> None:
    with pytest.MonkeyPatch.context() as environment, server(answer(status, json.dumps(said).encode())) as wire:
        environment.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        attempt = Authorization(
            Client(client_id="c", client_secret=Secret("s"), api_url=wire.url), "http://127.0.0.1:1/"
        )
        with suppress(DriveError):
            granted = attempt.finish("code")
            assert tokens.read(granted.text) is not None
            assert 0 <= granted.seconds < 10**9


STORED = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=8),
    lambda inner: st.dictionaries(
        st.sampled_from(["token", "token_response", "refresh_token", "client_id", "client_secret", "expiry"]),
        inner | inner.map(json.dumps),
        max_size=5,
    ),
    max_leaves=10,
)


@settings(max_examples=many(100), suppress_health_check=ALL)
@given(STORED.map(json.dumps) | st.text(max_size=20))
@example(json.dumps({"refresh_token": "r", "token": "t", "expiry": "9999-12-31T23:59:59-23:59"}))
@example(json.dumps({"refresh_token": "r", "token": "t", "expiry": "0001-01-01T00:00:00"}))
def test_any_stored_authorisation_is_an_error_that_is_known_or_is_used(stored: str) -> None:
    assume(stored)
    with google(body=json.dumps(RIGHT["about"]).encode(), stored=stored) as (_, api):
        asked(api, "about")


# ----- through the monitor


def test_no_spoilt_answer_is_more_than_a_pause_of_the_monitor(tmp_path: Path) -> None:
    with watching(tmp_path, before=lambda fake: fake.world.path("Meine Ablage/TV/Show/S01/e1.mkv")) as world:
        rest: Any = world.fake.rest
        respond, dice, count = rest.respond, Random(0), iter(range(1_000_000))
        world.fake.forgive()

        def spoilt_answer(request: Any) -> Any:
            response = respond(request)
            spoils = dice.random() < 0.5
            return (
                replace(response, body=json.dumps(spoilt(json.loads(response.body), dice)).encode())
                if spoils
                else response
            )

        @settings(max_examples=many(40), suppress_health_check=ALL)
        @given(st.integers(0, 2**64))
        def poll(seed: int) -> None:
            dice.seed(seed)
            rest.respond = spoilt_answer
            world.drive.path(f"Meine Ablage/TV/Show/S0{next(count) % 9}/{next(count)}.mkv")
            for _ in range(4):
                world.clock.advance(1300)
                steps = sum(world.monitor.step() for _ in range(50))
                assert steps < 50
            rest.respond = respond
            for _ in range(4):
                world.clock.advance(3700)
                world.settle()
            assert {state.name: state.problem for state in world.queue.drive_states()} == {MY_DRIVE: ""}

        poll()
        assert all(each.path.startswith("/mnt/gd/") for each in world.asked())
