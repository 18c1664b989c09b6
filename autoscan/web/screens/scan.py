"""`/scans/<id>`: everything about one scan."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, url_for

from autoscan.errors import NotFoundError
from autoscan.model import ScanState, Transition
from autoscan.model.views import ScanView
from autoscan.verification import ASKED_FOR
from autoscan.web import live
from autoscan.web.context import here
from autoscan.web.screens import base, timeline, wording

blueprint = base.make("scan")


@blueprint.get("/scans/<int(max=999999999999999999):scan_id>")
def page(scan_id: int) -> Response:
    """Show one scan."""
    address = url_for("scan.part", scan_id=scan_id)
    return make_response(render_template("scan.html", live=address, **_shown(scan_id)))


@blueprint.get("/scans/<int(max=999999999999999999):scan_id>/part")
def part(scan_id: int) -> Response:
    """Answer the part of the page that changes."""
    return live.conditional(lambda: render_template("_scan.html", **_shown(scan_id)), here().queue.change_mark())


def _shown(scan_id: int) -> dict[str, Any]:
    view = here().queue.scan_view(scan_id)
    if view is None:
        raise NotFoundError(f"There is no scan {scan_id}, or it is forgotten (HISTORY_RETENTION_DAYS)")
    handed = _when(view.transitions, ScanState.DELIVERING)
    checked = _when(view.transitions, ScanState.CHECKING)
    steps = timeline.steps(view.row, checked, handed)
    address = f"/scans/{scan_id}"
    return {
        "view": view,
        "steps": steps,
        "width": timeline.WIDTH,
        "here": address,
        "codes": _codes(view),
        "taker": wording.taker(view.row),
        "libraries": _libraries(each.server for each in view.row.deliveries),
    }


def _codes(view: ScanView) -> list[tuple[str, str]]:
    """Return the code of each kind of look that the scan's findings name, with what a server is asked for in it."""
    named = {finding.evidence for asks in view.asks.values() for ask in asks for finding in ask.findings}
    return [(code, asked_for) for code, asked_for in ASKED_FOR.items() if code in named]


def _libraries(servers: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the title of each library that the servers have told of, by the server and the library's id."""
    told = {server: here().queue.facts(server) for server in servers}
    return {(server, each.id): each.title for server, facts in told.items() if facts for each in facts.libraries}


def _when(transitions: Iterable[Transition], state: ScanState) -> datetime | None:
    """Return when the scan itself first came into `state`."""
    return next((each.at for each in transitions if each.delivery_id is None and each.new == state), None)
