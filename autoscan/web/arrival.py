"""Watches a request arrive, byte by byte, and tells when all of it is there; what it means is Gunicorn's business.

To tell too early or too late is all that can go wrong in `Arrival`: Gunicorn parses what arrived by itself, and finds
an end where more should have come.
"""

import re

#: Gunicorn's limits, in bytes and fields. 2.2 had 4,094 for the request line, too short for lists of paths.
LINE_LIMIT = 8190
FIELD_LIMIT = 100
FIELD_SIZE_LIMIT = 8190
#: With this many bytes and no end of the head, Gunicorn refuses it without waiting for more.
HEAD_LIMIT = LINE_LIMIT + 2 + FIELD_LIMIT * (FIELD_SIZE_LIMIT + 2) + 4
#: Seconds from the first to the last byte of the head, and from there to the end of the body.
HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:[^\r\n]*chunked", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class Arrival:
    """What has arrived of one request, and perhaps of the next ones behind it.

    A body longer than `body_limit` bytes, which is refused anyway, is not waited for.
    """

    def __init__(self, body_limit: int) -> None:
        self.data = bytearray()
        #: Where the body begins; 0 until the head is there.
        self.body = 0
        #: Whether the request is there to its last byte.
        self.whole = False
        #: Whether there is nothing to wait for: it is there, or it will be refused whatever comes.
        self.ready = False
        #: Whether the sender waits for a word before it sends the body.
        self.expects = False
        self._limit = body_limit
        #: Where the body ends, if its length was told; where its next chunk begins, else.
        self._end = 0
        self._chunked = False

    def feed(self, data: bytes) -> None:
        """Add what came."""
        known = len(self.data)
        self.data += data
        if not self.body:
            self._find_body(known)
        if self.body and not self.ready:
            self.whole = self._chunks() if self._chunked else len(self.data) >= self._end
            self.ready = self.whole or self._too_large()

    def take(self) -> bytearray:
        """Return what arrived, and keep it no longer."""
        data, self.data = self.data, bytearray()
        return data

    def _find_body(self, known: int) -> None:
        # One empty line before a request is allowed.
        begin = 2 if self.data.startswith(b"\r\n") else 0
        end = self.data.find(b"\r\n\r\n", max(begin, known - 3))
        if end >= 0:
            self.body = end + 4
            self._read_head(bytes(self.data[begin : end + 2]))
            return
        fresh = self.data[max(0, known - 1) :]
        bare = fresh.count(b"\n") != fresh.count(b"\r\n") + (known > 0 and fresh.startswith(b"\n"))
        self.ready = bare or len(self.data) > HEAD_LIMIT

    def _read_head(self, head: bytes) -> None:
        length = _LENGTH.search(head)
        self._chunked = _CHUNKED.search(head) is not None
        self._end = self.body + (int(length[1]) if length and not self._chunked else 0)
        self.expects = _EXPECT.search(head) is not None

    def _too_large(self) -> bool:
        if self._chunked:
            # Every chunk has a line of its own, which counts for nothing.
            return len(self.data) - self.body > self._limit + self._limit // 8 + 65_536
        return self._end - self.body > self._limit

    def _chunks(self) -> bool:
        """Go on to the last chunk that is there; tell whether it is the last of all, or none that can be read."""
        start = max(self._end, self.body)
        while (line := self.data.find(b"\r\n", start, start + LINE_LIMIT)) >= 0:
            size = _SIZE.match(self.data, start)
            if size is None:
                return True
            if not int(size[0], 16):
                return self.data.find(b"\r\n\r\n", line) >= 0
            after = line + 2 + int(size[0], 16) + 2
            if after > len(self.data):
                return False
            self._end = start = after
        return len(self.data) - start > LINE_LIMIT


def encode_address(data: bytearray) -> None:
    """Percent-encode, in place, the UTF-8 of the first line of a request, which Gunicorn would refuse.

    Scripts write names into an address as they are: `curl '.../triggers/manual?dir=/tv/Café'` sends them so. What is no
    UTF-8 is left to be refused: decoded, it would be another path.
    """
    # One empty line before a request is allowed.
    end = data.find(b"\r\n", 2 if data.startswith(b"\r\n") else 0)
    line = bytes(data[: max(end, 0)])
    if not line.isascii() and _is_utf8(line):
        data[:end] = _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
