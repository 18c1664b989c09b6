"""Whether all is as it should be: what was acknowledged against the database, and the database against the servers."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from autoscan.clock import Clock
from autoscan.model import Delivery, Scan, ScanState
from autoscan.store import Queue, Store
from chaos.traffic import Ledger
from chaos.world import World

_BODIES = text("SELECT body FROM events")
_INTEGRITY = text("PRAGMA integrity_check")
#: More than there will ever be.
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What must be zero, each with examples."""

    #: Acknowledged, but not in the database, or without a scan.
    lost: tuple[str, ...]
    #: Pairs of scans of one folder that a server was asked for at once.
    twice: tuple[str, ...]
    #: Neither seen at a server nor ended with a reason.
    unverified: tuple[str, ...]
    #: What SQLite finds wrong with the file.
    damage: tuple[str, ...]
    #: Seen at each server, for the record.
    verified: int

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is wrong."""
        return not (self.lost or self.twice or self.unverified or self.damage)


def count_open(database: Path) -> int:
    """Return how many scans are on their way."""
    store = Store(database, Clock())
    try:
        return Queue(store).count_open()
    finally:
        store.dispose()


def judge(world: World, ledger: Ledger) -> Verdict:
    """Compare everything; Autoscan should have nothing left to do."""
    store = Store(world.database, Clock())
    try:
        return _judge(world, ledger, store)
    finally:
        store.dispose()


def _judge(world: World, ledger: Ledger, store: Store) -> Verdict:
    queue = Queue(store)
    scans = queue.recent(_ALL)
    with store.read() as connection:
        stored = {json.loads(body).get("downloadId") for body in connection.execute(_BODIES).scalars()}
        found = tuple(line for line in connection.execute(_INTEGRITY).scalars() if line != "ok")
    expected = {item.path for scan in scans if scan.state is not ScanState.ABSORBED for item in scan.expectations}
    deliveries = [each for scan in scans for each in queue.deliveries(scan.id)]
    acknowledged = ledger.acknowledged.items()
    lost = [name for name, event in acknowledged if name not in stored or str(event.file) not in expected]
    return Verdict(
        lost=tuple(lost),
        twice=tuple(_overlaps(world)),
        unverified=(*_unfinished(scans), *_without_reason(deliveries), *_unseen(world, ledger, scans, deliveries)),
        damage=found,
        verified=sum(each.state.is_good for each in deliveries),
    )


def _overlaps(world: World) -> Iterator[str]:
    for name, fake in world.servers.items():
        for first, second in fake.overlaps():
            yield f"{name}: {first.path} was asked for at {first.asked_at:.1f} and at {second.asked_at:.1f}"


def _unfinished(scans: Iterable[Scan]) -> Iterator[str]:
    for scan in scans:
        if scan.state in {ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING}:
            yield f"scan {scan.id} of {scan.folder} is still {scan.state}"
        elif scan.state is ScanState.FAILED and not scan.reason:
            yield f"scan {scan.id} of {scan.folder} failed without a reason"


def _without_reason(deliveries: Iterable[Delivery]) -> Iterator[str]:
    for each in deliveries:
        if not each.state.is_good and not each.error:
            yield f"delivery {each.id} to {each.server} ended as {each.state} without a reason"


def _unseen(world: World, ledger: Ledger, scans: Iterable[Scan], deliveries: Iterable[Delivery]) -> Iterator[str]:
    """Yield files that a server does not list, where no delivery of their scans says why."""
    excused = {(each.scan_id, each.server) for each in deliveries if not each.state.is_good}
    wanted = {item.path: scan.id for scan in scans for item in scan.expectations}
    for name, fake in world.servers.items():
        listed = set(fake.paths())
        for event in ledger.acknowledged.values():
            path = str(event.file)
            if path not in listed and (wanted.get(path), name) not in excused:
                yield f"{name} does not list {path}"
