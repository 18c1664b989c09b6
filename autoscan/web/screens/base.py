"""What all pages have in common: only for who is logged in, the words and the time for their templates."""

import re

from flask import Blueprint, request

from autoscan.web import bodies, sessions
from autoscan.web.context import here
from autoscan.web.screens import wording

#: Rows of a page.
ROWS = 50
#: Who is recorded as having acted.
WHO = "page"

#: Pages that an action may lead back to; anything else might lead off this site.
_PAGES = re.compile(r"/(?:queue|history|scans/\d{1,18})(?:\?[!-~]{0,2000})?")


def make(name: str) -> Blueprint:
    """Return a blueprint whose pages are for who is logged in."""
    blueprint = Blueprint(name, __name__)
    blueprint.before_request(sessions.require_session)
    blueprint.context_processor(_given)
    return blueprint


def argument(name: str) -> str:
    """Return one value of the query, without what cannot be stored or shown."""
    return bodies.tame_text(request.args.get(name, "")).strip()


def here_again() -> str:
    """Return the address of this page below the base path, to come back to it after an action."""
    return request.full_path.rstrip("?")


def back(text: str, otherwise: str) -> str:
    """Return where an action leads back to: the page that its form stood on, else the path `otherwise`."""
    return f"{request.root_path}{text if _PAGES.fullmatch(text) else otherwise}"


def _given() -> dict[str, object]:
    return {"words": wording, "now": here().clock.now()}
