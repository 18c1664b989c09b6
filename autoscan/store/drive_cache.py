"""The cache of Google Drive's files: where each of them was when somebody was last told of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, literal_column, select, update

from autoscan.model.drive import FOLDER_TYPE, DriveEntry
from autoscan.store.dialect import upsert
from autoscan.store.drive_tables import IS_GONE, drive_files, drive_places
from autoscan.store.part import Part
from autoscan.store.rows import slices

FILES = select(drive_files).where(drive_files.c.id.in_(bindparam("ids", expanding=True)), ~IS_GONE)
PLACES = (
    select(drive_places.c.file_id, drive_places.c.parent_id)
    .where(drive_places.c.file_id.in_(bindparam("ids", expanding=True)))
    .order_by(drive_places.c.parent_id)
)
_FILE = ("drive", "name", "mime", "md5", "size", "trashed", "listed_at", "round", "gone")
KEEP_FILE = upsert(drive_files, keys=("id",), update=_FILE)
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
    .order_by(drive_files.c.mime != FOLDER_TYPE)
    .limit(bindparam("count"))
)
NEXT_GONE = select(drive_files.c.id).where(literal_column("gone")).limit(1)
BELOW = select(drive_places.c.file_id).where(drive_places.c.parent_id == bindparam("parent")).limit(bindparam("count"))
#: Of what lay in a deleted folder, what holds something itself is the next deleted folder.
HOLDERS = (
    select(drive_places.c.parent_id).where(drive_places.c.parent_id.in_(bindparam("ids", expanding=True))).distinct()
)
LEAVE = delete(drive_places).where(
    drive_places.c.file_id.in_(bindparam("ids", expanding=True)), drive_places.c.parent_id == bindparam("parent")
)
MARK_GONE = update(drive_files).where(drive_files.c.id.in_(bindparam("ids", expanding=True))).values(gone=True)


class DriveCaching(Part):
    """Keeps the cache; every answer is found by an index, so a drive may have any number of files."""

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

    def add_drive_entries(self, entries: Sequence[DriveEntry], round_: int) -> None:
        """Write what the cache does not know yet; what it knows is left as it is, since it is what was told of."""
        with self._store.write() as connection:
            add_new(connection, entries, round_)

    def saw_drive_entries(self, ids: Sequence[str], round_: int) -> None:
        """Note that a listing saw these files."""
        with self._store.write() as connection:
            for some in slices(ids):
                connection.execute(SEEN, {"ids": some, "in_round": round_})

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
            if below:
                _leave(connection, folder, below)
            else:
                connection.execute(DROP_FILES, {"ids": [folder]})
        return True


def _leave(connection: Connection, folder: str, below: Sequence[str]) -> None:
    """Forget some of what lay in a deleted folder, unless it lies in another one, too."""
    connection.execute(LEAVE, {"ids": below, "parent": folder})
    elsewhere = {file_id for file_id, _ in connection.execute(PLACES, {"ids": below})}
    lost = [each for each in below if each not in elsewhere]
    holders = set(connection.execute(HOLDERS, {"ids": lost}).scalars())
    connection.execute(MARK_GONE, {"ids": list(holders)})
    connection.execute(DROP_FILES, {"ids": [each for each in lost if each not in holders]})


def add_new(connection: Connection, entries: Sequence[DriveEntry], round_: int) -> None:
    """Do what `Driving.add_drive_entries` promises, inside a write transaction."""
    known: set[str] = set()
    for some in slices([each.id for each in entries]):
        known.update(row.id for row in connection.execute(FILES, {"ids": some}))
    write(connection, [each for each in entries if each.id not in known], round_)


def write(connection: Connection, entries: Sequence[DriveEntry], round_: int) -> None:
    """Write what files are now; `round_` is the number of the drive's listing."""
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


def forget(connection: Connection, gone: Sequence[DriveEntry]) -> None:
    """Forget files at once, and mark folders."""
    folders = [each.id for each in gone if each.is_folder]
    files = [each.id for each in gone if not each.is_folder]
    for some in slices(folders):
        connection.execute(MARK_GONE, {"ids": some})
    for some in slices(files):
        connection.execute(DROP_FILES, {"ids": some})


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
