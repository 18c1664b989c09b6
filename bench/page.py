"""The section "What it costs" of ARCHITECTURE.md: the figures of the last runs, where they have a goal or a floor."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from bench.lines import Line

PAGE = Path(__file__).parent.parent / "ARCHITECTURE.md"
BEGIN = "<!-- what it costs: written by `python -m bench --write` -->"
END = "<!-- end of what it costs -->"

#: What each benchmark is about.
ABOUT = {
    "ack": "Webhooks answered over loopback; the floor is a bare Flask view with one durable SQLite insert, under the "
    "same Gunicorn settings.",
    "queue": "A queue with few and with many folders waiting.",
    "reaction": "The real program and three simulated servers, in real time.",
    "economy": "What the closed loop asks of a server, whatever happens to a library.",
    "weight": "Memory of all processes, and what they do while there is nothing to do.",
    "history": "Pages and API; the floor is the same with a small history.",
    "drive": "Watching Google Drive; the floor is the same with few files.",
    "soak": "Days of webhooks on a virtual clock.",
}


def machine() -> str:
    """Return the day, what the figures were measured on, and how much else it had to do just now."""
    day = Clock().now().date().isoformat()
    what = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{day}, {what}, load {os.getloadavg()[0]:.1f} at the end"


def write(results: Path, names: Sequence[str]) -> None:
    """Replace what stands between the two marks of ARCHITECTURE.md; benchmarks that never ran are left out."""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    files = [results / f"{name}.json" for name in names]
    parts = [_section(json.loads(file.read_text())) for file in files if file.exists()]
    PAGE.write_text("\n\n".join([before + BEGIN, *parts, END + after]))


def _section(kept: dict[str, Any]) -> str:
    lines = [Line(**{name: value for name, value in each.items() if name != "met"}) for each in kept["lines"]]
    head = f"### {kept['benchmark']}\n\n{ABOUT[kept['benchmark']]} ({kept['machine']}; {kept['seconds']:.0f} s)\n\n"
    return head + "\n".join(_table([line for line in lines if line.goal or line.floor is not None]))


def _table(lines: Sequence[Line]) -> Iterator[str]:
    yield "| figure | value | floor | goal | |"
    yield "| --- | ---: | ---: | --- | --- |"
    for line in lines:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in line.cells()) + " |"
