"""The session to a media server: what it sends, and what each answer means."""

import pytest

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from tests.wires import TOKEN, answer, server, session


def test_an_answer_is_read_to_its_end_and_the_token_goes_in_the_header_only() -> None:
    with server(answer(body='{"title": "Ä"}'.encode(), Content_Type="application/json")) as it, session(it.url) as http:
        assert http.json("GET", "/System/Info", params={"path": "/a b&c"}) == {"title": "Ä"}
    request_line, _, headers = it.requests[0].partition(b"\r\n")
    assert request_line == b"GET /System/Info?path=%2Fa+b%26c HTTP/1.1"
    assert f"X-Plex-Token: {TOKEN}".encode() in headers
    assert b"User-Agent: Autoscan/" in headers


def test_what_the_caller_sends_as_headers_never_replaces_our_own() -> None:
    with server(answer()) as it, session(it.url) as http:
        http.get(f"{it.url}/x", headers={"X-Plex-Token": "other", "Accept": "text/xml"}, timeout=1)
    assert b"other" not in it.requests[0]
    assert b"Accept: text/xml" in it.requests[0]


def test_one_connection_serves_many_requests() -> None:
    with server(answer()) as it, session(it.url) as http:
        for _ in range(3):
            http.fetch("POST", "/x", json={"a": 1})
    assert len(it.requests) == 3
    assert it.connections == 1


@pytest.mark.parametrize(
    ("given", "asked"), [("", "/x"), ("/", "/x"), ("/media/", "/media/x"), ("/media?X-Plex-Token=1#f", "/media/x")]
)
def test_a_base_url_may_have_a_path_a_slash_or_a_query(given: str, asked: str) -> None:
    with server(answer()) as it, session(f" {it.url}{given} ") as http:
        http.fetch("GET", "x")
    assert it.requests[0].startswith(f"GET {asked} HTTP".encode())


def test_nothing_is_sent_to_another_place_than_the_servers_own() -> None:
    with server(answer()) as it, session("http://127.0.0.1:1/plex") as http:
        with pytest.raises(TargetRejectedError, match="nothing was sent"):
            http.get(f"{it.url}/x")
        with pytest.raises(TargetRejectedError, match="nothing was sent"):
            http.get("http://127.0.0.1:1/plexus")
    assert it.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_names_the_place_without_its_query(status: int) -> None:
    with server(answer()) as other:
        place = f"http://user:pw@127.0.0.1:{other.port}/login?token={TOKEN}"
        with (
            server(answer(status, Location=place)) as it,
            session(it.url) as http,
            pytest.raises(TargetRejectedError) as caught,
        ):
            http.fetch("GET", "/x")
        assert other.requests == []
    assert f"Plex redirects to http://127.0.0.1:{other.port}/login," in str(caught.value)
    assert "pw" not in str(caught.value)
    assert caught.value.status == status


def test_a_redirect_to_a_relative_or_no_or_an_unreadable_place_is_named_as_far_as_possible() -> None:
    for location, text in (("/web/", "/web/,"), ("", "to nowhere"), ("http://[bad/", "unreadable")):
        with (
            server(answer(302, Location=location)) as it,
            session(it.url) as http,
            pytest.raises(TargetRejectedError, match=text),
        ):
            http.fetch("GET", "/x")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
def test_a_server_error_is_unavailable(status: int) -> None:
    with (
        server(answer(status, b"")) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match=f"Plex answers HTTP {status}$") as caught,
    ):
        http.fetch("GET", "/x")
    assert caught.value.status == status


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_unauthorized(status: int) -> None:
    with (
        server(answer(status, b"<h1>401 Unauthorized</h1>", Content_Type="text/html")) as it,
        session(it.url) as http,
        pytest.raises(TargetUnauthorizedError) as caught,
    ):
        http.fetch("GET", "/x")
    assert caught.value.status == status


