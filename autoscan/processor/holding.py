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
        #: For each ask that is held, why and when it was held last: the history tells the same reason once.
        self._held: dict[int, tuple[str, datetime]] = {}

    def let_go_on(self, asks: Sequence[Ask], now: datetime) -> list[Ask]:
        """Return those of `asks` that nothing holds; the others go on later as they are, no try or time used up."""
        held_at_all = bool(self._hold([path for ask in asks for path in _paths(ask.delivery)]))
        free = [ask for ask in asks if not (held_at_all and self._put_off(ask, now))]
        return [self._without_time_held(ask, now, forget=True) for ask in free]

    def _put_off(self, ask: Ask, now: datetime) -> bool:
        reason = self._hold(_paths(ask.delivery))
        if not reason:
            return False
        is_new = self._held.get(ask.id, ("", now))[0] != reason
        kept = self._without_time_held(ask, now)
        self._held[ask.id] = (reason, now)
        self._queue.keep([kept], due_at=now + timedelta(seconds=HELD), reason=reason if is_new else "")
        if is_new:
            say(ask.delivery, "held", reason)
        return True

    def _without_time_held(self, ask: Ask, now: datetime, *, forget: bool = False) -> Ask:
        """Return `ask` with its beginning moved on by the time since it was held last."""
        _, since = self._held.get(ask.id, ("", now))
        if forget:
            self._held.pop(ask.id, None)
        began = ask.first_asked_at
        return replace(ask, first_asked_at=began and began + (now - since))


def _paths(delivery: Delivery) -> list[str]:
    return [each.path for each in delivery.expectations] or [delivery.folder]
