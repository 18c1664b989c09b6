"""What the operator sees of it: a live table on a terminal, lines elsewhere, or JSON at the end."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from autoscan.cli import tables
from autoscan.cli.scanning.rows import WAITING, Row, ended_well
from autoscan.clock import Clock

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

HEAD = ("Path", "Server", "Library", "State", "Evidence")


class Screen(Protocol):
    """Somewhere to show rows."""

    def show(self, rows: Sequence[Row]) -> None:
        """Show how far it is."""

    def end(self, rows: Sequence[Row]) -> None:
        """Show how it ended."""

    def close(self) -> None:
        """Give the terminal back."""


class Lines:
    """A line for each change, a table at the end: for logs, and other programs to cut."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._shown: dict[tuple[str, str, str], tuple[str, str]] = {}

    def show(self, rows: Sequence[Row]) -> None:
        """Print what has changed."""
        passed = (self._clock.now() - self._began).total_seconds()
        for row in rows:
            known = (row.typed, row.server, row.library)
            if row.state != WAITING and self._shown.get(known) != (row.state, row.text):
                self._shown[known] = row.state, row.text
                print(tables.printable(_line(row, passed)), flush=True)

    def end(self, rows: Sequence[Row]) -> None:
        """Print the table."""
        print()
        tables.show(_title(rows), HEAD, [_cells(row, self._began) for row in rows])
        _print_notes(rows)

    def close(self) -> None:
        """Hold nothing."""


class Terminal:
    """One table that changes in place, and stays."""

    def __init__(self, clock: Clock) -> None:
        self._began = clock.now()
        self._open = ExitStack()
        self._live: Live | None = None

    def show(self, rows: Sequence[Row]) -> None:
        """Draw the table anew."""
        table = self._table(rows)
        if self._live is None:
            from rich.live import Live  # noqa: PLC0415 - a pipe does without

            self._live = self._open.enter_context(Live(table, refresh_per_second=4))
        self._live.update(table)

    def end(self, rows: Sequence[Row]) -> None:
        """Draw it for the last time."""
        self.show(rows)
        self.close()
        print(_title(rows))
        _print_notes(rows)

    def close(self) -> None:
        """Leave the table as it is."""
        self._open.close()

    def _table(self, rows: Sequence[Row]) -> "Table":
        return tables.rich_table("", HEAD, [_cells(row, self._began) for row in rows])


class Json:
    """Nothing until the end."""

    def __init__(self, clock: Clock) -> None:
        self._began = clock.now()

    def show(self, rows: Sequence[Row]) -> None:
        """Wait for the end."""

    def end(self, rows: Sequence[Row]) -> None:
        """Print one object: `ok`, and `paths` with a result for each server and library."""
        paths = dict.fromkeys((row.typed, row.path) for row in rows)
        told = [
            _path_as_json(path, [row for row in rows if (row.typed, row.path) == path], self._began) for path in paths
        ]
        print(json.dumps({"ok": ended_well(rows), "paths": told}, indent=2))

    def close(self) -> None:
        """Hold nothing."""


def _line(row: Row, passed: float) -> str:
    where = " / ".join(filter(None, (row.server, row.library))) or "-"
    text = f"  ({row.text})" if row.text else ""
    return f"{passed:7.1f} s  {where:<20}  {row.words:<26}  {row.path}{text}"


def _cells(row: Row, began: datetime) -> tuple[str, ...]:
    seconds = _seconds(row, began)
    after = f" (after {seconds:.0f} s)" if seconds is not None else ""
    return (row.path, row.server or "-", row.library or "-", row.words, f"{row.text}{after}")


def _seconds(row: Row, began: datetime) -> float | None:
    return None if row.ended_at is None else max(0.0, (row.ended_at - began).total_seconds())


def _title(rows: Sequence[Row]) -> str:
    if not all(row.over for row in rows):
        return "Not over yet."
    return "Everything ended well." if ended_well(rows) else "Not everything ended well."


def _print_notes(rows: Sequence[Row]) -> None:
    for note in dict.fromkeys(row.note for row in rows if row.note):
        print(tables.printable(f"Note: {note}"))


def _path_as_json(path: tuple[str, str], rows: Sequence[Row], began: datetime) -> dict[str, Any]:
    typed, mapped = path
    notes = list(dict.fromkeys(row.note for row in rows if row.note))
    results = [_row_as_json(row, began) for row in rows]
    return {"path": typed, "mapped": mapped, "ok": ended_well(rows), "notes": notes, "results": results}


def _row_as_json(row: Row, began: datetime) -> dict[str, Any]:
    files = [
        {"path": each.path, "state": each.result, "evidence": each.evidence, "saw": each.saw} for each in row.findings
    ]
    return {
        "server": row.server,
        "library": row.library,
        "state": row.state,
        "good": row.good,
        "text": row.text,
        "seconds": _seconds(row, began),
        "scans": row.scans,
        "requests": row.requests,
        "files": files,
    }
