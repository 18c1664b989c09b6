"""The table of faults in ARCHITECTURE.md speaks of tests that there are."""

import re
from pathlib import Path

from tests.programs import ROOT

TESTS = Path(__file__).parent


def survives() -> list[str]:
    """Return the rows of the table."""
    page = (ROOT / "ARCHITECTURE.md").read_text()
    section = page.partition("## What it survives\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][2:]


def test_each_fault_names_tests_that_there_are() -> None:
    there = {name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
    rows = survives()
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert set(named) <= there, row
