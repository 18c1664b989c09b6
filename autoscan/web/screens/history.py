"""`/history`: what has ended, and how; searched, filtered, drawn."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template, url_for

from autoscan.model import DeliveryState, ScanState
from autoscan.model.views import SEARCH_MATCHES, ScanFilter
from autoscan.web import live
from autoscan.web.context import here
from autoscan.web.screens import base, charts, wording

blueprint = base.make("history")

#: Choices of a field: value and label.
Choices = tuple[tuple[str, str], ...]

#: What the search takes.
_FIELDS = ("q", "source", "server", "result", "days")
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
    """Show what has ended, the latest first; the charts stand on the first page only, which is kept up to date."""
    form = {name: base.argument(name) for name in _FIELDS}
    cursor = base.argument("cursor")
    shown = _listed(form, cursor, base.here_again())
    span = base.argument("span") or None
    polled = {name: url_for(f"history.{name}", span=span) for name in ("rows", "figures")}
    return make_response(
        render_template(
            "history.html",
            form=form,
            selects=_selects(),
            span_kept=span,
            matches=SEARCH_MATCHES,
            polled=None if cursor or shown["args"] else polled,
            **shown,
            **({} if cursor else _figures()),
        )
    )


@blueprint.get("/history/rows")
def rows() -> Response:
    """Answer the list of the first page, if there is something new in it."""
    back = base.here_again().replace("/rows", "", 1)
    nothing = dict.fromkeys(_FIELDS, "")
    mark = here().queue.change_mark()
    return live.conditional(lambda: render_template("_history.html", **_listed(nothing, "", back)), mark)


@blueprint.get("/history/figures")
def figures() -> Response:
    """Answer the charts of the first page, if there is something new in them."""
    mark = f"{here().queue.change_mark()} {_end(here().clock.now(), _SPANS[_span()][0])}"
    return live.conditional(lambda: render_template("_figures.html", **_figures(), args={}), mark)


def _listed(form: dict[str, str], cursor: str, back: str) -> dict[str, Any]:
    args = {name: value for name, value in form.items() if value}
    span = base.argument("span")
    return {
        "page": here().queue.find_scans(_filter(form), limit=base.ROWS, cursor=cursor),
        "args": args,
        "kept": args | ({"span": span} if span else {}),
        "here": back,
        "first": not cursor,
    }


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
    span = _span()
    days, count = _SPANS[span]
    until = _end(here().clock.now(), days)
    buckets = here().queue.chart(until - timedelta(days=days), until, count)
    drawings, names = charts.draw(buckets), charts.servers_in(buckets)
    return {"span": span, "buckets": buckets, "drawings": drawings, "names": names, "size": _SIZE}


def _span() -> str:
    span = base.argument("span")
    return span if span in _SPANS else "day"


def _end(now: datetime, days: int) -> datetime:
    """Return the end of this hour, or of this day in the zone of this machine, so that buckets are whole ones."""
    local = now.astimezone()
    if days == 1:
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
