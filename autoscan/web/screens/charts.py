"""From figures over time to what a template draws as SVG: places and lengths only, no markup. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from autoscan.model.views import Bucket, ServerBucket
from autoscan.web.screens import wording

#: The drawing, in its own units; it is scaled to the width of its place.
WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 56, 314, 10, 126
#: As many servers have a colour and a dash of their own; further ones begin again.
SERIES = 6

_DAY = 86400
_STEPS = (1, 2, 5, 10)
#: Steps of an axis of time, in seconds: 1, 2, 5, 10, 15, 30 of seconds and minutes, then hours.
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One upright bar, or a piece of one."""

    x: float
    y: float
    width: float
    height: float
    #: The class that gives it its colour.
    kind: str
    #: What it stands for, shown where the pointer rests.
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One point of a line."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The points of one server, in pieces: where there is no figure the line is interrupted."""

    kind: str
    pieces: tuple[tuple[Dot, ...], ...]

    @staticmethod
    def points(piece: Sequence[Dot]) -> str:
        """Return the piece as `<polyline points>`."""
        return " ".join(f"{dot.x},{dot.y}" for dot in piece)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str
    #: The moment, where it is one, so that the browser can show it in its own zone.
    moment: datetime | None = None
    #: How it is written: `date` or `time`.
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawing."""

    key: str
    title: str
    #: What it shows, in a sentence, for who does not see it.
    text: str
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    columns: tuple[Tick, ...] = ()
    rows: tuple[Tick, ...] = ()
    #: Class and name of each colour.
    legend: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to draw."""
        return not self.bars and not self.lines


def draw(buckets: Sequence[Bucket]) -> tuple[Chart, ...]:
    """Return the charts of the history page."""
    return scans(buckets), times(buckets), failures(buckets)


def servers_in(buckets: Sequence[Bucket]) -> tuple[str, ...]:
    """Return the names of all servers that any figure is of, in order."""
    return tuple(sorted({name for bucket in buckets for name in bucket.servers}))


def scans(buckets: Sequence[Bucket]) -> Chart:
    """Return how many scans ended in each bucket, the failed ones on top."""
    scale = _Scale.counts(max((bucket.scans for bucket in buckets), default=0), len(buckets))
    bars: list[Bar] = []
    for place, bucket in enumerate(buckets):
        good, bad = bucket.scans - bucket.failed, bucket.failed
        text = f"{wording.number(bucket.scans, 'scan')}, {bad} failed"
        bars += scale.stack(place, [("good", good, text), ("bad", bad, text)])
    total, failed = sum(bucket.scans for bucket in buckets), sum(bucket.failed for bucket in buckets)
    return Chart(
        key="scans",
        title="Scans",
        text=f"{wording.number(total, 'scan')} ended, {failed} of them failed.",
        bars=tuple(bars),
        columns=_columns(buckets, scale),
        rows=scale.rows(str),
        legend=(("good", "ended well"), ("bad", "failed")),
    )


def times(buckets: Sequence[Bucket]) -> Chart:
    """Return the median time from request to visible for each server."""
    names = servers_in(buckets)
    medians = {name: [_median(bucket.servers, name) for bucket in buckets] for name in names}
    known = {name: [figure for figure in figures if figure is not None] for name, figures in medians.items()}
    scale = _Scale.spans(max((max(figures) for figures in known.values() if figures), default=0.0), len(buckets))
    lines = tuple(
        Line(kind=_series(order), pieces=_pieces(name, medians[name], scale))
        for order, name in enumerate(names)
        if known[name]
    )
    said = [f"{wording.title(name)} {wording.span(min(each))} to {wording.span(max(each))}" for name, each in
            known.items() if each]  # fmt: skip
    return Chart(
        key="times",
        title="Time to visible (median)",
        text="; ".join(said) + "." if said else "Nothing became visible.",
        lines=lines,
        columns=_columns(buckets, scale),
        rows=scale.rows(wording.span),
        legend=_legend(names),
    )


