"""From what a caller told to the folders that are scanned, stored before it is answered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from autoscan.clock import Clock
from autoscan.intake.receipts import Key, Outcome, Receipt, Received, Taken
from autoscan.intake.rules import SourceRules, family
from autoscan.model import Added, Event, Expectation, NewEvent, NewPath, NewScan, ScanRequest
from autoscan.paths import Flavour, IgnoreList, Mappings, Priorities, flavour, key, scan_folder
from autoscan.store import Answered, Once, Queue

#: Ignored paths that the note of an event names; a rename may have thousands.
_NAMED = 3

UNMAPPED = "no path of this machine: say in SERVER_PATH_MAPPINGS where it lies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the rules make of an event: nothing is stored yet."""

    paths: tuple[NewPath, ...]
    scans: tuple[NewScan, ...]
    #: Seconds after the first request at which a scan is due at the latest.
    max_delay: int
    #: Names the rule for each path that is ignored.
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Maps, sorts out, and queues what events ask for."""

    queue: Queue
    #: `SERVER_PATH_MAPPINGS`; a source's own come on top.
    mappings: Mappings
    ignore: IgnoreList
    priorities: Priorities
    #: By the name of the source.
    sources: Mapping[str, SourceRules]
    #: `SERVER_SCAN_DELAY` and `SERVER_SCAN_MAX_DELAY`, in seconds.
    delay: int
    max_delay: int
    clock: Clock

    def submit(self, event: Event, received: Received) -> Receipt:
        """Store `event` and what it asks for in one transaction; an event that asks for nothing is stored, too.

        Raises StoreUnavailableError; then nothing is stored.
        """
        told, plan = self._decided(event, received)
        added = self.queue.add(_stored(told, received), plan.paths, plan.scans, max_delay=plan.max_delay)
        return _receipt(told, plan, added)

    def submit_once(self, event: Event, received: Received, key: Key, answer: Callable[[Receipt], str]) -> Answered:
        """Do what `submit` does and keep its `answer`, or return the one that was kept for `key` in the last 24 hours.

        Raises KeyReusedError where the key came with another digest; then, too, nothing is stored.
        """
        told, plan = self._decided(event, received)
        once = Once(key=key.text, digest=key.digest, answer=lambda added: answer(_receipt(told, plan, added)))
        return self.queue.add_once(once, _stored(told, received), plan.paths, plan.scans, max_delay=plan.max_delay)

    def _decided(self, event: Event, received: Received) -> tuple[Event, Plan]:
        plan = self.plan(event, received.source, self.clock.now())
        told = replace(event, note="; ".join(filter(None, (event.note, plan.note)))) if plan.note else event
        return told, plan

    def plan(self, event: Event, source: str, now: datetime) -> Plan:
        """Apply the rules for `source` to each request of `event`; pure."""
        rules = self.sources.get(source) or self.sources.get(family(source)) or SourceRules()
        mappings = self.mappings | rules.mappings
        delay = self.delay if rules.delay is None else rules.delay
        folders: dict[str, list[NewScan]] = {}
        paths: list[NewPath] = []
        for request in event.requests:
            path = self._path(request, mappings, rules)
            if path.outcome == Outcome.QUEUED:
                wait, patience = max(delay, request.min_delay), min(request.patience, self.max_delay)
                scan = self._scan(request, path, rules.priority, now + timedelta(seconds=wait))
                if patience > wait:
                    scan = replace(scan, patient_until=now + timedelta(seconds=patience))
                same = folders.setdefault(key(scan.folder), [])
                same.append(scan)
                path = path if same[0] is scan else replace(path, folder=same[0].folder)
            paths.append(path)
        longest = max((request.min_delay for request in event.requests), default=0)
        return Plan(
            paths=tuple(paths),
            scans=tuple(map(_joined, folders.values())),
            max_delay=max(self.max_delay, delay, longest),
            note=_left_out(paths),
        )

    def _path(self, request: ScanRequest, mappings: Mappings, rules: SourceRules) -> NewPath:
        tables = (*rules.first, mappings)
        found = next((each for table in tables if (each := table.apply(request.path)).rule is not None), None)
        # A table may map onto nothing at all; what was received is then better than an empty folder.
        mapped = (found or mappings.apply(request.path)).path or request.path
        outcome, detail = self._outcome(mapped, foreign=rules.foreign and _is_relative(mapped))
        return NewPath(
            path=request.path,
            mapped=mapped,
            kind=request.kind,
            change=request.change,
            outcome=outcome,
            detail=detail,
            folder=scan_folder(mapped, request.kind) or mapped if outcome is Outcome.QUEUED else "",
        )

    def _outcome(self, mapped: str, *, foreign: bool) -> tuple[Outcome, str]:
        pattern = self.ignore.match(mapped)
        if pattern:
            return Outcome.IGNORED, pattern
        return (Outcome.UNMAPPED, UNMAPPED) if foreign else (Outcome.QUEUED, "")

    def _scan(self, request: ScanRequest, path: NewPath, priority: int | None, due_at: datetime) -> NewScan:
        expectation = Expectation(
            path=path.mapped,
            kind=request.kind,
            change=request.change,
            size=request.size,
            announced=request.announced,
            hints=request.hints,
        )
        return NewScan(
            folder=path.folder,
            whole=key(path.folder) == key(path.mapped),
            priority=self.priorities.of(path.mapped) if priority is None else priority,
            due_at=due_at,
            expectations=(expectation,),
        )


def _joined(scans: Sequence[NewScan]) -> NewScan:
    """Return one scan for the requests of one folder: the first's spelling, the stricter terms of all."""
    if len(scans) == 1:
        return scans[0]
    patience = [scan.patient_until for scan in scans if scan.patient_until is not None]
    return replace(
        scans[0],
        whole=any(scan.whole for scan in scans),
        priority=min(scan.priority for scan in scans),
        due_at=max(scan.due_at for scan in scans),
        patient_until=max(patience) if len(patience) == len(scans) else None,
        expectations=tuple(chain.from_iterable(scan.expectations for scan in scans)),
    )


