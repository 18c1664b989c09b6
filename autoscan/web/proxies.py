"""What reverse proxies say about the caller, believed from those only that the operator trusts; and the base path."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

    from autoscan.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")
_PORT = re.compile(r"^\[(.*)\](?::\d+)?$|^([^:]*):\d+$")


def register(app: "Flask", settings: "Settings") -> None:
    """Have `app` see the caller, the scheme and the host that its proxies tell of, and live below its base path."""
    app.wsgi_app = Proxies(  # type: ignore[method-assign] # as Flask's documents tell
        app.wsgi_app, trusted=settings.trusted_proxies, base_path=settings.base_path
    )


class Proxies:
    """A WSGI application that answers as `application` does, to the caller who stands behind the proxies."""

    def __init__(self, application: "WSGIApplication", *, trusted: Iterable[str], base_path: str) -> None:
        self._application = application
        self._trusted = tuple(ipaddress.ip_network(text) for text in trusted)
        self._base_path = base_path

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        prefix = self._base_path
        if self._trusted and self._trusts(environ.get("REMOTE_ADDR", "")):
            self._look_behind(environ)
            prefix = _prefix(_list(environ, "HTTP_X_FORWARDED_PREFIX")) or prefix
        if prefix:
            _enter(environ, prefix)
        return self._application(environ, start_response)

    def _look_behind(self, environ: "WSGIEnvironment") -> None:
        """Put the caller, and the scheme and host that it used, in place of the proxy's."""
        hops = _list(environ, "HTTP_X_FORWARDED_FOR")
        steps = 0
        while steps < len(hops) and _address(hops[-1 - steps]):
            steps += 1
            environ["REMOTE_ADDR"] = _address(hops[-steps])
            if not self._trusts(environ["REMOTE_ADDR"]):
                break
        scheme = _pick(_list(environ, "HTTP_X_FORWARDED_PROTO"), steps).lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        host = _pick(_list(environ, "HTTP_X_FORWARDED_HOST"), steps)
        if _HOST.fullmatch(host):
            environ["HTTP_HOST"] = host

    def _trusts(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self._trusted)


def _list(environ: "WSGIEnvironment", name: str) -> list[str]:
    return [part for part in (part.strip() for part in environ.get(name, "").split(",")) if part]


def _address(text: str) -> str:
    """Return the address in `text`, which may have a port and brackets; `""` where there is none."""
    match = _PORT.match(text)
    bare = (match[1] or match[2] or "") if match else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def _pick(values: Sequence[str], steps: int) -> str:
    """Return what the outermost trusted proxy wrote: each appends one, or a single one was passed on."""
    return "" if not values else values[-min(max(steps, 1), len(values))]


def _prefix(values: Sequence[str]) -> str:
    text = values[-1].rstrip("/") if values else ""
    return text if _PREFIX.fullmatch(text) and not _DOTS.search(text) else ""


def _enter(environ: "WSGIEnvironment", prefix: str) -> None:
    """Make links begin with `prefix`, whether the proxy took it off the address or left it there."""
    path = environ.get("PATH_INFO", "")
    if path == prefix or path.startswith(f"{prefix}/"):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"
    environ["SCRIPT_NAME"] = prefix
