"""Which file system the database lies on, and where its lock files may lie."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from autoscan.errors import StoreUnavailableError

#: File systems on which several machines, or a machine and its host, see the same file: memory shared through a file
#: (which WAL needs) and locks do not hold there.
NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gpfs"}
    | {"beegfs", "ocfs2", "gfs2", "davfs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs"}
    | {"fuse.davfs2", "fuse.smbnetfs", "fuse.curlftpfs", "fuse.goofys", "fuse.juicefs", "fuse.grpcfs"}
)

NETWORK_WARNING = (
    "{path} lies on a network file system ({kind}): the slower rollback journal is used, and only this machine is kept"
    " from starting a second Autoscan on it. Put the data folder on a local disk, and never let two machines share it."
)
JOURNAL_WARNING = (
    "{path}: the file system does not take SQLite's journal mode {wanted}, so {mode} is used, which is slower or less"
    " safe; put the data folder on a local disk."
)

_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


def network_type(path: Path, mountinfo: str) -> str | None:
    """Return the type of the network file system that `path` lies on; None if it is a local one.

    `mountinfo` is the text of /proc/self/mountinfo (proc(5)). Of two mounts on one point the later is the visible one.
    """
    place, kind = Path(), ""
    for line in mountinfo.splitlines():
        mount, _, rest = line.partition(" - ")
        fields, types = mount.split(), rest.split()
        if len(fields) < 5 or not types:  # noqa: PLR2004 - the mount point is the fifth field
            continue
        point = Path(_unescape(fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= len(place.parts):
            place, kind = point, types[0]
    return kind if kind in NETWORK_TYPES else None


def network_warnings(path: Path, kind: str | None) -> tuple[str, ...]:
    """Return what it means that the database lies on a file system of the network type `kind`."""
    return () if kind is None else (NETWORK_WARNING.format(path=path, kind=kind),)


def journal_warnings(path: Path, mode: str, wanted: str) -> tuple[str, ...]:
    """Return what it means that the database has the journal mode `mode` and not the one it should have."""
    return () if mode == wanted else (JOURNAL_WARNING.format(path=path, mode=mode, wanted=wanted),)


def read_mountinfo(file: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the mounts that this process sees, `""` where the system does not tell."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def run_dir(preferred: Path | None, user: int) -> Path:
    """Return a folder of the user's own on a local file system, made if need be: `preferred`, or one of the usual.

    Raises StoreUnavailableError where another user has taken the place.
    """
    for folder in (preferred, Path(f"/run/user/{user}")):
        if folder is not None and os.access(folder, os.W_OK):
            return folder
    folder = Path(tempfile.gettempdir()) / f"autoscan-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.lstat().st_uid
    except OSError as error:
        raise StoreUnavailableError(f"no folder for lock files: {error}; set TMPDIR to a writable one") from error
    if owner != user:
        raise StoreUnavailableError(f"{folder} belongs to another user: remove it, or set TMPDIR")
    return folder


def lock_name(path: Path) -> str:
    """Return the file name that stands for the database at `path` in a folder shared by many."""
    return f"autoscan-{sha256(os.fsencode(path)).hexdigest()[:16]}.lock"


def _unescape(field: str) -> str:
    for escape, character in _ESCAPES.items():
        field = field.replace(escape, character)
    return field
