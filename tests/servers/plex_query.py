"""Plex's media queries: `type=4&show.title==X&season.index=1&sort=addedAt:desc`, with paging."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.servers.plex_catalog import TYPES, Item
from tests.servers.wire import Request

_NAMES = {number: name for name, number in TYPES.items()}
_FIELD = re.compile(r"(?:(show|season|episode|artist|album|track|movie)\.)?(\w+?)(=|!=|!|>>|<<|<|>)?")
_AGO = re.compile(r"-(\d+)(s|m|h|d|w|mon|y)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mon": 2592000, "y": 31536000}
_VALUES: dict[str, Callable[[Item], object]] = {
    "title": lambda item: item.title,
    "titleSort": lambda item: item.title,
    "year": lambda item: item.year,
    "index": lambda item: item.index,
    "id": lambda item: item.key,
    "guid": lambda item: item.guid,
    "addedAt": lambda item: int(item.added_at),
    "updatedAt": lambda item: int(item.updated_at),
    "trash": lambda item: item.deleted_at is not None,
    "unmatched": lambda item: not item.matched,
}
#: Arguments that are no filters.
_OTHERS = frozenset(["type", "sort", "limit"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition."""

    scope: str
    field: str
    #: `=` (contains, or equals for numbers), `==`, `!=`, `!==`, `>>=`, `<<=`, `<=` (begins), `>=` (ends).
    operator: str
    value: str

    def holds(self, item: Item, now: float) -> bool:
        """Tell whether an item, or what it lies in, or what lies in it, meets the condition."""
        return any(self._fits(_VALUES[self.field](one), now) for one in _scoped(item, self.scope))

    def _fits(self, actual: object, now: float) -> bool:
        if self.operator.startswith("!"):
            return not self._compare(actual, self.operator[1:], now)
        return self._compare(actual, self.operator, now)

    def _compare(self, actual: object, operator: str, now: float) -> bool:
        if isinstance(actual, bool):
            return actual is (self.value == "1")
        if isinstance(actual, int):
            return _compare_numbers(actual, operator, moment(self.value, now))
        return any(_compare_texts(str(actual or "").lower(), operator, one) for one in self.value.lower().split(","))


def moment(value: str, now: float) -> float:
    """Return a number, or the time that `-15m` means on the server's clock."""
    ago = _AGO.fullmatch(value)
    return now - int(ago[1]) * _SECONDS[ago[2] or "s"] if ago else float(value)


def _compare_numbers(actual: float, operator: str, wanted: float) -> bool:
    if operator == ">>=":
        return actual > wanted
    return actual < wanted if operator == "<<=" else actual == wanted


def _compare_texts(actual: str, operator: str, wanted: str) -> bool:
    if operator == "==":
        return actual == wanted
    if operator in ("<=", ">="):
        return actual.startswith(wanted) if operator == "<=" else actual.endswith(wanted)
    return wanted in actual


def _scoped(item: Item, scope: str) -> Iterable[Item]:
    if scope in ("", item.type):
        return [item]
    above = item.parent
    while above is not None:
        if above.type == scope:
            return [above]
        above = above.parent
    return [below for below in _descendants(item) if below.type == scope]


def _descendants(item: Item) -> Iterable[Item]:
    for child in item.children:
        yield child
        yield from _descendants(child)


def filters(request: Request) -> list[Filter]:
    """Return the conditions of a request; `a==b` arrives as the name `a` with the value `=b`, or `a=` with `b`."""
    found = []
    for name, value in request.query:
        matched = _FIELD.fullmatch(name)
        if matched is None or name in _OTHERS or matched[2] not in _VALUES:
            continue
        exact = value.startswith("=") and matched[2] in ("title", "guid")
        sign = (matched[3] or "") + ("==" if exact else "=")
        found.append(Filter(scope=matched[1] or "", field=matched[2], operator=sign, value=value[exact:]))
    return found


def select(items: Iterable[Item], request: Request, *, default_type: str, now: float) -> list[Item]:
    """Return the items of the type asked for that meet all conditions, in the order asked for."""
    wanted = _NAMES.get(int(request.arg("type")), "") if request.arg("type") else default_type
    conditions = filters(request)
    found = [
        item
        for item in items
        if (not wanted or item.type == wanted) and all(condition.holds(item, now) for condition in conditions)
    ]
    for part in reversed([part for part in request.arg("sort").split(",") if part]):
        name, _, direction = part.partition(":")
        found.sort(key=_sort_key(name.rpartition(".")[2]), reverse=direction == "desc")
    return found[: int(request.arg("limit"))] if request.arg("limit") else found


def _sort_key(field: str) -> Callable[[Item], tuple[bool, float, str]]:
    read = _VALUES.get(field, _VALUES["title"])

    def key(item: Item) -> tuple[bool, float, str]:
        value = read(item)
        number = float(value) if isinstance(value, (int, float)) else 0.0
        return value is not None, number, value.lower() if isinstance(value, str) else ""

    return key


def page(items: list[Item], request: Request) -> tuple[list[Item], int]:
    """Return the part of a list that is asked for, by header or argument, and where it begins."""
    start = _paging(request, "X-Plex-Container-Start")
    size = _paging(request, "X-Plex-Container-Size")
    return items[start or 0 :][: size if size is not None else None], start or 0


def _paging(request: Request, name: str) -> int | None:
    value = request.headers.get(name.lower()) or request.arg(name)
    return int(value) if value else None
