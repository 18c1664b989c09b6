"""From what the cache knew of a file and what Drive tells now to what follows for each of its places. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from autoscan.drive.api_values import FOLDER, NATIVE, SHORTCUT, RawFile
from autoscan.model import Change, DriveEntry, Kind

#: A listing may already show what a change tells that came before it; Google's clock and ours need not agree.
OVERLAP = timedelta(minutes=10)
#: A folder that changed so soon after it was made is new: what it holds came after it, and tells of itself.
YOUNG = timedelta(minutes=10)

#: Stands between the type of a shortcut and that of what it points to.
_TO = "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What happened at one place: below one folder, under one name."""

    #: The folder's id.
    parent: str
    name: str
    change: Change
    kind: Kind
    #: For the log: `added`, `changed`, `renamed`, `moved`, `restored`, `trashed`, `deleted`.
    what: str
    mime: str = ""
    #: Bytes; None where nothing is wanted, or nothing is known.
    size: int | None = None
    #: The file's id.
    file_id: str = ""
    #: A folder that may be as it was: the cache did not know it.
    guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is not sure about the difference between the cache and what Drive tells."""

    #: The cache may show what the change brought, since it was filled by a listing: an equal file counts as changed.
    listed: bool = False
    #: A folder that the cache does not know was just made: nothing is asked for it.
    young: bool = False
    #: The cache does not know everything: what it does not know may be old.
    partial: bool = False


NO_DOUBT = Doubt()


def is_shown(mime: str) -> bool:
    """Tell whether a mount shows such a thing: files, folders, and shortcuts, but no documents of Google's editors."""
    return mime == FOLDER or mime.startswith(SHORTCUT) or not mime.startswith(NATIVE)


def entry(file: RawFile, *, listed_at: datetime | None = None) -> DriveEntry:
    """Return what the cache keeps of a file."""
    return DriveEntry(
        id=file.id,
        drive=file.drive_id,
        name=file.name,
        parents=tuple(sorted(set(file.parents))),
        # A shortcut is shown as what it points to.
        mime=f"{SHORTCUT}{_TO}{file.shortcut_type}" if file.mime_type == SHORTCUT else file.mime_type,
        md5=file.md5,
        size=file.size,
        trashed=file.trashed,
        listed_at=listed_at,
    )


def doubt(old: DriveEntry | None, file: RawFile | None, at: datetime | None, *, partial: bool = False) -> Doubt:
    """Return what is not sure about a change that Drive dates `at`; `partial`: the cache was never filled."""
    listed = old is not None and old.listed_at is not None and (at is None or at < old.listed_at + OVERLAP)
    made = file.created if file is not None else None
    return Doubt(listed=listed, young=made is not None and at is not None and at - made < YOUNG, partial=partial)


def follow(old: DriveEntry | None, new: DriveEntry | None, unsure: Doubt = NO_DOUBT) -> tuple[Deed, ...]:
    """Return what follows from the difference: first what is gone, then what came; `()` if nothing changed.

    None is a file that the cache does not know, or that is deleted for good (or out of reach). A folder stands for
    what lies below it.
    """
    if old is None and new is not None and new.trashed:
        return _gone(new, _places(new), "trashed")
    was = old if old is not None and not old.trashed else None
    now = new if new is not None and not new.trashed else None
    if was is None and now is None:
        return _again(new, unsure)
    if now is None:
        return _gone(was, _places(was), "trashed" if new is not None else "deleted")
    if was is None:
        return _came(old, now, unsure)
    return _changed(was, now, unsure)


def _again(new: DriveEntry | None, unsure: Doubt) -> tuple[Deed, ...]:
    return _gone(new, _places(new), "trashed") if unsure.listed and new is not None else ()


def _came(old: DriveEntry | None, now: DriveEntry, unsure: Doubt) -> tuple[Deed, ...]:
    if old is None and now.is_folder and unsure.young:
        return ()
    deeds = _here(now, _places(now), Change.ADDED, "added" if old is None else "restored")
    return _guessed(deeds) if old is None and unsure.partial else deeds


def _changed(was: DriveEntry, now: DriveEntry, unsure: Doubt) -> tuple[Deed, ...]:
    before, after = _places(was), _places(now)
    what = "renamed" if was.name != now.name else "moved"
    deeds = (
        *_gone(was, before - after, what),
        *_here(now, after - before, Change.RENAMED, what),
    )
    if _has_other_content(was, now):
        deeds += _here(now, after & before, Change.ADDED, "changed")
    elif unsure.listed and not (now.is_folder and unsure.young):
        deeds += _guessed(_here(now, after & before, Change.ADDED, "changed"))
    return deeds


def _guessed(deeds: Iterable[Deed]) -> tuple[Deed, ...]:
    return tuple(replace(each, guess=each.mime == FOLDER) for each in deeds)


def _has_other_content(was: DriveEntry, now: DriveEntry) -> bool:
    """Compare what both are known to have: an old cache kept no sizes."""
    sizes = {was.size, now.size} - {None}
    return not now.is_folder and (was.md5 != now.md5 or len(sizes) > 1)


def _places(of: DriveEntry | None) -> set[tuple[str, str]]:
    return {(parent, of.name) for parent in of.parents} if of is not None else set()


def _gone(old: DriveEntry | None, places: Iterable[tuple[str, str]], what: str) -> tuple[Deed, ...]:
    if old is None or not is_shown(old.mime):
        return ()
    return tuple(
        Deed(
            parent=parent,
            name=name,
            change=Change.REMOVED,
            kind=_kind(old),
            what=what,
            mime=old.mime,
            file_id=old.id,
        )
        for parent, name in sorted(places)
    )


def _here(new: DriveEntry, places: Iterable[tuple[str, str]], change: Change, what: str) -> tuple[Deed, ...]:
    if not is_shown(new.mime):
        return ()
    return tuple(
        Deed(
            parent=parent,
            name=name,
            change=change,
            kind=_kind(new),
            what=what,
            mime=new.mime,
            size=new.size,
            file_id=new.id,
        )
        for parent, name in sorted(places)
    )


def _kind(of: DriveEntry) -> Kind:
    # What a shortcut whose target is out of reach points to, and what an old cache held, may be either.
    mime = of.mime.removeprefix(f"{SHORTCUT}{_TO}")
    return Kind.FOLDER if mime == FOLDER else Kind.FILE if mime else Kind.UNKNOWN
