"""The common form of every figure: what was measured, beside its goal and the floor that it is compared with."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure; `value`, `floor` and the goal are in `unit`."""

    what: str
    value: float
    unit: str = ""
    #: The least that anything could cost, measured in the same run; None where there is none.
    floor: float | None = None
    #: The figure should be at most, or at least, that.
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Tell whether the goal is met; None if there is none."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def goal(self) -> str:
        """Return the goal in words."""
        parts = ((">=", self.least), ("<=", self.most))
        return " ".join(f"{sign} {_number(value)}" for sign, value in parts if value is not None)

    @property
    def verdict(self) -> str:
        """Return `met`, `MISSED`, or nothing without a goal."""
        return {True: "met", False: "MISSED", None: ""}[self.met]

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the figure as text: what, value, floor, goal, verdict."""
        unit = f" {self.unit}" if self.unit else ""
        floor = "" if self.floor is None else f"{_number(self.floor)}{unit}"
        return self.what, f"{_number(self.value)}{unit}", floor, self.goal, self.verdict

    def as_json(self) -> dict[str, object]:
        """Return the figure for programs."""
        return asdict(self) | {"met": self.met}


def percentile(values: Iterable[float], percent: float) -> float:
    """Return what `percent` of `values` stay below, 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def ratios(what: str, by_size: Sequence[float], most: float) -> Line:
    """Return by how much the last (largest) of some times is above the first."""
    return Line(what=what, value=by_size[-1] / by_size[0], unit="times", most=most)


def show(lines: Iterable[Line]) -> None:
    """Print figures as a table, floor and goal beside each."""
    rows = [("figure", "value", "floor", "goal", ""), *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for what, value, floor, goal, verdict in rows:
        print(
            f"  {what:{widths[0]}}  {value:>{widths[1]}}  {floor:>{widths[2]}}  {goal:{widths[3]}}  {verdict}".rstrip()
        )


def _number(value: float) -> str:
    """Return a number with three figures that count, at most two of them after the point."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.1f}" if size >= 10 else f"{value:.2f}"
