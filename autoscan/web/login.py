"""`/`, `/login` and `/logout`: the SERVER_PASS once, then a session."""

import logging

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from autoscan.web import bodies, errors, navigation, security, sessions, throttle, transport
from autoscan.web.context import secret
from autoscan.web.reception import refuse_redirected

WRONG = "That is not the SERVER_PASS of this Autoscan"

logger = logging.getLogger(__name__)

blueprint = Blueprint("login", __name__)


@blueprint.get("/")
@blueprint.get("/login")
def page() -> Response:
    """Ask for the password; lead on who is logged in already."""
    refuse_redirected()
    if sessions.signed_in():
        return _onwards()
    return _form()


@blueprint.post("/login")
def sign_in() -> Response:
    """Begin a session for who knows the password."""
    sessions.require_token()
    security.require_near()
    seconds = throttle.wait_left(throttle.PAGE)
    if seconds:
        return _closed(seconds)
    given = bodies.tame_text(request.form.get("password", ""))
    if not security.same(given, secret()):
        return _wrong()
    throttle.succeeded(throttle.PAGE)
    logger.info("somebody logged in from %s", request.remote_addr)
    sessions.sign_in()
    return _onwards()


@blueprint.post("/logout")
def sign_out() -> Response:
    """End the session, if there is one."""
    if sessions.signed_in() or not errors.wants_page():
        sessions.require_token()
        sessions.sign_out()
    return make_response(redirect(url_for("login.page"), 303))


def _wrong() -> Response:
    logger.warning("a wrong password for the pages came from %s", request.remote_addr)
    seconds = throttle.failed(throttle.PAGE)
    return _closed(seconds) if seconds else _form(WRONG, 401)


def _closed(seconds: int) -> Response:
    answer = _form(f"{throttle.TOO_MANY}; wait {seconds} s", 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _form(problem: str = "", status: int = 200) -> Response:
    # The cookie would not come back, and a right password seem wrong.
    lost = sessions.kept_to_https() and not transport.is_secure()
    # A form led here that was sent when the session had ended.
    unsent = "unsent" in request.args
    page = render_template("login.html", problem=problem, next=_wanted(), lost=lost, unsent=unsent)
    return make_response(page, status)


def _onwards() -> Response:
    wanted = _wanted()
    return make_response(redirect(f"{request.root_path}{wanted}" if wanted else navigation.start(), 303))


def _wanted() -> str:
    """Return the page that was asked for before the password was; "" for anything that may lead off this site."""
    wanted = request.values.get("next", "")
    plain = wanted.startswith("/") and wanted.isascii() and wanted.isprintable()
    return wanted if plain and not wanted.startswith("//") and "\\" not in wanted else ""
