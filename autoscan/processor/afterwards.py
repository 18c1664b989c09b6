"""Run the operator's command for each delivery whose result is known."""

import math
from datetime import timedelta

from autoscan.clock import Clock
from autoscan.commands import Command, Running
from autoscan.model import Delivery
from autoscan.processor.transitions import say
from autoscan.store import Queue

#: Commands at once.
AT_ONCE = 2
#: Seconds between two looks for results, and for the ends of commands.
LOOK = 0.25
#: Deliveries that ended longer ago are left alone, e.g. when the setting is new.
RECENT = timedelta(hours=1)


class Afterwards:
    """Starts commands and takes their outcomes, without waiting for them."""

    name = "commands"

    def __init__(self, *, queue: Queue, clock: Clock, command: Command) -> None:
        self._queue = queue
        self._clock = clock
        self._command = command
        #: Seconds between two steps; without a command there never is anything to do.
        self.calm = LOOK if command else math.inf
        self._running: list[tuple[Delivery, Running]] = []

    def step(self) -> bool:
        """Take one outcome, or start one command; tell whether there was any."""
        return self._take() or self._start()

    def close(self) -> None:
        """End what runs; its deliveries are due again with the next leader."""
        for _, running in self._running:
            running.kill()

    def _take(self) -> bool:
        for pair in self._running:
            delivery, running = pair
            outcome = running.result()
            if outcome is not None:
                self._running.remove(pair)
                words = f"command after the scan: {outcome}"
                self._queue.ran_after(delivery.id)
                self._queue.record(delivery.id, words)
                say(delivery, "after", words)
                return True
        return False

    def _start(self) -> bool:
        if not self._command or len(self._running) >= AT_ONCE:
            return False
        under_way = {delivery.id for delivery, _ in self._running}
        due = self._queue.not_ran_after(self._clock.now() - RECENT)
        delivery = next((each for each in due if each.id not in under_way), None)
        if delivery is None:
            return False
        self._running.append((delivery, self._command.start(_values(delivery))))
        return True


def _values(delivery: Delivery) -> dict[str, str]:
    return {
        "AUTOSCAN_PATH": delivery.expectations[0].path if delivery.expectations else delivery.folder,
        "AUTOSCAN_FOLDER": delivery.folder,
        "AUTOSCAN_SERVER": delivery.server,
        "AUTOSCAN_RESULT": delivery.state.value,
        "AUTOSCAN_REASON": delivery.error or delivery.evidence,
        "AUTOSCAN_REQUEST_ID": delivery.request_id,
    }
