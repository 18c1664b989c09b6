"""What `sections` and `sections+` show: the libraries of every server, asked all at once."""

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from autoscan.cli import tables
from autoscan.errors import TargetError
from autoscan.targets import Library, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One library."""

    library: Library
    #: Whether it is being scanned; None where nobody asked.
    busy: bool | None = None
    items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one server said, or why it said nothing."""

    server: str
    type: str
    version: str = ""
    rows: tuple[Row, ...] = ()
    error: str = ""


def ask_all(targets: Sequence[Target], *, plus: bool) -> list[Answer]:
    """Ask every server, at the same time: one that does not answer costs its own time-out only."""
    with ThreadPoolExecutor(max_workers=max(len(targets), 1)) as pool:
        return list(pool.map(partial(_ask, plus=plus), targets))


def show(answers: Sequence[Answer], *, plus: bool, as_json: bool) -> None:
    """Print the answers as tables or as JSON, and on stderr why there is none."""
    if as_json:
        print(json.dumps([_as_json(answer, plus=plus) for answer in answers], indent=2))
    for answer in answers:
        if answer.error:
            print(f"{answer.server} ({answer.type}) could not be asked: {answer.error}", file=sys.stderr)
        elif not as_json:
            _show(answer, plus=plus)


def _ask(target: Target, *, plus: bool) -> Answer:
    try:
        version = target.info().version
        rows = _rows(target) if plus else tuple(Row(library=library) for library in target.libraries(fresh=True))
    except TargetError as error:
        return Answer(server=target.name, type=target.type, error=str(error))
    finally:
        target.close()
    return Answer(server=target.name, type=target.type, version=version, rows=rows)


def _rows(target: Target) -> tuple[Row, ...]:
    libraries = target.libraries(fresh=True)
    busy = {state.library_id: state.busy for state in target.states()}
    return tuple(
        Row(library=library, busy=busy.get(library.id, False), items=target.counts(library)) for library in libraries
    )


def _show(answer: Answer, *, plus: bool) -> None:
    head = ("ID", "Title", "Type", "Folders", *(("State", "Items") if plus else ()))
    title = f"{answer.server} ({answer.type} {answer.version})"
    tables.show(title, head, [_cells(row, plus=plus) for row in answer.rows])


def _cells(row: Row, *, plus: bool) -> tuple[str, ...]:
    library = row.library
    cells = (library.id, library.title, library.type, "\n".join(library.roots))
    return (*cells, *_more(row)) if plus else cells


def _more(row: Row) -> tuple[str, str]:
    return ("scanning" if row.busy else "idle", "?" if row.items is None else str(row.items))


def _as_json(answer: Answer, *, plus: bool) -> dict[str, Any]:
    libraries = []
    for row in answer.rows:
        library = row.library
        one = {"id": library.id, "title": library.title, "type": library.type, "folders": list(library.roots)}
        libraries.append(one | ({"scanning": row.busy, "items": row.items} if plus else {}))
    head = {"server": answer.server, "type": answer.type, "version": answer.version}
    return head | ({"error": answer.error} if answer.error else {"libraries": libraries})
