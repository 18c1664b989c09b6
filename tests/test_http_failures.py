"""The session to a media server: everything that can go wrong below HTTP, over real sockets."""

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from autoscan.errors import TargetUnavailableError
from autoscan.http import MAX_BODY, Session
from tests.wires import answer, drip, server, session


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
    with server(drip(end, head, drop)) as it, session(it.url, timeout=0.2) as http:
        began = time.monotonic()
        with pytest.raises(TargetUnavailableError, match="in time"):
            http.fetch("GET", "/x")
        assert time.monotonic() - began < 2
    end.set()


def test_a_server_that_never_pauses_is_cut_off_at_the_deadline_too() -> None:
    end = threading.Event()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        server(drip(end, head, b"1\r\na\r\n" * 1000, pause=0)) as it,
        session(it.url, timeout=0.1) as http,
        pytest.raises(TargetUnavailableError, match="in time"),
    ):
        http.fetch("GET", "/x")
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


def test_a_drawn_out_answer_within_the_deadline_is_an_answer() -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        for part in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\n", b"{", b"}"):
            connection.sendall(part)

    with server(talk) as it, session(it.url) as http:
        assert http.json("GET", "/x") == {}


def test_a_heartbeat_is_given_around_each_exchange_also_when_it_fails() -> None:
    beats: list[int] = []
    with server(answer(500)) as it:
        http = Session(it.url, name="P", token_headers={}, heartbeat=lambda: beats.append(len(it.requests)))
        with http, pytest.raises(TargetUnavailableError):
            http.fetch("GET", "/x")
    assert beats == [0, 1]


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
    slowly = drip(end, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a")
    with (
        server(slowly, _tls(certificate)) as it,
        session(it.url, verify=False, timeout=0.2) as http,
        pytest.raises(TargetUnavailableError, match="in time"),
    ):
        http.fetch("GET", "/x")
    end.set()
