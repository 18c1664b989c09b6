"""Look into one server whether it shows what it was asked to scan for; if not, again, more widely, or no more."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from autoscan import verification
from autoscan.errors import TargetRejectedError
from autoscan.model import Ask, DeliveryState, Expectation, Finding, Level, Phase, Seen, Sighting
from autoscan.processor.faults import Faults
from autoscan.processor.server import SECOND, Server, shares
from autoscan.processor.sidecars import with_owners_refreshed
from autoscan.processor.transitions import say
from autoscan.targets.base import root_of
from autoscan.targets.values import Library
from autoscan.verification import Means, Move, budget

#: The longest pause between two looks at a library that is busy, in seconds.
LONGEST_PAUSE = 3600
#: Looks after which items of the wrong size are read anew.
SIZE_LOOKS = 3

#: The look of a round by which a target has tried everything it has.
LAST_TURN = 6

#: What is asked for, in words.
WORDS = {
    Level.FOLDER: "same folder",
    Level.PARENT: "folder above",
    Level.ROOT: "whole library",
    Level.LATE: "same folder",
}

NOT_SEEN = Sighting(seen=Seen.UNKNOWN, evidence="")


class Looker:
    """Looks for all that is due of one library at once, so that they share the requests."""

    def __init__(self, server: Server, faults: Faults) -> None:
        self._server = server
        self._queue = server.queue
        self._target = server.target
        self._faults = faults

    def step(self, now: datetime) -> bool:
        """Look for the asks of one library; tell whether any was due."""
        due = self._queue.looking(self._server.name)
        if not due:
            return False
        together = self._faults.together([ask for ask in due if ask.library_id == due[0].library_id])
        try:
            library = self._server.library(due[0].library_id)
        except TargetRejectedError as error:
            for ask in together:
                self._faults.refused(ask, error)
            return True
        self._faults.take(together)
        try:
            self._look(together, library, now)
        except TargetRejectedError as error:
            self._faults.rejected(error)
        return True

    def _look(self, asks: Sequence[Ask], library: Library, now: datetime) -> None:
        asks = self._server.holding.let_go_on(asks, now)
        asks = self._without_waiting(asks, library, now)
        wanted = [each for ask in asks for each in self._server.wanted(ask)]
        look = max((self._turn(ask) for ask in asks), default=0)
        sightings, spent = self._server.look_up(library, wanted, look=look) if wanted else ({}, 0)
        # A mount that went meanwhile must not make anything seen gone.
        asks = self._server.holding.let_go_on(asks, now)
        for ask, share in zip(asks, shares(spent, len(asks)), strict=True):
            self._faults.take([ask])
            looked = replace(ask, looks=ask.looks + 1, requests=ask.requests + share)
            self._judge(looked, library, sightings, now)
            if wanted:
                self._faults.went_well([ask])

    def _turn(self, ask: Ask) -> int:
        """Return which look this is, for the target; later rounds are shorter, and end with the dear ones as well."""
        left = len(self._server.pauses(ask)) - ask.looks - 1
        return ask.looks + 1 if ask.scans < SECOND else max(1, LAST_TURN - left)

    def _without_waiting(self, asks: Sequence[Ask], library: Library, now: datetime) -> list[Ask]:
        """Put off those whose looks are over but whose library is still busy; return the others."""
        late = [ask for ask in asks if ask.looks >= len(self._server.pauses(ask)) and self._may_wait(ask, now)]
        busy = self._busy(library) if late else ""
        if not busy:
            return list(asks)
        self._wait_for(busy, late, now)
        return [ask for ask in asks if ask not in late]

    def _judge(self, ask: Ask, library: Library, sightings: Mapping[str, Sighting], now: datetime) -> None:
        before = len(ask.findings)
        ask = self._with_findings(ask, library, sightings, now)
        self._tend(ask, library, ask.findings[before:], sightings)
        left = self._server.wanted(ask)
        if not left:
            self._end(ask, library)
        elif self._has_wrong_sizes_only(left, sightings) and not ask.touched and ask.looks >= SIZE_LOOKS:
            self._touch(ask, library, left, sightings)
        elif ask.looks < len(pauses := self._server.pauses(ask)) and not budget.is_round_over(ask):
            self._queue.keep([ask], due_at=now + timedelta(seconds=pauses[ask.looks]))
        else:
            self._deadline(ask, library, sightings, now)

    def _with_findings(self, ask: Ask, library: Library, sightings: Mapping[str, Sighting], now: datetime) -> Ask:
        found = (
            verification.conclude(
                each,
                sightings.get(each.path, NOT_SEEN),
                look=ask.looks,
                ignored=self._server.ignores(library, each.path),
                at=now,
            )
            for each in self._server.wanted(ask)
        )
        return replace(ask, findings=(*ask.findings, *(finding for finding in found if finding)))

    def _end(self, ask: Ask, library: Library) -> None:
        ask = with_owners_refreshed(ask, library, self._server)
        words = verification.in_words(ask.findings)
        self._give_back(ask)
        self._tidy(ask, library)
        self._queue.end(ask, words)
        good = all(finding.result.is_good for finding in ask.findings)
        say(ask.delivery, "seen" if good else "not seen", words, level=logging.INFO if good else logging.WARNING)

    def _give_back(self, ask: Ask) -> None:
        """Give back the slot of the scan for `ask`; that of a whole root only when it is idle, as it may show more."""
        if not ask.scope_is_root:
            self._queue.drop_slot(self._server.name, ask.library_id, scope=ask.scope)

    def _tend(self, ask: Ask, library: Library, found: Sequence[Finding], sightings: Mapping[str, Sighting]) -> None:
        """Look after what was seen just now."""
        care = self._server.rules.care
        verified = {each.path for each in found if each.result is DeliveryState.VERIFIED}
        wanted = {each.path: each for each in self._server.expected(ask)}
        seen = [(wanted[path], sightings[path]) for path in verified if path in sightings and sightings[path].item]
        if care and seen:
            self._record(ask, care.tend(library, seen))

    def _tidy(self, ask: Ask, library: Library) -> None:
        """Clean up after what was seen gone."""
        care = self._server.rules.care
        results = {finding.result for finding in ask.findings}
        if care and DeliveryState.VERIFIED_ABSENT in results:
            self._record(ask, care.tidy(library, upgrade=DeliveryState.VERIFIED in results))

    def _record(self, ask: Ask, notes: Sequence[str]) -> None:
        for note in notes:
            self._queue.record(ask.delivery.id, note)
            say(ask.delivery, "afterwards", note)

    # ----- when the last look did not show it

    def _deadline(self, ask: Ask, library: Library, sightings: Mapping[str, Sighting], now: datetime) -> None:
        self._give_back(ask)
        may_wait = ask.looks <= len(self._server.pauses(ask)) and self._may_wait(ask, now)
        if may_wait and (busy := self._busy(library)):
            self._wait_for(busy, [ask], now)
        else:
            self._escalate(replace(ask, requests=ask.requests + 1), library, sightings, now)

    def _may_wait(self, ask: Ask, now: datetime) -> bool:
        began = ask.first_asked_at or now
        return (now - began).total_seconds() < self._server.limits.busy and not budget.is_spent(ask)

    def _wait_for(self, busy: str, asks: Sequence[Ask], now: datetime) -> None:
        for ask in asks:
            pauses = self._server.pauses(ask)
            extra = max(0, ask.looks - len(pauses))
            pause = min(pauses[-1] * 2**extra, LONGEST_PAUSE)
            reason = f"{busy} is still being scanned" if extra == 0 else ""
            kept = replace(ask, looks=max(ask.looks, len(pauses)) + 1, requests=ask.requests + 1)
            self._queue.keep([kept], due_at=now + timedelta(seconds=pause), reason=reason)

    def _busy(self, library: Library) -> str:
        """Name the libraries that are scanned, and for which a scan of `library` may wait; `""` if there are none."""
        busy = [state.library_id for state in self._target.busy(self._target.states(), library.id)]
        titles = {each.id: each.title for each in self._target.libraries()}
        return " and ".join(titles.get(each) or each for each in busy)

    def _escalate(self, ask: Ask, library: Library, sightings: Mapping[str, Sighting], now: datetime) -> None:
        left = self._server.wanted(ask)
        means = Means(
            root=self._server.may_scan_root(library),
            only_sizes=self._has_wrong_sizes_only(left, sightings),
            wants_presence=any(each.change.wants_presence for each in left),
            listed=any(sightings.get(each.path, NOT_SEEN).seen in verification.LISTED for each in left),
            left=self._server.limits.whole - (now - (ask.first_asked_at or now)).total_seconds(),
        )
        match verification.escalate(ask, means):
            case Move.TOUCH:
                self._touch(ask, library, left, sightings)
            case Move.GIVE_UP:
                empty = not means.wants_presence and self._target.sees_nothing(root_of(library, ask.folder))
                found = (
                    verification.give_up(each, sightings.get(each.path, NOT_SEEN), now, empty_root=empty)
                    for each in left
                )
                self._end(replace(ask, findings=(*ask.findings, *found)), library)
            case move:
                self._ask_again(ask, Level(move.value), means.left, now)

    def _ask_again(self, ask: Ask, level: Level, left: float, now: datetime) -> None:
        late = verification.late_pause(ask) if level in {Level.ROOT, Level.LATE} else 0
        pause = late if late < left else 0
        when = f" in {pause // 60} minutes" if pause else ""
        reason = f"not seen after {ask.looks} looks: asks again{when} for the {WORDS[level]}"
        again = replace(ask, phase=Phase.ASKING, level=level)
        self._queue.keep([again], due_at=now + timedelta(seconds=pause), reason=reason)
        say(ask.delivery, "escalated", reason, attempt=ask.scans + 1)

    def _touch(
        self, ask: Ask, library: Library, left: Sequence[Expectation], sightings: Mapping[str, Sighting]
    ) -> None:
        for each in left:
            self._target.touch_item(library, sightings[each.path])
        due_at = self._server.clock.now() + timedelta(seconds=self._server.pauses(ask)[0])
        touched = replace(ask, touched=True, looks=0, requests=ask.requests + len(left))
        reason = f"listed with another size: {len(left)} items are read anew"
        self._queue.keep([touched], due_at=due_at, reason=reason)
        say(ask.delivery, "escalated", reason)

    def _has_wrong_sizes_only(self, left: Sequence[Expectation], sightings: Mapping[str, Sighting]) -> bool:
        return all(sightings.get(each.path, NOT_SEEN).seen is Seen.OTHER_SIZE for each in left)
