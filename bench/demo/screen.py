"""What the demo shows: live tables on a terminal, plain lines elsewhere."""

import sys
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from autoscan.model import ScanState
from bench.demo.watch import FolderView, View


class Screen(Protocol):
    """Shows how it goes."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, seconds: float, view: View, news: str) -> None:
        """Show what is to be seen after `seconds`; `news` is the last webhook."""


def fitting() -> Screen:
    """Return the screen that fits standard output."""
    console = Console()
    return LiveScreen(console) if sys.stdout.isatty() and not console.is_dumb_terminal else PlainScreen()


class PlainScreen:
    """Prints a line for everything new."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Everything is printed already."""

    def show(self, seconds: float, view: View, news: str) -> None:
        """Print what was not said yet."""
        for line in (news, *_plain_lines(view)):
            if line not in self._said:
                self._said.add(line)
                print(f"{seconds:5.1f} s  {line}", flush=True)


def _plain_lines(view: View) -> list[str]:
    scans = [f"Autoscan: {each.folder}: {_state(each)}" for each in view.folders if each.states]
    asked = [f"{each.server} is asked to scan {each.asked}" for each in view.servers if each.asked]
    shown = [f"{each.server} shows {each.folder} as it is on disk" for each in view.servers if each.shown_at]
    seen = [
        f"Autoscan has seen it: {each.folder} {each.state} at {each.server} ({each.evidence})"
        for each in view.servers
        if each.seen_at
    ]
    return scans + asked + shown + seen


class LiveScreen:
    """Draws two tables, over and over: the folders in Autoscan, and the folders at the servers."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, seconds: float, view: View, news: str) -> None:
        """Draw everything anew."""
        headline = Text.assemble((f"{seconds:4.1f} s  ", "bold"), (news, "cyan"))
        self._live.update(Group(headline, _folders(view), _servers(view)), refresh=True)


def _folders(view: View) -> Table:
    table = Table("Folder", "Webhooks", "Autoscan", title="One scan for each folder ...", expand=True)
    table.columns[0].no_wrap = True
    for each in view.folders:
        countdown = f" {each.due_in} s" if ScanState.WAITING in each.states else ""
        table.add_row(Text(each.folder), str(each.webhooks), Text(f"{_state(each)}{countdown}"))
    return table


def _servers(view: View) -> Table:
    columns = ("Server", "Is asked to scan", "After", "Shows it after", "Seen in it after")
    table = Table(*columns, title="... and server; a scan is done when the server shows the files", expand=True)
    table.columns[1].no_wrap = True
    for each in view.servers:
        # Not as plain strings: rich would take `[...]` in a name for markup.
        scope = Text(each.asked) if each.asked else Text(each.folder, style="dim")
        seen = f"{_after(each.seen_at)} ({each.state})" if each.seen_at else ""
        table.add_row(each.server, scope, _after(each.asked_at), _after(each.shown_at), seen)
    return table


def _state(each: FolderView) -> str:
    states = ", ".join(each.states)
    # What follows the colon are the names of files.
    looks_for = each.reason.partition(":")[0] if ScanState.CHECKING in each.states else ""
    return f"{states} ({looks_for})" if looks_for else states


def _after(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
