"""How many scans ended how and are still remembered: kept as they end, since to count a million takes too long."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from autoscan.model import ScanState, Transition
from autoscan.store.connections import Either
from autoscan.store.dialect import add_to
from autoscan.store.hot import Hot
from autoscan.store.tables_shown import marks

ENDS = frozenset({ScanState.DONE, ScanState.FAILED, ScanState.ABSORBED, ScanState.CANCELLED})

_PREFIX = "ended:"
ADD = add_to(marks, keys=("name",), column="number")
_ADD = Hot(ADD, columns=("name", "number"))
TOTALS = select(marks.c.name, marks.c.number).where(marks.c.name.in_([_PREFIX + state for state in ENDS]))


def steps(connection: Either, some: Iterable[Transition]) -> None:
    """Count the scans that end with these steps, and those that go on after all."""
    change: Counter[str] = Counter()
    for step in some:
        if step.delivery_id is None and step.old != step.new:
            change[step.old] -= 1
            change[step.new] += 1
    add(connection, change)


def add(connection: Either, change: Mapping[str, int]) -> None:
    """Count so many more, or less, of each state; those that end nothing are left out."""
    ended = {state: number for state, number in change.items() if state in ENDS and number}
    _ADD.run_all(connection, ({"name": _PREFIX + state, "number": number} for state, number in ended.items()))


def read(connection: Connection) -> dict[ScanState, int]:
    """Return how many scans ended in each state."""
    return {ScanState(row.name.removeprefix(_PREFIX)): row.number for row in connection.execute(TOTALS)}