def _is_relative(path: str) -> bool:
    return flavour(path) is Flavour.POSIX and not path.startswith("/")


def _left_out(paths: Iterable[NewPath]) -> str:
    left = [path for path in paths if path.outcome != Outcome.QUEUED]
    more = len(left) - _NAMED
    return "; ".join([*map(_why, left[:_NAMED]), *([f"{more} more are ignored"] if more > 0 else [])])


def _why(path: NewPath) -> str:
    if path.outcome == Outcome.UNMAPPED:
        return f"{path.mapped} is left out: {path.detail}"
    return f"{path.mapped} is ignored: '{path.detail}' is in SERVER_IGNORE_LIST"


def _receipt(event: Event, plan: Plan, added: Added) -> Receipt:
    taken = tuple(_taken(path, added) for path in plan.paths)
    return Receipt(event_id=added.event_id, event=event, taken=taken)


def _stored(event: Event, received: Received) -> NewEvent:
    return NewEvent(
        at=received.at,
        source=received.source,
        app=event.app,
        type=event.type,
        request_id=received.request_id,
        body=received.body,
        note=event.note,
        known=event.known,
    )


def _taken(path: NewPath, added: Added) -> Taken:
    if path.outcome != Outcome.QUEUED:
        outcome = Outcome(path.outcome)
        return Taken(path=path.path, mapped=path.mapped, folder="", outcome=outcome, detail=path.detail)
    scan_id, merged, due_at = added.scans[path.folder]
    return Taken(
        path=path.path,
        mapped=path.mapped,
        folder=path.folder,
        outcome=Outcome.MERGED if merged else Outcome.QUEUED,
        due_at=due_at,
        scan_id=scan_id,
    )
