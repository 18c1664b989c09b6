"""Send webhooks over many connections from one thread, and measure each answer."""

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice


@dataclass(slots=True)
class Result:
    """What one run of load saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Return the latency in milliseconds that `percent` of the answers stayed below."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def request(path: str, body: bytes, *, keep_alive: bool) -> bytes:
    """Build one webhook as Sonarr sends it."""
    connection = "keep-alive" if keep_alive else "close"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: autoscan\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"User-Agent: Sonarr/4.0.19.2979 (alpine 3.22.1)\r\nConnection: {connection}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection that sends the next request as soon as the last is answered."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes], *, keep_alive: bool) -> None:
        self._address = address
        self._requests = requests
        self._keep_alive = keep_alive
        self.socket: socket.socket | None = None
        self._answer = b""
        self._sent_at = 0.0

    def send(self) -> bool:
        """Send the next request, on a new connection where needed; tell whether there was one."""
        following = next(self._requests, None)
        if following is None:
            return False
        self._answer = b""
        self._sent_at = time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(self._address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(following)
        return True

    def receive(self, result: Result) -> bool:
        """Read what is there; tell whether the answer is complete."""
        if self.socket is None:
            raise AssertionError("nothing was sent")
        chunk = self.socket.recv(65536)
        self._answer += chunk
        if chunk and not complete(self._answer):
            return False
        self._count(result)
        return True

    def _count(self, result: Result) -> None:
        if self._answer.startswith(b"HTTP/1.1 2"):
            result.latencies.append(time.perf_counter() - self._sent_at)
        else:
            result.failures += 1
        if not self._keep_alive or b"connection: close" in self._answer.lower() or not self._answer:
            self.close()

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def complete(answer: bytes) -> bool:
    """Tell whether `answer` holds a whole response with a Content-Length."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False


def run(address: tuple[str, int], requests: Iterator[bytes], *, connections: int, keep_alive: bool) -> Result:
    """Send all `requests` over `connections` at once and return what was measured."""
    result = Result()
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        open_ones = [Connection(address, requests, keep_alive=keep_alive) for _ in range(connections)]
        waiting = {one for one in open_ones if _send(one, selector)}
        while waiting:
            for key, _ in selector.select():
                one = key.data
                selected = one.socket
                if one.receive(result):
                    selector.unregister(selected)
                    waiting.discard(one)
                    if _send(one, selector):
                        waiting.add(one)
        for one in open_ones:
            one.close()
    result.seconds = time.perf_counter() - began
    return result


def _send(one: Connection, selector: selectors.BaseSelector) -> bool:
    if not one.send() or one.socket is None:
        return False
    selector.register(one.socket, selectors.EVENT_READ, one)
    return True


def take(requests: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Return the next `count` requests."""
    return islice(requests, count)
