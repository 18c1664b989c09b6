"""The job that watches Google Drive: polls each drive by itself, and never ends."""

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from autoscan.drive import monitor_drives, monitor_walk
from autoscan.drive.api import DriveApi
from autoscan.drive.cache import Cache
from autoscan.drive.monitor_drives import Wanted
from autoscan.drive.monitor_page import Teller, Tools
from autoscan.drive.paths import root_of
from autoscan.errors import (
    AutoscanError,
    DriveError,
    DriveTokenExpiredError,
    DriveUnauthorizedError,
    DriveUnavailableError,
    RcloneError,
    StoreUnavailableError,
)
from autoscan.model import DriveState, Walk

log = logging.getLogger(__name__)

#: Seconds until the drives are looked up again: one may be new, or have another name.
DRIVES_EVERY = 3600.0
#: Seconds to wait after the first failure, doubled with each further one, and at the most.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 600.0
#: Seconds between two tries where the operator must do something.
HELPLESS_PAUSE = 60.0
#: Failures in a row after which a drive that does not answer is told of.
TELL_AFTER = 2

LOST = (
    "Google forgot where Autoscan had read up to in {name}, so changes since {since} may have been missed: all of it "
    "is listed and compared with what is known, which goes on by itself"
)
BROKEN = "an error of Autoscan's own, {kind}, keeps it from being read: see the log, which says where, and report it"


@dataclass(slots=True, kw_only=True)
class _Watch:
    """One drive, and when it is its turn."""

    drive: str
    name: str
    #: By the clock that never jumps.
    next_at: float
    failures: int = 0
    #: The last listing of everything that reading changes took turns with.
    walked: bool = False
    #: A place that Google forgets before this is a failure like any other.
    anew_from: float = 0.0


