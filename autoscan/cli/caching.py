"""`scan.py build_caches`: list all of Google Drive once, so that the monitor knows where each file was."""

import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from autoscan import wiring
from autoscan.cli.reading import read
from autoscan.clock import Clock
from autoscan.drive import monitor_build, monitor_drives
from autoscan.drive.api import DriveApi
from autoscan.drive.monitor_walk import build_page
from autoscan.errors import DriveError, DriveTokenExpiredError, DriveUnavailableError
from autoscan.model import DriveState
from autoscan.wiring import Autoscan

#: Tries of one page that Google does not give, and the seconds between them, doubled each time.
TRIES = 6
PAUSE = 5.0

DISABLED = "Google is not enabled (GOOGLE.ENABLED is false): there is nothing to build caches of"

T = TypeVar("T")
#: Shows how many files of a drive were read.
Show = Callable[[DriveState], None]


def build_caches(arguments: Namespace) -> int:
    """Fill the cache of every drive that is watched; 1 if one of them could not be read to its end."""
    loaded = read(arguments)
    if not loaded.settings.google_enabled:
        print(DISABLED, file=sys.stderr)
        return 1
    autoscan = wiring.build(loaded.settings, Clock(), warnings=loaded.warnings)
    autoscan.store.prepare()
    try:
        return fill(autoscan)
    except KeyboardInterrupt:
        print("Stopped; the next time it goes on where it is.", file=sys.stderr)
        raise
    finally:
        autoscan.close()


def fill(autoscan: Autoscan) -> int:
    """Fill the cache of every drive; 1 if one of them could not be read to its end."""
    api = autoscan.drive_api()
    try:
        for _ in autoscan.queue.read_old_drive_cache(autoscan.settings.cache_file):
            pass
        states = monitor_drives.find(monitor_build.wanted(autoscan.settings), api, autoscan.queue)
        return max([_build(autoscan, api, state) for state in states], default=0)
    finally:
        api.close()


def _build(autoscan: Autoscan, api: DriveApi, state: DriveState) -> int:
    """Read one drive to its end; tell whether that went wrong."""
    if monitor_drives.is_unknown(state):
        print(state.problem, file=sys.stderr)
        return 1
    try:
        with _progress(state) as show:
            built = _read_all(autoscan, api, _begun(autoscan, api, state), show)
    except DriveError as error:
        print(f"{state.name}: {error}; begin again later: it goes on where it is", file=sys.stderr)
        return 1
    print(f"{state.name}: {built} files and folders read")
    return 0


def _begun(autoscan: Autoscan, api: DriveApi, state: DriveState) -> DriveState:
    """Remember the place in the log of changes before anything is listed: what happens meanwhile stands after it."""
    if state.page_token:
        return state
    begun = replace(state, page_token=_patiently(autoscan.clock, lambda: api.start_page_token(state.drive)))
    autoscan.queue.keep_drive_state(begun)
    return begun


def _read_all(autoscan: Autoscan, api: DriveApi, state: DriveState, show: Show) -> int:
    """Read to the end and return how many files there were; another process may do the same, and both go on."""
    queue, clock = autoscan.queue, autoscan.clock
    forgotten = 0
    while True:
        try:
            _patiently(clock, partial(build_page, api, queue, clock, state))
        except DriveTokenExpiredError:
            # Google keeps the place in a listing for some hours only.
            forgotten += 1
            if forgotten >= TRIES:
                raise
            queue.drop_build(state)
        state = queue.drive_state(state.drive) or state
        show(state)
        if state.complete and not state.build_token:
            return state.built


def _patiently(clock: Clock, ask: Callable[[], T]) -> T:
    for number in range(TRIES - 1):
        try:
            return ask()
        except DriveUnavailableError as error:
            clock.wait(max(error.retry_after, PAUSE * 2**number), threading.Event())
    return ask()


@contextmanager
def _progress(state: DriveState) -> Iterator[Show]:
    """Give what shows how far it is: a bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - a pipe does without
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(state.name, total=None, completed=state.built)
        yield lambda now: progress.update(task, completed=max(now.built, 1))
