"""Whatever happens in whatever order: no path is lost, and no library is asked twice at once."""

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from autoscan.model import Ask, DeliveryState, Scan, ScanState
from autoscan.model.views import ScanFilter
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock
from tests.queue_model import ModelDelivery, ModelQueue, ModelScan
from tests.queues import MAX_DELAY, add, expect, opened

FOLDERS = ("/tv", "/tv/A", "/tv/A/S1", "/tv/Aa", "/movies")
SERVERS = ("plex", "jellyfin")
LIBRARIES = ("1", "2")


@cache
def empty_database() -> bytes:
    """Return a prepared database without rows, made once."""
    with tempfile.TemporaryDirectory() as folder:
        with opened(Path(folder), VirtualClock()) as (store, _):
            path = store.path
        return path.read_bytes()


class QueueMachine(RuleBasedStateMachine):
    """Does to the queue and to the model the same."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where there is such a place: it is about order here, not about disks.
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="queue-machine-", dir=memory))
        (self.folder / "autoscan.db").write_bytes(empty_database())
        self.clock = VirtualClock()
        self.model = ModelQueue(timedelta(seconds=MAX_DELAY))
        self.held: set[tuple[str, str]] = set()
        self.word = 0
        self.open()

    def open(self) -> None:
        self.store = Store(self.folder / "autoscan.db", self.clock)
        self.queue = Queue(self.store)

    def teardown(self) -> None:
        self.store.dispose()
        shutil.rmtree(self.folder)

    def now(self) -> datetime:
        return self.clock.now()

    @rule(seconds=st.sampled_from([1, 30, 300, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(
        folder=st.sampled_from(FOLDERS),
        whole=st.booleans(),
        # The same file may be named by its own folder and by one above.
        names=st.lists(st.sampled_from(["a", "S1/a", "A/S1/a"]), max_size=3, unique=True),
        priority=st.integers(-1, 2),
        delay=st.sampled_from([0, 30, MAX_DELAY]),
    )
    def add(self, folder: str, whole: bool, names: list[str], priority: int, delay: int) -> None:
        # A moment passes, so that "later" means something.
        self.clock.advance(0.001)
        self.word += 1
        words = {f"{folder.rstrip('/')}/{name}": self.word * 10 + number for number, name in enumerate(names)}
        expected = [expect(path, size=word) for path, word in words.items()]
        added = add(self.queue, self.clock, folder, files=expected, whole=whole, priority=priority, delay=delay)
        taker = self.model.taker(folder)
        queued = added.scans[folder]
        assert queued.merged == (taker is not None)
        assert taker is None or queued.scan_id == taker.id
        due_at = self.now() + timedelta(seconds=delay)
        self.model.add(
            ModelScan(queued.scan_id, folder, whole, priority, due_at, self.now(), self.now(), expected=words)
        )
        assert queued.due_at == self.model.scans[queued.scan_id].due_at

    @rule()
    def claim(self) -> None:
        scan, due = self.queue.claim(), self.model.next(self.now())
        assert (scan is None) == (due is None)
        if scan is not None and due is not None:
            # Two of the same rank are equal.
            assert self.model.scans[scan.id].rank == due.rank
            assert self.model.scans[scan.id].state is ScanState.WAITING
            self.model.scans[scan.id].state = ScanState.CHECKING

    def checking(self) -> ModelScan | None:
        return next(iter(self.model.in_state(ScanState.CHECKING)), None)

    @precondition(lambda self: self.checking())
    @rule(seconds=st.integers(0, 100))
    def postpone(self, seconds: int) -> None:
        scan = self.checking()
        assert scan is not None
        assert self.queue.postpone(scan.id, until=self.now() + timedelta(seconds=seconds), reason="", checks=1)

    @precondition(lambda self: self.checking())
    @rule(code=st.sampled_from(["file_missing", "no_library"]))
    def fail(self, code: str) -> None:
        scan = self.checking()
        assert scan is not None
        assert self.queue.fail(scan.id, "no", code=code)
        scan.state = ScanState.FAILED

    @precondition(lambda self: self.checking())
    @rule(folder=st.sampled_from(FOLDERS))
    def move(self, folder: str) -> None:
        scan = self.checking()
        assert scan is not None
        assert self.queue.move(scan.id, folder)
        scan.folder, scan.whole = folder, False

    @precondition(lambda self: self.checking())
    @rule(servers=st.sampled_from([SERVERS, SERVERS[:1], SERVERS[1:]]))
    def deliver(self, servers: tuple[str, ...]) -> None:
        scan = self.checking()
        assert scan is not None
        assert self.queue.deliver(scan.id, servers)
        scan.state = ScanState.DELIVERING
        scan.deliveries = {
            server: old if (old := self.still_holds(scan, server)) else ModelDelivery(scan.id, server)
            for server in servers
        }
        self.model.settle(scan)

    def still_holds(self, scan: ModelScan, server: str) -> ModelDelivery | None:
        old = scan.deliveries.get(server)
        holds = old is not None and old.state is DeliveryState.ACCEPTED and old.ended_at is not None
        return old if holds and old is not None and old.ended_at is not None and old.ended_at > scan.last else None

    @rule(server=st.sampled_from(SERVERS), libraries=st.sampled_from([(), ("1",), ("2",), LIBRARIES]))
    def route(self, server: str, libraries: tuple[str, ...]) -> None:
        for delivery in self.queue.unrouted(server):
            scan = self.model.scans[delivery.scan_id]
            modelled = scan.deliveries[server]
            assert not modelled.routed
            if libraries:
                assert self.queue.route(delivery.id, [(library, delivery.folder) for library in libraries])
                modelled.routed, modelled.open = True, set(libraries)
            else:
                assert self.queue.not_here(delivery.id, "no library")
                modelled.state = DeliveryState.NOT_HERE
                self.model.settle(scan)

    @rule(libraries=st.sampled_from([("1",), LIBRARIES]))
    def all_goes_well_as_far_as_the_servers(self, libraries: tuple[str, ...]) -> None:
        while self.model.next(self.now()) is not None:
            self.claim()
        while self.checking() is not None:
            self.deliver(SERVERS)
        for server in SERVERS:
            self.route(server, libraries)

    @rule(server=st.sampled_from(SERVERS), library=st.sampled_from(LIBRARIES))
    def hold(self, server: str, library: str) -> None:
        assert self.queue.take_slot(server, library, "/x") == ((server, library) not in self.held)
        self.held.add((server, library))

    @rule(server=st.sampled_from(SERVERS), library=st.sampled_from(LIBRARIES))
    def drop_slot(self, server: str, library: str) -> None:
        self.queue.drop_slot(server, library)
        self.held.discard((server, library))

    def next_ask(self, server: str) -> Ask | None:
        ask = self.queue.next_ask(server)
        askable = [
            library
            for scan in self.model.in_state(ScanState.DELIVERING)
            for library in self.open_libraries(scan, server)
            if (server, library) not in self.held
        ]
        assert (ask.library_id in askable) if ask is not None else not askable
        return ask

    def open_libraries(self, scan: ModelScan, server: str) -> set[str]:
        delivery = scan.deliveries.get(server)
        waits = delivery is None or (delivery.due_at is not None and delivery.due_at > self.now())
        return set() if waits or delivery is None else delivery.open

    @rule(server=st.sampled_from(SERVERS), shared=st.booleans())
    def ask_and_accept(self, server: str, shared: bool) -> None:
        ask = self.next_ask(server)
        if ask is None:
            return
        library = ask.library_id
        assert self.queue.take_slot(server, library, ask.folder)
        self.held.add((server, library))
        asks = self.queue.waiting_asks(server, library) if shared else [ask]
        assert ask.id in {other.id for other in asks}
        self.queue.accept([other.id for other in asks], server=server, library_id=library, scope=ask.folder)
        for other in asks:
            scan = self.model.scans[other.delivery.scan_id]
            delivery = scan.deliveries[server]
            delivery.open.remove(library)
            if not delivery.open:
                delivery.state, delivery.ended_at = DeliveryState.ACCEPTED, self.now()
                self.model.settle(scan)

    @rule(server=st.sampled_from(SERVERS), seconds=st.integers(0, 100))
    def ask_and_be_refused(self, server: str, seconds: int) -> None:
        ask = self.next_ask(server)
        if ask is None:
            return
        scan = self.model.scans[ask.delivery.scan_id]
        delivery = scan.deliveries[server]
        delivery.attempts += 1
        delivery.due_at = self.now() + timedelta(seconds=seconds)
        assert self.queue.refuse(ask.id, "no", retry_at=delivery.due_at, limit=2) == delivery.attempts
        if delivery.attempts == 2:
            delivery.state, delivery.open = DeliveryState.FAILED, set()
            self.model.settle(scan)

    def over(self) -> list[ModelScan]:
        return [*self.model.in_state(ScanState.FAILED), *self.model.in_state(ScanState.CANCELLED)]

    def open_scans(self) -> list[ModelScan]:
        return [scan for scan in self.model.scans.values() if scan.is_open]

    @precondition(lambda self: self.open_scans())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        scan = data.draw(st.sampled_from(self.open_scans()))
        assert self.queue.cancel([scan.id], "test").done == (scan.id,)
        self.model.cancel(scan)

    @precondition(lambda self: self.model.in_state(ScanState.WAITING))
    @rule(data=st.data())
    def run_now(self, data: st.DataObject) -> None:
        scan = data.draw(st.sampled_from(self.model.in_state(ScanState.WAITING)))
        assert self.queue.run_now([scan.id], "test").done == (scan.id,)
        self.model.bring_forward(scan, self.now())

    @precondition(lambda self: self.open_scans())
    @rule(data=st.data(), priority=st.integers(-1, 2))
    def prioritise(self, data: st.DataObject, priority: int) -> None:
        scan = data.draw(st.sampled_from(self.open_scans()))
        assert self.queue.prioritise([scan.id], priority, "test").done == (scan.id,)
        scan.priority, scan.front = priority, None

    @precondition(lambda self: self.over())
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        self.clock.advance(0.001)
        scan = data.draw(st.sampled_from(self.over()))
        taker = self.model.taker(scan.folder)
        assert self.queue.retry([scan.id], "test").done == (scan.id,)
        if taker is None:
            scan.state, scan.due_at, scan.since, scan.front = ScanState.WAITING, self.now(), self.now(), None
            return
        taker.front = None
        taker.priority = min(taker.priority, scan.priority)
        taker.whole = taker.whole or (scan.whole and scan.folder == taker.folder)
        taker.last = self.now()
        self.model.move(scan, taker)

    @rule()
    def a_new_leader_takes_over(self) -> None:
        self.store.dispose()
        self.open()
        self.queue.recover()
        check = self.queue.due_check()
        assert (check is None) == (self.checking() is None)

    @invariant()
    def the_queue_is_as_the_model_has_it(self) -> None:
        scans = self.queue.recent(10_000)
        self.every_scan_is_as_in_the_model(scans)
        self.no_word_about_a_path_is_lost_or_doubled(scans)
        self.one_scan_waits_per_folder_and_none_too_long(scans)

    def every_scan_is_as_in_the_model(self, scans: list[Scan]) -> None:
        assert {scan.id for scan in scans} == self.model.scans.keys()
        for scan in scans:
            modelled = self.model.scans[scan.id]
            assert (scan.state, scan.folder) == (modelled.state, modelled.folder)
            assert (scan.priority, scan.due_at) == (modelled.priority, modelled.due_at)
            assert {item.path: item.size for item in scan.expectations} == modelled.expected

    def no_word_about_a_path_is_lost_or_doubled(self, scans: list[Scan]) -> None:
        holders = [scan for scan in scans if scan.state is not ScanState.ABSORBED]
        kept = [item.size for scan in holders for item in scan.expectations]
        assert len(kept) == len(set(kept))
        assert set(kept) == self.model.words - self.model.replaced

    def one_scan_waits_per_folder_and_none_too_long(self, scans: list[Scan]) -> None:
        waiting = [scan for scan in scans if scan.state is ScanState.WAITING]
        assert len({scan.folder for scan in waiting}) == len(waiting)
        for scan in waiting:
            assert scan.due_at <= self.model.scans[scan.id].since + timedelta(seconds=MAX_DELAY)

    @invariant()
    def lists_and_totals_say_the_same(self) -> None:
        while self.queue.list_arrears():
            pass
        stats = Counter(scan.state for scan in self.queue.recent(1000))
        assert {state: number for state, number in self.queue.stats().items() if number} == stats
        ended = sorted((scan.ended_at, scan.id) for scan in self.queue.recent(1000) if scan.ended_at is not None)
        page = self.queue.find_scans(ScanFilter(ended_only=True), limit=200)
        assert [(row.ended_at, row.id) for row in page.rows] == ended[::-1]

    @invariant()
    def a_library_has_one_slot(self) -> None:
        slots = [slot for server in SERVERS for slot in self.queue.slots(server)]
        assert len(slots) == len(self.held)
        assert {(slot.server, slot.library_id) for slot in slots} == self.held


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(
    max_examples=30, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
