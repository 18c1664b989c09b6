"""See every scan through: the Dispatcher from due to handed over, a Lane per server from handed over to accepted.

Nothing here waits: each job does one thing per `step()` and returns, and whoever runs it decides when to come back.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from autoscan import paths
from autoscan.clock import Clock
from autoscan.errors import TargetError, TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.model import Ask, Delivery, Expectation, Scan, Slot
from autoscan.presence import Go, Missing, Presence, Wait
from autoscan.store import Queue
from autoscan.targets.base import Library, LibraryState, Scope, Target

log = logging.getLogger(__name__)

#: A library that never looks idle gives its slot back after this long.
SLOT_SECONDS = 60
#: The pause after the first failure of a server to answer; doubled with each further one, up to the longest.
FIRST_PAUSE = 5
LONGEST_PAUSE = 300
#: How often a server that refuses the token is tried again.
UNAUTHORIZED_PAUSE = 60
#: The pause after a refused scan; doubled with each try.
FIRST_RETRY = 30
#: The pause between two looks whether a library is idle: the first, and the longest it doubles to.
FIRST_POLL = 1
LONGEST_POLL = 8


class Job(Protocol):
    """Something the leader does for ever, a step at a time."""

    name: str

    def step(self) -> bool:
        """Do one thing and tell whether there was anything to do."""

    def close(self) -> None:
        """Give back what the job holds outside the database."""


class Dispatcher:
    """Takes scans that are due, waits for their files, and hands them to every server."""

    name = "dispatcher"

    def __init__(self, *, queue: Queue, presence: Presence, servers: Sequence[str]) -> None:
        self._queue = queue
        self._presence = presence
        self._servers = tuple(servers)

    def step(self) -> bool:
        """Judge one scan; without a server to hand it to, every scan is kept waiting."""
        if not self._servers:
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
                _say(scan, "checking", reason)
            case Missing(reason=reason):
                self._queue.fail(scan.id, reason, code="file_missing")
                _say(scan, "failed", reason, level=logging.WARNING)
            case Go(folder=folder, note=note):
                if folder is not None and folder != scan.folder:
                    self._queue.move(scan.id, folder)
                    scan = replace(scan, folder=folder)
                self._queue.deliver(scan.id, self._servers, reason=note)
                _say(scan, "delivering", note)


class Lane:
    """Brings one server its scans, at most one in flight per library; no other server waits for it."""

    def __init__(self, *, queue: Queue, target: Target, clock: Clock) -> None:
        self.name = f"server {target.name}"
        self._queue = queue
        self._target = target
        self._clock = clock
        self._idle = IdleWatch(target)
        #: Libraries whose root waits for company, and until when.
        self._batching: dict[str, datetime] = {}

    def step(self) -> bool:
        """Do the next thing for this server: probe, free a slot, find libraries, or ask for a scan."""
        now = self._clock.now()
        state = self._queue.server(self._target.name)
        if state.paused_until is not None and state.paused_until > now:
            return False
        try:
            if state.paused_until is not None:
                return self._probe()
            return self._free_slots(now) or self._route() or self._ask(now)
        except TargetUnauthorizedError as error:
            self._pause(error, UNAUTHORIZED_PAUSE, unauthorized=True)
        except TargetUnavailableError as error:
            self._pause(error, _back_off(state.failures), unauthorized=False)
        return True

    def close(self) -> None:
        """Close the connections to the server."""
        self._target.close()

    def _probe(self) -> bool:
        self._target.probe()
        self._queue.resume(self._target.name)
        log.info("%s answers again", self._target.name, extra={"server": self._target.name, "state": "ok"})
        return True

    def _pause(self, error: TargetError, seconds: float, *, unauthorized: bool) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        self._queue.pause(self._target.name, until=until, reason=str(error), unauthorized=unauthorized)
        log.warning(
            "%s; %s is tried again in %d s, its scans wait",
            error,
            self._target.name,
            seconds,
            extra={"server": self._target.name, "state": "paused"},
        )

    def _free_slots(self, now: datetime) -> bool:
        slots = self._queue.slots(self._target.name)
        freed = self._idle.free(slots, now)
        for slot in freed:
            self._queue.drop_slot(slot.server, slot.library_id)
        return bool(freed)

    def _route(self) -> bool:
        deliveries = self._queue.unrouted(self._target.name)
        for delivery in deliveries:
            folder = self._target.server_path(delivery.folder)
            libraries = self._target.libraries_for(folder)
            if libraries:
                self._queue.route(delivery.id, [(library.id, folder) for library in libraries])
            else:
                self._refuse_route(delivery, folder)
        return bool(deliveries)

    def _refuse_route(self, delivery: Delivery, folder: str) -> None:
        reason = no_library(self._target.name, folder, self._target.libraries())
        self._queue.not_here(delivery.id, reason)
        _say(delivery, "not_here", reason)

    def _ask(self, now: datetime) -> bool:
        self._batching = {library: until for library, until in self._batching.items() if until > now}
        ask = self._queue.next_ask(self._target.name, exclude=tuple(self._batching))
        if ask is None:
            return False
        try:
            self._ask_one(ask, now)
        except TargetRejectedError as error:
            self._rejected(ask, error)
        return True

    def _ask_one(self, ask: Ask, now: datetime) -> None:
        library = self._library(ask.library_id)
        expectations = self._as_seen_by_server(ask.delivery.expectations)
        scope = self._target.plan(library, ask.folder, expectations)
        company_until = ask.delivery.created_at + timedelta(seconds=self._target.root_batch)
        if scope.root and company_until > now:
            self._batching[library.id] = company_until
            return
        if not self._queue.hold(self._target.name, library.id, scope.path):
            return
        self._target.scan(library, scope, expectations)
        self._idle.asked(library.id, self._clock.now())
        self._accepted(ask, scope)

    def _accepted(self, ask: Ask, scope: Scope) -> None:
        """Note the scan as asked for, for every waiting delivery that its scope covers too."""
        waiting = self._queue.waiting_asks(self._target.name, ask.library_id)
        covered = [other for other in waiting if other.id == ask.id or paths.covers(scope.path, other.folder)]
        self._queue.accept(
            [other.id for other in covered], server=self._target.name, library_id=ask.library_id, scope=scope.path
        )
        for other in covered:
            _say(other.delivery, "accepted", f"{scope.label} {scope.path} in library {ask.library_id}")

    def _rejected(self, ask: Ask, error: TargetRejectedError) -> None:
        self._queue.drop_slot(self._target.name, ask.library_id)
        pause = FIRST_RETRY * 2**ask.delivery.attempts
        retry_at = self._clock.now() + timedelta(seconds=pause)
        attempts = self._queue.refuse(ask.id, str(error), retry_at=retry_at)
        _say(ask.delivery, "refused", str(error), level=logging.WARNING, attempt=attempts)

    def _library(self, library_id: str) -> Library:
        for fresh in (False, True):
            for library in self._target.libraries(fresh=fresh):
                if library.id == library_id:
                    return library
        raise TargetRejectedError(f"{self._target.name} has no library {library_id} any more")

    def _as_seen_by_server(self, expectations: Sequence[Expectation]) -> tuple[Expectation, ...]:
        return tuple(replace(item, path=self._target.server_path(item.path)) for item in expectations)


class IdleWatch:
    """Finds out which libraries are done with the scan they were asked for."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._markers: dict[str, str] = {}
        self._pause = float(FIRST_POLL)
        self._poll_at: datetime | None = None

    def asked(self, library_id: str, now: datetime) -> None:
        """Begin to look soon: `library_id` was just asked to scan."""
        self._pause = float(FIRST_POLL)
        self._poll_at = now + timedelta(seconds=self._pause)

    def free(self, slots: Sequence[Slot], now: datetime) -> list[Slot]:
        """Return the slots to be given back: seen idle, or held for `SLOT_SECONDS`."""
        if not slots or (self._poll_at is not None and self._poll_at > now):
            return []
        expired = [slot for slot in slots if _age(slot, now) >= SLOT_SECONDS]
        if len(expired) == len(slots):
            return expired
        states = {state.library_id: state for state in self._states()}
        freed = [slot for slot in slots if slot in expired or self._is_idle(slot, states, now)]
        self._markers = {state.library_id: state.marker for state in states.values()}
        self._pause = min(self._pause * 2, LONGEST_POLL)
        self._poll_at = now + timedelta(seconds=self._pause)
        return freed

    def _states(self) -> tuple[LibraryState, ...]:
        try:
            return self._target.states()
        except TargetRejectedError:
            return ()

    def _is_idle(self, slot: Slot, states: dict[str, LibraryState], now: datetime) -> bool:
        state = states.get(slot.library_id)
        if state is None or state.busy:
            return False
        before = self._markers.get(slot.library_id)
        has_run = bool(state.marker) and before is not None and state.marker != before
        return has_run or _age(slot, now) >= self._target.settle


