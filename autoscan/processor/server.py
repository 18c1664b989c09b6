"""One media server, with what the halves of its lane have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from autoscan.clock import Clock
from autoscan.commands import Command
from autoscan.errors import TargetRejectedError, TargetUnavailableError
from autoscan.model import Ask, Expectation, Sighting
from autoscan.processor.holding import Hold, Holding, nothing_held
from autoscan.store import Queue
from autoscan.targets.base import Aftercare, Known, Target
from autoscan.targets.values import Library, Scope
from autoscan.verification import Limits, foreign

#: A whole library is scanned at most so often, in seconds, for files that do not come otherwise.
ROOT_SECONDS = 3600
#: From this scan on there are fewer looks.
SECOND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How far the results of scans are looked after."""

    #: Look whether a scan showed anything; else the server's word is enough.
    verify: bool = True
    #: Scan whole libraries for what does not come otherwise.
    escalate: bool = True
    limits: Limits = field(default_factory=Limits)
    #: Make sure that the server answers before each scan (`PLEX_CHECK_BEFORE_SCAN`).
    check_first: bool = False
    #: Wait for a library that scans of its own accord (`PLEX_WAIT_FOR_EXTERNAL_SCANNERS`).
    wait_for_idle: bool = False
    #: Run before each scan (`RUN_COMMAND_BEFORE_SCAN`).
    before: Command = field(default_factory=lambda: Command(""))
    #: Write down what the server says about itself, for pages.
    describe: bool = False
    #: What is done once something was seen.
    care: Aftercare | None = None


class Server:
    """A target, its part of the queue, and how far its results are looked after."""

    def __init__(self, *, queue: Queue, target: Target, clock: Clock, rules: Rules, hold: Hold = nothing_held) -> None:
        self.name = target.name
        self.queue = queue
        self.target = target
        self.clock = clock
        self.verify = rules.verify
        self.limits = rules.limits
        self.rules = rules
        #: Whether asks must be left alone for now.
        self.holding = Holding(queue, hold)
        self._escalate = rules.escalate
        self._known = Learnt(queue, target.name)
        self._root_scans: dict[str, datetime] = {}

    def library(self, library_id: str) -> Library:
        """Return a library by its id. Raise `TargetRejectedError` if the server has it no more, but others."""
        for fresh in (False, True):
            for library in self.target.libraries(fresh=fresh):
                if library.id == library_id:
                    return library
        self.must_have_libraries()
        raise TargetRejectedError(f"{self.name} has no library {library_id} any more")

    def must_have_libraries(self) -> None:
        """Raise `TargetUnavailableError` if the server named no library at all, as it may while it starts."""
        if not self.target.libraries():
            raise TargetUnavailableError(
                f"{self.name} names no libraries at all: it may be starting, or its token may not see them"
            )

    def expected(self, ask: Ask) -> tuple[Expectation, ...]:
        """Return everything that `ask` should bring about, with the server's paths."""
        return tuple(replace(each, path=self.target.server_path(each.path)) for each in ask.delivery.expectations)

    def wanted(self, ask: Ask) -> tuple[Expectation, ...]:
        """Return what `ask` has still to see, with the server's paths."""
        known = {finding.path for finding in ask.findings}
        return tuple(each for each in self.expected(ask) if each.path not in known)

    def look_up(self, library: Library, wanted: Sequence[Expectation], *, look: int) -> tuple[dict[str, Sighting], int]:
        """Return what the server shows of each path, and how many requests that took."""
        before = self.target.session.exchanges
        sightings = self.target.look_up(library, wanted, look=look, known=self._known)
        return sightings, self.target.session.exchanges - before

    def pauses(self, ask: Ask) -> tuple[float, ...]:
        """Return the seconds between looks after a scan; after a second scan, and further ones, there are half as many.

        Those begin later, as there may be no more than one.
        """
        scope = Scope(path=ask.scope, label=ask.scope_label, root=ask.scope_is_root)
        pauses = self.target.look_pauses(scope)
        return pauses if ask.scans < SECOND else (sum(pauses[:3]), *pauses[4::2])

    def refresh_owners(self, library: Library, sidecars: Sequence[str]) -> dict[str, Sighting]:
        """Have the items read anew that sidecars of one folder belong to; return what was, by sidecar."""
        return self.target.refresh_owners(library, sidecars, known=self._known)

    def ignores(self, library: Library, path: str) -> str:
        """Return the rule by which the library never lists `path` (server path); `""` if there is none."""
        return self.target.ignores(library, path) or foreign(library.type, path)

    def may_scan_root(self, library: Library) -> bool:
        """Tell whether the whole library may be scanned for what does not come otherwise."""
        last = self._root_scans.get(library.id)
        due = last is None or abs(self.clock.now() - last) >= timedelta(seconds=ROOT_SECONDS)
        return self._escalate and due

    def root_scanned(self, library: Library) -> None:
        """Note that the whole library was asked for."""
        self._root_scans[library.id] = self.clock.now()


class Learnt(Known):
    """What was learnt of one server, kept in the database."""

    def __init__(self, queue: Queue, server: str) -> None:
        super().__init__()
        self._queue = queue
        self._server = server

    def parent(self, library_id: str, folder: str) -> str | None:
        """Return the item that stands for `folder`."""
        return self._queue.known_item(self._server, library_id, folder)

    def learn(self, library_id: str, folder: str, item: str) -> None:
        """Keep it."""
        self._queue.learn_item(self._server, library_id, folder, item)


def shares(spent: int, number: int) -> list[int]:
    """Return what each of `number` asks has to pay of the requests that they shared."""
    share, rest = divmod(spent, number or 1)
    return [share + (each < rest) for each in range(number)]
