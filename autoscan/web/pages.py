"""The manual form: at the webhook's address for who knows that, at `/manual` for who is logged in."""

import re

from flask import Blueprint, Response, make_response, render_template, request, url_for

from autoscan.errors import BadRequestError, CredentialsError
from autoscan.web import answers, bodies, errors, reception, security, sessions
from autoscan.web.answers import Answer
from autoscan.web.context import here, secret

FORM_OFF = "The manual form is switched off; SERVER_ALLOW_MANUAL_SCAN = true switches it on"

#: More at once is a mistake: a whole listing pasted, say.
MAX_PATHS = 1000

blueprint = Blueprint("pages", __name__)


@blueprint.before_request
def check() -> Response | None:
    """Check the secret, then whether there is a form, and only then read the body, in which its token stands."""
    if "rest" not in (request.view_args or {}):
        return sessions.require_session()
    security.require_path((request.view_args or {}).get("rest", ""))
    _require_form()
    sessions.require_token()
    return None


@blueprint.get("/manual")
def page() -> Response:
    """Show the form to who is logged in; SERVER_ALLOW_MANUAL_SCAN is about the form that asks for no log-in."""
    return _form(url_for("pages.send"))


@blueprint.post("/manual")
def send() -> Response:
    """Take the paths of that form, one in each line."""
    return _taken(url_for("pages.send"))


@blueprint.post("/manual/<secret:rest>")
def scan(rest: str) -> Response:  # noqa: ARG001 - the guard has looked at it
    """Take the paths of the form at the webhook's address."""
    return _taken(url_for("pages.scan", rest=secret()))


def form() -> Response:
    """Show the form to who knows the webhook's address, without logging anybody in."""
    _require_form()
    return _form(url_for("pages.scan", rest=secret()))


def _taken(action: str) -> Response:
    """Ask for scans; what cannot be taken stays in the form, to be mended."""
    try:
        receipt = reception.submit(reception.from_paths(_paths(), ()), reception.MANUAL)
    except BadRequestError as error:
        if not errors.wants_page():
            raise
        return _form(action, problem=str(error), text=bodies.tame_text(request.form.get("paths", "")))
    return _form(action, answers.detailed(receipt, reception.MANUAL))


def _form(action: str, results: tuple[Answer, ...] = (), *, problem: str = "", text: str = "") -> Response:
    page = render_template("manual.html", action=action, results=results, problem=problem, text=text)
    return make_response(page, 400 if problem else 200)


def _paths() -> tuple[str, ...]:
    # Not `splitlines`, for which a name may hold what ends a line.
    stripped = (bodies.tame_text(line).strip() for line in re.split(r"\r\n|\r|\n", request.form.get("paths", "")))
    paths = tuple(dict.fromkeys(line for line in stripped if line))
    if len(paths) > MAX_PATHS:
        raise BadRequestError(f"At most {MAX_PATHS} paths at once")
    if not paths:
        raise BadRequestError("Write at least one path")
    return paths


def _require_form() -> None:
    if not here().settings.server_allow_manual_scan:
        raise CredentialsError(FORM_OFF)
