"""Webhooks without end, each with an id of its own, and which of them were acknowledged."""

import http.client
import itertools
import json
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.world import World
from tests.houses import episode
from tests.programs import SECRET
from tests.servers import make_media, season

#: Season folders that events are about, and the seconds that a sender rests after each event at most.
SHOWS, SEASONS = 10, 5
REST = 0.4
SENDERS = 4
#: Seconds that a sender waits for an answer.
PATIENCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One event."""

    #: Stands in its body, so that it is found in the database.
    name: str
    file: Path
    body: dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """What was sent, and what came back."""

    sent: int = 0
    acknowledged: dict[str, Sent] = field(default_factory=dict)
    #: By status of the answer; 0 stands for none.
    refused: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, event: Sent, status: int) -> None:
        """Note how an event was answered; 0 if it was not."""
        with self._lock:
            self.sent += 1
            if http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
                self.acknowledged[event.name] = event
            else:
                self.refused[status] = self.refused.get(status, 0) + 1


class Traffic:
    """Sends from several threads until it is stopped."""

    def __init__(self, world: World, seed: int) -> None:
        self.ledger = Ledger()
        self._world = world
        self._seed = seed
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(each,), daemon=True) for each in range(SENDERS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more, and wait for the last answers."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def make(self, chance: random.Random) -> Sent:
        """Put a new file on the disk and return the event about it."""
        number = next(self._numbers)
        show, part = f"Show {chance.randrange(SHOWS)}", chance.randrange(SEASONS) + 1
        (file,) = make_media(self._world.media / "tv", season(show, part, [number]))
        body = episode(self._world.folder, number, season=part, show=show)
        name = f"chaos-{number}"
        return Sent(name=name, file=file, body=body | {"downloadId": name})

    def post(self, event: Sent) -> None:
        """Send one event and note what comes back."""
        status = 0
        connection = http.client.HTTPConnection("127.0.0.1", self._world.program.port, timeout=PATIENCE)
        try:
            connection.request("POST", f"/{SECRET}", json.dumps(event.body), {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            pass  # whoever should have answered was killed
        finally:
            connection.close()
        self.ledger.note(event, status)

    def _send(self, number: int) -> None:
        chance = random.Random(f"{self._seed}/{number}")
        while not self._stop.wait(chance.uniform(0, REST)):
            self.post(self.make(chance))
