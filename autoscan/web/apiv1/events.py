"""Events: what came in."""

from typing import Any

from autoscan.errors import NotFoundError
from autoscan.model.views import EventFilter, EventRow, Page
from autoscan.web.apiv1 import examples
from autoscan.web.apiv1.blueprint import blueprint, changes
from autoscan.web.apiv1.operations import Operation
from autoscan.web.apiv1.schemas.events import EventsAnswer, EventsQuery, OneEventAnswer
from autoscan.web.context import here

TAG = "Events"
NO_EVENT = "There is no such event, or it is forgotten; EVENT_RETENTION_DAYS says how long events are kept"

_LIST = Operation(tag=TAG, answer=EventsAnswer, query=EventsQuery, mark=changes, example=examples.EVENTS)
_ONE = Operation(tag=TAG, answer=OneEventAnswer, errors=frozenset({404}), mark=changes, example=examples.ONE_EVENT)


@blueprint.operation("GET", "/events", _LIST)
def list_events(query: dict[str, Any]) -> Page[EventRow]:
    """List what came in, the newest first."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    return here().queue.find_events(EventFilter(**query), limit=limit, cursor=cursor)


@blueprint.operation("GET", "/events/<id:event_id>", _ONE)
def show_event(event_id: int) -> EventRow:
    """Show one event with its body."""
    event = here().queue.event(event_id)
    if event is None:
        raise NotFoundError(NO_EVENT)
    return event
