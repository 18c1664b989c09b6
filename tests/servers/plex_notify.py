"""Plex's notifications over a websocket (RFC 6455): what scans do, while they do it."""

import base64
import hashlib
import json
import socket
import struct
import threading
from typing import Any

from tests.servers.wire import Request, Response

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Listeners:
    """The sockets that listen."""

    def __init__(self) -> None:
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sockets)

    def accept(self, request: Request) -> Response:
        """Answer the handshake."""
        key = request.headers.get("sec-websocket-key", "")
        if not key or request.headers.get("upgrade", "").lower() != "websocket":
            return Response(status=400)
        digest = hashlib.sha1((key + _MAGIC).encode(), usedforsecurity=False).digest()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": base64.b64encode(digest).decode(),
        }
        return Response(status=101, headers=headers, takes_over=self._listen)

    def _listen(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets.add(connection)
        try:
            while connection.recv(4096):
                pass  # a client's pings and its close are of no interest
        except OSError:
            return
        finally:
            with self._lock:
                self._sockets.discard(connection)

    def tell(self, kind: str, **content: Any) -> None:
        """Send a notification of a kind, e.g. `activity` with an `ActivityNotification`."""
        name, value = next(iter(content.items()))
        message = json.dumps({"NotificationContainer": {"type": kind, "size": 1, name: [value]}}).encode()
        with self._lock:
            for connection in list(self._sockets):
                self._send(connection, _frame(message))

    def _send(self, connection: socket.socket, frame: bytes) -> None:
        try:
            connection.sendall(frame)
        except OSError:
            self._sockets.discard(connection)


def _frame(message: bytes) -> bytes:
    if len(message) < 126:
        return struct.pack("!BB", 0x81, len(message)) + message
    return struct.pack("!BBH", 0x81, 126, len(message)) + message
