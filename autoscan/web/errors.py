"""The one place that turns what went wrong into an HTTP answer: JSON in one shape, or a page for a browser."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from autoscan import logs
from autoscan.errors import BadFieldsError, RequestError, StoreUnavailableError, TooManyRequestsError

logger = logging.getLogger(__name__)

#: Seconds after which a caller may try again when the database did not take an event.
RETRY_AFTER = 10

#: Where the API for programs is.
API = "/api/v1/"

_TEXTS = {
    404: "There is nothing at this address",
    405: "This address does not take this method",
    413: "The body is larger than SERVER_MAX_BODY_SIZE allows",
}


def register(app: Flask) -> None:
    """Answer every error of `app`, expected or not."""
    app.register_error_handler(RequestError, _refused)
    app.register_error_handler(StoreUnavailableError, _not_stored)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def wants_page() -> bool:
    """Tell whether the caller is a browser: it prefers HTML to JSON and to plain text. The API never answers a page."""
    if _at_api():
        return False
    kinds = ["application/json", "text/plain", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def _at_api() -> bool:
    return f"{request.path}/".startswith(API)


def answer(
    status: int,
    message: str,
    headers: Iterable[tuple[str, str]] = (),
    fields: Mapping[str, Sequence[str]] | None = None,
) -> Response:
    """Return an error of HTTP `status`, whose `message` tells what to do, in the shape the caller reads.

    `fields` says, by the name of each field that is wrong, what is wrong with it.
    """
    code = HTTPStatus(status)
    if wants_page():
        page = render_template("error.html", status=code, message=message, request_id=logs.request_id.get())
        response = make_response(page)
    else:
        more = {"fields": fields} if fields else {}
        known = {"status": "error", "error_code": code.name, "error": message, "request_id": logs.request_id.get()}
        response = jsonify(known | more)
    response.status_code = status
    response.headers.extend(headers)
    return response


def _refused(error: RequestError) -> Response:
    # The path is not logged: it may hold a SERVER_PASS with one wrong letter.
    logger.warning("refused %s from %s: %s %s", request.method, request.remote_addr, error.status, error)
    headers = [("WWW-Authenticate", _challenge())] if error.status == HTTPStatus.UNAUTHORIZED and _challenge() else []
    headers += [("Retry-After", str(error.retry_after))] if isinstance(error, TooManyRequestsError) else []
    return answer(error.status, str(error), headers, error.fields if isinstance(error, BadFieldsError) else None)


def _challenge() -> str:
    """Return how to send credentials; Basic would have a browser ask for them, where a page uses the API."""
    if _at_api():
        return 'Bearer realm="Autoscan"'
    return 'Basic realm="Autoscan", charset="UTF-8"' if request.path.startswith("/triggers/") else ""


def _not_stored(error: StoreUnavailableError) -> Response:
    logger.error("the event was not stored: %s", error)
    message = "The database did not take this event in time; nothing was stored, send it again"
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, message, [("Retry-After", str(RETRY_AFTER))])


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    kept = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    said = vars(error).get("description") or _TEXTS.get(status)  # not Werkzeug's own words, where we have better ones
    return answer(status, said or error.description or HTTPStatus(status).phrase, kept)


def _unexpected(error: Exception) -> Response:
    logger.error("a request failed in a way nobody foresaw", exc_info=error)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong in Autoscan; its log says what")
