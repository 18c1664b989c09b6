"""What a real server would understand: tables of routes with their parameters, and the check of a request."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.servers.wire import Request

_CHECKS: Mapping[str, Callable[[str], object]] = {
    "str": lambda _: True,
    "int": re.compile(r"[+-]?\d+").fullmatch,
    "num": re.compile(r"[+-]?\d+(\.\d+)?").fullmatch,
    "bool": re.compile(r"true|false", re.IGNORECASE).fullmatch,
    "bit": re.compile(r"[01]").fullmatch,
    "list": re.compile(r"[^,]+(,[^,]+)*").fullmatch,
    "ids": re.compile(r"\d+(,\d+)*").fullmatch,
    "guid": re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch,
    "guids": re.compile(r"([0-9a-fA-F]{32}|[0-9a-fA-F-]{36})(,([0-9a-fA-F]{32}|[0-9a-fA-F-]{36}))*").fullmatch,
    "date": re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?").fullmatch,
}
#: Types of which servers take what they can read, and drop the rest without a word.
_LENIENT = frozenset(["list", "ids", "guids"])
#: Segments of a path that are no parameters of one segment: `rest` may hold slashes.
_SEGMENTS = {"rest": r"(.+)", "int": r"(\d+)", "ids": r"(\d+(?:,\d+)*)"}


def well_typed(kind: str, value: str) -> bool:
    """Tell whether a value has the type; `a|b` is a choice, compared without case."""
    check = _CHECKS.get(kind)
    if check is not None:
        return bool(check(value))
    return value.lower() in kind.lower().split("|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One query argument."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and path that the server answers."""

    method: str
    template: str
    pattern: re.Pattern[str]
    params: Mapping[str, Param]
    #: `open` (no token), `admin`, `forbidden` (real, but Autoscan must never send it), `token_in_url`.
    flags: frozenset[str]

    @property
    def name(self) -> str:
        """Return the key that handlers are registered under."""
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route with what its path held."""

    route: Route
    args: tuple[str, ...]


def parse_routes(text: str, groups: Mapping[str, str] | None = None) -> tuple[Route, ...]:
    """Read a table: `METHOD /path/{name:type} flag flag | name:type! name:type @group`, one route a line."""
    lines = (line.strip() for line in text.strip().splitlines())
    return tuple(_route(line, groups or {}) for line in lines if line and not line.startswith("#"))


def _route(line: str, groups: Mapping[str, str]) -> Route:
    head, _, tail = line.partition("|")
    method, template, *flags = head.split()
    words = " ".join(groups[word[1:]] if word.startswith("@") else word for word in tail.split()).split()
    params = {param.name.lower(): param for param in map(_param, words)}
    return Route(method=method, template=template, pattern=_pattern(template), params=params, flags=frozenset(flags))


def _param(word: str) -> Param:
    name, _, kind = word.rstrip("!").partition(":")
    return Param(name=name, type=kind or "str", required=word.endswith("!"))


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+(?::(\w+))?\}", template)
    text = "".join(
        re.escape(part or "") if index % 2 == 0 else _SEGMENTS.get(part or "", r"([^/]+)")
        for index, part in enumerate(parts)
    )
    return re.compile(text, re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """All routes of one product."""

    routes: tuple[Route, ...]
    #: Arguments that any route takes.
    anywhere: re.Pattern[str]
    #: Arguments and headers that carry the token; in the URL they are a violation.
    token_args: frozenset[str]
    #: Tells whether an argument is a filter of a media query (Plex), for routes with `media:query`.
    is_filter: Callable[[str], bool] = lambda _: False

    def match(self, method: str, path: str) -> Match | None:
        """Find the route of a request; several methods may share a path."""
        for route in self.routes:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                return Match(route=route, args=found.groups())
        return None

    def check(self, request: Request, path: str, match: Match | None) -> list[str]:
        """Return everything about the request that a faithful caller would not do."""
        what = f"{request.method} {path}"
        if match is None:
            return [f"unknown route: {what}"]
        route = match.route
        problems = [f"forbidden call: {what}"] if "forbidden" in route.flags else []
        if "token_in_url" not in route.flags:
            names = {name.lower() for name, _ in request.query}
            problems += [f"token in the URL: {what}" for _ in names & self.token_args]
        missing = [param.name for param in route.params.values() if param.required and not request.has(param.name)]
        problems += [f"missing parameter {name}: {what}" for name in missing]
        return problems + [f"{problem}: {what}" for problem in self._arguments(route, request.query)]

    def unreadable(self, request: Request, match: Match) -> bool:
        """Tell whether a real server answers 400: a parameter is missing, or ill-typed and no list."""
        params = match.route.params
        if any(param.required and not request.has(param.name) for param in params.values()):
            return True
        known = ((params[name.lower()], value) for name, value in request.query if name.lower() in params)
        return any(param.type not in _LENIENT and not well_typed(param.type, value) for param, value in known)

    def _arguments(self, route: Route, query: Iterable[tuple[str, str]]) -> Iterable[str]:
        for name, value in query:
            param = route.params.get(name.lower())
            if param is not None:
                if not well_typed(param.type, value):
                    yield f"ill-typed parameter {name}={value!r} (wants {param.type})"
            elif not self._known_anyway(route, name):
                yield f"unknown parameter {name}"

    def _known_anyway(self, route: Route, name: str) -> bool:
        known = self.anywhere.fullmatch(name) or name.lower() in self.token_args
        return bool(known) or ("media" in route.params and self.is_filter(name))
