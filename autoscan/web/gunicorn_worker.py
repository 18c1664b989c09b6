"""Gunicorn's threaded worker, with threads for requests that are there: none of them ever waits for a client.

Gunicorn gives a connection to a thread at once, where two clients that send slowly, or nothing, keep a worker with two
threads from everybody else. Here the loop that watches all connections anyway collects each request, and a thread gets
it whole. Connections that end are seen off by the loop as well. Tested against the version in requirements.txt.
"""

import errno
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from autoscan.web.arrival import BODY_SECONDS, HEAD_SECONDS, Arrival, encode_address

#: Bytes taken from a connection at a time.
_PIECE = 65_536
#: Bytes of half-arrived requests that a worker holds besides one body of the largest size.
_SPARE = 16 * 1024 * 1024
#: Seconds in which a piece of an answer must have left.
SEND_SECONDS = 30.0
#: Seconds in which the other side may close the connection by itself.
_PART_SECONDS = 2.0
#: Seconds that a worker which is to end waits for requests that have only begun to arrive.
LINGER = 2.5
#: Connections of a worker at once; a process may often have 1,024 files.
CONNECTIONS = 256

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

#: Gunicorn has no types.
_ThreadWorker: Any = ThreadWorker


class Inlet:
    """What Gunicorn's parser reads from instead of the socket: what has arrived, and then the end."""

    def __init__(self) -> None:
        self._data = memoryview(b"")
        #: Whether more was wanted than was there. What comes next on the connection is no request then.
        self.dry = False

    def fill(self, data: bytes | bytearray) -> None:
        """Replace what is left."""
        self._data = memoryview(data)

    def recv(self, size: int) -> bytes:
        """Return the next bytes, as a socket does."""
        piece = bytes(self._data[:size])
        self._data = self._data[size:]
        self.dry = self.dry or not piece
        return piece

    def rest(self) -> bytes:
        """Take what is left."""
        rest, self._data = bytes(self._data), memoryview(b"")
        return rest


class _Waiting:
    """A connection of which something is expected: the rest of a request, or (without `arrival`) its end."""

    def __init__(self, deadline: float, arrival: Arrival | None = None) -> None:
        self.deadline = deadline
        self.arrival = arrival

    @property
    def size(self) -> int:
        """How many bytes are held for it."""
        return len(self.arrival.data) if self.arrival else 0


