"""Clients that send slowly, or not at all, hold nobody up: a request gets a thread when all of it is there."""

import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.clock import Clock
from autoscan.web import arrival
from autoscan.web.arrival import Arrival, encode_address
from autoscan.web.gunicorn_worker import Inlet
from tests.programs import ROOT, SECRET, Program, serving
from tests.waiting import wait_until

CLOCK = Clock()
TEST = json.dumps({"eventType": "Test"}).encode()
HEAD = f"POST /{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
KIB = 1024


def post(body: bytes = TEST, *fields: str) -> bytes:
    more = "".join(f"{field}\r\n" for field in fields)
    return HEAD + f"{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    lines = b"".join(b"%x;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + lines + b"0\r\n\r\n"


def arrived(*pieces: bytes, limit: int = 32 * KIB) -> Arrival:
    found = Arrival(limit)
    for piece in pieces:
        found.feed(piece)
    return found


REQUESTS = [
    post(),
    post(b""),
    b"\r\n" + post(),
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    chunked(b"x" * 1000, 300),
    chunked(b"", 1),
    chunked(b"\r\n0\r\n\r\n", 3),
    HEAD + b"Transfer-Encoding: gzip, Chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: 1\r\n\r\n",
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_: bytes) -> None:
    slow = Arrival(32 * KIB)
    for byte in range(len(request_)):
        assert not slow.ready, request_[:byte]
        slow.feed(request_[byte : byte + 1])
    assert slow.whole
    assert slow.take() == request_
    assert arrived(request_).whole


@given(cut=st.integers(0, 120), request_=st.sampled_from(REQUESTS), more=st.binary(max_size=20))
def test_what_comes_behind_a_request_stays_with_it(cut: int, request_: bytes, more: bytes) -> None:
    found = arrived(request_[:cut], request_[cut:] + more)
    assert found.whole
    assert found.take() == request_ + more


