"""Ask one server for scans: not for what it shows already, not before it sees the file, one at a time per library."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from autoscan import paths, verification
from autoscan.errors import TargetRejectedError
from autoscan.model import Ask, DeliveryState, Expectation, Finding, Level, Phase, Sighting
from autoscan.processor.faults import Faults
from autoscan.processor.gate import Gate
from autoscan.processor.idle import IdleWatch
from autoscan.processor.server import Server, shares
from autoscan.processor.transitions import say
from autoscan.targets.base import root_of
from autoscan.targets.values import Library, Scope


class Asker:
    """Takes the next ask that is due to the server."""

    def __init__(self, server: Server, idle: IdleWatch, faults: Faults) -> None:
        self._server = server
        self._faults = faults
        self._queue = server.queue
        self._target = server.target
        self._idle = idle
        self._gate = Gate(server)
        #: Libraries whose root waits for company, and until when.
        self._batching: dict[str, datetime] = {}

    def step(self, now: datetime) -> bool:
        """Ask for one scan, or find out that none is needed; tell whether there was anything to ask for."""
        latest = now + timedelta(seconds=self._target.root_batch)  # later only if the clock was set back
        self._batching = {library: until for library, until in self._batching.items() if now < until <= latest}
        ask = self._queue.next_ask(self._server.name, exclude=tuple(self._batching))
        if ask is None:
            return False
        self._faults.take([ask])
        try:
            self._take(ask, now)
        except TargetRejectedError as error:
            self._faults.rejected(error)
        return True

    def _take(self, ask: Ask, now: datetime) -> None:
        going_on = self._server.holding.let_go_on([ask], now)
        if not going_on:
            return
        (ask,) = going_on
        library = self._server.library(ask.library_id)
        ready: Ask | None = ask
        if self._server.verify:
            ready = self._precheck(ask, library, now)
            ready = ready and self._visible(ready, library, now)
        if ready is not None and self._gate.is_open(ready, library, now):
            self._scan(ready, library, now)

    # ----- is a scan needed?

    def _precheck(self, ask: Ask, library: Library, now: datetime) -> Ask | None:
        """End what the server shows already, in one look for all that wait; return `ask` if it needs a scan."""
        if ask.prechecked or ask.scans:
            return ask
        waiting = self._queue.waiting_asks(self._server.name, library.id)
        others = [each for each in waiting if not each.prechecked and not each.scans and each.id != ask.id]
        fresh = self._faults.together([ask, *others])
        self._faults.take(fresh)
        sightings, spent = self._first_look(fresh, library)
        self._faults.take([ask])
        checked = [replace(each, prechecked=True) for each in self._server.holding.let_go_on(fresh, now)]
        ended = {each.id for each in checked if self._end_if_there(each, sightings, now)}
        each_pays = zip(checked, shares(spent, len(checked)), strict=True)
        charged = [replace(each, requests=each.requests + share) for each, share in each_pays]
        kept = [each for each in charged if each.id not in ended]
        self._queue.keep(kept, due_at=now)
        return next((each for each in kept if each.id == ask.id), None)

    def _first_look(self, asks: Sequence[Ask], library: Library) -> tuple[dict[str, Sighting], int]:
        wanted = [each for ask in asks for each in self._server.wanted(ask)]
        worth_it = [each for each in wanted if _is_comparable(each)]
        if not worth_it:
            return {}, 0
        return self._server.look_up(library, worth_it, look=0)

    def _end_if_there(self, ask: Ask, sightings: dict[str, Sighting], now: datetime) -> bool:
        wanted = self._server.wanted(ask)
        if not wanted or not verification.satisfied_before(wanted, sightings):
            return False
        found = tuple(_already(each, sightings[each.path], now) for each in wanted)
        done = replace(ask, findings=(*ask.findings, *found))
        words = verification.in_words(done.findings)
        self._queue.end(done, words)
        say(ask.delivery, found[0].result, words)
        return True

    # ----- does the server see the file?

    def _visible(self, ask: Ask, library: Library, now: datetime) -> Ask | None:
        """Return `ask` if the server sees what should be there, or may not say; else let it wait."""
        wanted = [each for each in self._server.wanted(ask) if each.change.wants_presence]
        # Who shared the first scan was not looked for then.
        if not wanted or ask.visible or ask.scans > 1:
            return ask
        visible = self._target.visible(library, wanted[-1])
        ask = replace(ask, visible=visible, requests=ask.requests + 1)
        if visible is not False:
            return ask
        self._wait_for_sight(ask, wanted[-1], now)
        return None

    def _wait_for_sight(self, ask: Ask, missing: Expectation, now: datetime) -> None:
        pause = verification.next_sight(ask.blind, self._server.limits.visible)
        if pause is None:
            self._never_visible(ask, now)
            return
        reason = f"{self._server.name} does not see {missing.path} on its disk yet; looks again in {pause} s"
        self._queue.keep([replace(ask, blind=ask.blind + 1)], due_at=now + timedelta(seconds=pause), reason=reason)
        say(ask.delivery, "not visible yet", reason)

    def _never_visible(self, ask: Ask, now: datetime) -> None:
        saw = (
            f"{self._server.name} never saw it on its disk: mount it there, or map the path to what the server calls "
            "it in this server's PATH_MAPPINGS"
        )
        found = tuple(
            Finding(path=each.path, result=DeliveryState.NOT_VISIBLE, evidence="disk", saw=saw, at=now)
            for each in self._server.wanted(ask)
        )
        done = replace(ask, findings=(*ask.findings, *found))
        self._queue.end(done, verification.in_words(done.findings))
        say(ask.delivery, "not_visible", saw, level=logging.WARNING)

    # ----- the scan

    def _scan(self, ask: Ask, library: Library, now: datetime) -> None:
        wanted = self._server.wanted(ask)
        before = self._target.session.exchanges
        scope = self._plan(ask, library, wanted)
        company_until = ask.delivery.created_at + timedelta(seconds=self._target.root_batch)
        if scope.root and not ask.scans and company_until > now:
            self._batching[library.id] = min(company_until, now + timedelta(seconds=self._target.root_batch))
            return
        if pause := self._target.wait_for(library, scope):
            reason = f"{self._server.name} would scan more than {scope.path} now; asks in {pause:.0f} s"
            spent = self._target.session.exchanges - before
            kept = replace(ask, requests=ask.requests + spent)
            self._queue.keep([kept], due_at=now + timedelta(seconds=pause), reason=reason)
            return
        if not self._queue.take_slot(self._server.name, library.id, scope.path):
            return
        self._target.scan(library, scope, wanted)
        if scope.root:
            self._server.root_scanned(library)
        spent = self._target.session.exchanges - before
        self._faults.went_well([ask])
        self._asked(replace(ask, requests=ask.requests + spent), scope)

    def _plan(self, ask: Ask, library: Library, wanted: Sequence[Expectation]) -> Scope:
        scope = self._target.plan(library, self._folder(ask, library), wanted)
        if scope.root and ask.level is not Level.FOLDER and not self._server.may_scan_root(library):
            scope = self._target.plan(library, ask.folder, wanted)
        if ask.scans:
            scope = self._target.again(library, scope)
        return replace(scope, whole=scope.root and ask.level in {Level.PARENT, Level.ROOT})

    def _folder(self, ask: Ask, library: Library) -> str:
        root = root_of(library, ask.folder)
        match ask.level:
            case Level.ROOT:
                return root
            case Level.PARENT if paths.key(ask.folder) != paths.key(root):
                return paths.parent(ask.folder)
            case _:
                return ask.folder

    def _asked(self, ask: Ask, scope: Scope) -> None:
        """Note the scan as asked for, for every waiting ask that its scope covers too."""
        now = self._server.clock.now()
        self._idle.asked(now)
        waiting = self._queue.waiting_asks(self._server.name, ask.library_id)
        covered = [each for each in waiting if each.id != ask.id and paths.covers(scope.path, each.folder)]
        seen = [each for each in covered if each.visible is not False]
        others = self._server.holding.let_go_on(seen, now)
        words = f"asked library {ask.library_id} for {scope.path} ({scope.label})"
        if self._server.verify:
            looking = [_looking(each, scope, now) for each in (ask, *others)]
            pause = min(self._server.pauses(each)[0] for each in looking)
            self._queue.keep(looking, due_at=now + timedelta(seconds=pause), reason=words)
        else:
            ids = [each.id for each in (ask, *others)]
            self._queue.accept(ids, server=self._server.name, library_id=ask.library_id, scope=scope.path)
        for each in (ask, *others):
            say(each.delivery, "asked" if self._server.verify else "accepted", words, attempt=each.scans + 1)


def _is_comparable(each: Expectation) -> bool:
    """Tell whether a look before the scan could show that none is needed."""
    return not each.change.wants_presence or each.size is not None or each.hints.listed_is_enough


def _already(expectation: Expectation, sighting: Sighting, now: datetime) -> Finding:
    here = expectation.change.wants_presence
    result = DeliveryState.ALREADY_THERE if here else DeliveryState.VERIFIED_ABSENT
    return Finding(path=expectation.path, result=result, evidence=sighting.evidence, saw=sighting.saw, at=now)


def _looking(ask: Ask, scope: Scope, now: datetime) -> Ask:
    return replace(
        ask,
        phase=Phase.LOOKING,
        scope=scope.path,
        scope_label=scope.label,
        scope_is_root=scope.root,
        scans=ask.scans + 1,
        looks=0,
        prechecked=True,
        first_asked_at=ask.first_asked_at or now,
    )
