"""What lists find rows by, kept up to date as scans end.

A scan is listed with the transaction that ends it, and anew when it ends again; a list knows the older entry by its
moment. What a webhook is waiting for is listed a little later (see `arrears`), so that its answer costs no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from autoscan.model import ScanState, Transition
from autoscan.store.fulltext import Fulltext
from autoscan.store.tables import deliveries, event_paths, expectations, scans
from autoscan.store.words import Tokens, facet, words

SCANS = Fulltext("scan_words")
EVENTS = Fulltext("event_words")

#: Paths of one row that are listed; an event may name thousands.
MOST_PATHS = 200

_OPEN = frozenset({ScanState.WAITING, ScanState.CHECKING, ScanState.DELIVERING})

SCANS_OF = select(scans).where(scans.c.id.in_(bindparam("scan_ids", expanding=True)))
RESULTS_OF = select(deliveries.c.scan_id, deliveries.c.server, deliveries.c.state).where(
    deliveries.c.scan_id.in_(bindparam("scan_ids", expanding=True))
)
#: Numbered, so that of many only the first are read into memory.
_FILES = select(
    expectations.c.scan_id,
    expectations.c.path,
    func.row_number().over(partition_by=expectations.c.scan_id, order_by=expectations.c.id).label("number"),
).where(expectations.c.scan_id.in_(bindparam("scan_ids", expanding=True)))
_NUMBERED_FILES = _FILES.subquery()
FILES_OF = select(_NUMBERED_FILES.c.scan_id, _NUMBERED_FILES.c.path).where(_NUMBERED_FILES.c.number <= MOST_PATHS)
_PATHS = select(
    event_paths.c.event_id,
    event_paths.c.path,
    event_paths.c.mapped,
    func.row_number().over(partition_by=event_paths.c.event_id, order_by=event_paths.c.id).label("number"),
).where(event_paths.c.event_id.in_(bindparam("event_ids", expanding=True)))
_NUMBERED_PATHS = _PATHS.subquery()
PATHS_OF = select(_NUMBERED_PATHS).where(_NUMBERED_PATHS.c.number <= MOST_PATHS)


def steps(connection: Connection, some: Iterable[Transition]) -> None:
    """List the scans that end with these steps; their rows, and their deliveries', say so already."""
    list_ended(connection, [step.scan_id for step in some if _ends_scan(step)])


def list_ended(connection: Connection, scan_ids: Sequence[int]) -> None:
    """List these scans, if they have ended."""
    if scan_ids:
        rows = [row for row in connection.execute(SCANS_OF, {"scan_ids": scan_ids}).all() if row.ended_at is not None]
        tokens = scan_tokens(connection, rows)
        SCANS.add(connection, [(row.ended_at, row.id, tokens[row.id]) for row in rows])


def scan_tokens(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[int, Tokens]:
    """Return what the scans `rows` are found by, by id."""
    values = {"scan_ids": [row.id for row in rows]}
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows:
        found[row.id] |= words(row.folder)
        found[row.id] |= {facet("source", row.source), facet("state", row.state), facet("code", row.code)}
    for file in connection.execute(FILES_OF, values):
        found[file.scan_id] |= words(file.path)
    for result in connection.execute(RESULTS_OF, values):
        found[result.scan_id] |= result_facets(result.server, result.state)
    return found


def event_tokens(connection: Connection, rows: Sequence[Any]) -> Mapping[int, Tokens]:
    """Return what the events `rows` are found by, by id."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in rows:
        found[row.id] |= words(f"{row.type} {row.note}")
        found[row.id] |= {facet("source", row.source), facet("app", row.app), facet("known", str(bool(row.known)))}
    for path in connection.execute(PATHS_OF, {"event_ids": [row.id for row in rows]}):
        found[path.event_id] |= words(path.path) | words(path.mapped)
    return found


def result_facets(server: str, state: str) -> frozenset[str]:
    """Return what a scan with a delivery to `server` in `state` is found by."""
    return frozenset({facet("server", server), facet("result", state), facet("server result", server, state)})


def _ends_scan(step: Transition) -> bool:
    return step.delivery_id is None and step.old != step.new and step.new not in _OPEN
