"""Read the `cache.db` of plex_autoscan and 2.x once, and never change it: authorisation, page tokens, file cache."""

import json
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoscan.model.drive import FOLDER_TYPE, DriveEntry
from autoscan.store.dialect import insert_if_absent
from autoscan.store.drive_cache import add_new
from autoscan.store.drive_tables import drives
from autoscan.store.remembering import FACT, SET_FACT
from autoscan.store.tables import facts

if TYPE_CHECKING:
    from autoscan.store.engine import Store

log = logging.getLogger(__name__)

#: Set once the old cache was read.
IMPORTED = "imported:cache.db"
#: Entries of one transaction.
SLICE = 1000
#: What the old programs called My Drive, and what the id of a shared drive follows.
_MY_DRIVE = "drive_root"
_SHARED = "teamdrive_"
_TOKEN = "page_token"  # noqa: S105 - a key of theirs

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
TOKEN = "SELECT value FROM settings WHERE key = 'token'"  # noqa: S105 - a statement
ADD_DRIVE = insert_if_absent(drives, keys=("drive",))
ADD_FACT = insert_if_absent(facts, keys=("key",))


def import_old_cache(store: "Store", file: Path, credentials: str) -> Iterator[None]:
    """Take over what the old `file` holds, once for ever, some of it before each `yield`.

    `credentials` is the fact in which an authorisation is kept, if there is none yet. What is wrong with the file is
    logged, and ends it. Raises StoreUnavailableError if the new database cannot take it; begun again, it goes on well.
    """
    with store.read() as connection:
        done = connection.execute(FACT, {"fact": IMPORTED}).first() is not None
    if done:
        return
    try:
        if not file.is_file():
            return
        with ExitStack() as stack:
            old = _Old(stack.enter_context(closing(_opened(file, stack))))
            count = 0
            for entries in old.entries():
                with store.write() as connection:
                    add_new(connection, entries, 1)
                count += len(entries)
                yield
            _finish(store, file, credentials, old, count)
    except (OSError, sqlite3.Error) as error:
        log.warning("%s: the old cache could not be read and is left alone: %s", file, error)


def _finish(store: "Store", file: Path, credentials: str, old: "_Old", count: int) -> None:
    """Say where to read on only now that the files are known."""
    with store.write() as connection:
        for drive, token in old.places().items():
            connection.execute(ADD_DRIVE, {"drive": drive, "page_token": token, "watched": False})
        if old.token():
            connection.execute(ADD_FACT, {"key": credentials, "value": old.token()})
        connection.execute(SET_FACT, {"key": IMPORTED, "value": f"{count} files from {file} at {store.clock.now()}"})
    what = "files and the authorisation" if old.token() else "files"
    log.info("%d %s taken over from %s, which is not needed any more", count, what, file)


def _opened(file: Path, stack: ExitStack) -> sqlite3.Connection:
    """Open the file as one that nobody changes; a copy, if a journal lies beside it that belongs to it."""
    journals = [file.with_name(file.name + suffix) for suffix in ("-wal", "-journal")]
    if any(each.exists() for each in journals):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autoscan-")))
        for part in (file, *filter(Path.exists, journals)):
            shutil.copyfile(part, folder / part.name)
        return sqlite3.connect(folder / file.name)
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


class _Old:
    """The old file: a table for each drive, of JSON by key (SqliteDict)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tables = [name for (name,) in connection.execute(TABLES)]

    def token(self) -> str:
        """Return the authorisation as it stands there; `""` if there is none."""
        found = self._connection.execute(TOKEN).fetchone() if "settings" in self._tables else None
        text = _text(found[0]) if found is not None else ""
        return text if isinstance(_parsed(text), dict | str) else ""

    def places(self) -> dict[str, str]:
        """Return where to read on in the log of each drive."""
        found: dict[str, str] = {}
        for table, drive in self._drives().items():
            row = self._connection.execute(f'SELECT value FROM "{table}" WHERE key = ?', (_TOKEN,)).fetchone()  # noqa: S608 - a name from the file's own list
            token = _parsed(_text(row[0])) if row is not None else None
            if isinstance(token, int | str) and str(token).strip():
                found[drive] = str(token)
        return found

    def entries(self) -> Iterator[list[DriveEntry]]:
        """Yield the files of all drives, in slices."""
        for table, drive in self._drives().items():
            rows = self._connection.execute(f'SELECT key, value FROM "{table}"')  # noqa: S608 - as above
            while some := rows.fetchmany(SLICE):
                found = (_entry(str(key), _parsed(_text(value)), drive) for key, value in some if key != _TOKEN)
                yield [each for each in found if each is not None]

    def _drives(self) -> dict[str, str]:
        shared = {name: name.removeprefix(_SHARED) for name in self._tables if name.startswith(_SHARED)}
        usable = {name: drive for name, drive in shared.items() if drive and '"' not in name}
        return {_MY_DRIVE: "", **usable} if _MY_DRIVE in self._tables else usable


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _entry(file_id: str, value: object, drive: str) -> DriveEntry | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    parents = value.get("parents")
    md5 = str(value.get("md5Checksum") or "")
    return DriveEntry(
        id=file_id,
        drive=drive,
        # Half a character, as JSON may have it, cannot be stored.
        name=value["name"].encode(errors="replace").decode(),
        parents=tuple(str(each) for each in parents) if isinstance(parents, list) else (),
        # The type was not kept; what has a checksum is a file.
        mime="" if md5 else FOLDER_TYPE,
        md5=md5,
    )
