"""The manual form."""

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request, url_for

from autoscan.errors import BadRequestError, CredentialsError
from autoscan.web import answers, bodies, reception, security
from autoscan.web.context import here, secret

FORM_OFF = "The manual form is switched off; SERVER_ALLOW_MANUAL_SCAN = true switches it on"

#: More at once is a mistake: a whole listing pasted, say.
MAX_PATHS = 1000

blueprint = Blueprint("pages", __name__)


@blueprint.before_request
def check() -> None:
    """Check the secret, then whether there is a form, and only then read the body, in which its token stands."""
    security.require_path((request.view_args or {}).get("rest", ""))
    _require_form()
    bodies.read()
    security.csrf.protect()  # type: ignore[no-untyped-call] # Flask-WTF has no annotations


@blueprint.post("/manual/<secret:rest>")
def scan(rest: str) -> Response:  # noqa: ARG001 - the guard has looked at it
    """Take the paths of the form, one in each line."""
    told = reception.from_paths(_paths(), ())
    receipt = reception.submit(told, reception.MANUAL)
    return form(answers.lines(receipt, here().clock.now()))


def form(results: Sequence[str] = ()) -> Response:
    """Show the form, and what became of the paths sent just now."""
    _require_form()
    action = url_for("pages.scan", rest=secret())
    return make_response(render_template("manual.html", action=action, results=results))


def _paths() -> tuple[str, ...]:
    stripped = (bodies.tame_text(line).strip() for line in request.form.get("paths", "").splitlines())
    paths = tuple(dict.fromkeys(line for line in stripped if line))
    if len(paths) > MAX_PATHS:
        raise BadRequestError(f"At most {MAX_PATHS} paths at once")
    return paths


def _require_form() -> None:
    if not here().settings.server_allow_manual_scan:
        raise CredentialsError(FORM_OFF)
