"""What the queue should do, in the plainest words: a list of scans in memory, searched from end to end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from autoscan.model import DeliveryState, ScanState

#: Ten minutes of waiting are worth one level of priority.
LEVEL = timedelta(minutes=10)


@dataclass
class ModelDelivery:
    """One scan at one server."""

    scan_id: int
    server: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    routed: bool = False
    #: Libraries still to be asked.
    open: set[str] = field(default_factory=set)
    due_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class ModelScan:
    """One folder."""

    id: int
    folder: str
    whole: bool
    priority: int
    due_at: datetime
    since: datetime
    last: datetime
    state: ScanState = ScanState.WAITING
    #: By path: the number of the latest word about it.
    expected: dict[str, int] = field(default_factory=dict)
    deliveries: dict[str, ModelDelivery] = field(default_factory=dict)
    #: The place that somebody gave it, before all others, until its terms change.
    front: datetime | None = None

    @property
    def rank(self) -> datetime:
        """Return the place in the queue, lower first."""
        return self.front or self.due_at + self.priority * LEVEL

    @property
    def is_open(self) -> bool:
        """Tell whether it is on its way."""
        return self.state in {ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING}


class ModelQueue:
    """All scans that ever were, and the words about paths that were replaced by later ones."""

    def __init__(self, max_delay: timedelta) -> None:
        self.max_delay = max_delay
        self.scans: dict[int, ModelScan] = {}
        self.words: set[int] = set()
        self.replaced: set[int] = set()

    def in_state(self, state: ScanState) -> list[ModelScan]:
        """Return the scans in `state`."""
        return [scan for scan in self.scans.values() if scan.state is state]

    def taker(self, folder: str) -> ModelScan | None:
        """Return the waiting scan that a request for `folder` joins."""
        waiting = self.in_state(ScanState.WAITING)
        above = [scan for scan in waiting if scan.whole and is_below(folder, scan.folder)]
        return next((scan for scan in waiting if scan.folder == folder), above[0] if above else None)

    def add(self, request: ModelScan) -> None:
        """Let `request`, a scan with the id that the real queue gave, join, be joined, or wait."""
        self.words |= set(request.expected.values())
        scan = self.taker(request.folder)
        joining = []
        if request.whole and not (scan is not None and scan.whole):
            joining = [other for other in self.in_state(ScanState.WAITING) if is_below(other.folder, request.folder)]
        if scan is None:
            scan = self.scans[request.id] = request
        else:
            self.join(scan, request)
        for other in joining:
            self.join(scan, other)
            self.move(other, scan)

    def join(self, scan: ModelScan, other: ModelScan) -> None:
        """Give `scan` the terms of both."""
        scan.front = None
        scan.whole = scan.whole or (other.whole and other.folder == scan.folder)
        scan.priority = min(scan.priority, other.priority)
        scan.since = min(scan.since, other.since)
        scan.due_at = min(max(scan.due_at, other.due_at), scan.since + self.max_delay)
        scan.last = max(scan.last, other.last)
        self.tell(scan, other.expected)

    def move(self, old: ModelScan, new: ModelScan) -> None:
        """End `old`, whose words `new` has."""
        self.tell(new, old.expected)
        old.expected = {}
        old.state = ScanState.ABSORBED

    def tell(self, scan: ModelScan, words: dict[str, int]) -> None:
        """Add `words` about paths; the later of two holds."""
        for path, word in words.items():
            known = scan.expected.get(path, word)
            scan.expected[path] = max(known, word)
            if known != word:
                self.replaced.add(min(known, word))

    def next(self, now: datetime) -> ModelScan | None:
        """Return who is to be claimed; of equals the one that came first."""
        due = [scan for scan in self.in_state(ScanState.WAITING) if scan.due_at <= now]
        return min(due, key=lambda scan: (scan.rank, scan.id), default=None)

    def bring_forward(self, scan: ModelScan, now: datetime) -> None:
        """Let a waiting scan be due, and come before all others."""
        first = min(each.rank for each in self.in_state(ScanState.WAITING))
        scan.due_at, scan.front = min(scan.due_at, now), None
        scan.front = min(first - timedelta(milliseconds=1), now + scan.priority * LEVEL)

    def cancel(self, scan: ModelScan) -> None:
        """End an open scan and what it has open."""
        scan.state = ScanState.CANCELLED
        for delivery in scan.deliveries.values():
            if delivery.state is DeliveryState.PENDING:
                delivery.state, delivery.open = DeliveryState.CANCELLED, set()

    def settle(self, scan: ModelScan) -> None:
        """End `scan` if all of its deliveries have."""
        states = {delivery.state for delivery in scan.deliveries.values()}
        if DeliveryState.PENDING in states:
            return
        took_it = DeliveryState.ACCEPTED in states and DeliveryState.FAILED not in states
        scan.state = ScanState.DONE if took_it else ScanState.FAILED


def is_below(path: str, folder: str) -> bool:
    """Tell whether `path` lies below `folder`."""
    return path.startswith(folder.rstrip("/") + "/") and path != folder
