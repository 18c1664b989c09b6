"""The composition of the web: which parts one application is made of, and in what order they come in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from autoscan.web import (
    api,
    apiv1,
    errors,
    health,
    hints,
    login,
    metrics,
    pages,
    proxies,
    ready,
    rendering,
    screens,
    security,
    sessions,
    tracing,
    transport,
    triggers,
    webhooks,
)
from autoscan.wiring import Autoscan

_ROOT = Path(__file__).resolve().parents[2]
_MIB = 1024 * 1024


class _Application(Flask):
    """Flask without what it asks of every function at every request: none of ours is asynchronous."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`."""
        return func


def create_app(autoscan: Autoscan) -> Flask:
    """Return the WSGI application that serves `autoscan`; may be called any number of times in a process."""
    app = _Application("autoscan", template_folder=str(_ROOT / "templates"), static_folder=str(_ROOT / "static"))
    app.extensions["autoscan"] = autoscan
    limit = autoscan.settings.server_max_body_size * _MIB
    app.config.update(MAX_CONTENT_LENGTH=limit, MAX_FORM_MEMORY_SIZE=limit)
    # A redirect turns the POST of an *arr into a GET without a body.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    tracing.register(app)
    metrics.register(app)
    proxies.register(app, autoscan.settings)
    transport.register(app)
    sessions.register(app)
    security.register(app)
    rendering.register(app)
    errors.register(app)
    for room in (health, ready, metrics, login, api, apiv1, triggers, pages, hints, webhooks):
        app.register_blueprint(room.blueprint)
    for blueprint in screens.BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
