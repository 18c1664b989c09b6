"""What the Google Drive monitor remembers: its credentials, how far it has read each drive, and where each file was."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from autoscan.model.drive import DriveEntry, DriveState, Walk
from autoscan.store import tallying
from autoscan.store.dialect import upsert
from autoscan.store.drive_cache import DriveCaching, add_new, forget, write
from autoscan.store.drive_legacy import import_old_cache
from autoscan.store.drive_tables import drive_names, drives
from autoscan.store.remembering import DROP_FACT, FACT, SET_FACT
from autoscan.store.rows import slices

#: The fact that holds the account's tokens, as one text that only the Drive room reads.
CREDENTIALS = "drive:credentials"
#: Decoded paths that are kept.
NAMES = 100_000

STATES = select(drives).where(drives.c.watched).order_by(drives.c.drive)
STATE = select(drives).where(drives.c.drive == bindparam("of"))
_STATE = ("name", "root", "page_token", "polled_at", "problem", "since", "walk", "walk_token", "round", "walked")
# What `keep_build` writes is left out: another process may do so at the same time.
KEEP_STATE = upsert(drives, keys=("drive",), update=(*_STATE, "lost_at", "watched"))
COMPLETE = update(drives).where(drives.c.drive == bindparam("of")).values(complete=True)
KEEP_BUILD = (
    update(drives)
    .where(drives.c.drive == bindparam("of"), drives.c.build_token == bindparam("was"))
    .values(build_token=bindparam("next"), built=bindparam("count"))
)
WATCH_NO_MORE = update(drives).where(drives.c.drive.not_in(bindparam("keep", expanding=True))).values(watched=False)
#: Configured names that fitted no drive are not worth a row once they do, or are configured no more.
DROP_UNKNOWN = delete(drives).where(drives.c.drive.startswith("?"), drives.c.watched.is_(False))

DECODED = select(drive_names.c.name, drive_names.c.decoded).where(
    drive_names.c.remote == bindparam("of"), drive_names.c.name.in_(bindparam("names", expanding=True))
)
KEEP_DECODED = upsert(drive_names, keys=("remote", "name"), update=("decoded",))
FORGET_DECODED = delete(drive_names).where(
    drive_names.c.id <= select(func.max(drive_names.c.id) - NAMES).scalar_subquery()
)


class Driving(DriveCaching):
    """Keeps what the Drive monitor knows."""

    def drive_credentials(self) -> str:
        """Return what `keep_drive_credentials` kept last; `""` if there is nothing. It is a secret."""
        with self._store.read() as connection:
            return str(connection.execute(FACT, {"fact": CREDENTIALS}).scalar() or "")

    def keep_drive_credentials(self, text: str) -> None:
        """Keep the account's tokens in place of those before; `""` forgets them."""
        with self._store.write() as connection:
            if text:
                connection.execute(SET_FACT, {"key": CREDENTIALS, "value": text})
            else:
                connection.execute(DROP_FACT, {"fact": CREDENTIALS})

    def drive_states(self) -> tuple[DriveState, ...]:
        """Return how it stands with each drive that is watched; none before the monitor ran for the first time."""
        with self._store.read() as connection:
            return tuple(_state(row) for row in connection.execute(STATES))

    def drive_state(self, drive: str) -> DriveState | None:
        """Return how it stands with one drive, also one that is watched no more; None if it was never watched."""
        with self._store.read() as connection:
            row = connection.execute(STATE, {"of": drive}).first()
        return _state(row) if row is not None else None

    def keep_drive_state(self, state: DriveState, *, polled: str = "") -> None:
        """Keep how it stands with a drive, which is watched from now on; `polled` counts a poll that ended so."""
        with self._store.write() as connection:
            _keep(connection, state)
            if polled:
                tallying.once(connection, "drive_polls", state.name, polled)

    def watch_drives(self, only: Sequence[str]) -> None:
        """Note that no other drives are watched any more; how far they were read is kept."""
        with self._store.write() as connection:
            connection.execute(WATCH_NO_MORE, {"keep": list(only)})
            connection.execute(DROP_UNKNOWN)

    def keep_drive_changes(
        self, state: DriveState, entries: Sequence[DriveEntry], gone: Sequence[DriveEntry] = (), *, polled: str = ""
    ) -> None:
        """Write a page of news into the cache, and `state`, which says where to read on, in the same transaction.

        What lay in a folder of `gone` is forgotten by `clear_drive_cache`. `polled` counts a poll that ended so.
        """
        with self._store.write() as connection:
            write(connection, entries, state.round)
            forget(connection, gone)
            _keep(connection, state)
            if polled:
                tallying.once(connection, "drive_polls", state.name, polled)

    def keep_build(self, state: DriveState, entries: Sequence[DriveEntry], *, next_token: str) -> bool:
        """Write the page at `state.build_token` of a listing that only fills the cache; `""` follows the last page.

        False, and nothing is written, if somebody else has read that page meanwhile.
        """
        count = (state.built if state.build_token else 0) + len(entries)
        values = {"of": state.drive, "was": state.build_token, "next": next_token, "count": count}
        with self._store.write() as connection:
            if connection.execute(KEEP_BUILD, values).rowcount != 1:
                return False
            add_new(connection, entries, state.round)
            if not next_token:
                connection.execute(COMPLETE, {"of": state.drive})
        return True

    def drop_build(self, state: DriveState) -> None:
        """Have such a listing begin again at its first page, unless somebody else has read on meanwhile."""
        values = {"of": state.drive, "was": state.build_token, "next": "", "count": 0}
        with self._store.write() as connection:
            connection.execute(KEEP_BUILD, values)

    def read_old_drive_cache(self, file: Path) -> Iterator[None]:
        """Take over the `cache.db` of plex_autoscan and 2.x, once for ever, a slice at each step of the iterator."""
        return import_old_cache(self._store, file, CREDENTIALS)

    def decoded_names(self, remote: str, names: Iterable[str]) -> dict[str, str]:
        """Return what rclone made of these paths of a crypt remote, as far as it is kept."""
        with self._store.read() as connection:
            return {
                row.name: row.decoded
                for some in slices(list(names))
                for row in connection.execute(DECODED, {"of": remote, "names": some})
            }

    def keep_decoded_names(self, remote: str, names: Mapping[str, str]) -> None:
        """Keep what rclone made of paths of a crypt remote; of too many, the oldest are forgotten."""
        with self._store.write() as connection:
            rows = [{"remote": remote, "name": name, "decoded": decoded} for name, decoded in names.items()]
            connection.execute(KEEP_DECODED, rows)
            connection.execute(FORGET_DECODED)


def _keep(connection: Connection, state: DriveState) -> None:
    connection.execute(KEEP_STATE, {**asdict(state), "watched": True})
    if state.complete:
        connection.execute(COMPLETE, {"of": state.drive})


def _state(row: Row[Any]) -> DriveState:
    values = row._asdict()
    del values["watched"]
    return DriveState(**{**values, "walk": Walk(values["walk"])})
