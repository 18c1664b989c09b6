"""Tables on the terminal; where there is none, plain columns for other programs to cut."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

Row = Sequence[str]


def show(title: str, head: Row, rows: Sequence[Row]) -> None:
    """Print one table. A cell may have several lines."""
    safe = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _show_rich(printable(title), head, safe)
    else:
        print(printable(title))
        print(plain(head, safe))


def plain(head: Row, rows: Sequence[Row]) -> str:
    """Return aligned columns; the further lines of a cell stand in lines of their own."""
    lines = [list(head)]
    for row in rows:
        cells = [cell.split("\n") for cell in row]
        height = max(len(cell) for cell in cells)
        lines += [[cell[index] if index < len(cell) else "" for cell in cells] for index in range(height)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _show_rich(title: str, head: Row, rows: Sequence[Row]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a pipe does without

    Console().print(rich_table(title, head, rows))


def rich_table(title: str, head: Row, rows: Sequence[Row]) -> "Table":
    """Return one table for a terminal; `title` may be empty."""
    from rich.table import Table  # noqa: PLC0415 - a pipe does without
    from rich.text import Text  # noqa: PLC0415

    table = Table(*head, title=Text(printable(title)) if title else None, title_justify="left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def printable(text: str) -> str:
    """Return `text` without what could steer the terminal: titles come from other machines."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)
