"""`/events`: what came in, and what was made of it."""

from typing import Any

from flask import Response, make_response, render_template, url_for

from autoscan.errors import NotFoundError
from autoscan.model.views import EVENTS_SEARCH_MATCHES, EventFilter
from autoscan.web import live
from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("events")

#: What the search takes.
_FIELDS = ("q", "source", "known")
_KNOWN = (("", "any"), ("no", "unknown only"), ("yes", "known only"))


@blueprint.get("/events")
def page() -> Response:
    """Show the events, the latest first; the first page is kept up to date."""
    form = {name: base.argument(name) for name in _FIELDS}
    cursor = base.argument("cursor")
    shown = _listed(form, cursor)
    sources = tuple((name, name) for name in here().queue.sources())
    return make_response(
        render_template(
            "events.html",
            form=form,
            selects=(("source", "Source", (("", "any"), *sources)), ("known", "Kind", _KNOWN)),
            matches=EVENTS_SEARCH_MATCHES,
            polled="" if cursor or shown["args"] else url_for("events.rows"),
            **shown,
        )
    )


@blueprint.get("/events/rows")
def rows() -> Response:
    """Answer the list of the first page, if there is something new in it."""
    nothing = dict.fromkeys(_FIELDS, "")
    mark = here().queue.change_mark()
    return live.conditional(lambda: render_template("_events.html", **_listed(nothing, "")), mark)


@blueprint.get("/events/<int(max=999999999999999999):event_id>")
def event(event_id: int) -> Response:
    """Show one event as it came in."""
    row = here().queue.event(event_id)
    if row is None:
        raise NotFoundError(f"There is no event {event_id}, or it is forgotten (EVENT_RETENTION_DAYS)")
    return make_response(render_template("event.html", row=row))


def _listed(form: dict[str, str], cursor: str) -> dict[str, Any]:
    return {
        "page": here().queue.find_events(_filter(form), limit=base.ROWS, cursor=cursor),
        "args": {name: value for name, value in form.items() if value},
        "first": not cursor,
    }


def _filter(form: dict[str, str]) -> EventFilter:
    known = {"yes": True, "no": False}.get(form["known"])
    return EventFilter(text=form["q"], source=form["source"], known=known)
