"""Figures that only grow, counted in the transaction that makes them true: history is forgotten, they are not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from autoscan.model import Ask, DeliveryState, ScanState, Transition
from autoscan.store.dialect import add_to
from autoscan.store.tables import deliveries, scans
from autoscan.store.tables_asked import IS_UNENDED, asks
from autoscan.store.watch_tables import counters

ADD = add_to(counters, keys=("name", "subject", "label"), column="value")
WAITING_SINCE = select(scans.c.waiting_since).where(scans.c.id == bindparam("scan_id"))
#: How far an ask had come, and since when its scan waits.
BEFORE = (
    select(asks.c.server, asks.c.scans, asks.c.looks, asks.c.requests, asks.c.prechecked, scans.c.waiting_since)
    .join(deliveries, deliveries.c.id == asks.c.delivery_id)
    .join(scans, scans.c.id == deliveries.c.scan_id)
    .where(IS_UNENDED, asks.c.id == bindparam("ask_id"))
)

#: Upper bounds of the histograms, in seconds; what took longer stands under `inf`.
BUCKETS = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400)
BEYOND = "inf"
#: The label of a histogram's sum.
SUM = "sum"

#: How scans end; one that a wider scan took over goes on there.
_ENDS = frozenset(ScanState) - {ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING, ScanState.ABSORBED}

#: By name, subject (a server, a drive) and label (a result, a bucket).
Tally = Counter[tuple[str, str, str]]


def once(connection: Connection, name: str, subject: str = "", label: str = "") -> None:
    """Count one of `name`."""
    _add(connection, Counter({(name, subject, label): 1}))


def steps(connection: Connection, some: Iterable[Transition]) -> None:
    """Count the scans and deliveries that end with these steps, and how long after its request a file was seen."""
    tally: Tally = Counter()
    for step in some:
        if step.old == step.new:
            continue
        if step.delivery_id is None and step.new in _ENDS:
            tally["scans", "", step.new] += 1
        if step.delivery_id is not None and step.old == DeliveryState.PENDING:
            tally["deliveries", step.server, step.new] += 1
            if step.new == DeliveryState.VERIFIED:
                since = connection.execute(WAITING_SINCE, {"scan_id": step.scan_id}).scalar_one()
                _observe(tally, "visible", step.server, since, step.at)
    _add(connection, tally)


def progress(connection: Connection, some: Sequence[Ask], now: datetime) -> None:
    """Count what was done since the last progress of these asks was kept; a scan request that serves all is one."""
    tally: Tally = Counter()
    asked = set()
    for ask in some:
        before = connection.execute(BEFORE, {"ask_id": ask.id}).first()
        if before is None:
            continue
        first_look = ask.prechecked > before.prechecked and ask.scans == before.scans and ask.requests > before.requests
        tally["look_ups", before.server, ""] += max(0, ask.looks - before.looks) + first_look
        tally["server_requests", before.server, ""] += max(0, ask.requests - before.requests)
        if ask.scans > before.scans:
            asked.add(before.server)
            if not before.scans:
                _observe(tally, "asked", before.server, before.waiting_since, now)
    tally.update(("scan_requests", server, "") for server in asked)
    _add(connection, tally)


def accepted(connection: Connection, ask_ids: Sequence[int], now: datetime) -> None:
    """Count one scan request, which serves these asks and is not looked after."""
    tally: Tally = Counter()
    asked = set()
    for ask_id in ask_ids:
        before = connection.execute(BEFORE, {"ask_id": ask_id}).first()
        if before is not None:
            asked.add(before.server)
            _observe(tally, "asked", before.server, before.waiting_since, now)
    tally.update(("scan_requests", server, "") for server in asked)
    _add(connection, tally)


def _observe(tally: Tally, name: str, subject: str, since: datetime, now: datetime) -> None:
    seconds = max(0.0, (now - since).total_seconds())
    bucket = next((str(bound) for bound in BUCKETS if seconds <= bound), BEYOND)
    tally[name, subject, bucket] += 1
    tally[name, subject, SUM] += round(seconds)


def _add(connection: Connection, tally: Tally) -> None:
    rows = [
        {"name": name, "subject": subject, "label": label, "value": value}
        for (name, subject, label), value in sorted(tally.items())
        if value
    ]
    if rows:
        connection.execute(ADD, rows)
