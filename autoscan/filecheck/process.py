"""One helper process: started by exec, asked over pipes, never waited for without a limit."""

import json
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from autoscan.clock import Clock

#: A process answers in the machine's time, whatever time the rest of Autoscan is told.
_MACHINE = Clock()
_CHUNK = 65536
#: Seconds until a new helper must be up; a busy machine may start it slowly, which is no mount's fault.
_START = 10


class Ending(StrEnum):
    """How an exchange with a helper ended."""

    #: Every path has its answer.
    DONE = "done"
    #: No answer in time: the helper sits on a mount that does not answer.
    HUNG = "hung"
    #: The helper ended, or spoke nonsense.
    DIED = "died"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What came of one question."""

    ending: Ending
    #: In the order of the paths; fewer than asked for unless `ending` is `DONE`.
    answers: tuple[Mapping[str, Any], ...]
    #: The last symbolic link the helper told of on its way to the first path without an answer; "" if none.
    link: str = ""
    #: Where that link leads.
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a helper, in seconds."""

    #: Without any sign of life.
    silence: float
    #: For the whole exchange.
    total: float


class Helper:
    """A running helper; use it from one thread at a time, `kill` it from any."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start `command` with nothing but its pipes: no descriptor, environment or terminal of ours."""
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            close_fds=True,
            cwd="/",
            env={},
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - PIPE, for the type checker
        assert self._process.stdout is not None  # noqa: S101 - PIPE, for the type checker
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._up = False
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    @property
    def pid(self) -> int:
        """Return the id of the process, which is its group's and session's, too."""
        return self._process.pid

    def ask(self, request: Mapping[str, Any], expected: int, patience: Patience) -> Exchange:
        """Send `request` and collect `expected` answers, once the helper is up."""
        if not self._is_up():
            return Exchange(ending=Ending.DIED, answers=())
        talk = _Talk(json.dumps(request).encode("ascii") + b"\n", expected)
        ending = self._converse(talk, patience)
        return Exchange(ending=ending, answers=tuple(talk.answers), link=talk.link, at=talk.at)

    def _is_up(self) -> bool:
        if not self._up and _ready(_START, {self._out: select.POLLIN}):
            self._up = os.read(self._out, 1) == b"\n"
        return self._up

    def _converse(self, talk: "_Talk", patience: Patience) -> Ending:
        end = _MACHINE.monotonic() + patience.total
        while not talk.over:
            limit = min(patience.silence, end - _MACHINE.monotonic())
            pipes = {self._out: select.POLLIN} | ({self._in: select.POLLOUT} if talk.outgoing else {})
            if limit <= 0 or not _ready(limit, pipes):
                return Ending.HUNG
            try:
                self._move(talk)
            except (OSError, EOFError, ValueError, TypeError):
                return Ending.DIED
        return Ending.DONE

    def _move(self, talk: "_Talk") -> None:
        with suppress(BlockingIOError):
            if talk.outgoing:
                talk.outgoing = talk.outgoing[os.write(self._in, talk.outgoing) :]
        with suppress(BlockingIOError):
            talk.hear(os.read(self._out, _CHUNK))

    def gone(self) -> bool:
        """Tell, without waiting, whether the process has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Ask the kernel to end the process; one that hangs in it goes on until its mount answers."""
        if not self.gone():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """Kill the process and let go of its pipes, without a look back."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def close(self, seconds: float) -> bool:
        """Abandon the process and wait at most `seconds` for its end; tell whether it came."""
        self.abandon()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.gone()


def _ready(seconds: float, pipes: Mapping[int, int]) -> bool:
    waiting = select.poll()
    for pipe, events in pipes.items():
        waiting.register(pipe, events)
    return bool(waiting.poll(seconds * 1000))


class _Talk:
    """One question on its way out and the answers on their way in."""

    def __init__(self, outgoing: bytes, expected: int) -> None:
        self.outgoing = outgoing
        self.answers: list[Mapping[str, Any]] = []
        self.link = self.at = ""
        self._expected = expected
        self._rest = b""

    @property
    def over(self) -> bool:
        return len(self.answers) >= self._expected

    def hear(self, data: bytes) -> None:
        if not data:
            raise EOFError
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def _take(self, answer: Any) -> None:
        if not isinstance(answer, dict):
            raise TypeError(answer)
        if "at" in answer:
            self.link, self.at = answer["link"], answer["at"]
        else:
            self.link = self.at = ""
            self.answers.append(answer)
