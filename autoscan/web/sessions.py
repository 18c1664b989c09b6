"""Who is logged in: a signed cookie, which ends thirty days after the last visit, or with the SERVER_PASS it came by.

A session is for pages; no webhook is taken on its word.
"""

import hashlib
import hmac
from datetime import timedelta

from flask import Flask, Request, Response, current_app, make_response, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, generate_csrf

from autoscan.errors import BadRequestError, CredentialsError
from autoscan.web import bodies, errors, security, transport
from autoscan.web.context import here, secret
from autoscan.web.session_key import session_key

#: A visit within this time keeps the session.
LIFETIME = timedelta(days=30)
#: How often the cookie is written anew.
_FRESH = timedelta(hours=12)

NOT_SIGNED_IN = "Nobody is logged in here: log in on the page /login, or send SERVER_PASS with the request"

UNPROVEN = (
    "This came without the token of a page of this Autoscan, or with an old one: load the page anew, with cookies "
    "allowed, and send it again (programs: X-CSRFToken, or SERVER_PASS in place of a session)"
)

_PROOF, _SEEN = "proof", "seen"


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own, whose cookie is kept to HTTPS as soon as HTTPS is in use."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the caller's session; a caller without a cookie has a new one, and needs no key for that."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - the base asks
        """Tell whether the cookie may only travel over HTTPS."""
        return kept_to_https() or request.is_secure or (here().settings.enable_talisman and transport.is_secure())


def register(app: Flask) -> None:
    """Put the key and the cookie of the sessions into `app`."""
    settings = app.extensions["autoscan"].settings
    app.session_interface = CookieSessions()
    app.config.update(
        SECRET_KEY=session_key(settings),
        SECRET_KEY_FALLBACKS=[key.reveal() for key in settings.secret_key_fallbacks],
        # A name of its own: cookies do not tell ports apart, and a neighbour may be a Flask application, too.
        SESSION_COOKIE_NAME="autoscan",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH=settings.base_path or "/",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        # An answer on its way while somebody logs out must not bring the old cookie back.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def kept_to_https() -> bool:
    """Tell whether the settings keep the cookie to HTTPS, however a page came."""
    return here().settings.session_cookie_secure or here().settings.force_https


def sign_in() -> None:
    """Begin a session for the current visitor, who has shown the SERVER_PASS."""
    session.clear()
    session.permanent = True
    session[_PROOF] = _proofs()[0]
    session[_SEEN] = _now()
    # Now, so that no later answer has to write the cookie anew.
    generate_csrf()  # type: ignore[no-untyped-call] # Flask-WTF has no annotations


def sign_out() -> None:
    """End the session."""
    session.clear()


def signed_in() -> bool:
    """Tell whether the current visitor is logged in; a visit now and then keeps it so."""
    proof, seen = session.get(_PROOF), session.get(_SEEN)
    if not isinstance(proof, str) or not isinstance(seen, int) or not _holds(proof):
        return False
    age = _now() - seen
    if age > LIFETIME.total_seconds():
        return False
    if age > _FRESH.total_seconds():
        session[_SEEN] = _now()
    return True


def require_session() -> Response | None:
    """Send a browser that is not logged in to the log-in page, and raise CredentialsError for anything else.

    A request that changes something must carry the CSRF token as well. For `before_request` of a blueprint.
    """
    if not signed_in():
        if not errors.wants_page():
            raise CredentialsError(NOT_SIGNED_IN)
        return make_response(redirect(_log_in(), 303))
    require_token()
    return None


def require_token() -> None:
    """Raise for a request that changes something and does not carry the session's CSRF token."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        bodies.read()
        try:
            security.csrf.protect()  # type: ignore[no-untyped-call] # Flask-WTF has no annotations
        except CSRFError as error:
            raise BadRequestError(UNPROVEN) from error


def _log_in() -> str:
    """Return the address of the log-in page, which leads on to the page that was asked for."""
    if request.method == "GET":
        return url_for("login.page", next=request.full_path.rstrip("?"))
    adapter = current_app.create_url_adapter(request)
    is_page = adapter is not None and "GET" in adapter.allowed_methods(request.path)
    # No flashed message: it would replace the cookie of who comes from elsewhere, whose browser does not show it.
    return url_for("login.page", next=request.path if is_page else None, unsent=1)


def _proofs() -> list[str]:
    """Return what a session of the present SERVER_PASS holds, by each key; nobody learns the password from it."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    text = b"signed in with " + secret().encode("utf-8", "surrogatepass")
    return [hmac.new(key.encode("utf-8", "surrogatepass"), text, hashlib.sha256).hexdigest() for key in keys]


def _holds(proof: str) -> bool:
    return any(security.same(proof, each) for each in _proofs())


def _now() -> int:
    return int(here().clock.now().timestamp())
