"""A fuzzer for the webhook entry: known bodies are changed at random, and what reaches new code is changed further.

What code is reached is told by Python's own tracing, so that nothing has to be installed for it.
"""

import json
import logging
import os
import random
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from autoscan.clock import Clock
from tests import webs

PAYLOADS = Path(__file__).parents[1] / "tests" / "payloads"
#: What is watched: everything between the socket and the queue.
WATCHED = tuple(f"autoscan{os.sep}{room}" for room in ("web", "triggers", "intake", "paths", "model"))
SOURCES = ("sonarr", "a-train", "bazarr", "manual")
ADDRESSES = ("/{secret}", "/{secret}/x", *(f"/triggers/{source}" for source in SOURCES))
LABELS = ("application/json", "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
#: What is put in: what parsers stumble over.
WORDS = (
    *(b'"path"', b'"eventType"', b'"relativePath"', b'"deletedFiles"', b'"size"', b'"series"', b'"movie"'),
    *(b"null", b"true", b"[]", b"{}", b"-1", b"1e999", b"9" * 40, b"NaN", b"[" * 300, b'{"a":' * 300),
    *(b'"\\ud800"', b'"\\u0000"', b"\xff\xfe", b"\xc3", b"%00", b"%2e%2e", b"&path=", b"path=/tv/x.mkv"),
    *(b'"/tv/../../etc"', b'"\\\\\\\\nas\\\\tv"', b'"C:\\\\tv\\\\x.mkv"', b'"smb://nas/tv"'),
    *(b"--x\r\n", b'Content-Disposition: form-data; name="path"\r\n\r\n'),
)
#: Bodies to go on from at most; requests before growth is measured; what the process may grow by.
CORPUS = 2000
WARM_UP = 300
GROWTH = 48 * 1024**2


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of it."""

    requests: int = 0
    #: Lines of code reached.
    reached: int = 0
    corpus: int = 0
    #: What must not be, each with the body that did it.
    faults: tuple[str, ...] = ()
    #: Bytes, threads and open files more than after the first requests.
    grown: int = 0
    threads: int = 0
    handles: int = 0

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.faults and self.grown <= GROWTH and self.threads <= 0 and self.handles <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to be changed."""

    address: str
    label: str
    body: bytes


class Traces(logging.Handler):
    """Collects what was logged with a trace."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a line with a trace."""
        if record.exc_info:
            self.seen.append(record.getMessage())


def run(seconds: float, seed: int) -> Figures:
    """Send changed bodies for so many seconds."""
    traces = Traces()
    logging.getLogger().addHandler(traces)
    with tempfile.TemporaryDirectory(prefix="autoscan-fuzz-", dir=_memory()) as folder:
        try:
            return Fuzzer(webs.build(Path(folder)), traces, random.Random(f"{seed}/fuzz")).run(seconds)
        finally:
            webs.close_all()
            logging.getLogger().removeHandler(traces)


class Fuzzer:
    """One run."""

    def __init__(self, site: webs.Site, traces: Traces, chance: random.Random) -> None:
        self._site = site
        self._traces = traces
        self._chance = chance
        self._corpus = list(_known())
        self._reached: set[tuple[str, int]] = set()
        self._faults: list[str] = []

    def run(self, seconds: float) -> Figures:
        """Send, and return the figures."""
        clock, figures = Clock(), Figures()
        before: tuple[int, int, int] | None = None
        for request in tuple(self._corpus):
            self._send(request)
        ends = clock.monotonic() + seconds
        while clock.monotonic() < ends:
            self._send(self._changed(self._chance.choice(self._corpus)))
            figures.requests += 1
            if figures.requests == WARM_UP:
                before = _weight()
        after = _weight()
        figures.grown, figures.threads, figures.handles = (
            now - then for now, then in zip(after, before or after, strict=True)
        )
        figures.reached, figures.corpus = len(self._reached), len(self._corpus)
        figures.faults = tuple(self._faults)
        return figures

    def _send(self, request: Request) -> None:
        """Send one request; keep it if it came upon new code."""
        news: set[tuple[str, int]] = set()
        address = request.address.format(secret=webs.SECRET)
        headers = webs.basic(webs.SECRET)
        with _tracing(self._reached, news):
            environ = {"CONTENT_TYPE": request.label}
            answer = self._site.client.post(address, data=request.body, headers=headers, environ_overrides=environ)
        if answer.status_code >= 500 or b"Traceback" in answer.data or self._traces.seen:
            self._faults.append(f"{answer.status_code} {self._traces.seen} for {request}")
            self._traces.seen.clear()
        if news:
            self._reached |= news
            self._corpus.append(request)
            del self._corpus[:-CORPUS]

    def _changed(self, request: Request) -> Request:
        body = bytearray(request.body)
        for _ in range(self._chance.randint(1, 6)):
            self._change(body)
        pick = self._chance.random()
        label = self._chance.choice(LABELS) if pick < 0.1 else request.label
        address = self._chance.choice(ADDRESSES) if pick > 0.9 else request.address
        return Request(address=address, label=label, body=bytes(body[:100_000]))

    def _change(self, body: bytearray) -> None:
        at = self._chance.randint(0, len(body))
        end = min(len(body), at + self._chance.choice([0, 1, 1, 4, 16, 64]))
        other = self._chance.choice(self._corpus).body
        cut = self._chance.randint(0, len(other))
        put = (b"", bytes([self._chance.randrange(256)]), self._chance.choice(WORDS), other[cut : cut + 64])
        body[at:end] = self._chance.choice(put)


def _known() -> Iterator[Request]:
    """Yield the bodies that the applications send."""
    for path in sorted(PAYLOADS.glob("*/*.json")):
        if not path.name.endswith(".expect.json"):
            body = json.dumps(json.loads(path.read_text())).encode()
            yield Request(address=ADDRESSES[0], label=LABELS[0], body=body)
    yield Request(address=ADDRESSES[-1], label=LABELS[3], body=b"path=/tv/Show/Season%2001&dir=/movies")


@contextmanager
def _tracing(known: set[tuple[str, int]], news: set[tuple[str, int]]) -> Iterator[None]:
    """Put each line of the watched code that is run and not `known` into `news`."""

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            place = (frame.f_code.co_filename, frame.f_lineno)
            if place not in known:
                news.add(place)
        elif not any(room in frame.f_code.co_filename for room in WATCHED):
            return None
        return trace

    earlier = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(earlier)


def _weight() -> tuple[int, int, int]:
    """Return this process's memory in bytes, its threads, and its open files."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resident, threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def _memory() -> str | None:
    """Return a file system in memory, where there is one: the disk is not what is tried here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
