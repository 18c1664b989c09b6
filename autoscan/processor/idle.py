"""Find out which libraries are done with the scan they were asked for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from autoscan import paths
from autoscan.errors import TargetRejectedError
from autoscan.model import Slot
from autoscan.targets.base import Target
from autoscan.targets.values import LibraryState

#: A library that never looks idle gives its slot back after this long; that of a whole root only once it is idle.
SLOT_SECONDS = 60
#: The pause between two looks, in seconds: the first, and the longest it doubles to.
FIRST_POLL = 1
LONGEST_POLL = 8


class IdleWatch:
    """Remembers what the libraries of one server looked like, and when to look again."""

    def __init__(self, target: Target, limit: float) -> None:
        """Take the `limit` in seconds for which a library may be busy with a whole root."""
        self._target = target
        self._limit = limit
        self._markers: dict[str, str] = {}
        self._pause = float(FIRST_POLL)
        self._poll_at: datetime | None = None

    def asked(self, now: datetime) -> None:
        """Begin to look soon: a library was just asked to scan."""
        self._pause = float(FIRST_POLL)
        self._poll_at = now + timedelta(seconds=self._pause)

    def free(self, slots: Sequence[Slot], now: datetime) -> list[Slot]:
        """Return the slots to be given back: seen idle, or held for long enough."""
        if not slots or (self._poll_at is not None and now < self._poll_at <= now + timedelta(seconds=LONGEST_POLL)):
            return []
        expired = [slot for slot in slots if _age(slot, now) >= SLOT_SECONDS]
        lasting = [slot for slot in expired if _age(slot, now) < self._limit and self._is_root(slot)]
        if len(expired) == len(slots) and not lasting:
            return expired
        states = {state.library_id: state for state in self._states()}
        lasting = [slot for slot in lasting if self._target.busy(states.values(), slot.library_id)]
        expired = [slot for slot in expired if slot not in lasting]
        freed = [slot for slot in slots if slot in expired or self._is_idle(slot, states, now)]
        self._markers = {state.library_id: state.marker for state in states.values()}
        self._pause = min(self._pause * 2, LONGEST_POLL)
        self._poll_at = now + timedelta(seconds=self._pause)
        return freed

    def _is_root(self, slot: Slot) -> bool:
        """Tell whether a whole root was asked for: while that is scanned, nothing is won by asking once more."""
        roots = (root for each in self._target.libraries() if each.id == slot.library_id for root in each.roots)
        return paths.key(slot.scope) in map(paths.key, roots)

    def _states(self) -> tuple[LibraryState, ...]:
        try:
            return self._target.states()
        except TargetRejectedError:
            return ()

    def _is_idle(self, slot: Slot, states: dict[str, LibraryState], now: datetime) -> bool:
        state = states.get(slot.library_id)
        if state is None or state.busy:
            return False
        before = self._markers.get(slot.library_id)
        has_run = bool(state.marker) and before is not None and state.marker != before
        return has_run or _age(slot, now) >= self._target.settle


def _age(slot: Slot, now: datetime) -> float:
    return (now - slot.held_since).total_seconds()