@pytest.mark.parametrize(
    "refused",
    [
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\nX",
        b"G" * (arrival.HEAD_LIMIT + 1),
        HEAD + b"Content-Length: 40000\r\n\r\nx",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000000\r\n" + b"x" * 110_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"x" * 9000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"none\r\n",
    ],
)
def test_what_is_refused_anyway_is_not_waited_for(refused: bytes) -> None:
    assert arrived(refused).ready
    assert not arrived(refused[: len(refused) // 2]).whole or b"chunked" in refused


def test_lines_that_end_properly_are_not_taken_for_bad_ones_wherever_they_are_cut() -> None:
    assert not arrived(b"GET / HTTP/1.1\r", b"\n", b"Host: x\r", b"\nA: b\r\n", b"C").ready


def test_a_sender_who_waits_for_a_word_is_noticed() -> None:
    assert arrived(HEAD + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n").expects
    assert not arrived(post()).expects


def test_the_times_are_those_that_the_readme_tells() -> None:
    assert (arrival.HEAD_SECONDS, arrival.BODY_SECONDS) == (10.0, 60.0)


@pytest.mark.parametrize(
    ("sent", "given"),
    [
        (
            "GET /a?dir=/tv/Café HTTP/1.1\r\nX: é\r\n\r\né".encode(),
            "GET /a?dir=/tv/Caf%C3%A9 HTTP/1.1\r\nX: é\r\n\r\né".encode(),
        ),
        ("\r\nGET /日 HTTP/1.1\r\n\r\n".encode(), b"\r\nGET /%E6%97%A5 HTTP/1.1\r\n\r\n"),
        (b"GET /%C3%A9 HTTP/1.1\r\n\r\n", b"GET /%C3%A9 HTTP/1.1\r\n\r\n"),
        (b"GET /\xe9 HTTP/1.1\r\n\r\n", b"GET /\xe9 HTTP/1.1\r\n\r\n"),
        ("GET /é".encode(), "GET /é".encode()),
        (b"", b""),
    ],
)
def test_utf_8_in_the_address_is_encoded_and_nothing_else(sent: bytes, given: bytes) -> None:
    data = bytearray(sent)
    encode_address(data)
    assert data == given


def test_an_inlet_gives_what_came_and_then_says_that_more_was_wanted() -> None:
    inlet = Inlet()
    inlet.fill(b"abcdef")
    assert [inlet.recv(4), inlet.rest(), inlet.dry] == [b"abcd", b"ef", False]
    assert [inlet.recv(1), inlet.dry] == [b"", True]


IMPATIENT = f"""
exec(open({str(ROOT / "gunicorn_config.py")!r}).read())
from autoscan.web import gunicorn_worker
gunicorn_worker.HEAD_SECONDS = 4.0
gunicorn_worker.BODY_SECONDS = 6.0
gunicorn_worker._SPARE = 0
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Autoscan with two workers of two threads each, and less patience than usual."""
    folder = tmp_path_factory.mktemp("slow")
    (folder / "impatient.py").write_text(IMPATIENT)
    command = (sys.executable, "-m", "gunicorn", "-c", str(folder / "impatient.py"), "wsgi:app")
    with serving(folder, *command, GUNICORN_WORKERS="2", GUNICORN_KEEPALIVE="10") as running:
        wait_until(lambda: len(running.workers()) == 2)
        yield running


def connect(program: Program, text: bytes = b"", caller: str = "127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", program.port), timeout=20, source_address=(caller, 0))
    connection.sendall(text)
    return connection


def answer(connection: socket.socket) -> bytes:
    """Return everything that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def read_answer(connection: socket.socket) -> http.client.HTTPResponse:
    found = http.client.HTTPResponse(connection)
    found.begin()
    found.read()
    return found


HALVES = {
    "nothing": b"",
    "half a head": b"POST / HTTP/1.1\r\nHost: x\r\nX-",
    "a head": HEAD + b"Content-Length: 500\r\n\r\n",
    "half a body": HEAD + b"Content-Length: 500\r\n\r\n{",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1ff\r\n{",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_64_half_sent_requests_leave_webhooks_answered_below_a_second(program: Program, half: bytes) -> None:
    with ExitStack() as stack:
        for number in range(64):
            stack.enter_context(connect(program, half, "127.0.0.1" if number % 2 else f"127.0.1.{number}"))
        for _ in range(10):
            begun = CLOCK.monotonic()
            assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
            assert CLOCK.monotonic() - begun < 1


def test_64_clients_who_keep_sending_a_little_do_not_either(program: Program) -> None:
    over = threading.Event()
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(program, b"POST / HTTP/1.1\r\nHost: x\r\n")) for _ in range(64)]

        def trickle() -> None:
            while not over.wait(0.05):
                for connection in slow:
                    connection.sendall(b"A: b\r\n")

        sender = threading.Thread(target=trickle)
        sender.start()
        for _ in range(10):
            begun = CLOCK.monotonic()
            assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
            assert CLOCK.monotonic() - begun < 1
        over.set()
        sender.join()


def test_64_clients_who_do_not_go_when_they_are_answered_do_not_either(program: Program) -> None:
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(connect(program, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        begun = CLOCK.monotonic()
        assert program.post(f"/{SECRET}", {"eventType": "Test"}) == 200
        assert CLOCK.monotonic() - begun < 1


def test_a_slow_head_and_a_slow_body_are_cut_off_in_time_and_one_that_trickles_too(program: Program) -> None:
    with connect(program, b"GET / HT") as head, connect(program, HALVES["half a body"]) as body:
        begun = CLOCK.monotonic()
        over = threading.Event()

        def trickle() -> None:
            while not over.wait(0.2):
                body.sendall(b" ")

        sender = threading.Thread(target=trickle)
        sender.start()
        assert answer(head).startswith(b"HTTP/1.1 408 ")
        assert 3.5 < CLOCK.monotonic() - begun < 8
        assert body.recv(100).startswith(b"HTTP/1.1 408 ")
        assert 5.5 < CLOCK.monotonic() - begun < 12
        over.set()
        sender.join()
    wait_until(lambda: "a request of 127.0.0.1 was cut off" in program.log, 5, "the log tells")


def test_a_request_in_small_pieces_is_answered(program: Program) -> None:
    for whole in (post(), chunked(TEST, 3)):
        with connect(program) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(whole), 20):
                connection.sendall(whole[at : at + 20])
            assert read_answer(connection).status == 200


def test_requests_one_behind_the_other_are_all_answered_on_one_connection(program: Program) -> None:
    with connect(program, post() * 3) as connection:
        assert [read_next(connection) for _ in range(3)] == [200, 200, 200]
        connection.sendall(post()[:40])
        threading.Event().wait(0.2)
        connection.sendall(post()[40:] + chunked(TEST, 5) + post(TEST, "Connection: close"))
        assert [read_next(connection) for _ in range(3)] == [200, 200, 200]
        assert connection.recv(1) == b""


@pytest.mark.parametrize("path", ["/triggers/manual?dir=/tv/Café", f"/{SECRET}/scripts?path=/tv/Café/日本.mkv"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_script_may_write_utf_8_into_the_address(program: Program, path: str, method: str) -> None:
    text = f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {SECRET}\r\nContent-Length: 0\r\n\r\n"
    with closing(connect(program, text.encode() * 2)) as connection:
        assert "'/tv/Café" in told(connection)
        assert "'/tv/Café" in told(connection)


def told(connection: socket.socket) -> str:
    """Return the text of the next answer."""
    found = http.client.HTTPResponse(connection)
    found.begin()
    assert found.status == 200
    return found.read().decode()


def read_next(connection: socket.socket) -> int:
    """Read one answer, byte by byte up to its body, so that nothing of the next one is taken."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while length:
        length -= len(connection.recv(length))
    return int(head.split(None, 2)[1])


def test_a_body_that_is_asked_for_first_is_told_to_come_once(program: Program) -> None:
    with connect(program, post(TEST, "Expect: 100-continue").removesuffix(TEST)) as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(TEST)
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_body_that_is_too_large_is_refused_before_it_is_sent_and_the_connection_ends(program: Program) -> None:
    with connect(program, HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n") as connection:
        refused = answer(connection)
    assert refused.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in refused
    assert b"100 Continue" not in refused


def test_a_large_body_arrives_whole(program: Program) -> None:
    large = json.dumps({"eventType": "Test", "filling": "x" * 20_000_000}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)
    with closing(connection):
        connection.request("POST", f"/{SECRET}", large, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200


def test_of_more_half_bodies_than_fit_the_largest_goes(program: Program) -> None:
    """Without the spare room of this test's configuration, a worker holds as much as the largest body has."""
    with ExitStack() as stack:
        small = [stack.enter_context(connect(program, HALVES["half a body"])) for _ in range(4)]
        announced = HEAD + b"Content-Length: 30000000\r\n\r\n"
        large = [stack.enter_context(connect(program, announced + b"x" * 14_000_000)) for _ in range(5)]
        wait_until(lambda: any(map(gone, large)), 5, "one of the large ones is cut off")
        assert not any(gone(connection) for connection in small)


def gone(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return len(connection.recv(1, socket.MSG_PEEK)) >= 0
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_client_who_does_not_take_his_answer_gives_the_thread_back(tmp_path: Path) -> None:
    (tmp_path / "hurried.py").write_text(IMPATIENT + "gunicorn_worker.SEND_SECONDS = 0.5\n")
    (tmp_path / "large.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Length', '100000000')])\n"
        "    return [b'x' * 100_000_000] if environ['PATH_INFO'] == '/large' else [b'']\n"
    )
    command = (sys.executable, "-m", "gunicorn", "-c", str(tmp_path / "hurried.py"), "--pythonpath", str(tmp_path))
    request = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        serving(tmp_path, *command, "large:app", GUNICORN_WORKERS="1", GUNICORN_THREADS="1") as program,
        connect(program, request) as greedy,
    ):
        assert greedy.recv(10)
        begun = CLOCK.monotonic()
        assert program.serves()
        assert CLOCK.monotonic() - begun < 3
    assert "Traceback" not in program.log
