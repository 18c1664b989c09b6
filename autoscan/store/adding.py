"""The one door in: an event, its paths and the scans that come of them, in one transaction and on disk at its end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from autoscan.model import Added, NewEvent, NewPath, NewScan, Queued
from autoscan.store.connections import Either
from autoscan.store.hot import Hot
from autoscan.store.merging import Asked, queue_scan
from autoscan.store.part import Part
from autoscan.store.tables import event_paths, events

_EVENT = ("at", "source", "app", "type", "request_id", "body", "note", "known")
_PATH = ("path", "mapped", "kind", "change", "detail", "folder")

INSERT_EVENT = Hot(insert(events), columns=_EVENT)
INSERT_PATH = Hot(insert(event_paths), columns=(*_PATH, "event_id", "outcome", "scan_id"))


class Adding(Part):
    """Takes events in."""

    def add(self, event: NewEvent, paths: Sequence[NewPath], scans: Sequence[NewScan], *, max_delay: float) -> Added:
        """Store `event` and queue `scans`; both are on disk when this returns, or neither is.

        A scan joins the waiting scan of its folder or of a whole folder above; its due time then is the later one, but
        `max_delay` seconds after the first request at most. Raises StoreUnavailableError; raises BadRequestError for
        text that no database takes.
        """
        with self._store.write_hot() as connection:
            return take_in(connection, event, paths, scans, timedelta(seconds=max_delay))


def take_in(
    connection: Either,
    event: NewEvent,
    paths: Sequence[NewPath],
    scans: Sequence[NewScan],
    max_delay: timedelta,
) -> Added:
    """Do what `Adding.add` promises, inside a write transaction."""
    event_row = {name: getattr(event, name) for name in _EVENT}
    event_id = INSERT_EVENT.new_id(connection, event_row)
    asked = Asked(at=event.at, source=event.source, request_id=event.request_id)
    queued = {scan.folder: queue_scan(connection, scan, asked, max_delay) for scan in _outer_first(scans)}
    INSERT_PATH.run_all(connection, (_path_row(event_id, path, queued) for path in paths))
    return Added(event_id=event_id, scans=queued)


def _outer_first(scans: Iterable[NewScan]) -> list[NewScan]:
    """Return `scans` so that a whole folder comes before those below it, which it then takes without a trace."""
    return sorted(scans, key=lambda scan: len(scan.folder))


def _path_row(event_id: int, path: NewPath, queued: Mapping[str, Queued]) -> dict[str, Any]:
    row = {name: getattr(path, name) for name in _PATH}
    went_to = queued.get(path.folder)
    if went_to is None:
        return {**row, "event_id": event_id, "outcome": path.outcome, "scan_id": None}
    outcome = "merged" if went_to.merged else "queued"
    return {**row, "event_id": event_id, "outcome": outcome, "scan_id": went_to.scan_id}
