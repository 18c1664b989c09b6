"""Read the `queue.db` of plex_autoscan and Autoscan 2.x once, and never change it."""

import json
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from autoscan import paths
from autoscan.model import Change, Expectation, Kind, NewEvent, NewPath, NewScan
from autoscan.store.adding import take_in
from autoscan.store.remembering import FACT, SET_FACT

if TYPE_CHECKING:
    from autoscan.store.engine import Store

log = logging.getLogger(__name__)

#: Set once the old queue was read.
IMPORTED = "imported:queue.db"
#: The source of what was read.
SOURCE = "import"

#: By table: how to read the path and what had happened to it, as plex_autoscan and 2.x, and the by275 fork, kept it.
OLD_TABLES = {
    "queueitemmodel": "SELECT scan_path, scan_type FROM queueitemmodel ORDER BY id",
    "scan_item": "SELECT path, event_type FROM scan_item ORDER BY rowid",
}
HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"


def import_old_queues(store: "Store", files: Iterable[Path]) -> tuple[str, ...]:
    """Queue what the old `files` still held, once for ever; return a warning for each that could not be read.

    Their paths are mapped already. Raises StoreUnavailableError if the new database cannot take them.
    """
    found = [file for file in dict.fromkeys(files) if file != store.path and _may_be_there(file)]
    if not found or _is_imported(store):
        return ()
    warnings = []
    for file in found:
        try:
            changes = read_old_queue(file)
        except (OSError, sqlite3.Error) as error:
            warnings.append(f"{file}: the old queue could not be read and is left alone: {error}")
        else:
            _queue(store, file, changes)
    return tuple(warnings)


def _may_be_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        # It lies where this user may not look, which the attempt to read it says.
        return True


def read_old_queue(file: Path) -> list[tuple[str, Change]]:
    """Return the paths in an old queue, and whether they came or went.

    A copy is read: opening the file itself might create a journal beside it, and opening it as unchangeable would not
    see what lies in a journal that is there already. Raises OSError or sqlite3.Error.
    """
    with tempfile.TemporaryDirectory(prefix="autoscan-") as folder:
        for suffix in ("", "-wal", "-journal"):
            part = file.with_name(file.name + suffix)
            if part.exists():
                shutil.copyfile(part, Path(folder) / f"queue.db{suffix}")
        with closing(sqlite3.connect(Path(folder) / "queue.db")) as connection:
            # One name that is no UTF-8 must not cost the others.
            connection.text_factory = lambda octets: octets.decode(errors="replace")
            tables = [table for table in OLD_TABLES if connection.execute(HAS_TABLE, (table,)).fetchone()]
            rows = [row for table in tables for row in connection.execute(OLD_TABLES[table])]
    return [(path, _change(kind)) for path, kind in rows if isinstance(path, str) and path.strip()]


def _is_imported(store: "Store") -> bool:
    with store.read() as connection:
        return connection.execute(FACT, {"fact": IMPORTED}).first() is not None


def _change(event_type: object) -> Change:
    """Return what the old event type means: nobody waits for files of `EpisodeFileDelete` and the like."""
    return Change.REMOVED if "delete" in str(event_type or "").lower() else Change.ADDED


def _queue(store: "Store", file: Path, changes: Sequence[tuple[str, Change]]) -> None:
    now = store.clock.now()
    event = NewEvent(
        at=now,
        source=SOURCE,
        app=SOURCE,
        type=file.name,
        request_id="",
        body=json.dumps({"file": str(file), "paths": [path for path, _ in changes]}),
        note="" if changes else "the old queue was empty",
    )
    with store.write() as connection:
        if changes:
            new_paths = [_new_path(path, change) for path, change in changes]
            take_in(connection, event, new_paths, _new_scans(changes, now), timedelta())
        connection.execute(SET_FACT, {"key": IMPORTED, "value": f"{len(changes)} paths from {file} at {now}"})
    log.info("%d paths taken over from %s, which is not needed any more", len(changes), file)


def _new_path(path: str, change: Change) -> NewPath:
    folder = paths.scan_folder(path, Kind.UNKNOWN)
    return NewPath(path=path, mapped=path, kind=Kind.UNKNOWN, change=change, outcome="queued", folder=folder)


def _new_scans(changes: Iterable[tuple[str, Change]], due_at: datetime) -> list[NewScan]:
    """Return a scan for each folder, with all that is expected in it."""
    expected: dict[str, list[Expectation]] = {}
    for path, change in changes:
        items = expected.setdefault(paths.scan_folder(path, Kind.UNKNOWN), [])
        items.append(Expectation(path=path, kind=Kind.UNKNOWN, change=change))
    return [
        NewScan(
            folder=folder,
            whole=any(paths.key(item.path) == paths.key(folder) for item in items),
            due_at=due_at,
            expectations=tuple(items),
        )
        for folder, items in expected.items()
    ]
