"""When a waiting scan comes to its turn, and what becomes of that when two are joined."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Row

from autoscan.model import NewScan
from autoscan.store.dialect import to_ms

#: One level of priority is worth so many milliseconds of waiting, so that no scan waits for ever.
PRIORITY_MS = 600_000
#: Beyond its due time, as it is marked that a scan waits for what should follow.
_PATIENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When a waiting scan comes to its turn."""

    priority: int
    due_at: datetime
    #: From when the longest delay counts. For a scan that waits for what should follow only, it is after its due time.
    waiting_since: datetime
    requested_at: datetime

    @classmethod
    def asked(cls, new: NewScan, at: datetime, taker: "Terms | None") -> Self:
        """Return the terms of `new`; it is patient while nobody else waits for the folder."""
        until = new.patient_until if taker is None or taker.is_patient else None
        return cls(
            priority=new.priority,
            due_at=until or new.due_at,
            waiting_since=until + _PATIENT if until else at,
            requested_at=at,
        )

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the terms of a waiting scan."""
        return cls(
            priority=row.priority,
            due_at=row.due_at,
            waiting_since=row.waiting_since,
            requested_at=row.requested_at,
        )

    @property
    def is_patient(self) -> bool:
        """Tell whether the scan only waits for what should follow."""
        return self.waiting_since > max(self.due_at, self.requested_at)

    def joined(self, other: "Terms", max_delay: timedelta) -> "Terms":
        """Return the terms of both as one: the more urgent, the later, but `max_delay` after the first at most.

        Where one is patient, what it waited for has come: the other tells the time.
        """
        telling = [each for each in (self, other) if not each.is_patient]
        due_at = max(each.due_at for each in telling or (self, other))
        first = min(each.waiting_since for each in telling) if telling else min(self.requested_at, other.requested_at)
        due_at = min(due_at, first + max_delay)
        return Terms(
            priority=min(self.priority, other.priority),
            due_at=due_at,
            waiting_since=first if telling else due_at + _PATIENT,
            requested_at=min(self.requested_at, other.requested_at),
        )

    def taking_over(self, priority: int, now: datetime) -> "Terms":
        """Return the terms with a scan that has been due: the more urgent, and no patience."""
        hurried = replace(self, due_at=now, waiting_since=now) if self.is_patient else self
        return replace(hurried, priority=min(self.priority, priority))

    def columns(self) -> dict[str, Any]:
        """Return what a scan's row says of them."""
        return {
            "priority": self.priority,
            "due_at": self.due_at,
            "waiting_since": self.waiting_since,
            "requested_at": self.requested_at,
            "rank": rank(self.due_at, self.priority),
        }


def rank(due_at: datetime, priority: int) -> int:
    """Return the place in the queue in milliseconds, lower first: due time and priority as one, so that it ages."""
    return to_ms(due_at) + priority * PRIORITY_MS
