"""Events: what came in, and what became of each path."""

import json
from typing import Any

from marshmallow import post_dump

from autoscan.model import Change, Kind
from autoscan.model.views import EVENTS_SEARCH_MATCHES
from autoscan.web.apiv1 import fields as field
from autoscan.web.apiv1.schemas.paging import PageQuery, next_page


class EventPathAnswer(field.Answer):
    """One path of an event, and what became of it."""

    path = field.text("As received.")
    mapped = field.text("After SERVER_PATH_MAPPINGS and the source's own.")
    kind = field.one_of(Kind, "What it names.")
    change = field.one_of(Change, "What happened to it.")
    outcome = field.text("queued, merged (into a scan that was waiting) or ignored.")
    detail = field.text("The rule that ignored it, else empty.")
    folder = field.text("What is scanned for it; empty if it is ignored.")
    scan_id = field.whole("The scan that took it; null if there is none, or no more.", allow_none=True)


class EventAnswer(field.Answer):
    """One event as it came in."""

    id = field.whole("The event.")
    at = field.moment("When it came in.")
    source = field.text("Who sent it, by the address it was sent to.")
    app = field.text("sonarr, radarr, lidarr, readarr, bazarr, manual, or unknown.")
    type = field.text("The event type in the application's own spelling; empty where there is none.")
    note = field.text("Why nothing is scanned for it, or what was ignored; empty where there is nothing to say.")
    known = field.flag("False for an event type that no parser knows.")
    request_id = field.text("The id of its request, which the log has, too.")
    paths = field.list_of(EventPathAnswer, "In lists the first twenty.")
    path_count = field.whole("How many paths it has.")


class OneEventAnswer(EventAnswer):
    """One event with its body."""

    body = field.anything("The body as it was sent, secrets masked.")

    @post_dump
    def _unfold(self, made: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return made | {"body": _json(made["body"])}


class EventsAnswer(field.Answer):
    """A page of events, the newest first."""

    events = field.list_of(EventAnswer, "The events.", attribute="rows")
    next = next_page()


class EventsQuery(PageQuery):
    """Which events."""

    text = field.bounded(EVENTS_SEARCH_MATCHES, 200)
    source = field.bounded("Who sent it.", 100)
    app = field.bounded("The application.", 100)
    known = field.flag("Only events that a parser knows, or only others.")
    since = field.moment("From then on.")
    until = field.moment("Before then.")


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
