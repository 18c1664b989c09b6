"""Whose fault it is that a server refuses: an ask that shared its requests is tried alone before it is blamed."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from autoscan.errors import TargetRejectedError
from autoscan.model import Ask
from autoscan.processor.server import Server
from autoscan.processor.transitions import say

#: The pause after a refusal, in seconds; doubled with each further one.
FIRST_RETRY = 30


class Faults:
    """Remembers for which asks the requests of one server are made, and which of them may be at fault."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._queue = server.queue
        #: Those for which something is asked just now.
        self._in_hand: list[Ask] = []
        #: By id: those that are tried alone until that goes well.
        self._suspects: set[int] = set()

    def take(self, asks: Sequence[Ask]) -> None:
        """Note that what is asked from now on is for `asks`, which share it."""
        self._in_hand = list(asks)

    def together(self, asks: Sequence[Ask]) -> list[Ask]:
        """Return those of `asks` that may share requests: the first alone if it is suspected, else all that are not."""
        if asks and asks[0].id in self._suspects:
            return [asks[0]]
        return [ask for ask in asks if ask.id not in self._suspects]

    def went_well(self) -> None:
        """Note that what was asked for those in hand was answered."""
        self._suspects -= {ask.id for ask in self._in_hand}

    def rejected(self, error: TargetRejectedError) -> None:
        """Count a refusal of the ask in hand; several that shared a request are each tried alone, a little later."""
        if len(self._in_hand) == 1:
            self.refused(self._in_hand[0], error)
            return
        ids = [ask.id for ask in self._in_hand]
        self._suspects.update(ids)
        self._queue.put_off(ids, self._server.clock.now() + timedelta(seconds=FIRST_RETRY))

    def refused(self, ask: Ask, error: TargetRejectedError) -> None:
        """Count a refusal; the last one ends the delivery."""
        self._queue.drop_slot(self._server.name, ask.library_id)
        retry_at = self._server.clock.now() + timedelta(seconds=FIRST_RETRY * 2**ask.delivery.attempts)
        attempts = self._queue.refuse(ask.id, str(error), retry_at=retry_at)
        say(ask.delivery, "refused", str(error), level=logging.WARNING, attempt=attempts)
