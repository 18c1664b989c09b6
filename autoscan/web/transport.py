"""HTTPS, where 2.x offered to insist on it: FORCE_HTTPS and ENABLE_TALISMAN."""

from flask import Flask, Response, make_response, redirect, request

from autoscan.web.context import here

_YEAR = 365 * 24 * 3600


def register(app: Flask) -> None:
    """Send `app`'s callers to HTTPS, and tell browsers to stay there, where the settings say so."""
    app.before_request(_insist)
    app.after_request(_remember)


def is_secure() -> bool:
    """Tell whether the caller used HTTPS, here or up to the proxy before us."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower() == "https"


def _insist() -> Response | None:
    # /health is asked from inside the container, where there is no HTTPS.
    if is_secure() or not here().settings.force_https or request.endpoint == "health.health":
        return None
    # 308: any other code makes the POST of an *arr a GET without a body.
    return make_response(redirect(request.url.replace("http://", "https://", 1), 308))


def _remember(response: Response) -> Response:
    if here().settings.enable_talisman and is_secure():
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    return response
