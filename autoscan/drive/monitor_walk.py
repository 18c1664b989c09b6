"""Go through all files of a drive: to fill the cache, or to find out what happened while changes were lost."""

from dataclasses import replace
from datetime import timedelta

from autoscan.clock import Clock
from autoscan.drive.api import DriveApi, RawFile
from autoscan.drive.cache import Cache
from autoscan.drive.changes import entry, follow
from autoscan.drive.monitor_page import Teller
from autoscan.drive.paths import is_root
from autoscan.model import DriveState, Walk
from autoscan.store import Queue

#: Files that are compared at once after a listing.
SLICE = 500
#: A file that was made so long before changes were lost is none of those that were lost.
MARGIN = timedelta(hours=1)


def begin(state: DriveState, page_token: str) -> DriveState:
    """Return the state of a drive whose changes since the last poll are lost, and which is read anew from now."""
    return replace(
        state,
        page_token=page_token,
        walk=Walk.RECONCILE,
        walk_token="",
        walked=0,
        round=state.round + 1,
        lost_at=state.lost_at or state.polled_at,
    )


def build_page(api: DriveApi, queue: Queue, clock: Clock, state: DriveState) -> DriveState | None:
    """Write one page of everything into the cache without a word; return how far the build is now.

    None if somebody else builds it, too. Raises DriveError.
    """
    page = api.files(state.drive, state.build_token)
    now = clock.now()
    entries = [entry(each, listed_at=now) for each in page.files if each.drive_id == state.drive]
    entries = [each for each in entries if not is_root(state, each)]
    return queue.drive_state(state.drive) if queue.keep_build(state, entries, next_token=page.next_page_token) else None


def list_page(api: DriveApi, queue: Queue, cache: Cache, teller: Teller) -> DriveState:
    """Compare one page of everything with the cache; return how far the drive is now. Raises DriveError.

    What the cache does not know is new if the cache knew everything, or if it was made after changes were lost; else
    it is learnt without a word.
    """
    state = cache.state
    page = api.files(state.drive, state.walk_token)
    files = [each for each in page.files if each.drive_id == state.drive]
    cache.load(each.id for each in files)
    cache.learn(each for each in files if cache.get(each.id) is None and not _is_new(each, state))
    same = [each.id for each in files if _compare(each, cache, teller)]
    teller.submit()
    queue.saw_drive_entries(same, state.round)
    done = replace(
        state,
        walk=Walk.RECONCILE if page.next_page_token else Walk.SWEEP,
        walk_token=page.next_page_token,
        walked=state.walked + len(files),
    )
    cache.keep(done)
    return done


def sweep(queue: Queue, cache: Cache, teller: Teller) -> DriveState:
    """Take some files that the listing did not see for deleted; return how far the drive is now. Raises DriveError.

    Folders come first: what lay in them goes with them.
    """
    state = cache.state
    stale = {each.id: each for each in queue.stale_drive_entries(state.drive, state.round, SLICE)}
    for old in stale.values():
        if is_root(state, old):
            cache.put(old)
            continue
        if not any(parent in stale for parent in old.parents):
            teller.note(follow(old, None))
        cache.remove(old)
    teller.submit()
    done = state if stale else replace(state, walk=Walk.NONE, lost_at=None, complete=True)
    cache.keep(done)
    return done


def _compare(file: RawFile, cache: Cache, teller: Teller) -> bool:
    """Note what became of one file; tell whether it is as the cache had it."""
    old, new = cache.get(file.id), entry(file)
    if is_root(cache.state, new):
        return True
    if old is None and new.is_folder:
        # What is new in it is listed, too.
        cache.put(new)
        return False
    deeds = follow(old, new)
    if old is not None and not deeds:
        return True
    teller.note(deeds)
    cache.put(new)
    return False


def _is_new(file: RawFile, state: DriveState) -> bool:
    since = state.lost_at
    return state.complete or (since is not None and file.created is not None and file.created > since - MARGIN)
