"""What the Google Drive monitor remembers: its credentials, how far it has read each drive, and where each file was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, literal_column, select, update

from autoscan.model.drive import DriveEntry, DriveState, Walk
from autoscan.store import tallying
from autoscan.store.dialect import insert_if_absent, upsert
from autoscan.store.drive_tables import IS_GONE, drive_files, drive_names, drive_places, drives
from autoscan.store.part import Part
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

FILES = select(drive_files).where(drive_files.c.id.in_(bindparam("ids", expanding=True)), ~IS_GONE)
PLACES = (
    select(drive_places.c.file_id, drive_places.c.parent_id)
    .where(drive_places.c.file_id.in_(bindparam("ids", expanding=True)))
    .order_by(drive_places.c.parent_id)
)
_FILE = ("drive", "name", "mime", "md5", "size", "trashed", "listed_at", "round", "gone")
KEEP_FILE = upsert(drive_files, keys=("id",), update=_FILE)
ADD_FILE = insert_if_absent(drive_files, keys=("id",))
DROP_FILES = delete(drive_files).where(drive_files.c.id.in_(bindparam("ids", expanding=True)))
DROP_PLACES = delete(drive_places).where(drive_places.c.file_id.in_(bindparam("ids", expanding=True)))
ADD_PLACE = insert(drive_places)
SEEN = (
    update(drive_files)
    .where(drive_files.c.id.in_(bindparam("ids", expanding=True)))
    .values(round=bindparam("in_round"))
)
TWINS = (
    select(drive_files.c.id)
    .join(drive_places, drive_places.c.file_id == drive_files.c.id)
    .where(drive_places.c.parent_id == bindparam("parent"), drive_places.c.name == bindparam("called"))
    .where(~drive_files.c.trashed, ~IS_GONE)
    .limit(bindparam("count"))
)
STALE = (
    select(drive_files.c.id)
    .where(drive_files.c.drive == bindparam("of"), drive_files.c.round < bindparam("before"), ~IS_GONE)
    .order_by(drive_files.c.round)
    .limit(bindparam("count"))
)
NEXT_GONE = select(drive_files.c.id).where(literal_column("gone")).limit(1)
BELOW = select(drive_places.c.file_id).where(drive_places.c.parent_id == bindparam("parent")).limit(bindparam("count"))
#: Of what lay in a deleted folder, what holds something itself is the next deleted folder.
HOLDERS = (
    select(drive_places.c.parent_id).where(drive_places.c.parent_id.in_(bindparam("ids", expanding=True))).distinct()
)
MARK_GONE = update(drive_files).where(drive_files.c.id.in_(bindparam("ids", expanding=True))).values(gone=True)

DECODED = select(drive_names.c.name, drive_names.c.decoded).where(
    drive_names.c.remote == bindparam("of"), drive_names.c.name.in_(bindparam("names", expanding=True))
)
KEEP_DECODED = upsert(drive_names, keys=("remote", "name"), update=("decoded",))
FORGET_DECODED = delete(drive_names).where(
    drive_names.c.id <= select(func.max(drive_names.c.id) - NAMES).scalar_subquery()
)


class Driving(Part):
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

    def drive_entries(self, ids: Iterable[str]) -> dict[str, DriveEntry]:
        """Return what the cache knows of these files, by their ids."""
        found: dict[str, DriveEntry] = {}
        with self._store.read() as connection:
            for some in slices(list(dict.fromkeys(ids))):
                parents: dict[str, list[str]] = {}
                for file_id, parent in connection.execute(PLACES, {"ids": some}):
                    parents.setdefault(file_id, []).append(parent)
                for row in connection.execute(FILES, {"ids": some}):
                    found[row.id] = _entry(row, parents.get(row.id, ()))
        return found

    def keep_drive_changes(
        self, state: DriveState, entries: Sequence[DriveEntry], gone: Sequence[DriveEntry] = (), *, polled: str = ""
    ) -> None:
        """Write a page of news into the cache, and `state`, which says where to read on, in the same transaction.

        What lay in a folder of `gone` is forgotten by `clear_drive_cache`. `polled` counts a poll that ended so.
        """
        with self._store.write() as connection:
            _write(connection, entries, state.round)
            _forget(connection, gone)
            _keep(connection, state)
            if polled:
                tallying.once(connection, "drive_polls", state.name, polled)

    def add_drive_entries(self, entries: Sequence[DriveEntry], round_: int) -> None:
        """Write what the cache does not know yet; what it knows is left as it is, since it is what was told of."""
        with self._store.write() as connection:
            add_new(connection, entries, round_)

    def saw_drive_entries(self, ids: Sequence[str], round_: int) -> None:
        """Note that a listing saw these files."""
        with self._store.write() as connection:
            for some in slices(ids):
                connection.execute(SEEN, {"ids": some, "in_round": round_})

    def keep_build(self, state: DriveState, entries: Sequence[DriveEntry], *, next_token: str) -> bool:
        """Write the page at `state.build_token` of a listing that only fills the cache; `""` follows the last page.

        False, and nothing is written, if somebody else has read that page meanwhile.
        """
        values = {"of": state.drive, "was": state.build_token, "next": next_token, "count": state.built + len(entries)}
        with self._store.write() as connection:
            if connection.execute(KEEP_BUILD, values if next_token else {**values, "count": 0}).rowcount != 1:
                return False
            add_new(connection, entries, state.round)
            if not next_token:
                connection.execute(COMPLETE, {"of": state.drive})
        return True

    def drive_twins(self, parent: str, name: str, count: int = 100) -> list[str]:
        """Return the ids of the files, `count` at most, that are called `name` in the folder `parent`."""
        with self._store.read() as connection:
            return list(connection.execute(TWINS, {"parent": parent, "called": name, "count": count}).scalars())

    def stale_drive_entries(self, drive: str, before: int, count: int) -> list[DriveEntry]:
        """Return files of a drive that the listing number `before` did not see, `count` at most."""
        with self._store.read() as connection:
            ids = list(connection.execute(STALE, {"of": drive, "before": before, "count": count}).scalars())
        return list(self.drive_entries(ids).values())

    def clear_drive_cache(self, count: int = 500) -> bool:
        """Forget some of what lay in deleted folders; tell whether there was anything."""
        with self._store.write() as connection:
            folder = connection.execute(NEXT_GONE).scalar()
            if folder is None:
                return False
            below = list(connection.execute(BELOW, {"parent": folder, "count": count}).scalars())
            holders = set(connection.execute(HOLDERS, {"ids": below}).scalars()) if below else set()
            connection.execute(DROP_PLACES, {"ids": below or [folder]})
            connection.execute(MARK_GONE, {"ids": list(holders)})
            connection.execute(DROP_FILES, {"ids": [each for each in below if each not in holders] or [folder]})
        return True

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


def add_new(connection: Connection, entries: Sequence[DriveEntry], round_: int) -> None:
    """Do what `Driving.add_drive_entries` promises, inside a write transaction."""
    known: set[str] = set()
    for some in slices([each.id for each in entries]):
        known.update(row.id for row in connection.execute(FILES, {"ids": some}))
    _write(connection, [each for each in entries if each.id not in known], round_)


def _write(connection: Connection, entries: Sequence[DriveEntry], round_: int) -> None:
    if not entries:
        return
    rows = {each.id: _row(each, round_) for each in entries}
    connection.execute(KEEP_FILE, list(rows.values()))
    for some in slices(list(rows)):
        connection.execute(DROP_PLACES, {"ids": some})
    last = {each.id: each for each in entries}
    places = [
        {"file_id": each.id, "parent_id": parent, "name": each.name}
        for each in last.values()
        for parent in dict.fromkeys(each.parents)
    ]
    if places:
        connection.execute(ADD_PLACE, places)


def _forget(connection: Connection, gone: Sequence[DriveEntry]) -> None:
    """Forget files at once, and mark folders."""
    folders = [each.id for each in gone if each.is_folder]
    files = [each.id for each in gone if not each.is_folder]
    for some in slices(folders):
        connection.execute(MARK_GONE, {"ids": some})
    for some in slices(files):
        connection.execute(DROP_FILES, {"ids": some})


def _keep(connection: Connection, state: DriveState) -> None:
    connection.execute(KEEP_STATE, {**asdict(state), "watched": True})
    if state.complete:
        connection.execute(COMPLETE, {"of": state.drive})


def _state(row: Row[Any]) -> DriveState:
    values = row._asdict()
    del values["watched"]
    return DriveState(**{**values, "walk": Walk(values["walk"])})


def _row(entry: DriveEntry, round_: int) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in ("id", "drive", "name", "mime", "md5", "size", "trashed")}
    return {**values, "listed_at": entry.listed_at, "round": round_, "gone": False}


def _entry(row: Row[Any], parents: Sequence[str]) -> DriveEntry:
    return DriveEntry(
        id=row.id,
        drive=row.drive,
        name=row.name,
        parents=tuple(parents),
        mime=row.mime,
        md5=row.md5,
        size=row.size,
        trashed=row.trashed,
        listed_at=row.listed_at,
    )
