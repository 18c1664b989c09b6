"""Take scans that are due, wait for their files, and hand them to every server."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from autoscan.clock import Clock
from autoscan.model import Expectation, Scan
from autoscan.presence import Go, Missing, Presence, Wait
from autoscan.processor.contents import contents
from autoscan.processor.jumps import Jumps
from autoscan.processor.transitions import say
from autoscan.store import Queue

#: Seconds between two looks for what is due, where a new scan may be due at once, and where it has a delay.
LOOK, LOOK_SELDOM = 0.25, 1.0


class Dispatcher:
    """Judges one scan a step: not yet, never, or off to the servers."""

    name = "dispatcher"

    def __init__(
        self,
        *,
        queue: Queue,
        presence: Presence,
        servers: Sequence[str],
        clock: Clock,
        handed_over: Callable[[], None] = lambda: None,
        calm: float = LOOK,
    ) -> None:
        """Take what to call whenever the servers have something to do, and the seconds between two looks for scans."""
        self.calm = calm
        self._handed_over = handed_over
        self._queue = queue
        self._presence = presence
        self._servers = tuple(servers)
        self._clock = clock
        self._jumps = Jumps(queue, clock)
        #: Seconds until there is something to do, as far as is known.
        self.rest = math.inf

    def step(self) -> bool:
        """Judge one scan; without a server to hand it to, every scan is kept waiting."""
        if not self._servers:
            return False
        self._jumps.follow()
        soonest = self._queue.soonest()
        self.rest = math.inf if soonest is None else (soonest - self._clock.now()).total_seconds()
        if self.rest > 0:
            return False
        scan = self._queue.due_check() or self._queue.claim()
        if scan is None:
            return False
        self._judge(scan)
        return True

    def close(self) -> None:
        """End the helpers that look at media."""
        self._presence.close()

    def _judge(self, scan: Scan) -> None:
        match self._presence.judge(scan):
            case Wait(until=until, reason=reason, checks=checks):
                self._queue.postpone(scan.id, until=until, reason=reason, checks=checks)
                say(scan, "checking", reason)
            case Missing(reason=reason):
                self._queue.fail(scan.id, reason, code="file_missing")
                say(scan, "failed", reason, level=logging.WARNING)
            case Go() as go:
                self._go(scan, go)

    def _go(self, scan: Scan, go: Go) -> None:
        """Deliver what is as expected; what never came fails on its own, for the next event or a retry to take up."""
        if go.missing is not None:
            self._queue.fail_apart(scan.id, go.missing.paths, go.missing.reason)
            say(scan, "failed", go.missing.reason, level=logging.WARNING)
        if go.folder is not None and go.folder != scan.folder:
            self._queue.move(scan.id, go.folder)
            scan = replace(scan, folder=go.folder)
        self._deliver(replace(scan, expectations=_as_found(scan, go)), go)

    def _deliver(self, scan: Scan, go: Go) -> None:
        files, chosen = contents(self._presence, scan)
        self._queue.expect(scan.id, (*go.found, *files))
        note = "; ".join(filter(None, (go.note, chosen)))
        self._queue.deliver(scan.id, self._servers, reason=note)
        self._handed_over()
        say(scan, "delivering", note)


def _as_found(scan: Scan, go: Go) -> tuple[Expectation, ...]:
    """Return what is still expected of `scan`: as `go` found it, and without what is missing."""
    found = {each.path: each for each in go.found}
    missing = go.missing.paths if go.missing is not None else ()
    return tuple(found.get(each.path, each) for each in scan.expectations if each.path not in missing)
