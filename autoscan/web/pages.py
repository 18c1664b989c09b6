"""The manual form."""

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request, url_for

from autoscan.errors import BadRequestError, CredentialsError
from autoscan.web import answers, bodies, reception, security, sessions
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
    return _form(url_for("pages.send"), _submit())


@blueprint.post("/manual/<secret:rest>")
def scan(rest: str) -> Response:  # noqa: ARG001 - the guard has looked at it
    """Take the paths of the form at the webhook's address."""
    return _form(url_for("pages.scan", rest=secret()), _submit())


def form() -> Response:
    """Show the form to who knows the webhook's address, without logging anybody in."""
    _require_form()
    return _form(url_for("pages.scan", rest=secret()))


def _form(action: str, results: Sequence[str] = ()) -> Response:
    return make_response(render_template("manual.html", action=action, results=results))


def _submit() -> Sequence[str]:
    receipt = reception.submit(reception.from_paths(_paths(), ()), reception.MANUAL)
    return answers.lines(receipt, here().clock.now())


def _paths() -> tuple[str, ...]:
    stripped = (bodies.tame_text(line).strip() for line in request.form.get("paths", "").splitlines())
    paths = tuple(dict.fromkeys(line for line in stripped if line))
    if len(paths) > MAX_PATHS:
        raise BadRequestError(f"At most {MAX_PATHS} paths at once")
    return paths


def _require_form() -> None:
    if not here().settings.server_allow_manual_scan:
        raise CredentialsError(FORM_OFF)
