"""What templates may use besides Flask's own: Bootstrap's files from this machine, icons, dates, the navigation."""

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask_bootstrap
from flask import Flask, url_for
from flask_bootstrap import Bootstrap5
from markupsafe import Markup

from autoscan import __version__
from autoscan.web import navigation, sessions

if TYPE_CHECKING:
    from collections.abc import Callable

_SYMBOL = r'<symbol [^>]*?id="{}">(.*?)</symbol>'
_SPRITE = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"


def register(app: Flask) -> None:
    """Give the templates of `app` what they use."""
    # The address of a file changes with the version; until then no page need ask for it again.
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, SEND_FILE_MAX_AGE_DEFAULT=3600)
    Bootstrap5(app)  # type: ignore[no-untyped-call] # has no annotations
    helpers: dict[str, Callable[..., Any]] = {
        "icon": icon,
        "asset": asset,
        "navigation": navigation.entries,
        "is_current": navigation.is_current,
        "signed_in": sessions.signed_in,
    }
    app.jinja_env.globals.update(helpers, version=__version__)
    app.jinja_env.filters.update(iso=iso, local=local)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


@cache
def icon(name: str) -> Markup:
    """Return one of Bootstrap's icons as SVG; it says nothing to a screen reader, the text beside it does.

    The whole sprite, from which it is taken, is a megabyte: more than all pages together.
    """
    found = re.search(_SYMBOL.format(re.escape(name)), _SPRITE.read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        raise LookupError(f"Bootstrap has no icon named {name}")
    shape = Markup(found[1])  # noqa: S704 - from an installed package
    return Markup('<svg class="icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">{}</svg>').format(shape)


def asset(endpoint: str, filename: str) -> str:
    """Return the address of a static file; it changes with the version, so that no browser keeps an old one."""
    return url_for(endpoint, filename=filename, v=__version__)


def iso(moment: datetime) -> str:
    """Return `moment` for the `datetime` attribute of `<time>`: UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(moment: datetime) -> str:
    """Return `moment` for people, in this machine's zone (TZ); a browser with JavaScript puts it into its own."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
