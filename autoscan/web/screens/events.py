"""`/events`: what came in, and what was made of it."""

from flask import Response, make_response, render_template

from autoscan.errors import NotFoundError
from autoscan.model.views import EVENTS_SEARCH_MATCHES, EventFilter
from autoscan.web.context import here
from autoscan.web.screens import base

blueprint = base.make("events")

_KNOWN = (("", "any"), ("no", "unknown only"), ("yes", "known only"))


@blueprint.get("/events")
def page() -> Response:
    """Show the events, the latest first."""
    form = {name: base.argument(name) for name in ("q", "source", "known")}
    cursor = base.argument("cursor")
    sources = tuple((name, name) for name in here().queue.sources())
    return make_response(
        render_template(
            "events.html",
            page=here().queue.find_events(_filter(form), limit=base.ROWS, cursor=cursor),
            form=form,
            args={name: value for name, value in form.items() if value},
            selects=(("source", "Source", (("", "any"), *sources)), ("known", "Kind", _KNOWN)),
            matches=EVENTS_SEARCH_MATCHES,
            first=not cursor,
        )
    )


@blueprint.get("/events/<int(max=999999999999999999):event_id>")
def event(event_id: int) -> Response:
    """Show one event as it came in."""
    row = here().queue.event(event_id)
    if row is None:
        raise NotFoundError(f"There is no event {event_id}, or it is forgotten (EVENT_RETENTION_DAYS)")
    return make_response(render_template("event.html", row=row))


def _filter(form: dict[str, str]) -> EventFilter:
    known = {"yes": True, "no": False}.get(form["known"])
    return EventFilter(text=form["q"], source=form["source"], known=known)
