"""What must be over before a scan is asked for: the server's own scans, and the operator's command."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from autoscan.model import Ask
from autoscan.processor.server import Server
from autoscan.processor.transitions import say
from autoscan.targets.values import Library

if TYPE_CHECKING:
    from autoscan.commands import Running

#: Seconds between looks whether a library is idle: half the time waited so far, within these bounds.
IDLE_LOOKS = (10, 600)
#: Seconds between looks whether the command has ended.
COMMAND_LOOK = 0.5


class Gate:
    """Lets an ask through, or puts it off; asks nothing of a server unless the settings want it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._queue = server.queue
        #: Commands before a scan: under way, and over, by ask.
        self._running: dict[int, Running] = {}
        self._ran: set[int] = set()

    def is_open(self, ask: Ask, library: Library, now: datetime) -> bool:
        """Tell whether `ask` may be asked for now; if not, it is put off, and its turn comes again."""
        return self._command_is_over(ask, library, now) and self._is_idle(ask, library, now) and self._answers()

    def _answers(self) -> bool:
        if self._server.rules.check_first:
            self._server.target.probe()
        return True

    def _is_idle(self, ask: Ask, library: Library, now: datetime) -> bool:
        waited = (now - ask.delivery.created_at).total_seconds()
        if not self._server.rules.wait_for_idle or ask.scans or waited >= self._server.limits.busy:
            return True
        states = self._server.target.states()
        if not any(state.busy for state in states if state.library_id == library.id):
            return True
        pause = min(max(waited / 2, IDLE_LOOKS[0]), IDLE_LOOKS[1])
        reason = f"{library.title} is being scanned by {self._server.name} itself; waits until it is idle"
        self._queue.keep([ask], due_at=now + timedelta(seconds=pause), reason=reason)
        return False

    def _command_is_over(self, ask: Ask, library: Library, now: datetime) -> bool:
        if not self._server.rules.before or ask.id in self._ran or ask.scans:
            return True
        running = self._running.get(ask.id)
        if running is None:
            running = self._running[ask.id] = self._server.rules.before.start(self._values(ask, library))
        outcome = running.result()
        if outcome is None:
            self._queue.keep([ask], due_at=now + timedelta(seconds=COMMAND_LOOK))
            return False
        del self._running[ask.id]
        self._ran.add(ask.id)
        words = f"command before the scan: {outcome}"
        self._queue.record(ask.delivery.id, words)
        say(ask.delivery, "before", words)
        return True

    def _values(self, ask: Ask, library: Library) -> dict[str, str]:
        return {
            "AUTOSCAN_PATH": ask.delivery.expectations[0].path if ask.delivery.expectations else ask.delivery.folder,
            "AUTOSCAN_FOLDER": ask.folder,
            "AUTOSCAN_LIBRARY": library.title,
            "AUTOSCAN_SERVER": self._server.name,
            "AUTOSCAN_REQUEST_ID": ask.delivery.request_id,
        }
