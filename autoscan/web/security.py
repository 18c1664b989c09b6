"""Who may ask: the one secret wherever a caller may put it, foreign pages kept out, headers on every answer."""

import base64
import binascii
import hmac
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, request
from flask_wtf import CSRFProtect
from werkzeug.routing import BaseConverter

from autoscan.errors import CredentialsError, ForbiddenError
from autoscan.settings import ROUTE_NAMES
from autoscan.web import addresses, throttle
from autoscan.web.context import here, secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Checks the token of forms; the blueprint with the forms calls it after the secret was checked.
csrf = CSRFProtect()  # type: ignore[no-untyped-call] # Flask-WTF has no annotations

WRONG_PATH = (
    "Wrong credentials: the address does not hold this Autoscan's SERVER_PASS; `scan.py url` prints the right one"
)
WRONG_HEADER = (
    "Wrong credentials: send SERVER_PASS as the password of HTTP Basic (any user name), as X-Api-Key "
    "or as a Bearer token"
)
FROM_FAR = (
    "SERVER_PASS is the published sample, which anybody knows: it serves only this machine and private networks. "
    "Change SERVER_PASS"
)
FOREIGN = "This request came from a page of another site"

_HEADERS = {
    # `data:` is for the ticks and arrows in Bootstrap's style sheet.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

_ADDED = [(name.lower(), (name, value)) for name, value in _HEADERS.items()]


class SecretConverter(BaseConverter):
    """What may hold the SERVER_PASS: any text, slashes too, that does not begin as another route does."""

    regex = rf"(?!(?:{'|'.join(map(re.escape, sorted(ROUTE_NAMES)))})(?:/|$)).+"
    part_isolating = False


def register(app: Flask) -> None:
    """Put the secret's converter, the tokens of the forms, and the headers of every answer into `app`."""
    app.url_map.converters["secret"] = SecretConverter
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # The address holds the secret, so that there is no Referer to check.
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)  # type: ignore[no-untyped-call] # as above
    app.wsgi_app = _Headers(app.wsgi_app)  # type: ignore[method-assign] # as Flask's documents tell


def same(given: str, expected: str) -> bool:
    """Compare without telling by the time taken how much was right; an empty secret is never right."""
    return bool(expected) & hmac.compare_digest(_octets(given), _octets(expected))


def source_in(rest: str, password: str) -> str | None:
    """Return the source's name in `<SERVER_PASS>/<name>`, "" for the secret alone, None for a wrong secret."""
    trimmed = rest.removesuffix("/")
    if same(rest, password) | same(trimmed, password):
        return ""
    head, _, name = trimmed.rpartition("/")
    return name if same(head, password) and name else None


def require_path(rest: str) -> None:
    """Raise `CredentialsError` unless `rest` is the SERVER_PASS, `ForbiddenError` for the sample one from far."""
    if source_in(rest, secret()) != "":
        raise CredentialsError(WRONG_PATH)
    require_near()


def require_near() -> None:
    """Raise `ForbiddenError` where the published sample password comes from a public address."""
    if here().settings.webhook_sample_pass and not addresses.all_near(request):
        raise ForbiddenError(FROM_FAR)


def require_credentials() -> None:
    """Check X-Api-Key, Bearer and Basic; count a wrong one.

    Browsers add Basic by themselves: where that counts, the page counts, too. Raise `CredentialsError`,
    `TooManyRequestsError` for one wrong password too many, `ForbiddenError`.
    """
    password = secret()
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    bearer = value.strip() if scheme.lower() == "bearer" else ""
    if not _same_octets(_wire(request.headers.get("X-Api-Key", "")), password) | _same_octets(_wire(bearer), password):
        if scheme.lower() != "basic" or not _same_octets(_basic_password(value), password):
            tried = header or request.headers.get("X-Api-Key", "")
            raise throttle.refuse(throttle.PROGRAM, WRONG_HEADER) if tried else CredentialsError(WRONG_HEADER)
        _refuse_foreign_pages()
    require_near()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _same_octets(given: bytes, expected: str) -> bool:
    """Compare what a header held; applications of the *arr family send ISO-8859-1, curl and browsers UTF-8."""
    right = hmac.compare_digest(given, _octets(expected))
    with suppress(UnicodeEncodeError):  # not every secret has a spelling in ISO-8859-1
        right |= hmac.compare_digest(given, expected.encode("latin-1"))
    return bool(expected) & right


def _wire(header: str) -> bytes:
    """Return the octets of a header's value, which WSGI hands over as if they were ISO-8859-1."""
    return header.encode("latin-1", "ignore")


def _basic_password(value: str) -> bytes:
    try:
        decoded = base64.b64decode(value.strip() + "==")
    except (binascii.Error, ValueError):
        return b""
    return decoded.partition(b":")[2]


def _refuse_foreign_pages() -> None:
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site" or (origin is not None and _foreign(origin)):
        raise ForbiddenError(FOREIGN)


def _foreign(origin: str) -> bool:
    """Tell whether `origin` is another host. A page cannot send X-Forwarded-Host without asking first; a proxy can."""
    hosts = [request.headers.get("Host", ""), *request.headers.get("X-Forwarded-Host", "").split(",")]
    try:
        authority = urlsplit(origin).netloc
    except ValueError:
        return True
    return not authority or _bare(authority) not in {_bare(host) for host in hosts}


def _bare(authority: str) -> str:
    return re.sub(r":(80|443)$", "", authority.strip().lower())


class _Headers:
    """A WSGI application that answers as `application` does, with the headers of every answer that it does not set."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Answer one request."""

        def start(
            status: str, headers: list[tuple[str, str]], *error: "OptExcInfo | None"
        ) -> "Callable[[bytes], object]":
            own = {name.lower() for name, _ in headers}
            return start_response(status, headers + [pair for name, pair in _ADDED if name not in own], *error)

        return self._application(environ, start)
