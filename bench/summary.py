"""Bring what each benchmark returns into the common form of `Line`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bench.lines import Line

Figures = Sequence[Mapping[str, Any]]

#: What the goals of *ack* are about, beside the floor with a durable row.
RATE, P99 = 0.8, 1.3
#: The goal of *history*, largest to smallest, and of *drive*.
HISTORY, DRIVE = 2.0, 1.1


def lines(name: str, figures: Sequence[Line | Mapping[str, Any]]) -> list[Line]:
    """Return the lines of the benchmark `name`; those of one that has no form of its own are what it returned."""
    own = [each for each in figures if isinstance(each, Line)]
    others = [each for each in figures if not isinstance(each, Line)]
    return [*own, *OF.get(name, _plain)(others)]


def _plain(figures: Figures) -> Iterator[Line]:
    """Yield a line for each mapping that has the fields of one."""
    for each in figures:
        yield Line(**{name: value for name, value in each.items() if name in Line.__dataclass_fields__})


def _ack(figures: Figures) -> Iterator[Line]:
    rounds = list(dict.fromkeys((each["connections"], each["keep_alive"]) for each in figures))
    for connections, keep_alive in rounds:
        own = {
            each["application"]: each
            for each in figures
            if (each["connections"], each["keep_alive"]) == (connections, keep_alive)
        }
        where = f"{connections} connections, {'kept alive' if keep_alive else 'new ones'}"
        autoscan, floor, bare = own["autoscan"], own["durable"], own["bare"]
        yield Line(what=f"{where}: bare Flask view", value=bare["rate"], unit="per s")
        least = RATE * floor["rate"]
        yield Line(what=f"{where}: throughput", value=autoscan["rate"], unit="per s", floor=floor["rate"], least=least)
        yield Line(what=f"{where}: p50", value=autoscan["p50"], unit="ms", floor=floor["p50"])
        yield Line(what=f"{where}: p99", value=autoscan["p99"], unit="ms", floor=floor["p99"], most=P99 * floor["p99"])


def _history(figures: Figures) -> Iterator[Line]:
    small, large = min(each["scans"] for each in figures), max(each["scans"] for each in figures)
    times = {(each["question"], each["scans"]): each["milliseconds"] for each in figures}
    for question in dict.fromkeys(each["question"] for each in figures):
        least = times[question, small]
        what = f"{question}, {large:,} scans beside {small:,}"
        yield Line(what=what, value=times[question, large], unit="ms", floor=least, most=HISTORY * least)


def _drive(figures: Figures) -> Iterator[Line]:
    small, large = figures[0], figures[-1]
    for what, name, unit in (
        ("build the cache", "build_seconds", "s"),
        ("build the cache: requests", "build_requests", ""),
        ("requests of a poll, for each drive", "requests_per_poll", ""),
        ("read the changes", "change_seconds", "s"),
        ("read the changes: requests", "change_requests", ""),
        ("database", "database_mib", "MiB"),
    ):
        yield Line(
            what=f"{what}, {large['files']:,} files beside {small['files']:,}",
            value=large[name],
            unit=unit,
            floor=small[name],
        )
    memory = {"value": large["watch_mib"], "floor": small["watch_mib"], "most": DRIVE * small["watch_mib"]}
    yield Line(what=f"the monitor's memory, {large['files']:,} files beside {small['files']:,}", unit="MiB", **memory)


def _nothing(_: Figures) -> Iterator[Line]:
    """Yield nothing: the days of the soak are for those who look for what grew."""
    return iter(())


OF: Mapping[str, Callable[[Figures], Iterator[Line]]] = {
    "ack": _ack,
    "history": _history,
    "drive": _drive,
    "soak": _nothing,
}
