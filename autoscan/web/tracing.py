"""An id for every request, in its answer and in every log line that comes of it."""

import re
import secrets

from flask import Flask, Response, g, request

from autoscan import logs

#: The second name is that of 2.x. The first sane one of the request wins; the answer carries both.
HEADERS = ("X-Request-ID", "X-Correlation-ID")

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask) -> None:
    """Give each request of `app` an id."""
    app.before_request(_begin)
    app.after_request(_answer)
    app.teardown_request(_end)


def _begin() -> None:
    given = (request.headers.get(name, "") for name in HEADERS)
    number = next((text for text in given if _SANE.fullmatch(text)), None) or secrets.token_hex(6)
    g.request_id_token = logs.request_id.set(number)


def _answer(response: Response) -> Response:
    for name in HEADERS:
        response.headers[name] = logs.request_id.get()
    return response


def _end(_error: BaseException | None) -> None:
    # A thread of Gunicorn serves many requests: what it logs between them belongs to none.
    if (token := g.pop("request_id_token", None)) is not None:
        logs.request_id.reset(token)
