"""HTTPS, where the operator declares it: FORCE_HTTPS and ENABLE_TALISMAN of 2.x."""

from flask import Flask, Response, make_response, redirect, request

from autoscan.web.context import here

_YEAR = 365 * 24 * 3600
#: First names of addresses that programs ask, or that pages need: never redirected.
_FOR_PROGRAMS = frozenset({"triggers", "api", "health", "ready", "metrics", "static", "bootstrap", "favicon.ico"})


def register(app: Flask) -> None:
    """Send browsers that look at pages of `app` to HTTPS, and tell them to stay there, where the settings say so."""
    app.before_request(_insist)
    app.after_request(_remember)


def is_secure() -> bool:
    """Tell whether the caller used HTTPS, here or up to the proxy before us.

    Where no proxy is named, any caller's word counts, as in 2.x: the cookie and the redirect of a page that says it
    came by HTTPS concern nobody but that caller, and a proxy that nobody has named yet must not lead in a circle.
    """
    if request.is_secure or here().settings.trusted_proxies:
        return request.is_secure
    return request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower() == "https"


def _insist() -> Response | None:
    if not here().settings.force_https or not _is_page() or is_secure():
        return None
    # 308: any other code makes a GET of a form that is sent.
    return make_response(redirect(request.url.replace("http://", "https://", 1), 308))


def _is_page() -> bool:
    """Tell whether the address is a page's; under the webhook's address the form is one, to a browser's GET."""
    if request.endpoint is None or request.path.split("/")[1] in _FOR_PROGRAMS:
        return False
    return request.blueprint != "webhooks" or (
        request.method == "GET" and "text/html" in request.accept_mimetypes.values()
    )


def _remember(response: Response) -> Response:
    settings = here().settings
    if (settings.enable_talisman or settings.force_https) and is_secure():
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    return response
