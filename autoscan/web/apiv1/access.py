"""Who may use the API: whoever sends SERVER_PASS with each request, and pages of who is logged in."""

from flask import request

from autoscan.web import security, sessions


def check() -> None:
    """Raise unless the request carries SERVER_PASS, or a session that may do this; for `before_request`.

    A session needs the CSRF token (`X-CSRFToken`) for anything but reading. Basic credentials beside a session are
    those of a proxy in front of us, which browsers send everywhere.
    """
    if not _key_sent() and sessions.signed_in():
        sessions.require_token()
    else:
        security.require_credentials()


def _key_sent() -> bool:
    bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
    return bearer or "X-Api-Key" in request.headers
