"""Where a browser on this machine comes back to from Google: a small page on 127.0.0.1."""

import html
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from autoscan.errors import DriveRejectedError

_HERE = "127.0.0.1"
_LOOPBACK = frozenset({_HERE, "localhost", "::1"})
_HTTP = 80
#: A browser that connects and says nothing is let go after so many seconds.
_PATIENCE = 30.0
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Autoscan</title><h1>Autoscan</h1><p>{text}</p></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where Google shall send the browser to."""

    uri: str
    #: Port and path to wait at on this machine; the port is 0 where the browser cannot come back to this program.
    port: int = 0
    path: str = "/"


class Loopback:
    """Waits for browsers; `take` gets each address that one came back with, and returns what the page shall say."""

    def __init__(self, configured: str, take: Callable[[str], str]) -> None:
        """Listen at the address `configured` (GOOGLE.REDIRECT_URI), if it is one of this machine; `""`: a free one."""
        self._server = _listening(configured, take)
        if not configured and self._server is None:
            raise DriveRejectedError("no port of 127.0.0.1 can be listened on")
        port = self._server.server_address[1] if self._server is not None else 0
        self.redirect = Redirect(uri=configured or f"http://{_HERE}:{port}/", port=port, path=_path(configured))

    def start(self) -> None:
        """Answer browsers in a thread, until `close`."""
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="loopback").start()

    def close(self) -> None:
        """Answer none any more; only after `start`."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    path: str
    take: Callable[[str], str]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def do_GET(self) -> None:
        """Take what the browser came back with, and say how it went."""
        if urlsplit(self.path).path != self.server.path:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            self._say(HTTPStatus.OK, self.server.take(self.path))
        except DriveRejectedError as error:
            self._say(HTTPStatus.BAD_REQUEST, str(error))

    def log_message(self, *_: object) -> None:
        """Stay silent: the address has the code in it."""

    def _say(self, status: HTTPStatus, text: str) -> None:
        body = _PAGE.format(text=html.escape(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        # The address stays out of what the browser tells others.
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _listening(configured: str, take: Callable[[str], str]) -> _Server | None:
    """Return a server for the address; None if it is not one of this machine, or somebody listens there."""
    parts = urlsplit(configured)
    if configured and (parts.scheme != "http" or parts.hostname not in _LOOPBACK):
        return None
    try:
        server = _Server((_HERE, (parts.port or _HTTP) if configured else 0), _Handler)
    except (OSError, ValueError):
        return None
    server.path, server.take = _path(configured), take
    return server


def _path(configured: str) -> str:
    return urlsplit(configured).path or "/"
