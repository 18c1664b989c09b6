"""Send one message through Apprise, in a thread that may hang without holding anybody up."""

import logging
import threading
from hashlib import sha256

from autoscan.clock import Clock
from autoscan.settings import NotifyTarget

#: Seconds for which a message may be on its way.
DEADLINE = 60.0
#: Threads that hang, after which nothing is sent until one of them ends.
MAX_HUNG = 3


def digest(target: NotifyTarget) -> str:
    """Return what a target is known by in the database, where its address must not stand."""
    return sha256(target.url.reveal().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def scheme(target: NotifyTarget) -> str:
    """Return the part of a target's address that may be shown."""
    return f"{target.url.reveal().partition('://')[0]}://***"


def send(target: NotifyTarget, title: str, body: str) -> bool:
    """Send a message now and tell whether it was taken. Apprise is imported only here; it takes its time."""
    from apprise import Apprise  # noqa: PLC0415 - heavy

    # It writes addresses into its lines, in spellings that no redaction knows.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = Apprise()
    return bool(service.add(target.url.reveal()) and service.notify(title=title, body=body))


class Sender:
    """Has at most one message on its way, and gives one that hangs up."""

    def __init__(self, clock: Clock, deadline: float = DEADLINE) -> None:
        self._clock = clock
        self._deadline = deadline
        self._current: _Sending | None = None
        self._hung: list[_Sending] = []

    def is_busy(self) -> bool:
        """Tell whether a message is on its way."""
        return self._current is not None

    def start(self, target: NotifyTarget, title: str, body: str) -> bool:
        """Begin to send; False if too many threads hang already."""
        self._hung = [each for each in self._hung if each.thread.is_alive()]
        if len(self._hung) >= MAX_HUNG:
            return False
        self._current = _Sending(target, title, body, self._clock.monotonic() + self._deadline)
        self._current.thread.start()
        return True

    def result(self) -> bool | None:
        """Return whether the message was taken, once; None as long as it is on its way, or none is."""
        current = self._current
        if current is None:
            return None
        if current.thread.is_alive():
            if self._clock.monotonic() < current.give_up_at:
                return None
            self._hung.append(current)
        self._current = None
        return current.taken


class _Sending:
    """One message on its way."""

    def __init__(self, target: NotifyTarget, title: str, body: str, give_up_at: float) -> None:
        self.taken = False
        self.give_up_at = give_up_at
        self.thread = threading.Thread(target=self._run, args=(target, title, body), name="notify", daemon=True)

    def _run(self, target: NotifyTarget, title: str, body: str) -> None:
        try:
            self.taken = send(target, title, body)
        except Exception:  # noqa: BLE001 - a service's plug-in may fail in any way; its words may hold the address
            self.taken = False