@pytest.mark.parametrize("status", [400, 404, 405, 410, 202, 206])
def test_any_other_status_is_a_refusal(status: int) -> None:
    with (
        server(answer(status, b"Error processing request.", Content_Type="text/plain")) as it,
        session(it.url) as http,
        pytest.raises(TargetRejectedError, match=f"HTTP {status}: Error processing request.") as caught,
    ):
        http.fetch("GET", "/x")
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'<Response code="503" title="Maintenance" status="Running database migrations."/>', "text/xml", "migrations"),
        (b"<html><head><title>t</title></head><body>Jellyfin Server is loading.</body></html>", "text/html", "loading"),
        (b"<html><head><title>Starting &amp; up</title></head></html>", "text/html", "Starting & up"),
        (b"wait\x00 for\x1b[31m me", "text/plain", r"wait for\[31m me"),
        (b'{"a": 1}', "application/json", "503$"),
        (rb'{"error": "no \u0022root\""}', "application/json", '503: no "root"$'),
        (rb'{"error": "no \q"}', "application/json", "503$"),
        (rb'{"error": "no \u12"}', "application/json", "503$"),
        (rb'{"error": "no \ud800 root"}', "application/json", "503: no  root$"),
        (b"<other/>", "text/xml", "503$"),
        (b"x" * 500, "text/plain", r"x{160}\.\.\.$"),
    ],
)
def test_the_servers_own_words_are_told(body: bytes, kind: str, words: str) -> None:
    with (
        server(answer(503, body, Content_Type=kind)) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match=words),
    ):
        http.fetch("GET", "/x")


def test_no_text_repeats_the_token_even_if_the_server_does() -> None:
    body = f"bad token {TOKEN} or s3cr3t%2Btok%2Fen".encode()
    for status in (400, 503):
        with (
            server(answer(status, body, Content_Type="text/plain")) as it,
            session(it.url) as http,
            pytest.raises((TargetRejectedError, TargetUnavailableError)) as caught,
        ):
            http.fetch("GET", "/x")
        assert "bad token *** or ***" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><title>Sign  in</title><form>", "text/html; charset=utf-8"),
        (b"  <!-- hi -->\n<HTML><title>Sign in</title></HTML>", ""),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html><title>Sign in</title></html>', "text/xml"),
    ],
)
def test_a_login_page_with_status_200_is_named_as_such(body: bytes, kind: str) -> None:
    with (
        server(answer(200, body, Content_Type=kind)) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match=r'HTML page \("Sign in"\).*login page') as caught,
    ):
        http.fetch("POST", "/x")
    assert caught.value.status == 200


def test_a_body_made_to_keep_the_reader_busy_does_not() -> None:
    for body in (
        b"<!---->" * 1_000_000,
        b"<!--" * 1_000_000,
        b"<?" * 100,
        b"<title>" * 1_000_000,
        b"<head><Response " * 99_999,
    ):
        for status in (200, 503):
            with server(answer(status, body)) as it, session(it.url) as http, pytest.raises(TargetUnavailableError):
                http.json("GET", "/x")


@pytest.mark.parametrize("body", [b"", b"not json", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_unavailable(body: bytes) -> None:
    with (
        server(answer(200, body)) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match="no JSON"),
    ):
        http.json("GET", "/x")


def test_an_empty_answer_is_an_answer() -> None:
    for status in (200, 201, 204):
        with server(answer(status, b"", Content_Type="text/html")) as it, session(it.url) as http:
            assert http.fetch("POST", "/x").content == b""


def test_a_web_page_without_a_title_is_a_page_too() -> None:
    with (
        server(answer(200, b"<html></html>")) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match="answers with an HTML page;"),
    ):
        http.fetch("GET", "/x")


@pytest.mark.parametrize("token", ["two\nlines", "schlüssel€"])
def test_a_token_that_no_header_carries_is_unauthorized(token: str) -> None:
    with (
        server(answer()) as it,
        session(it.url, token=token) as http,
        pytest.raises(TargetUnauthorizedError, match="copy it again") as caught,
    ):
        http.fetch("GET", "/x")
    assert token not in str(caught.value)
    assert it.requests == []


@pytest.mark.parametrize("url", ["plex:32400", "http://", "http://a..b", "ftp://x"])
def test_an_impossible_url_is_a_refusal_or_unreachable_not_a_crash(url: str) -> None:
    with session(url) as http, pytest.raises((TargetRejectedError, TargetUnavailableError)):
        http.fetch("GET", "/x")


def test_a_path_that_cannot_be_encoded_is_a_refusal_of_this_path_only() -> None:
    with (
        server(answer()) as it,
        session(it.url) as http,
        pytest.raises(TargetRejectedError, match="characters"),
    ):
        http.fetch("GET", "/x", params={"path": "/tv/\udcff"})
