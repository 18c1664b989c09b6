"""The session to a media server: every way an exchange can go wrong, over real sockets."""

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.http import MAX_BODY, Session

TOKEN = "s3cr3t+tok/en"
Talk = Callable[[socket.socket, bytes], None]


class Server:
    """Reads requests up to their empty line and lets a test answer as it likes."""

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._talk = talk
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.stopping = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.stopping.set()
        self._socket.close()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with connection, contextlib.suppress(OSError):
            while request := self._request(connection):
                self.requests.append(request)
                self._talk(connection, request)

    def _request(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def server(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    made = Server(talk, tls)
    try:
        yield made
    finally:
        made.close()


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Talk:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    reply = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection, _: connection.sendall(reply)


def session(url: str, *, verify: bool | str = True, timeout: float = 5.0, token: str = TOKEN) -> Session:
    return Session(
        url, name="Plex", token_headers={"X-Plex-Token": token}, verify=verify, timeout=timeout, secrets=(token,)
    )


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


def test_a_refused_connection_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        session(f"http://127.0.0.1:{port}") as http,
        pytest.raises(TargetUnavailableError, match=r"cannot be reached .*refused"),
    ):
        http.fetch("GET", "/x")


def test_an_unknown_host_is_unavailable_and_says_so() -> None:
    with (
        session("http://no-such-host.invalid:1") as http,
        pytest.raises(TargetUnavailableError, match="no such host name"),
    ):
        http.fetch("GET", "/x")


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with (
        server(lambda *_: None) as it,
        session(it.url, timeout=0.1) as http,
        pytest.raises(TargetUnavailableError, match=r"in time \(TIMEOUT is 0.1 s\)"),
    ):
        http.fetch("GET", "/x")


def _drip(it: threading.Event, head: bytes, drop: bytes) -> Talk:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while not it.wait(0.02):
            connection.sendall(drop)

    return talk


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_server_that_drips_for_ever_is_cut_off_at_the_deadline(head: bytes, drop: bytes) -> None:
    end = threading.Event()
    with server(_drip(end, head, drop)) as it, session(it.url, timeout=0.2) as http:
        began = time.monotonic()
        with pytest.raises(TargetUnavailableError, match="in time"):
            http.fetch("GET", "/x")
        assert time.monotonic() - began < 2
    end.set()


def _flood(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b"x" * 1_000_000)


def test_a_body_without_end_is_cut_off_at_the_cap() -> None:
    with (
        server(_flood) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match="more than 32 MiB"),
    ):
        http.fetch("GET", "/x")


def test_a_small_body_that_unpacks_to_a_huge_one_is_cut_off_at_the_cap() -> None:
    body = gzip.compress(bytes(MAX_BODY + 1))
    with (
        server(answer(200, body, Content_Encoding="gzip")) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match="more than 32 MiB"),
    ):
        http.fetch("GET", "/x")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_breaks_off_is_unavailable(reply: bytes) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(reply)
        connection.shutdown(socket.SHUT_RDWR)

    with (
        server(talk) as it,
        session(it.url) as http,
        pytest.raises(TargetUnavailableError, match="broke off"),
    ):
        http.fetch("GET", "/x")


def test_after_a_failure_the_next_request_takes_a_fresh_connection() -> None:
    replies = iter([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
    with server(lambda connection, _: connection.sendall(next(replies))) as it, session(it.url, timeout=0.1) as http:
        with pytest.raises(TargetUnavailableError):
            http.fetch("GET", "/x")
        assert http.json("GET", "/x") == {}
    assert it.connections == 2


def test_cookies_are_not_kept() -> None:
    with server(answer(200, Set_Cookie="a=1; Path=/")) as it, session(it.url) as http:
        http.fetch("GET", "/x")
        http.fetch("GET", "/x")
    assert b"ookie" not in it.requests[1]


def test_proxies_and_netrc_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(answer()) as it, session(it.url) as http:
        http.fetch("GET", "/x")
    assert b"Authorization" not in it.requests[0]


def test_a_heartbeat_is_given_around_each_exchange_also_when_it_fails() -> None:
    beats: list[int] = []
    with server(answer(500)) as it:
        http = Session(it.url, name="P", token_headers={}, heartbeat=lambda: beats.append(len(it.requests)))
        with http, pytest.raises(TargetUnavailableError):
            http.fetch("GET", "/x")
    assert beats == [0, 1]


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


def test_https_to_a_server_that_speaks_plain_http_is_a_matter_of_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def refuse() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        with (
            session(f"https://127.0.0.1:{plain.getsockname()[1]}", verify=False) as http,
            pytest.raises(TargetUnavailableError, match=r"TLS.*http://"),
        ):
            http.fetch("GET", "/x")
        thread.join()


def test_a_ca_file_that_does_not_exist_is_named_by_its_setting(tmp_path: Path) -> None:
    with (
        session("https://127.0.0.1:1", verify=str(tmp_path / "ca.pem")) as http,
        pytest.raises(TargetUnavailableError, match="VERIFY_TLS"),
    ):
        http.fetch("GET", "/x")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    make = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext"
    subprocess.run([openssl, *make.split(), "subjectAltName=IP:127.0.0.1"], cwd=folder, check=True, capture_output=True)
    return folder


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def test_a_certificate_of_ones_own_is_refused_until_verify_tls_says_otherwise(certificate: Path) -> None:
    with server(answer(), _tls(certificate)) as it:
        with session(it.url) as http, pytest.raises(TargetUnavailableError, match=r"self.signed.*VERIFY_TLS"):
            http.fetch("GET", "/x")
        for verify in (False, str(certificate / "cert.pem")):
            with session(it.url, verify=verify) as http:
                assert http.json("GET", "/x") == {}


def test_the_deadline_holds_over_tls(certificate: Path) -> None:
    end = threading.Event()
    drip = _drip(end, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a")
    with (
        server(drip, _tls(certificate)) as it,
        session(it.url, verify=False, timeout=0.2) as http,
        pytest.raises(TargetUnavailableError, match="in time"),
    ):
        http.fetch("GET", "/x")
    end.set()
