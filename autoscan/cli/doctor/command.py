"""Check everything and show what was found."""

import json
import logging
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict

from autoscan import logs, settings
from autoscan.cli import tables
from autoscan.cli.doctor import machine, mappings, servers
from autoscan.cli.doctor.findings import Finding, Level
from autoscan.cli.doctor.folders import Folders
from autoscan.cli.reading import given
from autoscan.cli.scanning.private import private
from autoscan.clock import Clock
from autoscan.filecheck import FileChecker
from autoscan.settings import Loaded

HEAD = ("Result", "About", "Check", "Finding")


def doctor(arguments: Namespace) -> int:
    """Show every finding, and return 0 if nothing failed, else 1. Raises SettingsError."""
    loaded = settings.load(given(arguments))
    logs.setup(loaded.settings, console=logging.ERROR)
    findings = examine(loaded, Clock())
    if arguments.json:
        _print_json(findings)
    else:
        tables.show(_summary(findings), HEAD, [_cells(finding) for finding in findings])
    return 0 if _is_well(findings) else 1


def examine(loaded: Loaded, clock: Clock) -> list[Finding]:
    """Check servers, mappings and this machine."""
    with private(loaded.settings, clock) as own:
        views = servers.ask_all(own.targets)
    with closing(Folders(FileChecker(clock=clock))) as folders:
        return [
            *(finding for view in views for finding in view.findings),
            *mappings.check(loaded.settings, views, folders),
            *machine.check(loaded, views, folders),
        ]


def _is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.level is not Level.FAIL for finding in findings)


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    numbers = ", ".join(f"{counts[level]} {level}" for level in Level)
    return f"{'Nothing failed' if _is_well(findings) else 'Something failed'}: {numbers}"


def _cells(finding: Finding) -> tuple[str, ...]:
    text = f"{finding.text}\n-> {finding.advice}" if finding.advice else finding.text
    return (finding.level, finding.about, finding.name, text)


def _print_json(findings: Sequence[Finding]) -> None:
    print(json.dumps({"ok": _is_well(findings), "findings": [asdict(finding) for finding in findings]}, indent=2))
