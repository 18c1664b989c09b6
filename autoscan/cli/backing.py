"""`scan.py backup FILE` and `scan.py restore FILE`: all that Autoscan keeps, in one archive."""

import json
import os
import shutil
import tarfile
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from autoscan import __version__, settings
from autoscan.cli.reading import given
from autoscan.clock import Clock
from autoscan.errors import AutoscanError
from autoscan.services.lock import LeaderLock
from autoscan.settings.keeping import replace_file, text_of
from autoscan.store import Store
from autoscan.store.backup import copy_database, mend_copy

DATABASE, CONFIG, MANIFEST = "autoscan.db", "config.json", "manifest.json"
#: What lies beside the database: the key of the sessions, a password that was made and found no other place.
BESIDE = ("secret_key", "server_pass")
#: What of a database is one thing.
_TAILS = ("", "-wal", "-shm")
_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything is, or should be; nothing is read to find out but what names the places."""

    config: Path
    data: Path

    @property
    def database(self) -> Path:
        """Return the database's place."""
        return self.data / DATABASE


def backup(arguments: Namespace) -> int:
    """Write everything into one archive, while the service runs; an older archive stays until the new one is whole."""
    places, target = _places(arguments), Path(arguments.file)
    with _scratch(target.absolute().parent) as scratch:
        copy_database(places.database, scratch / DATABASE)
        there = [each for each in (places.config, *map(places.data.joinpath, BESIDE)) if each.is_file()]
        archive = scratch / "archive"
        with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
            _add_manifest(tar)
            tar.add(scratch / DATABASE, DATABASE)
            for each in there:
                tar.add(each.resolve(), CONFIG if each == places.config else each.name)
        archive.chmod(0o600)
        archive.replace(target)
    names = ", ".join([DATABASE, *(each.name for each in there)])
    print(f"{target}: {names} ({target.stat().st_size / _MIB:.1f} MiB)")
    print("It holds secrets. What is set by environment variables or in .env is not in it.")
    return 0


def restore(arguments: Namespace) -> int:
    """Put an archive in place of what is there, which is kept aside. Refuses while the service runs."""
    places, source = _places(arguments), Path(arguments.file)
    places.data.mkdir(parents=True, exist_ok=True)
    with _alone(places), _scratch(places.data) as scratch:
        _unpack(source, scratch)
        mend_copy(scratch / DATABASE, Clock())
        aside = _put_aside(places, scratch)
        restored = list(_put_in_place(places, scratch))
    print(f"restored {', '.join(restored)}; what was there before is in {aside}")
    return 0


def _places(arguments: Namespace) -> Places:
    config, data = settings.places(given(arguments))
    return Places(config=config, data=data)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder of our own on the file system of `folder`; it is gone at the end."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".autoscan-") as name:
            yield Path(name)
    except OSError as error:
        raise AutoscanError(f"{error}: make {folder} writable, and room in it") from error


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Hold the leader's lock, so that no service runs or begins; raise AutoscanError if one does."""
    lock = LeaderLock(Store(places.database, Clock()).lock_path)
    if not lock.acquire():
        raise AutoscanError(f"Autoscan is running on {places.database}: stop it, and restore then")
    try:
        yield
    finally:
        lock.release()


def _add_manifest(tar: tarfile.TarFile) -> None:
    content = json.dumps({"autoscan": __version__, "created": Clock().now().isoformat(timespec="seconds")}).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, BytesIO(content))


def _unpack(source: Path, scratch: Path) -> None:
    """Copy the members that we know, by their names, into `scratch`; nothing else of the archive counts."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            members = {member.name: member for member in tar.getmembers() if member.isfile()}
            for name in (DATABASE, CONFIG, *BESIDE):
                content = tar.extractfile(members[name]) if name in members else None
                if content is not None:
                    with (scratch / name).open("wb") as file:
                        shutil.copyfileobj(content, file, _MIB)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise AutoscanError(f"{source} cannot be read: {error}") from error
    if MANIFEST not in members or DATABASE not in members:
        raise AutoscanError(f"{source} is no archive of `scan.py backup`")


def _put_aside(places: Places, scratch: Path) -> Path:
    """Move what is there into a folder of its own; the configuration is copied, as it may be a mounted file."""
    name = f"before-restore-{Clock().now():%Y%m%dT%H%M%SZ}"
    aside = Path(tempfile.mkdtemp(dir=places.data, prefix=f"{name}-"))
    for each in (*(DATABASE + tail for tail in _TAILS), *(name for name in BESIDE if (scratch / name).exists())):
        if (places.data / each).exists():
            (places.data / each).replace(aside / each)
    if places.config.exists():
        shutil.copy2(places.config, aside / CONFIG)
    return aside


def _put_in_place(places: Places, scratch: Path) -> Iterator[str]:
    owner = places.data.stat()
    for name in (DATABASE, *BESIDE):
        if (scratch / name).exists():
            (scratch / name).chmod(0o600)
            if os.geteuid() == 0:
                os.chown(scratch / name, owner.st_uid, owner.st_gid)
            (scratch / name).replace(places.data / name)
            yield name
    if (scratch / CONFIG).exists():
        places.config.parent.mkdir(parents=True, exist_ok=True)
        replace_file(places.config, text_of(scratch / CONFIG))
        yield str(places.config)