def failures(buckets: Sequence[Bucket]) -> Chart:
    """Return how many deliveries ended badly at each server."""
    names = servers_in(buckets)
    worst = max((sum(each.bad for each in bucket.servers.values()) for bucket in buckets), default=0)
    scale = _Scale.counts(worst, len(buckets))
    bars: list[Bar] = []
    for place, bucket in enumerate(buckets):
        pieces = [(_series(order), _bad(bucket.servers, name), name) for order, name in enumerate(names)]
        told = [(kind, bad, f"{wording.title(name)}: {bad} failed") for kind, bad, name in pieces]
        bars += scale.stack(place, told)
    totals = {name: sum(_bad(bucket.servers, name) for bucket in buckets) for name in names}
    said = [f"{wording.title(name)} {total}" for name, total in totals.items() if total]
    return Chart(
        key="failures",
        title="Failures by server",
        text="; ".join(said) + "." if said else "None.",
        bars=tuple(bars),
        columns=_columns(buckets, scale),
        rows=scale.rows(str),
        legend=_legend(names),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From figures to places in the drawing."""

    step: float
    top: float
    places: int

    @classmethod
    def counts(cls, largest: float, places: int) -> "_Scale":
        """Return a scale of whole numbers, with three or four rows."""
        raw = max(largest, 3) / 3
        size = 10 ** math.floor(math.log10(raw))
        step = next(each * size for each in _STEPS if each * size >= raw)
        return cls(step=step, top=step * max(1, math.ceil(largest / step)), places=places)

    @classmethod
    def spans(cls, largest: float, places: int) -> "_Scale":
        """Return a scale of seconds, whose steps are round as people count time."""
        step = next((each for each in _SPANS if each * 4 >= largest), float(_DAY * math.ceil(largest / _DAY / 4)))
        return cls(step=step, top=step * max(1, math.ceil(largest / step)), places=places)

    def y(self, figure: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * figure / self.top, 1)

    def middle(self, place: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (place + 0.5) / max(1, self.places), 1)

    def rows(self, label: Callable[[int], str]) -> tuple[Tick, ...]:
        steps = range(round(self.top / self.step) + 1)
        return tuple(Tick(at=self.y(step * self.step), label=label(round(step * self.step))) for step in steps)

    def stack(self, place: int, pieces: Sequence[tuple[str, int, str]]) -> list[Bar]:
        """Return one bar for each piece that is not empty, the first at the bottom."""
        width = round((RIGHT - LEFT) / max(1, self.places) * 0.72, 1)
        bars, below = [], 0
        for kind, figure, text in pieces:
            upper, lower = self.y(below + figure), self.y(below)
            x = round(self.middle(place) - width / 2, 1)
            bars.append(Bar(x=x, y=upper, width=width, height=round(lower - upper, 1), kind=kind, text=text))
            below += figure
        return [bar for bar in bars if bar.height > 0]


def _columns(buckets: Sequence[Bucket], scale: _Scale) -> tuple[Tick, ...]:
    """Return some five moments below the drawing: hours of a day, or days."""
    every = max(1, round(len(buckets) / 5))
    return tuple(
        Tick(at=scale.middle(place), label=_moment(bucket), moment=bucket.start, form=_form(bucket))
        for place, bucket in enumerate(buckets)
        if place % every == 0
    )


def _form(bucket: Bucket) -> str:
    return "date" if bucket.seconds >= _DAY else "time"


def _moment(bucket: Bucket) -> str:
    local = bucket.start.astimezone()
    return f"{local.day} {local:%b}" if _form(bucket) == "date" else f"{local:%H:%M}"


def _pieces(name: str, figures: Sequence[float | None], scale: _Scale) -> tuple[tuple[Dot, ...], ...]:
    pieces: list[list[Dot]] = [[]]
    for place, figure in enumerate(figures):
        if figure is None:
            pieces.append([])
        else:
            text = f"{wording.title(name)}: {wording.span(figure)}"
            pieces[-1].append(Dot(x=scale.middle(place), y=scale.y(figure), text=text))
    return tuple(tuple(piece) for piece in pieces if piece)


def _median(servers: Mapping[str, ServerBucket], name: str) -> float | None:
    return servers[name].median_visible if name in servers else None


def _bad(servers: Mapping[str, ServerBucket], name: str) -> int:
    return servers[name].bad if name in servers else 0


def _series(order: int) -> str:
    return f"series-{order % SERIES + 1}"


def _legend(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((_series(order), wording.title(name)) for order, name in enumerate(names))
