"""Whose fault it is that a server refuses or does not answer: an ask is tried alone before it is blamed.

A server that does nothing for anybody is in trouble, and that is charged to no ask. Where it answers when it is probed
and does other work, and fails at one ask again and again, it is that ask's fault: it ends after five tries.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from autoscan.errors import TargetError, TargetRejectedError
from autoscan.model import Ask
from autoscan.processor.server import Server
from autoscan.processor.transitions import say

#: The pause after a refusal, in seconds; doubled with each further one.
FIRST_RETRY = 30
#: The same after something that the server never answers.
FIRST_RETRY_UNANSWERED = 600
#: So often an ask is not answered before others go first, and before it may be blamed.
SUSPECTED, BLAMED = 2, 3
#: As many asks share a look at most: a server may need a request for each.
MOST_TOGETHER = 50
#: For how long others go first, in seconds: at first, and the longest it doubles to.
OTHERS_FIRST = (30, 300)


class Faults:
    """Remembers for which asks the requests of one server are made, and which of them may be at fault."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._queue = server.queue
        #: Those for which something is asked just now.
        self._in_hand: list[Ask] = []
        #: By id: those that are tried alone until that goes well.
        self._suspects: set[int] = set()
        #: By id: how often it was not answered, and what had gone well when that began.
        self._unanswered: dict[int, tuple[int, int]] = {}
        #: What went well, in all.
        self._done = 0

    @property
    def has_suspects(self) -> bool:
        """Tell whether anything waits of which it is not certain that it can be done."""
        return bool(self._suspects)

    def take(self, asks: Sequence[Ask]) -> None:
        """Note that what is asked from now on is for `asks`, which share it."""
        self._in_hand = list(asks)

    def together(self, asks: Sequence[Ask]) -> list[Ask]:
        """Return those of `asks` that may share requests: the first alone if it is suspected, else some of the rest."""
        if asks and asks[0].id in self._suspects:
            return [asks[0]]
        return [ask for ask in asks if ask.id not in self._suspects][:MOST_TOGETHER]

    def went_well(self, asks: Sequence[Ask]) -> None:
        """Note that all requests for `asks` were answered."""
        self._done += 1
        for ask in asks:
            self._suspects.discard(ask.id)
            self._unanswered.pop(ask.id, None)

    def unanswered(self, error: TargetError, until: datetime) -> bool:
        """Note that the server did not answer what those in hand asked, and tell whether one of them is to blame.

        That is then a refusal. Otherwise the server has to pause until `until`; whose turn it is too often comes later.
        """
        asks, self._in_hand = self._in_hand, []
        for ask in asks:
            times, done = self._unanswered.get(ask.id, (0, self._done))
            self._unanswered[ask.id] = (times + 1, done)
        if len(asks) == 1 and self._is_to_blame(asks[0]):
            self.refused(asks[0], error, pause=FIRST_RETRY_UNANSWERED)
            return True
        for ask in asks:
            times, _ = self._unanswered[ask.id]
            if times >= SUSPECTED:
                self._suspects.add(ask.id)
                first, longest = OTHERS_FIRST
                pause = min(first * 2 ** (times - SUSPECTED), longest)
                self._queue.put_off([ask.id], until + timedelta(seconds=pause))
        return False

    def _is_to_blame(self, ask: Ask) -> bool:
        times, done = self._unanswered[ask.id]
        return times >= BLAMED and self._done > done

    def rejected(self, error: TargetRejectedError) -> None:
        """Count a refusal of the ask in hand; several that shared a request are each tried alone, a little later."""
        if len(self._in_hand) == 1:
            self.refused(self._in_hand[0], error)
            return
        ids = [ask.id for ask in self._in_hand]
        self._suspects.update(ids)
        self._queue.put_off(ids, self._server.clock.now() + timedelta(seconds=FIRST_RETRY))

    def refused(self, ask: Ask, error: TargetError, *, pause: int = FIRST_RETRY) -> None:
        """Count a refusal; the last one ends the delivery."""
        self._queue.drop_slot(self._server.name, ask.library_id)
        retry_at = self._server.clock.now() + timedelta(seconds=pause * 2**ask.delivery.attempts)
        attempts = self._queue.refuse(ask.id, str(error), retry_at=retry_at)
        say(ask.delivery, "refused", str(error), level=logging.WARNING, attempt=attempts)