class PatientWorker(_ThreadWorker):  # type: ignore[misc] # as above
    """`ThreadWorker` with requests collected before they get a thread."""

    #: Bytes of the largest body that is waited for.
    body_limit = 32 * 1024 * 1024
    nr_conns: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[Any, _Waiting] = {}
        self._ending = 0.0

    def enqueue_req(self, conn: Any) -> None:
        """Begin to collect the next request of a connection; Gunicorn calls this when one seems to come."""
        if conn.parser is None:
            conn.inlet = Inlet()
            conn.parser = RequestParser(self.cfg, conn.inlet, conn.client)  # type: ignore[no-untyped-call] # as above
            conn.initialized = conn.data_ready = True
        conn.arrival = Arrival(self.body_limit)
        self._wait(conn, HEAD_SECONDS, conn.arrival)
        if held := conn.parser.unreader.take_buffered():
            self._collect(conn, conn.arrival, held)

    def finish_request(self, conn: Any, done: Any) -> None:
        """Go on with the connection after an answer."""
        if not done.cancelled() and done.exception() is None and done.result():
            super().finish_request(conn, done)
        else:
            self._part(conn)

    def murder_pending(self) -> None:
        """Cut off whoever is too late; Gunicorn calls this at least once a second, also while a worker ends."""
        now = time.monotonic()
        self._ending = self._ending or (0.0 if self.alive else now + LINGER)
        over = bool(self._ending) and now > self._ending
        for conn, waiting in list(self._waiting.items()):
            if over or now > waiting.deadline:
                self._cut_off(conn, waiting)
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        queue = self.tpool._work_queue  # noqa: SLF001 - nothing else tells what waits for a thread
        if over and queue.empty() and not getattr(self.wsgi, "answering", 0):
            # Whoever is left does not take his answer.
            self.nr_conns = 0

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request that has arrived."""
        # The loop has said "100 Continue" already, where a body is wanted at all.
        req._expected_100_continue = False  # noqa: SLF001 - there is no other way
        if not conn.arrival.whole:
            req.force_close()
        conn.sock.settimeout(SEND_SECONDS)
        with _slowness_is_leaving():
            return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Tell whether the connection can be used further, and keep what has come of its next request."""
        kept = bool(super()._keepalive_after(conn, keepalive)) and conn.arrival.whole and not conn.inlet.dry
        unreader = conn.parser.unreader
        unreader.unread(unreader.take_buffered() + conn.inlet.rest())
        return kept

    def _wait(self, conn: Any, seconds: float, arrival: Arrival | None) -> None:
        conn.sock.setblocking(False)
        self._waiting[conn] = _Waiting(time.monotonic() + seconds, arrival)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))

    def _forget(self, conn: Any) -> None:
        if self._waiting.pop(conn, None) is not None:
            with suppress(KeyError, ValueError, OSError):
                self.poller.unregister(conn.sock)

    def _readable(self, conn: Any, _socket: Any) -> None:
        waiting = self._waiting.get(conn)
        if waiting is None:
            return
        try:
            data = conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and waiting.arrival is not None:
            self._collect(conn, waiting.arrival, data)
        elif not data and waiting.size:
            self._hand_over(conn)
        elif not data:
            self._close(conn)

    def _collect(self, conn: Any, arrival: Arrival, data: bytes) -> None:
        before = arrival.body
        arrival.feed(data)
        if arrival.ready:
            self._hand_over(conn)
            return
        if arrival.body and not before:
            self._waiting[conn].deadline = time.monotonic() + BODY_SECONDS
            if arrival.expects:
                _send(conn, _CONTINUE)
        if sum(waiting.size for waiting in self._waiting.values()) > self.body_limit + _SPARE:
            # A webhook is small; whoever sends most of the unfinished is not one.
            self._cut_off(*max(self._waiting.items(), key=lambda item: item[1].size))

    def _hand_over(self, conn: Any) -> None:
        self._forget(conn)
        data = conn.arrival.take()
        encode_address(data)
        conn.inlet.fill(data)
        super().enqueue_req(conn)

    def _cut_off(self, conn: Any, waiting: _Waiting) -> None:
        """End waiting for a connection."""
        if not waiting.size:
            self._close(conn)
            return
        caller = conn.client[0] if conn.client else "a client"
        self.log.info("a request of %s was cut off: the rest of it did not come in time", caller)
        _send(conn, _TOO_SLOW)
        self._part(conn)

    def _make_room(self) -> None:
        """With as many connections as there may be, end waiting for the older half."""
        longest = list(self._waiting.items())
        for conn, waiting in longest[: (len(longest) + 1) // 2]:
            self._cut_off(conn, waiting)

    def _part(self, conn: Any) -> None:
        """Close our side and wait a little for the other one, which may still be reading the answer."""
        self._forget(conn)
        conn.inlet.fill(b"")
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._wait(conn, _PART_SECONDS, None)
        except (OSError, ValueError):
            self._close(conn)

    def _close(self, conn: Any) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()


def _send(conn: Any, text: bytes) -> None:
    """Send these few bytes, if they can leave at once."""
    with suppress(OSError):
        conn.sock.send(text)


@contextmanager
def _slowness_is_leaving() -> Iterator[None]:
    """Have Gunicorn take a client who does not take his answer for one who has gone: it knows how to ignore that."""
    try:
        yield
    except TimeoutError as error:
        raise ConnectionResetError(errno.ECONNRESET, "the answer was not taken in time") from error
