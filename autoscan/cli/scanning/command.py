"""Take the paths in, let them be scanned, watch until every server has come to an end."""

import json
import logging
import signal
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from autoscan import logs, paths, triggers, wiring
from autoscan.cli.reading import read
from autoscan.cli.scanning import rows
from autoscan.cli.scanning.foreground import Foreground
from autoscan.cli.scanning.private import Private, private
from autoscan.cli.scanning.rows import Row, ended_well
from autoscan.cli.scanning.screens import Json, Lines, Screen, Terminal
from autoscan.cli.scanning.watch import Watch
from autoscan.clock import Clock
from autoscan.intake import Received
from autoscan.model import Change, Event, Kind, ScanRequest
from autoscan.settings import Settings

#: What `SOURCES` may call these events.
SOURCE = "cli"
#: Exit codes: something did not end well; the configuration does not hold; SIGTERM, as a shell tells it.
FAILED, UNUSABLE, TERMINATED = 1, 2, 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was typed."""

    paths: tuple[str, ...]
    #: They are expected to be gone.
    removed: bool = False
    #: Seconds; None: until every server has come to an end.
    timeout: float | None = None


def scan(arguments: Namespace) -> int:
    """Scan what was typed; return 0 if every server ended well, 1 if not, 2 without a server. Raises SettingsError."""
    found = read(arguments).settings
    if found.log_level != "DEBUG":
        logs.setup(found, console=logging.ERROR)
    order = Order(paths=tuple(arguments.paths), removed=arguments.removed, timeout=arguments.timeout)
    clock = Clock()
    with _terminable():
        return run(found, order, clock, _screen(clock, as_json=arguments.json))


def run(settings: Settings, order: Order, clock: Clock, screen: Screen) -> int:
    """Do it on `clock`, show it on `screen`, and return the exit code."""
    if not settings.media_servers:
        print(wiring.NO_SERVERS, file=sys.stderr)
        return UNUSABLE
    event = event_of(order)
    if not event.requests:
        print(event.note, file=sys.stderr)
        return UNUSABLE
    with private(settings, clock) as own:
        watch = _submit(own, event, clock)
        foreground = Foreground(own.autoscan.jobs(own.targets, describe=False), clock)
        try:
            ended = _watch(watch, foreground, screen, _Deadline(clock, order.timeout))
            if settings.run_command_after_scan:
                _finish(watch, foreground)
        finally:
            foreground.close()
            screen.close()
    screen.end(ended)
    return 0 if ended_well(ended) else FAILED


def event_of(order: Order) -> Event:
    """Return the event that the paths stand for; a relative path from a folder of this machine is made absolute."""
    event = triggers.from_paths([_absolute(path) for path in order.paths], ())
    if not order.removed:
        return event
    return replace(event, requests=tuple(_gone(request) for request in event.requests))


def _absolute(path: str) -> str:
    here = Path(path)
    # Paths of Windows and of Google Drive start with no slash either, but their folders are not here.
    if not path.strip() or here.is_absolute() or not here.parent.is_dir() or _is_windows(path):
        return path
    return str(here.absolute()) + "/" * path.endswith("/")


def _is_windows(path: str) -> bool:
    return paths.flavour(path) is paths.Flavour.WINDOWS


def _gone(request: ScanRequest) -> ScanRequest:
    # Nobody can look any more what it was.
    kind = paths.kind_by_name(request.path) if request.kind is Kind.UNKNOWN else request.kind
    return replace(request, kind=kind, change=Change.REMOVED, announced=True)


def _submit(own: Private, event: Event, clock: Clock) -> Watch:
    received = Received(
        source=SOURCE,
        request_id=uuid4().hex[:12],
        body=json.dumps({"path": [request.path for request in event.requests]}),
        at=clock.now(),
    )
    receipt = own.autoscan.intake.submit(event, received)
    return Watch(own.autoscan.queue, own.targets, receipt.taken, clock)


class _Deadline:
    """The time after which the command waits no longer."""

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._seconds = seconds
        self._began = clock.monotonic()

    def left(self) -> float:
        """Return the seconds until it comes; none or fewer: it has."""
        return float("inf") if self._seconds is None else self._began + self._seconds - self._clock.monotonic()

    def ended(self, row: Row) -> Row:
        """Return the row as it stays."""
        if row.over:
            return row
        waited = f"{row.words} after {self._seconds:g} s"
        text = f"{waited}: {row.text}" if row.text else waited
        return replace(row, state=rows.TIMED_OUT, text=text, over=True)


def _watch(watch: Watch, foreground: Foreground, screen: Screen, deadline: _Deadline) -> Sequence[Row]:
    while True:
        shown = watch.rows()
        screen.show(shown)
        if all(row.over for row in shown):
            return shown
        if (left := deadline.left()) <= 0:
            return [deadline.ended(row) for row in shown]
        foreground.round(left)


def _finish(watch: Watch, foreground: Foreground) -> None:
    """Let the commands after the scans run; each has a time limit of its own."""
    while watch.has_commands():
        foreground.round(1.0)


def _screen(clock: Clock, *, as_json: bool) -> Screen:
    if as_json:
        return Json(clock)
    return Terminal(clock) if sys.stdout.isatty() else Lines(clock)


@contextmanager
def _terminable() -> Iterator[None]:
    """End on SIGTERM as on Ctrl-C: helpers are ended, the temporary database is removed."""

    def stop(*_: object) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
