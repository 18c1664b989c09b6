"""`/queue`: what waits, what is under way, and how far it is."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template, url_for

from autoscan.model.views import ScanFilter
from autoscan.web import live
from autoscan.web.context import here
from autoscan.web.screens import base, wording
from autoscan.web.screens.wording import Word

blueprint = base.make("queue")

_OPEN = ScanFilter(open_only=True)


@blueprint.get("/queue")
def page() -> Response:
    """Show the open scans, who comes next first."""
    cursor = base.argument("cursor")
    address = url_for("queue.rows", cursor=cursor or None)
    return make_response(render_template("queue.html", live=address, **_shown(cursor)))


@blueprint.get("/queue/rows")
def rows() -> Response:
    """Answer the part of the page that changes."""
    cursor = base.argument("cursor")
    return live.conditional(lambda: render_template("_queue.html", **_shown(cursor)), here().queue.change_mark())


def _shown(cursor: str) -> dict[str, Any]:
    found = here().queue.find_scans(_OPEN, limit=base.ROWS, cursor=cursor)
    back = f"/queue?cursor={cursor}" if cursor else "/queue"
    return {"page": found, "cursor": cursor, "here": back, "counts": _counts()}


def _counts() -> Sequence[tuple[Word, int]]:
    return [(wording.STAGES[stage], count) for stage, count in here().queue.stages().items()]
