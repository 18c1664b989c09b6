"""Put off, at no cost, what lies below a mount that is not as it should be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from autoscan.model import Ask, Delivery
from autoscan.processor.transitions import say
from autoscan.store import Queue

#: Seconds until it is looked again whether the mount is back.
HELD = 30

#: Tells why none of some mapped paths may be scanned or taken for deleted now; `""` if they may.
Hold = Callable[[Iterable[str]], str]


def nothing_held(_: Iterable[str]) -> str:
    """Hold nothing."""
    return ""


class Holding:
    """Asks whether asks may go on, and lets those wait that may not."""

    def __init__(self, queue: Queue, hold: Hold) -> None:
        self._queue = queue
        self._hold = hold
        #: What was last told of each ask that is held, so that its history tells it once.
        self._told: dict[int, str] = {}

    def let_go_on(self, asks: Sequence[Ask], now: datetime) -> list[Ask]:
        """Return those of `asks` that nothing holds; the others go on later as they are, no try or time used up."""
        if not self._hold([path for ask in asks for path in _paths(ask.delivery)]):
            self._forget(asks)
            return list(asks)
        return [ask for ask in asks if not self._put_off(ask, now)]

    def _put_off(self, ask: Ask, now: datetime) -> bool:
        reason = self._hold(_paths(ask.delivery))
        if not reason:
            self._forget([ask])
            return False
        is_new = self._told.get(ask.id) != reason
        self._told[ask.id] = reason
        pause = timedelta(seconds=HELD)
        began = ask.first_asked_at
        kept = replace(ask, first_asked_at=began and began + pause)
        self._queue.keep([kept], due_at=now + pause, reason=reason if is_new else "")
        if is_new:
            say(ask.delivery, "held", reason)
        return True

    def _forget(self, asks: Iterable[Ask]) -> None:
        for ask in asks:
            self._told.pop(ask.id, None)


def _paths(delivery: Delivery) -> list[str]:
    return [each.path for each in delivery.expectations] or [delivery.folder]
