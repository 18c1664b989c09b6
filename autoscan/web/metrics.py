"""`/metrics` for Prometheus, and the counting of webhooks that only the process which answers them can do."""

import ipaddress
from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, request

from autoscan import __version__
from autoscan.metrics import CONTENT_TYPE, Requests, Result, State, page
from autoscan.web import security
from autoscan.web.context import here
from autoscan.web.sessions import signed_in

blueprint = Blueprint("metrics", __name__)

#: Where applications send events; others who ask there only look.
_WEBHOOKS = frozenset({"webhooks.by_path", "triggers.by_name"})
#: Sources that need no configuration: the known applications, and what comes without a name.
_SOURCES = ("sonarr", "radarr", "lidarr", "readarr", "whisparr", "bazarr", "manual", "webhook", "api", "a-train")
_EXTENSION = "autoscan.requests"


def register(app: Flask) -> None:
    """Count the webhooks of `app`; to be registered before anything that takes time."""
    autoscan = app.extensions["autoscan"]
    app.extensions[_EXTENSION] = Requests(autoscan.slots, {*_SOURCES, *autoscan.settings.sources})
    app.before_request(_begin)
    app.after_request(_count)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Show the figures for Prometheus, to who knows the SERVER_PASS or asks from METRICS_ALLOWED."""
    if not _is_allowed_address() and not signed_in():
        security.require_credentials()
    autoscan = here()
    state = State(
        now=autoscan.clock.now(),
        version=__version__,
        figures=autoscan.queue.figures(),
        answered=_requests().answered(),
        servers=[server.name for server in autoscan.settings.media_servers],
        drives=autoscan.queue.drive_states(),
        last_tick=autoscan.slots.last_tick(),
        disk_free=autoscan.queue.disk_free(),
        store_bytes=autoscan.queue.store_bytes(),
    )
    return Response(page(state), content_type=CONTENT_TYPE)


def _requests() -> Requests:
    return cast("Requests", current_app.extensions[_EXTENSION])


def _begin() -> None:
    g.metrics_began = here().clock.monotonic()


def _count(response: Response) -> Response:
    source = g.get("event_source")
    if source is not None or _is_webhook():
        took = here().clock.monotonic() - g.metrics_began
        _requests().webhook(source or _named(), Result.of(response.status_code), took)
    return response


def _is_webhook() -> bool:
    sends = request.method in ("POST", "PUT") or bool(request.args.keys() & {"path", "dir"})
    return request.endpoint in _WEBHOOKS and sends and "metrics_began" in g


def _named() -> str:
    """Return the source in the address of a request that was not understood; only known ones get a label."""
    return str(g.get("source") or (request.view_args or {}).get("name", ""))


def _is_allowed_address() -> bool:
    """Tell whether the caller has one of the addresses; what a stranger's proxy passes on, has none."""
    caller = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", caller).split(",")[0].strip()
    try:
        address = ipaddress.ip_address(caller.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    networks = map(ipaddress.ip_network, here().settings.metrics_allowed)
    return forwarded == caller and "Forwarded" not in request.headers and any(plain in each for each in networks)
