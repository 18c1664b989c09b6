"""An explanation for programs, in the words of the API, and for people, line by line. Pure."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from autoscan.explain.rules import text
from autoscan.explain.values import AtServer, Explanation, RuleUsed

Line = tuple[str, str]


def as_json(value: Any) -> Any:
    """Return an explanation, or a part of it, as the API answers it: objects, lists, times as RFC 3339 in UTC."""
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [as_json(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def in_words(told: Explanation) -> list[Line]:
    """Return the steps of the path up to the servers, each with its name."""
    lines = [("received", told.path), ("mapped", f"{told.mapped} ({_by(told.rule)})")]
    if not told.folder:
        why = f"'{told.ignored_by}' is in SERVER_IGNORE_LIST" if told.ignored_by else "no mapping leads it to a place"
        return [*lines, ("ignored", why)]
    there = {True: "there", False: "not there", None: "not known whether it is there"}[told.exists]
    joins = "none, it makes a scan of its own"
    if told.joins is not None:
        joins = f"scan {told.joins.scan_id} of {told.joins.folder}, due at {as_json(told.joins.due_at)}"
    return [
        *lines,
        ("ignored", "no, no pattern of SERVER_IGNORE_LIST is in it"),
        ("on this machine", f"{told.local}: {there}"),
        ("scanned", f"{told.folder}{' with everything in it' if told.whole else ''}"),
        ("priority", f"{told.priority}, due {told.delay} s after the request"),
        ("joins", joins),
    ]


def server_in_words(at: AtServer) -> list[Line]:
    """Return what one server would do, each line with its name."""
    return list(_at_server(at))


def _at_server(at: AtServer) -> Iterator[Line]:
    yield "state", f"{at.state}: {at.about}" if at.about else at.state
    if at.held_since is not None:
        yield "paused since", as_json(at.held_since)
    if at.next_probe_at is not None:
        yield "asked again at", as_json(at.next_probe_at)
    yield "path there", f"{at.path} ({_by(at.rule)})"
    for library in at.libraries:
        yield "library", f"{library.title} ({library.type}), its folder {library.root}"
    if at.libraries:
        yield "asked for", at.folder
    if at.problem:
        yield "problem", at.problem
    if at.offer is not None:
        yield "missing", f"{at.offer.setting}: {at.offer.text}\n{at.offer.why}"
    if at.told_at is None:
        yield "libraries", "not known: it was never asked"
    else:
        yield "libraries", "as it told just now" if at.live else f"as it told at {as_json(at.told_at)}"


def _by(rule: RuleUsed | None) -> str:
    return "no mapping" if rule is None else f"{rule.setting}: {text(rule)}"
