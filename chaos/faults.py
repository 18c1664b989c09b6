"""What goes wrong, at random points."""

import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import threading
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from autoscan.clock import Clock
from chaos.traffic import Traffic
from chaos.world import Fake, World
from tests.programs import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

#: How often each fault comes, in parts; those that kill count as kills.
KILLS = {"a worker": 9, "the leader": 5, "workers between commit and answer": 4, "everything": 1}
OTHERS = {"the database is locked": 1, "a server is down": 1, "a server restarts": 1, "a worker is stopped": 1}
#: Of a hundred faults, so many kill nobody.
PERCENT_OTHERS = 8
#: Seconds that one of those lasts at most.
LASTS = 4.0
#: Seconds that the database is locked once, where there is time for it.
LONG = 30.0
#: Kills after which it is told how far things are.
TELL = 50
#: Seconds within which an answer that may never come must come.
ANSWER = 5.0


class Faults:
    """Injects faults one after the other."""

    def __init__(self, world: World, traffic: Traffic, seed: int) -> None:
        self.injected: Counter[str] = Counter()
        self._world = world
        self._traffic = traffic
        self._chance = random.Random(f"{seed}/faults")
        self._clock = Clock()
        self._never = threading.Event()
        self._acts: dict[str, Callable[[], None]] = {
            "a worker": lambda: self._kill(self._any_worker()),
            "the leader": lambda: self._kill(self._world.program.leader()),
            "workers between commit and answer": self._between,
            "everything": self._everything,
            "the database is locked": self._lock_database,
            "a server is down": self._down,
            "a server restarts": lambda: self._server().restart(),
            "a worker is stopped": self._pause_worker,
        }

    @property
    def kills(self) -> int:
        """Return how many faults killed somebody."""
        return sum(self.injected[name] for name in KILLS)

    def run(self, kills: int, seconds: float) -> None:
        """Inject faults until so many killed somebody, within about so many seconds."""
        ends = self._clock.monotonic() + seconds
        if seconds > 4 * LONG:
            self._lock_database(LONG)
            self.injected["the database is locked for 30 s"] += 1
        told = 0
        while self.kills < kills and self._clock.monotonic() < ends:
            left = (ends - self._clock.monotonic()) / (kills - self.kills)
            self._wait(self._chance.uniform(0, min(left, 1.0)))
            self._inject()
            if self.kills >= told + TELL:
                told = self.kills
                print(
                    f"{told} of {kills} killed, {len(self._traffic.ledger.acknowledged)} events acknowledged",
                    flush=True,
                )

    def _inject(self) -> None:
        kinds = OTHERS if self._chance.randrange(100) < PERCENT_OTHERS else KILLS
        (name,) = self._chance.choices(list(kinds), list(kinds.values()))
        self._acts[name]()
        self.injected[name] += 1

    def _wait(self, seconds: float) -> None:
        self._clock.wait(seconds, self._never)

    def _any_worker(self) -> int | None:
        workers = sorted(self._world.program.workers())
        return self._chance.choice(workers) if workers else None

    def _kill(self, pid: int | None) -> None:
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _everything(self) -> None:
        self._world.kill()
        self._world.start()

    def _between(self) -> None:
        """Kill all workers within a moment in which one of them stores an event and answers."""
        event = self._traffic.make(self._chance)
        body = json.dumps(event.body).encode()
        head = f"POST /{SECRET} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        status = 0
        with suppress(OSError, http.client.HTTPException):
            address = ("127.0.0.1", self._world.program.port)
            with socket.create_connection(address, timeout=ANSWER) as connection:
                connection.sendall(f"{head}\r\n\r\n".encode() + body[:-1])
                self._wait(0.02)
                connection.sendall(body[-1:])
                self._wait(self._chance.uniform(0, 0.03))
                for pid in self._world.program.workers():
                    self._kill(pid)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                status = answer.status
        self._traffic.ledger.note(event, status)

    def _lock_database(self, seconds: float | None = None) -> None:
        with closing(sqlite3.connect(self._world.database, timeout=ANSWER, isolation_level=None)) as other:
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
            self._wait(self._chance.uniform(0, LASTS) if seconds is None else seconds)

    def _server(self) -> Fake:
        return self._chance.choice(list(self._world.servers.values()))

    def _down(self) -> None:
        server = self._server()
        server.set(down=True)
        self._wait(self._chance.uniform(0, LASTS))
        server.set(down=False)

    def _pause_worker(self) -> None:
        pid = self._any_worker()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                self._wait(self._chance.uniform(0, LASTS))
                os.kill(pid, signal.SIGCONT)
