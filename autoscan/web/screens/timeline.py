"""From the history of a scan to the steps that a template draws on a line of time. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import ScanRow
from autoscan.web.screens import wording

#: The drawing, in its own units.
WIDTH, LEFT, RIGHT = 640, 12, 628


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened."""

    at: datetime
    label: str
    #: `good`, `bad`, `busy` or `quiet`.
    tone: str
    #: How long after the first request, in words.
    after: str
    #: Where it stands in the drawing, and its number there and in the list below it.
    x: float
    number: int


def steps(row: ScanRow, checked_at: datetime | None, handed_at: datetime | None) -> tuple[Step, ...]:
    """Return what happened to a scan, the first thing first.

    `checked_at` is when its checks began, `handed_at` when its files were found there and the servers' turn came.
    """
    told = sorted(_told(row, checked_at, handed_at), key=lambda each: each[0])
    began = row.requested_at
    places = _spread([each[0] for each in told])
    return tuple(
        Step(at=at, label=label, tone=tone, after=_after(at, began), x=places[order], number=order + 1)
        for order, (at, label, tone) in enumerate(told)
    )


def _told(row: ScanRow, checked_at: datetime | None, handed_at: datetime | None) -> Iterator[tuple[datetime, str, str]]:
    yield row.requested_at, "Requested", "quiet"
    if checked_at is not None:
        yield checked_at, "Due: the file is looked for", "quiet"
    elif row.ended_at is None:
        yield row.due_at, "Due", "quiet"
    if handed_at is not None:
        yield handed_at, "Handed to the servers", "quiet"
    for each in row.deliveries:
        name = wording.title(each.server)
        if each.first_asked_at is not None:
            yield each.first_asked_at, f"{name} asked", "busy"
        if each.ended_at is not None and each.state is not DeliveryState.PENDING:
            word = wording.RESULTS[each.state]
            yield each.ended_at, f"{name}: {word.label.lower()}", word.tone
    if row.ended_at is not None and (not row.deliveries or row.state is not ScanState.DONE):
        yield row.ended_at, wording.SCANS[row.state].label, wording.SCANS[row.state].tone


def _after(at: datetime, began: datetime) -> str:
    passed = (at - began) / timedelta(seconds=1)
    return f"after {wording.span(passed)}" if passed >= 1 else "at once"


def _spread(moments: Sequence[datetime]) -> list[float]:
    """Return a place for each moment, true to time but for neighbours, which are kept readably apart."""
    apart = min(26.0, (RIGHT - LEFT) / max(1, len(moments)))
    whole = (moments[-1] - moments[0]) / timedelta(seconds=1) or 1.0
    free = RIGHT - LEFT - apart * (len(moments) - 1)
    return [
        round(LEFT + free * ((at - moments[0]) / timedelta(seconds=1)) / whole + apart * order, 1)
        for order, at in enumerate(moments)
    ]
