"""Empty the trash of one section, if nothing at all speaks against it (`PLEX_EMPTY_TRASH`).

`PUT /library/sections/{id}/emptyTrash` deletes every item of the section whose files Plex did not find, with what was
watched of it. A mount that is away for a moment would cost all of them, so that each guard is asked twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autoscan import paths
from autoscan.errors import TargetError, TargetUnauthorizedError
from autoscan.targets.plex.browse import Browser
from autoscan.targets.plex.rows import number
from autoscan.targets.plex.target import PlexTarget
from autoscan.targets.values import Library

#: A section's trash is emptied at most so often.
PAUSE = timedelta(minutes=10)
#: By the section's type: the number of the type of its items that have files.
_LEAVES = {"movie": "1", "show": "4", "artist": "10", "photo": "13"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashRules:
    """What the settings allow."""

    #: `PLEX_EMPTY_TRASH_MAX_FILES`; 0: never.
    max_files: int
    #: `PLEX_EMPTY_TRASH_ZERO_DELETED`.
    zero_deleted: bool
    #: Return which of `PLEX_EMPTY_TRASH_CONTROL_FILES` are not there.
    missing_control_files: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """Whether the trash was emptied, and why (not), for the record."""

    done: bool
    text: str


class _HeldError(Exception):
    """Something speaks against it."""


def empty_trash(
    target: PlexTarget, library: Library, rules: TrashRules, *, upgrade: bool, now: datetime, last: datetime | None
) -> Emptied:
    """Empty the section's trash, unless a guard holds it; ask for it only when a removal or `upgrade` was seen.

    `last` is when this section's trash was emptied before. Never raises: nothing but the trash depends on it.
    """
    try:
        _is_due(last, now)
        count = _guarded(target, library, rules, upgrade=upgrade)
        _guarded(target, library, rules, upgrade=upgrade, before=count)
        target.api.put(f"/library/sections/{library.id}/emptyTrash")
    except (_HeldError, TargetError) as reason:
        return Emptied(done=False, text=f"trash of {library.title} not emptied: {reason}")
    items = f"{count} item{'' if count == 1 else 's'}"
    return Emptied(done=True, text=f"trash of {library.title} emptied of {items}{_afterwards(target, library)}")


def _is_due(last: datetime | None, now: datetime) -> None:
    if last is not None and now - last < PAUSE:
        raise _HeldError("it was emptied less than ten minutes ago")


def _guarded(
    target: PlexTarget, library: Library, rules: TrashRules, *, upgrade: bool, before: int | None = None
) -> int:
    """Ask every guard; return how many items are in the trash, or raise `_HeldError`, also if more than `before`."""
    if not rules.max_files:
        raise _HeldError("PLEX_EMPTY_TRASH_MAX_FILES is 0")
    if missing := rules.missing_control_files():
        raise _HeldError(f"{missing[0]} is not there (PLEX_EMPTY_TRASH_CONTROL_FILES)")
    _is_idle(target, library)
    if trouble := _unreadable(target, library):
        raise _HeldError(trouble)
    count = _count(target, library)
    if count > rules.max_files:
        raise _HeldError(f"{count} items are in it, more than PLEX_EMPTY_TRASH_MAX_FILES ({rules.max_files})")
    if not (count or upgrade or rules.zero_deleted):
        raise _HeldError("nothing is in it")
    if before is not None and count > before:
        raise _HeldError(f"it grows: {before} items a moment ago, {count} now")
    if count and (back := _back_on_disk(target, library, count)):
        raise _HeldError(f"{back} is in it, but on the disk again: a mount was away for a while; scan its folder first")
    return count


def _is_idle(target: PlexTarget, library: Library) -> None:
    state = next((state for state in target.states() if state.library_id == library.id), None)
    if state is None:
        raise _HeldError("Plex has no such library any more")
    if state.busy:
        raise _HeldError("Plex is scanning the library")


def _unreadable(target: PlexTarget, library: Library) -> str:
    """Say which folder of the section Plex cannot read, or sees empty; the folders are read anew."""
    roots = next((each.roots for each in target.libraries(fresh=True) if each.id == library.id), ())
    browser = Browser(target.api)
    try:
        blind = [root for root in roots if not browser.names(root)]
    except TargetUnauthorizedError:
        return "the token may not look whether the library's folders are there: it must be the owner's"
    if not roots:
        return "the library has no folders"
    return f"Plex sees nothing in {blind[0]}: is it mounted?" if blind else ""


def _back_on_disk(target: PlexTarget, library: Library, count: int) -> str:
    """Return the first file of the section's trash that Plex sees on its disk after all, `""` if there is none."""
    page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(count)}
    query = {"type": _LEAVES[library.type], "trash": "1"}
    shown = target.api.container(f"/library/sections/{library.id}/all", query, page)
    files = [path for part in shown.iter("Part") if (path := part.get("file"))]
    browser = Browser(target.api)
    return next((path for path in files if path in browser.names(paths.parent(path))), "")


def _count(target: PlexTarget, library: Library) -> int:
    page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": "0"}
    query = {"type": _LEAVES.get(library.type, ""), "trash": "1"}
    if not query["type"]:
        raise _HeldError(f"how much is in it cannot be asked of a library of type {library.type}")
    total = number(target.api.container(f"/library/sections/{library.id}/all", query, page).get("totalSize"))
    if total is None:
        raise _HeldError("Plex does not tell how much is in it")
    return total


def _afterwards(target: PlexTarget, library: Library) -> str:
    """Look once more at the folders: one that went just then is worth knowing."""
    try:
        trouble = _unreadable(target, library)
    except TargetError as error:
        trouble = str(error)
    return f"; right after that: {trouble}" if trouble else ""
