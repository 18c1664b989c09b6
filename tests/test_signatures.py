"""Signed webhooks: what is refused, what passes, and that it is the raw body that is signed."""

import hashlib
import hmac
import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.webs import SECRET, Site, build, sign_in, token

KEY = "the key that scripts sign with"
BODY = b'{"eventType": "Manual",\n "path": "/tv/Show/\xc3\xa4.mkv"}'
HEADERS = ("X-Hub-Signature-256", "X-Webhook-Signature", "X-Slack-Signature")


def sign(body: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path, environ={"WEBHOOK_SECRET": KEY})


def send(site: Site, headers: dict[str, str], body: bytes = BODY, path: str = f"/{SECRET}/scripts") -> int:
    return site.client.post(path, data=body, headers=headers, content_type="application/json").status_code


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("prefix", ["sha256=", "", "v0=", "SHA256=", "any=thing="])
def test_a_right_signature_passes_in_each_header_with_any_prefix(site: Site, name: str, prefix: str) -> None:
    assert send(site, {name: prefix + sign(BODY)}) == 200
    assert send(site, {name: prefix + sign(BODY).upper()}) == 200


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("text", ["x", "sha256=", "=", sign(BODY, "other"), sign(BODY + b" "), sign(BODY)[:-1], "ä"])
def test_a_wrong_one_is_401_even_where_the_password_is_right(site: Site, name: str, text: str) -> None:
    assert send(site, {name: text.encode().decode("latin-1")}) == 401
    headers = {name: f"sha256={text}".encode().decode("latin-1"), "X-Api-Key": SECRET}
    assert send(site, headers, path="/triggers/scripts") == 401
    assert site.events() == []


def test_of_several_signatures_each_must_be_right(site: Site) -> None:
    assert send(site, {HEADERS[0]: sign(BODY), HEADERS[1]: "sha256=" + sign(BODY)}) == 200
    assert send(site, {HEADERS[0]: sign(BODY), HEADERS[1]: "wrong"}) == 401


def test_a_missing_one_passes_because_no_arr_can_sign(site: Site) -> None:
    assert send(site, {}) == 200
    assert send(site, {HEADERS[0]: " "}) == 200


def test_a_right_signature_is_no_password(site: Site) -> None:
    assert send(site, {HEADERS[0]: sign(BODY)}, path="/wrong") == 401
    assert send(site, {HEADERS[0]: sign(BODY)}, path="/triggers/scripts") == 401


def test_without_a_key_nothing_is_looked_at(tmp_path: Path) -> None:
    assert send(build(tmp_path), {HEADERS[0]: "wrong"}) == 200


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    site = build(tmp_path, environ={"WEBHOOK_SECRET_FILE": str(tmp_path / "key")})
    assert send(site, {HEADERS[0]: sign(BODY)}) == 200
    assert send(site, {HEADERS[0]: sign(BODY, KEY + chr(10))}) == 401


def test_a_body_that_comes_in_chunks_is_checked_too(site: Site) -> None:
    def code(signature: str) -> int:
        # As Gunicorn hands it over: no length, and a stream that ends by itself.
        environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        headers = {HEADERS[0]: signature, "Content-Type": "application/json"}
        return site.client.post(
            f"/{SECRET}", input_stream=BytesIO(BODY), headers=headers, environ_overrides=environ
        ).status_code

    assert code(sign(BODY)) == 200
    assert site.folders() == ["/tv/Show"]
    assert code(sign(b"")) == 401


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_form_is_signed_as_it_was_sent(site: Site, content_type: str) -> None:
    body = b"eventType=Manual&filepath=%2Ftv%2FA%2Fa.mkv"
    code = site.client.post(f"/{SECRET}", data=body, headers={HEADERS[0]: sign(body)}, content_type=content_type)
    assert code.status_code == (200 if "form" in content_type else 400)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_other_body_passes_with_the_signature_of_one(site: Site, signed: bytes, sent: bytes) -> None:
    code = send(site, {HEADERS[0]: sign(signed)}, sent)
    assert (code == 401) == (signed != sent)


def test_where_every_source_must_sign_nothing_unsigned_passes(tmp_path: Path) -> None:
    site = build(tmp_path, environ={"WEBHOOK_SECRET": KEY, "WEBHOOK_REQUIRE_SIGNATURE": "true"})
    test = json.dumps({"eventType": "Test"}).encode()
    for path in (f"/{SECRET}", f"/{SECRET}/sonarr"):
        assert send(site, {}, test, path) == 401
        assert send(site, {HEADERS[1]: sign(test)}, test, path) == 200
    assert send(site, {"X-Api-Key": SECRET}, test, "/triggers/sonarr") == 401
    assert site.client.head("/triggers/sonarr", headers={"X-Api-Key": SECRET}).status_code == 200


def test_what_stands_in_the_address_is_not_signed(tmp_path: Path) -> None:
    site = build(tmp_path, environ={"WEBHOOK_SECRET": KEY, "WEBHOOK_REQUIRE_SIGNATURE": "true"})
    headers = {"X-Api-Key": SECRET, HEADERS[0]: sign(b"")}
    for method in ("GET", "POST"):
        assert site.client.open("/triggers/x?path=/tv/a.mkv", method=method, headers=headers).status_code == 401
    assert site.events() == []


def test_only_the_named_sources_must_sign_by_address_or_by_what_they_send(tmp_path: Path) -> None:
    site = build(tmp_path, environ={"WEBHOOK_SECRET": KEY, "WEBHOOK_REQUIRE_SIGNATURE": "Scripts, manual"})
    test = json.dumps({"eventType": "Test"}).encode()
    assert send(site, {}, test, f"/{SECRET}/scripts") == 401
    assert send(site, {}, test, f"/{SECRET}/sonarr") == 200
    assert send(site, {}, BODY, f"/{SECRET}") == 401, "the event is a manual one, so its source is"
    assert send(site, {HEADERS[0]: sign(BODY)}, BODY, f"/{SECRET}") == 200


def test_the_form_of_the_pages_needs_no_signature(tmp_path: Path) -> None:
    site = build(tmp_path, environ={"WEBHOOK_SECRET": KEY, "WEBHOOK_REQUIRE_SIGNATURE": "true"})
    sign_in(site.client)
    data = {"paths": "/tv/A/a.mkv", "csrf_token": token(site.client, "/manual")}
    assert site.client.post("/manual", data=data).status_code == 200
    assert site.folders() == ["/tv/A"]
