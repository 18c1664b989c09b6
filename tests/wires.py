"""A server that answers byte by byte as a test likes, and a session to it."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

from autoscan.http import Session

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


def drip(it: threading.Event, head: bytes, drop: bytes, pause: float = 0.02) -> Talk:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        while not it.wait(pause):
            connection.sendall(drop)

    return talk
