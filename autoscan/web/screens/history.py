"""`/history`: what has ended, and how; searched, filtered, drawn."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template

from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import SEARCH_MATCHES, ScanFilter
from autoscan.web.context import here
from autoscan.web.screens import base, charts, wording

blueprint = base.make("history")

#: Choices of a field: value and label.
Choices = tuple[tuple[str, str], ...]

_ENDS = (ScanState.DONE, ScanState.FAILED, ScanState.CANCELLED, ScanState.ABSORBED)
_RESULTS: Choices = (
    ("", "any"),
    *((f"scan-{state}", wording.SCANS[state].label) for state in _ENDS),
    *(
        (state.value, f"At a server: {wording.RESULTS[state].label.lower()}")
        for state in DeliveryState
        if state is not DeliveryState.PENDING
    ),
)
_TIMES: Choices = (("", "any"), ("1", "last day"), ("7", "last week"), ("30", "last month"))
#: Length in days and number of buckets of the charts.
_SPANS = {"day": (1, 24), "month": (30, 30)}
_SIZE = {
    "width": charts.WIDTH,
    "height": charts.HEIGHT,
    "left": charts.LEFT,
    "right": charts.RIGHT,
    "bottom": charts.BOTTOM,
}


@blueprint.get("/history")
def page() -> Response:
    """Show what has ended, the latest first; the charts stand on the first page only."""
    form = {name: base.argument(name) for name in ("q", "source", "server", "result", "days")}
    cursor = base.argument("cursor")
    found = here().queue.find_scans(_filter(form), limit=base.ROWS, cursor=cursor)
    return make_response(
        render_template(
            "history.html",
            page=found,
            form=form,
            args={name: value for name, value in form.items() if value},
            selects=_selects(),
            matches=SEARCH_MATCHES,
            here=base.here_again(),
            first=not cursor,
            **({} if cursor else _figures()),
        )
    )


def _filter(form: dict[str, str]) -> ScanFilter:
    result, days = form["result"], form["days"]
    return ScanFilter(
        text=form["q"],
        source=form["source"],
        server=form["server"],
        results=frozenset({DeliveryState(result)} if result in set(DeliveryState) else ()),
        states=frozenset(state for state in _ENDS if result == f"scan-{state}"),
        since=here().clock.now() - timedelta(days=int(days)) if days in dict(_TIMES) and days else None,
        ended_only=True,
    )


def _selects() -> tuple[tuple[str, str, Choices], ...]:
    """Return the fields beside the search: name, label, choices."""
    servers = tuple((server.name, wording.title(server.name)) for server in here().settings.media_servers)
    sources = tuple((name, name) for name in here().queue.sources())
    return (
        ("result", "Result", _RESULTS),
        ("server", "Server", (("", "any"), *servers)),
        ("source", "Source", (("", "any"), *sources)),
        ("days", "Time", _TIMES),
    )


def _figures() -> dict[str, Any]:
    span = base.argument("span")
    span = span if span in _SPANS else "day"
    days, count = _SPANS[span]
    until = _end(here().clock.now(), days)
    buckets = here().queue.chart(until - timedelta(days=days), until, count)
    drawings, names = charts.draw(buckets), charts.servers_in(buckets)
    return {"span": span, "buckets": buckets, "drawings": drawings, "names": names, "size": _SIZE}


def _end(now: datetime, days: int) -> datetime:
    """Return the end of this hour, or of this day in the zone of this machine, so that buckets are whole ones."""
    local = now.astimezone()
    if days == 1:
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
