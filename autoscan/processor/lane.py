"""Bring one server its scans, at most one in flight per library; no other server waits for it."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from autoscan import paths
from autoscan.clock import Clock
from autoscan.errors import TargetError, TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.model import Delivery, ServerState
from autoscan.processor.asker import Asker
from autoscan.processor.describing import Describer
from autoscan.processor.faults import Faults
from autoscan.processor.holding import Hold, nothing_held
from autoscan.processor.idle import IdleWatch
from autoscan.processor.looker import Looker
from autoscan.processor.pace import Pace
from autoscan.processor.server import Rules, Server
from autoscan.processor.transitions import log, say
from autoscan.store import Queue
from autoscan.targets.base import Target

#: The pause after the first failure of a server to answer, in seconds; doubled with each further one.
FIRST_PAUSE = 5
LONGEST_PAUSE = 300
#: Seconds between two looks for work: usually, and while the server is paused.
LOOK, LOOK_PAUSED = 0.25, 1.0
#: How often a server that refuses the token is tried again.
UNAUTHORIZED_PAUSE = 60


class Lane:
    """Does the next thing for its server, one a step."""

    def __init__(
        self,
        *,
        queue: Queue,
        target: Target,
        clock: Clock,
        rules: Rules | None = None,
        hold: Hold = nothing_held,
    ) -> None:
        """Take `hold(mapped paths)`, which tells why none of them may be scanned or taken for deleted now."""
        self.name = f"server {target.name}"
        #: Seconds until the next step where this one had nothing to do.
        self.calm = LOOK
        self._queue = queue
        self._target = target
        self._clock = clock
        rules = rules or Rules()
        self._server = server = Server(queue=queue, target=target, clock=clock, rules=rules, hold=hold)
        self._idle = IdleWatch(target, rules.limits.busy)
        self._describer = Describer(queue, target, clock) if rules.describe else None
        self._faults = Faults(server)
        self._pace = Pace(target, clock)
        self._asker = Asker(server, self._idle, self._faults)
        self._looker = Looker(server, self._faults)
        #: Failures to answer since the server last had its work done.
        self._failures = 0

    def step(self) -> bool:
        """Do the next thing for this server: probe, describe, free a slot, find libraries, look, or ask for a scan."""
        now = self._clock.now()
        state = self._queue.server(self._target.name)
        if not _may_be_asked(state, now):
            self.calm = LOOK_PAUSED
            return False
        self.calm = LOOK
        self._faults.take(())
        try:
            if state.paused_until is not None or state.probe_asked_at is not None:
                return self._probe()
            return self._describe(now) or self._work(now)
        except TargetUnauthorizedError as error:
            self._fail(error, UNAUTHORIZED_PAUSE, unauthorized=True)
        except (TargetUnavailableError, TargetRejectedError) as error:
            # A refusal that is not of one scan: the whole server is not what its settings say, e.g. redirects.
            self._fail(error, _back_off(self._failures), unauthorized=False)
        return True

    def close(self) -> None:
        """Close the connections to the server."""
        self._target.close()

    def _work(self, now: datetime) -> bool:
        worked = self._free_slots(now) or self._route()
        if not worked and self._pace.allows():
            worked = self._looker.step(now) or self._asker.step(now)
            if worked or not self._faults.has_suspects:
                self._failures = 0
        return worked

    def _describe(self, now: datetime) -> bool:
        return self._describer is not None and self._describer.step(now)

    def _probe(self) -> bool:
        self._target.probe()
        self._queue.resume(self._target.name)
        if self._describer is not None:
            self._describer.forget()
        log.info("%s answers again", self._target.name, extra={"server": self._target.name, "state": "ok"})
        return True

    def _fail(self, error: TargetError, seconds: float, *, unauthorized: bool) -> None:
        """Pause, unless it was for one ask that the server never answers."""
        until = self._clock.now() + timedelta(seconds=seconds)
        if not self._faults.unanswered(error, until):
            self._pause(error, until, unauthorized=unauthorized)
            self._failures += not unauthorized

    def _pause(self, error: TargetError, until: datetime, *, unauthorized: bool) -> None:
        self._queue.pause(self._target.name, until=until, reason=str(error), unauthorized=unauthorized)
        log.warning(
            "%s; %s is tried again in %d s, its scans wait",
            error,
            self._target.name,
            (until - self._clock.now()).total_seconds(),
            extra={"server": self._target.name, "state": "paused"},
        )

    def _free_slots(self, now: datetime) -> bool:
        name = self._target.name
        slots = [slot for slot in self._queue.slots(name) if self._queue.awaits(name, slot.library_id)]
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
        self._server.must_have_libraries()
        roots = [root for library in self._target.libraries() for root in library.roots]
        reason = paths.no_library(self._target.name, folder, roots)
        self._queue.not_here(delivery.id, reason)
        say(delivery, "not_here", reason)


def _may_be_asked(state: ServerState, now: datetime) -> bool:
    """Tell whether anything may be asked of the server now: a probe that somebody wants always, else not in a pause."""
    if state.probe_asked_at is not None:
        return True
    return state.held_since is None and (state.paused_until is None or state.paused_until <= now)


def _back_off(failures: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds to pause after `failures` earlier ones, a fifth of it random so that servers spread."""
    pause = min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    return pause * spread(0.8, 1.0) if failures else float(pause)
