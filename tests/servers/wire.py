"""The sockets of a simulated server: a threaded HTTP server that can go away and come back on its port."""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in; `t` is the server's own clock, `wall` the test's, both seconds since 1970."""

    t: float
    wall: float
    method: str
    #: Percent-decoded, with the base path in front.
    path: str
    query: tuple[tuple[str, str], ...]
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes

    def arg(self, name: str, default: str = "") -> str:
        """Return the last value of a query argument, its name compared without case."""
        found = [value for key, value in self.query if key.lower() == name.lower()]
        return found[-1] if found else default

    def has(self, name: str) -> bool:
        """Tell whether a query argument was sent at all."""
        return any(key.lower() == name.lower() for key, _ in self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Close the connection without a word.
    drop: bool = False
    #: Send this many bytes of the body, then close.
    cut: int | None = None
    #: After the head the connection is handed over to this, which returns when it ends (websockets).
    takes_over: Callable[[socket.socket], None] | None = None


Answer = Callable[[str, str, Mapping[str, str], bytes], Response]


def split_target(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a request target into its decoded path and its arguments in order."""
    parts = urlsplit("//host" + target if target.startswith("/") else target)
    return unquote(parts.path), tuple(parse_qsl(parts.query, keep_blank_values=True))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # the caller hung up, or the server went down

    def log_message(self, *args: object) -> None:
        """Stay silent: the requests are recorded."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the `Date` header, by the server's clock."""
        return super().date_time_string(self.server.now() if timestamp is None else timestamp)

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.answer(self.command, self.path, headers, body))

    def _send(self, response: Response) -> None:
        if response.drop:
            self.close_connection = True
            return
        self.send_response(response.status, _reason(response.status))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.type:
            self.send_header("Content-Type", response.type)
        if response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.SWITCHING_PROTOCOLS):
            self.send_header("Content-Length", str(len(response.body)))
        body = b"" if self.command == "HEAD" else response.body[: response.cut]
        self._headers_buffer: list[bytes]
        self._headers_buffer.extend((b"\r\n", body))  # one write, hence one packet
        self.flush_headers()
        if response.takes_over is not None:
            response.takes_over(self.connection)
        self.close_connection = self.close_connection or response.cut is not None or response.takes_over is not None


for _method in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler._serve)


def _reason(status: int) -> str:
    return next((known.phrase for known in HTTPStatus if known == status), "Unknown")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    answer: Answer
    tick: Callable[[], None]
    now: Callable[[], float]

    def __init__(self, address: tuple[str, int]) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def service_actions(self) -> None:
        self.tick()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a caller that hangs up is no error of the test."""


class Wire:
    """Listens on `host`; `stop` refuses and drops connections, `start` listens on the same port again."""

    def __init__(
        self, answer: Answer, tick: Callable[[], None], address: tuple[str, int], now: Callable[[], float]
    ) -> None:
        self._answer, self._tick, self._now = answer, tick, now
        self.host, self.port = address
        self._server: _Server | None = None
        self._reserved: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen; without effect while listening."""
        if self._server is not None:
            return
        server = _Server((self.host, self.port))
        self._release()
        server.answer, server.tick, server.now = self._answer, self._tick, self._now
        self.port = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True, name="simulator")
        self._thread.start()
        self._server = server

    def stop(self) -> None:
        """Refuse new connections and drop the open ones."""
        if self._server is not None:
            self._end()
            self._reserve()

    def _end(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._server.connections):
            _hang_up(connection)
        self._server = None

    def _reserve(self) -> None:
        """Keep the port without listening: callers are refused, and nobody else gets it."""
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((self.host, self.port))

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def close(self) -> None:
        """Stop for good; the port is anybody's again."""
        self._end()
        self._release()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already
