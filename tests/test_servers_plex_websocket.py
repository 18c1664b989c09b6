"""What the simulated Plex tells over its websocket."""

import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.clocks import VirtualClock
from tests.servers import FakePlex
from tests.servers.samples import LIBRARIES, call, fill, scan


@pytest.fixture
def plex(tmp_path: Path) -> Iterator[FakePlex]:
    with FakePlex({"/data": fill(tmp_path)}, LIBRARIES, clock=VirtualClock()) as server:
        yield server


def test_notifications_tell_of_a_scan_over_a_websocket(plex: FakePlex) -> None:
    with socket.create_connection(("127.0.0.1", plex.port), timeout=5) as connection:
        key = base64.b64encode(b"0123456789abcdef").decode()
        connection.sendall(
            f"GET /:/websockets/notifications?X-Plex-Token={plex.token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        stream = connection.makefile("rb")
        assert b"101" in stream.readline()
        while stream.readline().strip():
            pass
        while not plex.listeners:
            plex.tick()
        call(plex, "/library/sections/2/refresh")
        plex.wait_idle()
        messages = [_message(stream)["NotificationContainer"] for _ in range(4)]
    assert [message["type"] for message in messages] == ["activity", "activity", "status", "timeline"]
    started, ended = (message["ActivityNotification"][0] for message in messages[:2])
    assert (started["event"], "Context" in started["Activity"]) == ("started", False)
    assert ended["Activity"]["Context"] == {"librarySectionID": "2"}
    scan(plex, "1")  # nobody listens any more


def _message(stream: IO[bytes]) -> Any:
    length = stream.read(2)[1]
    if length == 126:
        length = int.from_bytes(stream.read(2))
    return json.loads(stream.read(length))


def test_a_handshake_that_is_none_is_refused(plex: FakePlex) -> None:
    assert call(plex, "/:/websockets/notifications").status_code == 400
