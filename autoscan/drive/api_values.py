"""What Google Drive answers, as values: only what Autoscan asks for (`fields`), with Google's defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: What a folder is, and what points to a file elsewhere.
FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
#: Documents of Google's own editors, folders and shortcuts: none of them is a file on a mount.
NATIVE = "application/vnd.google-apps."
#: More bytes than this cannot be counted by a database, nor held by a file.
_MOST_BYTES = 2**63 - 1
#: Characters; Google's page tokens have some hundreds at most, and addresses two thousand.
_LONGEST_TOKEN = 1500

#: The parts of a file that are asked for.
FILE_FIELDS = (
    "id,name,parents,mimeType,md5Checksum,size,trashed,explicitlyTrashed,driveId,createdTime,modifiedTime,"
    "shortcutDetails(targetId,targetMimeType)"
)
CHANGE_FIELDS = f"changeType,fileId,removed,time,driveId,drive(id,name),file({FILE_FIELDS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """A file, folder or shortcut, as Drive describes it."""

    id: str
    name: str
    #: Folders that hold it: one today, several in old drives, none where the account cannot see the folder.
    parents: tuple[str, ...] = ()
    mime_type: str = ""
    #: Empty for folders, shortcuts and native documents.
    md5: str = ""
    #: Bytes; None where Drive names none.
    size: int | None = None
    #: In the trash, by itself or with a folder above it.
    trashed: bool = False
    #: The shared drive; empty in My Drive.
    drive_id: str = ""
    #: When Drive made it, and what its owner says of its content; None where Drive's text is no time.
    created: datetime | None = None
    modified: datetime | None = None
    #: Of a shortcut: the id, and the type, of what it points to.
    shortcut_target: str = ""
    shortcut_type: str = ""

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        return self.mime_type == FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDrive:
    """A shared drive that the account is a member of."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChange:
    """One line of a change log; Drive keeps the last one of each file only."""

    #: `file` or `drive`.
    type: str
    #: Empty for `drive`.
    file_id: str = ""
    #: Deleted for good, moved out of this drive, or out of reach; there is no `file` then.
    removed: bool = False
    time: datetime | None = None
    #: The file as it is now, not as it was at `time`.
    file: RawFile | None = None
    #: The shared drive of the change; empty for My Drive's log.
    drive_id: str = ""
    #: Of `drive`: what the shared drive is now; None if the account is no member any more.
    drive: SharedDrive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """A page of a change log: exactly one of the two tokens is set."""

    changes: tuple[RawChange, ...]
    #: Of the page that follows; empty on the last one.
    next_page_token: str = ""
    #: Where to begin the next time; only on the last page.
    new_start_page_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPage:
    """A page of a listing."""

    files: tuple[RawFile, ...]
    #: Of the page that follows; empty on the last one. Google keeps it for some hours.
    next_page_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the credentials belong to."""

    name: str
    email: str


def read_file(value: Mapping[str, Any]) -> RawFile:
    """Return a `files` resource as a value (developers.google.com/workspace/drive/api/reference/rest/v3/files).

    Raises ValueError, as all of these, for what has another form.
    """
    size = str(value.get("size", ""))
    shortcut = value.get("shortcutDetails") or {}
    return RawFile(
        id=_id(value, "id"),
        name=_text(value, "name"),
        parents=tuple(filter(None, map(_tame, _list(value, "parents")))),
        mime_type=_text(value, "mimeType"),
        md5=_text(value, "md5Checksum"),
        size=int(size) if size.isascii() and size.isdigit() and int(size) <= _MOST_BYTES else None,
        trashed=_flag(value, "trashed"),
        drive_id=_text(value, "driveId"),
        created=_when(value.get("createdTime")),
        shortcut_type=_text(shortcut, "targetMimeType"),
    )


def read_change(value: Mapping[str, Any]) -> RawChange:
    """Return a `changes` resource as a value (.../rest/v3/changes)."""
    file_id, drive = _text(value, "fileId"), value.get("drive")
    file = read_file(value["file"]) if value.get("file") else None
    if file is not None and file.id != file_id:
        raise ValueError(file_id)
    return RawChange(
        type=_text(value, "changeType") or "file",
        file_id=file_id,
        removed=_flag(value, "removed"),
        time=_when(value.get("time")),
        file=file,
        drive_id=_text(value, "driveId"),
        drive=read_drive(drive) if drive else None,
    )


def read_drive(value: Mapping[str, Any]) -> SharedDrive:
    """Return a `drives` resource as a value (.../rest/v3/drives)."""
    return SharedDrive(id=_id(value, "id"), name=_text(value, "name"))


def read_account(value: Mapping[str, Any]) -> Account:
    """Return the `user` of an `about` resource as a value (.../rest/v3/about)."""
    return Account(name=_text(value, "displayName"), email=_text(value, "emailAddress"))


def read_page(value: Mapping[str, Any], name: str, after: str) -> tuple[list[Mapping[str, Any]], str]:
    """Return what a page lists as `name`, and the token of the next one, which cannot be the one asked with."""
    token = read_token(value, "nextPageToken")
    if token and token == after:
        raise ValueError("nextPageToken")
    return _list(value, name), token


def read_token(value: Mapping[str, Any], name: str) -> str:
    """Return a page token; `""` if there is none."""
    token = _text(value, name)
    if len(token) > _LONGEST_TOKEN:
        # It would be kept, and its request be too long for ever.
        raise ValueError(name)
    return token


def _id(value: Mapping[str, Any], name: str) -> str:
    found = _text(value, name)
    if not found:
        raise ValueError(name)
    return found


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return _tame(found) if found is not None else ""


def _tame(text: object) -> str:
    """Return a text; half a character, which is in no text of a database or file system, becomes `?`."""
    if not isinstance(text, str):
        raise TypeError
    return text.encode(errors="replace").decode()


def _flag(value: Mapping[str, Any], name: str) -> bool:
    found = value.get(name)
    if not isinstance(found, bool | None):
        raise TypeError(name)
    return bool(found)


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise TypeError(name)
    return found


def _when(text: object) -> datetime | None:
    """Return an RFC 3339 time; Google writes it in UTC, with milliseconds."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
