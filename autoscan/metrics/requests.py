"""What each worker counts by itself: the webhooks it answered, and how long that took."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from autoscan.metrics.slots import Slots

#: Upper bounds of the histogram of answers, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: The source of whoever is not known by name: callers must not be able to make labels.
OTHER = "other"
#: Sources that have a label of their own.
MAX_SOURCES = 50
_LONGEST = 90


class Result(StrEnum):
    """How a webhook was answered."""

    #: It is on the disk (2xx).
    STORED = "stored"
    #: Wrong credentials, or not understood (4xx).
    REFUSED = "refused"
    #: The database did not take it (503), or something went wrong (5xx).
    FAILED = "failed"

    @staticmethod
    def of(status: int) -> "Result":
        """Return what the HTTP `status` says."""
        if status < 400:  # noqa: PLR2004 - HTTP's own limits
            return Result.STORED
        return Result.REFUSED if status < 500 else Result.FAILED  # noqa: PLR2004


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The webhooks of all workers since the service began."""

    #: By source and result.
    webhooks: Mapping[tuple[str, str], float]
    #: By the upper bound in seconds, `inf` last; each holds those that are not in a smaller one.
    buckets: Mapping[str, float]
    seconds: float


class Requests:
    """Counts the webhooks of this process into `slots`, by the names in `sources` and no others."""

    def __init__(self, slots: Slots, sources: Collection[str]) -> None:
        self.slots = slots
        short = sorted(source for source in sources if len(source.encode()) <= _LONGEST)
        self._sources = frozenset(short[:MAX_SOURCES])

    def webhook(self, source: str, result: Result, seconds: float) -> None:
        """Count one webhook, answered after `seconds`."""
        known = source if source in self._sources else OTHER
        bucket = next((str(bound) for bound in BUCKETS if seconds <= bound), "inf")
        self.slots.add({f"webhooks {result} {known}": 1, f"bucket {bucket}": 1, "seconds": seconds})

    def answered(self) -> Answered:
        """Return the sums over all workers."""
        webhooks: dict[tuple[str, str], float] = {}
        buckets = dict.fromkeys([*map(str, BUCKETS), "inf"], 0.0)
        totals = self.slots.totals()
        for name, value in totals.items():
            kind, _, rest = name.partition(" ")
            if kind == "webhooks":
                result, _, source = rest.partition(" ")
                webhooks[source, result] = value
            elif kind == "bucket" and rest in buckets:
                buckets[rest] = value
        return Answered(webhooks=webhooks, buckets=buckets, seconds=totals.get("seconds", 0.0))