class Monitor:
    """Does the next thing for one drive, one a step; what it knows is in the database, page by page."""

    name = "google drive"

    def __init__(
        self,
        *,
        api: DriveApi,
        tools: Tools,
        wanted: Wanted,
        interval: float,
        old_cache: Callable[[], Iterator[None]] = lambda: iter(()),
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Take what asks Drive, the seconds between two polls, and what reads an old cache, a slice at each `next`."""
        self._api = api
        self._tools = tools
        self._queue = tools.queue
        self._clock = tools.clock
        self._wanted = wanted
        self._interval = interval
        self._spread = spread
        self._begin_old_cache = old_cache
        self._old_cache: Iterator[None] | None = old_cache()
        self._watches: dict[str, _Watch] = {}
        self._drives_at = self._clock.monotonic()
        self._failures = 0
        #: There may be deleted folders whose files the cache still has.
        self._clearing = True

    def step(self) -> bool:
        """Do the next thing: read an old cache, find the drives, clear the cache, or read a page of the drive due."""
        if self._old_cache is not None:
            return self._read_old_cache()
        now = self._clock.monotonic()
        if now >= self._drives_at:
            return self._find_drives(now)
        if self._clearing:
            self._clearing = self._queue.clear_drive_cache()
            return True
        due = min(self._watches.values(), key=lambda each: each.next_at, default=None)
        if due is None or due.next_at > now:
            return False
        # Whatever happens, the next step belongs to another drive that is due.
        due.next_at = now + self._interval
        self._attempt(due)
        return True

    def close(self) -> None:
        """Close the connection to Google."""
        self._api.close()

    def _read_old_cache(self) -> bool:
        try:
            next(self._old_cache or iter(()))
        except StopIteration:
            self._old_cache = None
        except StoreUnavailableError:
            # An iterator that raised would end as if all were read; where to read on would be lost.
            self._old_cache = self._begin_old_cache()
            raise
        return True

    # ----- which drives

    def _find_drives(self, now: float) -> bool:
        self._drives_at = now + DRIVES_EVERY
        try:
            states = monitor_drives.find(self._wanted, self._api, self._queue)
        except DriveError as error:
            self._drives_at = now + self._pause(error, self._failures)
            self._failures += 1
            self._no_drives(error)
            return True
        self._failures = 0
        for state in self._queue.drive_states():
            if state.drive not in {each.drive for each in states}:
                self._queue.warn(f"drive:{state.drive}", "")
        self._queue.watch_drives([each.drive for each in states])
        for state in states:
            self._watch(state, now)
        self._watches = {each.drive: self._watches[each.drive] for each in states if each.drive in self._watches}
        return True

    def _watch(self, state: DriveState, now: float) -> None:
        known = self._queue.drive_state(state.drive)
        if monitor_drives.is_unknown(state):
            since = known.since if known is not None else self._clock.now()
            self._warn(replace(state, since=since))
        elif state != known or state.drive not in self._watches:
            if known is not None and known.name and known.name != state.name:
                log.warning("%s is called %s now: its paths begin with that", known.name, state.name)
            self._queue.keep_drive_state(state)
        if not monitor_drives.is_unknown(state):
            watch = self._watches.setdefault(state.drive, _Watch(drive=state.drive, name=state.name, next_at=now))
            watch.name = state.name

    def _no_drives(self, error: DriveError) -> None:
        """Tell what is wrong with the account, at each of its drives."""
        known = self._queue.drive_states()
        if not known:
            known = (monitor_drives.unknown(monitor_drives.ACCOUNT.removeprefix(monitor_drives.UNKNOWN), ""),)
        if isinstance(error, DriveUnavailableError) and self._failures < TELL_AFTER:
            return
        for state in known:
            self._warn(replace(state, problem=str(error), since=state.since or self._clock.now()))

    # ----- one drive

    def _attempt(self, due: _Watch) -> None:
        try:
            more = self._work(due)
        except (DriveError, RcloneError) as error:
            self._failed(due, error)
            return
        except StoreUnavailableError:
            raise
        except Exception as error:
            # It is logged by who runs this job; here it must show that the drive is not read.
            self._failed(due, DriveError(BROKEN.format(kind=type(error).__name__)))
            raise
        due.failures = 0
        if more:
            due.next_at = self._clock.monotonic()

    def _work(self, due: _Watch) -> bool:
        """Read one page of changes or, in turns with it, of a listing; tell whether there is more to read now."""
        state = self._queue.drive_state(due.drive)
        if state is None:
            return False
        if not state.page_token:
            self._fine(replace(state, page_token=self._api.start_page_token(state.drive)), polled="ok")
            return False
        if state.walk is Walk.NONE or due.walked:
            due.walked = False
            return self._poll(state, due) or state.walk is not Walk.NONE
        due.walked = True
        return self._walk(state)

    def _poll(self, state: DriveState, due: _Watch) -> bool:
        """Read a page of changes; tell whether another follows."""
        cache, teller = self._page(state)
        try:
            page = self._api.changes(state.page_token, state.drive)
        except DriveTokenExpiredError:
            if self._clock.monotonic() < due.anew_from:
                raise
            due.anew_from = self._clock.monotonic() + LONGEST_PAUSE
            self._start_anew(state)
            return True
        cache.load(each.file_id for each in page.changes)
        for change in page.changes:
            if change.type == "file" and change.file_id:
                teller.change(change)
        teller.submit()
        at_end = not page.next_page_token
        state = replace(state, page_token=page.next_page_token or page.new_start_page_token or state.page_token)
        cache.keep(self._healed(state, at_end=at_end), polled="ok")
        self._clearing = self._clearing or cache.has_gone
        return not at_end

    def _walk(self, state: DriveState) -> bool:
        cache, teller = self._page(state)
        self._queue.warn(f"drive:lost:{state.drive}", _lost(state))
        try:
            if state.walk is Walk.RECONCILE:
                monitor_walk.list_page(self._api, self._queue, cache, teller)
            elif monitor_walk.sweep(self._queue, cache, teller).walk is Walk.NONE:
                log.info("%s was read anew", state.name)
                self._queue.warn(f"drive:lost:{state.drive}", "")
        except DriveTokenExpiredError:
            # The listing took too long, or was left alone for too long; what it did so far holds.
            self._queue.keep_drive_state(replace(state, walk_token=""))
            raise
        self._clearing = self._clearing or cache.has_gone
        return True

    def _page(self, state: DriveState) -> tuple[Cache, Teller]:
        cache = Cache(self._queue, self._api, self._clock, state, show=self._tools.show)
        roots = {root_of(each): each.name for each in self._queue.drive_states()}
        return cache, Teller(self._tools, cache, roots)

    def _start_anew(self, state: DriveState) -> None:
        token = self._api.start_page_token(state.drive)
        anew = monitor_walk.begin(state, token)
        log.warning("%s", _lost(anew))
        self._queue.keep_drive_state(anew)
        self._queue.warn(f"drive:lost:{state.drive}", _lost(anew))

    # ----- how it went

    def _fine(self, state: DriveState, *, polled: str) -> None:
        self._queue.keep_drive_state(self._healed(state, at_end=True), polled=polled)

    def _healed(self, state: DriveState, *, at_end: bool) -> DriveState:
        if state.problem:
            log.info("%s can be read again", state.name, extra={"state": "ok"})
        self._queue.warn(f"drive:{state.drive}", "")
        return replace(state, problem="", since=None, polled_at=self._clock.now() if at_end else state.polled_at)

    def _failed(self, due: _Watch, error: AutoscanError) -> None:
        pause = self._pause(error, due.failures)
        due.next_at = self._clock.monotonic() + pause
        due.failures += 1
        state = self._queue.drive_state(due.drive)
        if state is None:
            return
        quiet = isinstance(error, DriveUnavailableError) and due.failures < TELL_AFTER
        if quiet and state.ok:
            self._queue.keep_drive_state(state, polled="failed")
            return
        self._warn(replace(state, problem=str(error), since=state.since or self._clock.now()), polled="failed")

    def _warn(self, state: DriveState, *, polled: str = "") -> None:
        """Keep what is wrong with a drive, and log it if it is new."""
        known = self._queue.drive_state(state.drive)
        if known is None or known.problem != state.problem:
            log.warning("%s: %s", state.name, state.problem, extra={"state": "failed"})
        self._queue.keep_drive_state(state, polled=polled)
        self._queue.warn(f"drive:{state.drive}", f"{state.name}: {state.problem}")

    def _pause(self, error: AutoscanError, failures: int) -> float:
        """Return the seconds to wait: what Google asks for, else more with each failure, some of it by chance."""
        if isinstance(error, DriveUnauthorizedError | RcloneError):
            return HELPLESS_PAUSE
        asked = error.retry_after if isinstance(error, DriveUnavailableError) else 0.0
        pause = min(FIRST_PAUSE * 2.0 ** min(failures, 10), LONGEST_PAUSE)
        return max(asked, pause) * self._spread(1.0, 1.2)


def _lost(state: DriveState) -> str:
    since = state.lost_at.isoformat(timespec="minutes") if state.lost_at is not None else "its beginning"
    return LOST.format(name=state.name, since=since)
