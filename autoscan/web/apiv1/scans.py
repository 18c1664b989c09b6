"""Scans: looked at, and steered."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from autoscan.errors import ConflictError, NotFoundError
from autoscan.model import Acted
from autoscan.model.views import Page, ScanFilter, ScanRow, ScanView
from autoscan.web.apiv1 import examples
from autoscan.web.apiv1.blueprint import WHO, blueprint, changes
from autoscan.web.apiv1.operations import Operation
from autoscan.web.apiv1.schemas.scans import OneScanAnswer, PriorityBody, ScanAnswer, ScansAnswer, ScansQuery
from autoscan.web.context import here

TAG = "Scans"
NO_SCAN = "There is no such scan, or it is forgotten"

_LIST = Operation(tag=TAG, answer=ScansAnswer, query=ScansQuery, mark=changes, example=examples.SCANS)
_ONE = Operation(tag=TAG, answer=OneScanAnswer, errors=frozenset({404}), mark=changes, example=examples.ONE_SCAN)
_ACT = Operation(tag=TAG, answer=ScanAnswer, errors=frozenset({404, 409}), example=examples.SCAN)
_CHANGE = Operation(
    tag=TAG,
    answer=ScanAnswer,
    body=PriorityBody,
    errors=frozenset({404, 409, 413, 415}),
    example=examples.SCAN,
    body_example={"priority": -1},
)


@blueprint.operation("GET", "/scans", _LIST)
def list_scans(query: dict[str, Any]) -> Page[ScanRow]:
    """List scans, the newest first, those on their way by who comes next."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    is_open = query.pop("open", None)
    wanted = ScanFilter(
        results=frozenset(query.pop("result", ())),
        states=frozenset(query.pop("state", ())),
        codes=frozenset(query.pop("code", ())),
        open_only=is_open is True,
        ended_only=is_open is False,
        **query,
    )
    return here().queue.find_scans(wanted, limit=limit, cursor=cursor)


@blueprint.operation("GET", "/scans/<id:scan_id>", _ONE)
def show_scan(scan_id: int) -> dict[str, Any]:
    """Show everything that is known of one scan."""
    view = _view(scan_id)
    deliveries = [_members(each) | {"asks": view.asks.get(each.id, ())} for each in view.row.deliveries]
    more = {name: getattr(view.scan, name) for name in ("whole", "checks", "expectations")}
    history = {"transitions": view.transitions, "events": view.events}
    return _members(view.row) | more | history | {"deliveries": deliveries}


@blueprint.operation("POST", "/scans/<id:scan_id>/cancel", _ACT)
def cancel_scan(scan_id: int) -> ScanRow:
    """Cancel a scan that is on its way: nothing more is asked for it."""
    return _act(scan_id, lambda: here().queue.cancel([scan_id], WHO))


@blueprint.operation("POST", "/scans/<id:scan_id>/retry", _ACT)
def retry_scan(scan_id: int) -> ScanRow:
    """Try a failed or cancelled scan again, at the servers where it has not ended well."""
    return _act(scan_id, lambda: here().queue.retry([scan_id], WHO))


@blueprint.operation("POST", "/scans/<id:scan_id>/run", _ACT)
def run_scan(scan_id: int) -> ScanRow:
    """Do the next thing about a scan now: begin it, look for its files, or ask its servers."""
    return _act(scan_id, lambda: here().queue.run_now([scan_id], WHO))


@blueprint.operation("PATCH", "/scans/<id:scan_id>", _CHANGE)
def change_scan(scan_id: int, body: dict[str, Any]) -> ScanRow:
    """Change the priority of a scan that is on its way."""
    return _act(scan_id, lambda: here().queue.prioritise([scan_id], body["priority"], WHO))


def _act(scan_id: int, act: Callable[[], Acted]) -> ScanRow:
    refused = act().refused.get(scan_id, "")
    # A scan that is not there is refused, too, and says so itself.
    row = _view(scan_id).row
    if refused:
        raise ConflictError(f"Scan {scan_id}: {refused}")
    return row


def _view(scan_id: int) -> ScanView:
    view = here().queue.scan_view(scan_id)
    if view is None:
        raise NotFoundError(NO_SCAN)
    return view


def _members(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}