class Janitor:
    """Forgets events and ended scans whose time has come."""

    name = "janitor"
    #: Seconds between two rounds.
    PAUSE = 600

    def __init__(self, *, queue: Queue, clock: Clock, event_days: int, history_days: int) -> None:
        self._queue = queue
        self._clock = clock
        self._keep_events = timedelta(days=event_days)
        self._keep_history = timedelta(days=history_days)
        self._next = clock.now()

    def step(self) -> bool:
        """Delete one slice of what is past its time; rest for a while once there is none left."""
        now = self._clock.now()
        if now < self._next:
            return False
        deleted = self._queue.clean(now - self._keep_events, now - self._keep_history)
        if not deleted:
            self._next = now + timedelta(seconds=self.PAUSE)
        return bool(deleted)

    def close(self) -> None:
        """Hold nothing, give back nothing."""


def no_library(server: str, folder: str, libraries: Sequence[Library]) -> str:
    """Say in one sentence why `folder` (as the server sees it) has no library there, and which comes closest."""
    roots = sorted({root for library in libraries for root in library.roots})
    if not roots:
        return f"{server} has no library with a folder"
    nearest = paths.closest(folder, roots)
    hint = f"; the nearest is {nearest}: map the path to it with SERVER_PATH_MAPPINGS" if nearest else ""
    return f"{server} sees the path as {folder}, which lies in none of its libraries ({', '.join(roots)}){hint}"


def _back_off(failures: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds to pause after `failures` earlier ones, a fifth of it random so that servers spread."""
    pause = min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    return pause * spread(0.8, 1.0) if failures else float(pause)


def _age(slot: Slot, now: datetime) -> float:
    return (now - slot.held_since).total_seconds()


def _say(about: Scan | Delivery, state: str, reason: str, *, level: int = logging.INFO, attempt: int = 0) -> None:
    """Write the one log line of a transition."""
    extra = {"path": about.folder, "state": state, "attempt": attempt, "request_id": about.request_id}
    if isinstance(about, Delivery):
        extra |= {"scan": about.scan_id, "server": about.server}
    else:
        extra |= {"scan": about.id}
    log.log(level, "%s: %s%s", about.folder, state, f" ({reason})" if reason else "", extra=extra)
