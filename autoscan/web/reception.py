"""One door for every way in: make an event of the request, hand it to the intake, say what became of it."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import MethodNotAllowed

from autoscan import logs, triggers
from autoscan.errors import BadRequestError
from autoscan.intake import Key, Receipt, Received
from autoscan.model import Event
from autoscan.store import Answered
from autoscan.web import answers, bodies, confinement, errors, signatures
from autoscan.web.context import here, secret
from autoscan.web.masking import masked

logger = logging.getLogger(__name__)

#: The source of what comes without a name in the address, and from no known application.
UNNAMED = "webhook"
#: The source of what comes from the form or `/triggers/manual`.
MANUAL = "manual"

NO_PATH = "A manual request names no path: say filepath=, path= or dir="
REDIRECTED = (
    "An application asked with GET where it should send its event with POST. A redirect (http to https, say) "
    "turned the one into the other and lost the event: enter the address that the redirect leads to"
)

_ARR = re.compile(r"(?:sonarr|radarr|lidarr|readarr|whisparr|prowlarr|sportarr)\b", re.IGNORECASE)
_MAX_SOURCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a caller said: the event, and its raw form for the record."""

    event: Event
    raw: Mapping[str, Any]


def refuse_redirected() -> None:
    """Raise 405 for the GET of an *arr: what was a POST with an event arrives so after a 301 or 302."""
    if request.method == "GET" and _ARR.match(request.headers.get("User-Agent", "")):
        raise MethodNotAllowed(["POST", "PUT"], REDIRECTED)


def receive(source: str) -> Response:
    """Take the current request as an event of the named `source`, whose credentials were checked before.

    HEAD only shows that Autoscan is there. GET takes `path=` and `dir=` (autopulse, scripts), without them it leads to
    the form for `manual`. POST and PUT take a body as well; of the two, an event in the body counts, except for
    `manual`, where Cloudbox/autoscan never looked at the body.
    """
    if request.method == "HEAD":
        return make_response("")
    refuse_redirected()
    if request.method == "GET" and source == MANUAL and not request.args.keys() & {"path", "dir"}:
        return make_response(redirect(url_for("webhooks.by_path", rest=secret()), 303))
    return _answer(submit(_signed(source), source))


def submit(told: Told, source: str) -> Receipt:
    """Store what was told and the scans that come of it in one transaction.

    Raise `BadRequestError` for a manual request without a path, or with one outside of ALLOWED_ROOTS.
    """
    received = _received(told, source)
    receipt = here().intake.submit(told.event, received)
    _log(receipt)
    return receipt


def submit_once(told: Told, source: str, key: Key, answer: Callable[[Receipt], str]) -> Answered:
    """Do what `submit` does and keep its `answer`, or return the one that was kept for `key` in the last 24 hours."""
    taken: list[Receipt] = []

    def say(receipt: Receipt) -> str:
        taken.append(receipt)
        return answer(receipt)

    answered = here().intake.submit_once(told.event, _received(told, source), key, say)
    for receipt in taken:
        _log(receipt)
    return answered


def _received(told: Told, source: str) -> Received:
    if told.event.app == "manual" and not told.event.requests:
        raise BadRequestError(NO_PATH)
    name = g.event_source = _source(told.event, source)
    confinement.refuse_outside(told.event, name)
    return Received(
        source=name,
        request_id=logs.request_id.get(),
        body=masked(told.raw, here().secrets),
        at=here().clock.now(),
        user_agent=bodies.tame_text(request.headers.get("User-Agent", "")),
        remote=request.remote_addr or "",
    )


def _log(receipt: Receipt) -> None:
    if logger.isEnabledFor(logging.INFO):
        logger.info("%s", answers.summary(receipt), extra={"path": _first(receipt), "state": "stored"})


def _source(event: Event, name: str) -> str:
    """Return the name in the address; without one the application's, so that `SOURCES` can speak of it."""
    return event.app if name == UNNAMED and event.app != "unknown" else name[:_MAX_SOURCE]


def from_paths(paths: tuple[str, ...], folders: tuple[str, ...]) -> Told:
    """Return what `path=` and `dir=` say."""
    return Told(event=triggers.from_paths(paths, folders), raw={"path": list(paths), "dir": list(folders)})


def _signed(source: str) -> Told:
    """Return what the caller says, once its signature is checked: by its address, and by what the event is of."""
    signed = signatures.verified()
    signatures.demand(source, signed=signed)
    told = _told(source)
    signatures.demand(_source(told.event, source), signed=signed)
    return told


def _told(source: str) -> Told:
    query = from_paths(_query("path"), _query("dir"))
    if request.method == "GET" or (source == MANUAL and query.event.requests):
        return query
    body = bodies.read()
    if body.empty:
        return query if query.event.requests else _nothing()
    told = _of_body(source, body)
    return query if query.event.requests and not told.event.requests else told


def _nothing() -> Told:
    raise BadRequestError(bodies.EMPTY)


def _of_body(source: str, body: bodies.Body) -> Told:
    names = {name.casefold() for name in body.fields}
    fields = _by_hand(body) if source == MANUAL and "eventtype" not in names else body.fields
    event = triggers.parse(fields, user_agent=request.headers.get("User-Agent", ""))
    if body.form and source != UNNAMED and event.app == "unknown" and names & set(triggers.MEMBERS):
        # What a script calls its event means nothing beside a path.
        event = triggers.parse(_by_hand(body))
    return Told(event=event, raw=body.fields)


def _by_hand(body: bodies.Body) -> dict[str, Any]:
    return {**body.fields, "eventType": "Manual"}


def _query(name: str) -> tuple[str, ...]:
    if not request.query_string:
        return ()
    return tuple(text for text in map(bodies.tame_text, request.args.getlist(name)) if text.strip())


def _answer(receipt: Receipt) -> Response:
    if receipt.event.app != "manual":
        return _plain("OK")
    told = answers.lines(receipt, here().clock.now())
    if errors.wants_page():
        return make_response(render_template("taken.html", lines=told))
    return _plain("\n".join(told) + "\n")


def _plain(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")


def _first(receipt: Receipt) -> str:
    return receipt.taken[0].mapped if receipt.taken else ""
