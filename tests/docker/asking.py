"""What a container serves, asked from outside on its published port."""

import http.client
import json
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from tests.homes import PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """Return the body's meaning."""
        return json.loads(self.body)


def ask(port: int, path: str, body: Any = None) -> Answer:
    """Ask on a connection of its own; with a `body` it is a POST of JSON."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        headers = {"X-Api-Key": PASS, "Content-Type": "application/json", "Connection": "close"}
        sent = None if body is None else json.dumps(body)
        connection.request("GET" if sent is None else "POST", path, sent, headers)
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read(), seconds=time.monotonic() - began)


def serves(port: int, path: str = "/health") -> bool:
    """Tell whether `path` is answered with 200; nobody may listen yet."""
    with suppress(OSError, http.client.HTTPException):
        return ask(port, path).status == 200
    return False


def waiting(port: int) -> int:
    """Return how many scans are on their way, by the API of 2.x."""
    return int(ask(port, f"/api/{PASS}?cmd=queue_count").json["queue_count"])
