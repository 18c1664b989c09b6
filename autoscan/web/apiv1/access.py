"""Who may use the API: whoever sends SERVER_PASS with each request, and pages of who is logged in."""

from flask import Response, request, url_for

from autoscan.errors import CredentialsError
from autoscan.web import api, security, sessions
from autoscan.web.context import secret

#: Where the API begins: an address that people try first.
INDEX = "apiv1.show_index"
ABOUT = (
    "This is the API of Autoscan, and {address} describes it (OpenAPI 3.1). Send SERVER_PASS with each request: as "
    "X-Api-Key, as a Bearer token, or as the password of HTTP Basic (any user name)"
)


def check() -> Response | None:
    """Raise unless the request carries SERVER_PASS, or a session that may do this; for `before_request`.

    A session needs the CSRF token (`X-CSRFToken`) for anything but reading. Basic credentials beside a session are
    those of a proxy in front of us, which browsers send everywhere.
    """
    if request.endpoint == INDEX and security.source_in("v1", secret()) == "":
        # A password of these two letters makes this the address of plex_autoscan's API.
        security.require_near()
        return api.command("v1")
    if not _key_sent() and sessions.signed_in():
        sessions.require_token()
    elif request.endpoint == INDEX and "Authorization" not in request.headers and not _key_sent():
        raise CredentialsError(ABOUT.format(address=url_for("apiv1.show_document")))
    else:
        security.require_credentials()
    return None


def _key_sent() -> bool:
    bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
    return bearer or "X-Api-Key" in request.headers
