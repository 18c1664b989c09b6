"""Run the operator's own shell command before or after a scan, within bounds (`RUN_COMMAND_BEFORE_SCAN`, `_AFTER_`)."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from autoscan.clock import Clock
from autoscan.settings import plain_environ

#: Seconds for one command.
TIMEOUT = 60.0
#: Bytes of the end of its output that are kept.
TAIL = 4096
#: Bytes of one value; the kernel takes no more than 128 KiB.
LONGEST_VALUE = 65_536
#: Seconds between looks whether the shell has ended while something else holds its output open.
_LOOK = 0.05
_CHUNK = 65_536
#: Chunks that are certainly all that was said before the shell ended; what runs on may say more, for ever.
_FULL_PIPE = 16
#: The shell's own word for a command that it cannot run.
_CANNOT_RUN = 126
#: A process lives in the machine's time, whatever time the rest of Autoscan is told.
_MACHINE = Clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended."""

    #: The shell's; negative: the signal that ended it.
    exit_code: int
    #: The end of what it said, on both outputs.
    output: str
    seconds: float
    #: It was killed at the limit.
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the command did what it should, as far as it says."""
        return self.exit_code == 0 and not self.timed_out

    def __str__(self) -> str:
        """Return one line for a record, with the last line of the output."""
        last = self.output.strip().rpartition("\n")[2]
        how = f"killed after {self.seconds:.0f} s" if self.timed_out else f"exit code {self.exit_code}"
        return f"{how}: {last}" if last else how


class Command:
    """A shell command as the operator wrote it; paths reach it as environment variables only, never as its text."""

    def __init__(self, text: str, timeout: float = TIMEOUT, environ: Mapping[str, str] | None = None) -> None:
        """Take the text, the limit in seconds, and what it inherits; by default PATH, HOME, LANG and TZ."""
        self._text = text.strip()
        self._timeout = timeout
        self._environ = environ

    def __bool__(self) -> bool:
        """Tell whether there is anything to run."""
        return bool(self._text)

    def run(self, values: Mapping[str, str]) -> Outcome:
        """Run it with `values` (`AUTOSCAN_PATH`, ...) in its environment, and wait for its end or its limit."""
        return self.start(values).wait()

    def start(self, values: Mapping[str, str]) -> "Running":
        """Begin to run it, as `run`, and return at once."""
        inherited = plain_environ() if self._environ is None else self._environ
        environ = {name.encode(): _bytes(value) for name, value in {**inherited, **values}.items()}
        return Running(self._text, self._timeout, environ)


class Running:
    """A command under way; a thread of its own reads what it says and ends it at the limit."""

    def __init__(self, text: str, timeout: float, environ: Mapping[bytes, bytes]) -> None:
        self._began = _MACHINE.monotonic()
        self._until = self._began + timeout
        self._tail = b""
        self._killed = False
        self._outcome: Future[Outcome] = Future()
        self._thread = threading.Thread(target=self._follow, args=(text, environ), name="command", daemon=True)
        self._thread.start()

    def result(self) -> Outcome | None:
        """Return how it ended; None while it runs."""
        return self._outcome.result() if self._outcome.done() else None

    def wait(self) -> Outcome:
        """Wait for its end, which comes at the limit at the latest, and return it."""
        self._thread.join()
        return self._outcome.result(0)

    def kill(self) -> None:
        """End it now, with everything that it started."""
        self._until = 0.0
        self._thread.join()

    def _follow(self, text: str, environ: Mapping[bytes, bytes]) -> None:
        try:
            process = subprocess.Popen(  # noqa: S602 - a shell command is what the operator wrote
                text,
                shell=True,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._tail = str(error).encode()
            self._ended(_CANNOT_RUN)
            return
        with process:
            self._read_until_the_end(process)
        self._ended(process.returncode)

    def _ended(self, exit_code: int) -> None:
        output = self._tail.decode("utf-8", "replace")
        seconds = _MACHINE.monotonic() - self._began
        self._outcome.set_result(Outcome(exit_code=exit_code, output=output, seconds=seconds, timed_out=self._killed))

    def _read_until_the_end(self, process: subprocess.Popen[bytes]) -> None:
        """Read until the shell is gone; what it left running in the background is the operator's wish."""
        said = process.stdout.fileno() if process.stdout else -1
        open_ = True
        while process.poll() is None:
            if _MACHINE.monotonic() >= self._until and not self._killed:
                self._kill(process)
            open_ = open_ and self._read(said, _LOOK)
            if not open_:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK)
        for _ in range(_FULL_PIPE if open_ else 0):
            if not self._read(said, 0):
                break

    def _read(self, said: int, seconds: float) -> bool:
        """Take what is said within `seconds`; tell whether more may come."""
        if not select.select([said], [], [], seconds)[0]:
            return True
        chunk = os.read(said, _CHUNK)
        self._tail = (self._tail + chunk)[-TAIL:]
        return bool(chunk)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        self._killed = True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _bytes(value: str) -> bytes:
    """Return a value as an environment can hold it; bytes of a path that were no UTF-8 come back as they were."""
    text = value.replace("\0", "\ufffd")
    try:
        found = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        found = text.encode("utf-8", "replace")
    return found[:LONGEST_VALUE]
