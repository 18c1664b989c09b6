"""An Autoscan of one's own for as long as a command runs: nothing of it touches the service's database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from autoscan import targets, wiring
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.settings import Settings
from autoscan.store import Queue, Store
from autoscan.targets import Target
from autoscan.wiring import Autoscan

#: Seconds after which a file that does not appear is given up: somebody sits there and waits.
PATIENCE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """An Autoscan on a database in a temporary folder, with its media servers."""

    autoscan: Autoscan
    targets: tuple[Target, ...]


@contextmanager
def private(settings: Settings, clock: Clock) -> Iterator[Private]:
    """Give an Autoscan that works on `settings`, at once and without waiting for files; the end removes its database.

    To the media servers it is the same client as the service.
    """
    with tempfile.TemporaryDirectory(prefix="autoscan-", ignore_cleanup_errors=True) as folder:
        autoscan = wiring.build(_at_once(settings, Path(folder)), clock)
        autoscan.store.prepare()
        made = targets.from_settings(
            settings.media_servers,
            clock=clock,
            client_id=lambda: _client_id(settings, clock) or autoscan.queue.client_id(),
            prefix=lambda name: autoscan.queue.server(name).prefix,
            remember=autoscan.queue.remember,
        )
        try:
            yield Private(autoscan=autoscan, targets=made)
        finally:
            for target in made:
                target.close()
            autoscan.store.dispose()


def _at_once(settings: Settings, folder: Path) -> Settings:
    """Return `settings` in `folder`, without delays that collect events or wait for long, with one look for a file."""
    return replace(
        settings,
        queue_file=folder / "queue.db",
        old_queue_files=(),
        server_scan_delay=0,
        sources={name: replace(source, scan_delay=None) for name, source in settings.sources.items()},
        server_max_file_checks=min(settings.server_max_file_checks, 1),
        server_scan_folder_on_file_exists_exhaustion=False,
        verify_deadline=min(settings.verify_deadline, PATIENCE),
    )


def _client_id(settings: Settings, clock: Clock) -> str:
    """Return the id that the service goes by, so that a media server does not list one more device; `""` if none."""
    if not settings.store_file.exists():
        return ""
    store = Store(settings.store_file, clock)
    with suppress(StoreUnavailableError):
        try:
            return Queue(store).client_id()
        finally:
            store.dispose()
    return ""
