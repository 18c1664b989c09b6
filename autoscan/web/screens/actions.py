"""What the buttons of the pages do; each leads back to its page, which says what was done."""

import re
from collections.abc import Callable

from flask import Response, flash, make_response, redirect, request, url_for

from autoscan.errors import BadRequestError, NotFoundError
from autoscan.model import Acted
from autoscan.web import bodies
from autoscan.web.context import here
from autoscan.web.screens import base, wording

blueprint = base.make("actions")

#: More at once is a mistake; a page shows fewer.
_MOST = 1000
#: Refusals that the message names one by one.
_NAMED = 3
#: What the field takes.
_PRIORITY = re.compile(r"[+-]?[0-9]{1,6}")


@blueprint.post("/scans/actions")
def act() -> Response:
    """Do to the ticked scans what the button says: now, retry, cancel or priority."""
    ids = _ids()
    name = request.form.get("do", "")
    if name not in _DOING:
        raise BadRequestError("The form names no action: do must be now, retry, cancel or priority")
    told, does = _DOING[name]
    if not ids:
        flash("No scan is selected: tick some first.", "wait")
    elif name == "priority" and not _PRIORITY.fullmatch(request.form.get("priority", "").strip()):
        flash("No priority was set: it is a whole number, and the lower comes first.", "wait")
    else:
        _say(told, does(ids))
    return _onwards(base.back(bodies.tame_text(request.form.get("back", "")), url_for("queue.page")))


@blueprint.post("/servers/<path:name>/actions")
def server(name: str) -> Response:
    """Do to a server what the button says: probe, pause or resume."""
    if name not in {each.name for each in here().settings.media_servers}:
        raise NotFoundError(f"No media server is named {name}")
    does = {"probe": _probe, "pause": _pause, "resume": _resume}.get(request.form.get("do", ""))
    if does is None:
        raise BadRequestError("The form names no action: do must be probe, pause or resume")
    does(name)
    return _onwards(url_for("servers.page"))


def _now(ids: list[int]) -> Acted:
    return here().queue.run_now(ids, base.WHO)


def _retry(ids: list[int]) -> Acted:
    return here().queue.retry(ids, base.WHO)


def _cancel(ids: list[int]) -> Acted:
    return here().queue.cancel(ids, base.WHO)


def _prioritise(ids: list[int]) -> Acted:
    return here().queue.prioritise(ids, int(request.form["priority"]), base.WHO)


#: What each button does, and how that is told.
_DOING: dict[str, tuple[str, Callable[[list[int]], Acted]]] = {
    "now": ("brought forward", _now),
    "retry": ("queued again", _retry),
    "cancel": ("cancelled", _cancel),
    "priority": ("given another priority", _prioritise),
}


def _probe(name: str) -> None:
    here().queue.probe_now(name)
    flash(f"{wording.title(name)} is asked at once whether it answers.", "good")


def _pause(name: str) -> None:
    here().queue.hold(name, base.WHO)
    flash(f"{wording.title(name)} is paused: what is for it waits until it is resumed.", "good")


def _resume(name: str) -> None:
    here().queue.release(name, base.WHO)
    flash(f"{wording.title(name)} is resumed.", "good")


def _ids() -> list[int]:
    given = request.form.getlist("ids")
    if len(given) > _MOST or not all(each.isascii() and each.isdigit() and len(each) < 19 for each in given):  # noqa: PLR2004
        raise BadRequestError(f"ids must be the numbers of scans, {_MOST} at most")
    return [int(each) for each in given]


def _say(told: str, acted: Acted) -> None:
    if acted.done:
        flash(f"{wording.number(len(acted.done), 'scan')} {told}.", "good")
    for scan_id, why in list(acted.refused.items())[:_NAMED]:
        flash(f"Scan {scan_id} was left as it is: {why}.", "wait")
    if len(acted.refused) > _NAMED:
        flash(f"{len(acted.refused) - _NAMED} more were left as they are.", "wait")


def _onwards(address: str) -> Response:
    return make_response(redirect(address, 303))
