"""The whole at a glance: a path explained, counts and courses, the settings in force, this document."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, url_for

from autoscan import __version__, settings
from autoscan.explain import Explanation
from autoscan.store.history import OPEN_STATES
from autoscan.web.apiv1 import document, examples
from autoscan.web.apiv1.blueprint import blueprint, changes
from autoscan.web.apiv1.operations import Operation
from autoscan.web.apiv1.schemas.explaining import ExplainQuery, ExplanationAnswer
from autoscan.web.apiv1.schemas.overview import IndexAnswer, Period, SettingsAnswer, StatsAnswer, StatsQuery
from autoscan.web.context import here

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: How long a bar of the chart is, and how many there are.
_BARS = {Period.DAY: (_HOUR, 24), Period.MONTH: (_DAY, 30)}


def _mark() -> str:
    return f"{changes()} {_next_hour().isoformat()}"


def _never() -> str:
    """Return the mark of what stays the same as long as the program does."""
    return ""


_INDEX = Operation(tag="Overview", answer=IndexAnswer, example=examples.INDEX)
_EXPLAIN = Operation(tag="Paths", answer=ExplanationAnswer, query=ExplainQuery, example=examples.EXPLANATION)
_STATS = Operation(tag="Overview", answer=StatsAnswer, query=StatsQuery, mark=_mark, example=examples.STATS)
_SETTINGS = Operation(tag="Overview", answer=SettingsAnswer, example=examples.SETTINGS)
_DOCUMENT = Operation(tag="Overview", mark=_never, example={"openapi": "3.1.0"})


@blueprint.operation("GET", "/", _INDEX)
def show_index() -> dict[str, str]:
    """Say what answers here, and where its description is."""
    return {"name": "Autoscan", "version": __version__, "openapi": url_for("apiv1.show_document")}


@blueprint.operation("GET", "/explain", _EXPLAIN)
def explain_path(query: dict[str, Any]) -> Explanation:
    """Explain what would become of a path, step by step; nothing of it is stored or asked for."""
    return here().explainer().explain(query["path"], query["source"])


@blueprint.operation("GET", "/stats", _STATS)
def show_stats(query: dict[str, Any]) -> dict[str, Any]:
    """Show how many scans are in each state, and the course of the last day or month."""
    queue = here().queue
    length, count = _BARS[query["period"]]
    until = _next_hour()
    if length == _DAY:
        until = until.replace(hour=0) + (_DAY if until.hour else timedelta())
    scans = queue.stats()
    return {
        "scans": scans,
        "open": sum(scans[state] for state in OPEN_STATES),
        "oldest_open": queue.oldest_open(),
        "chart": queue.chart(until - count * length, until, count),
    }


@blueprint.operation("GET", "/settings", _SETTINGS)
def show_settings() -> dict[str, Any]:
    """Show every setting in force with its origin; secrets are masked."""
    autoscan = here()
    return {"settings": settings.shown(autoscan.settings, autoscan.origins), "warnings": autoscan.warnings()}


@blueprint.operation("GET", "/openapi.json", _DOCUMENT)
def show_document() -> Response:
    """Show this description of the API (OpenAPI 3.1)."""
    return Response(document.text(), content_type="application/json")


def _next_hour() -> datetime:
    """Return the full hour that comes next, so that the last bar of a chart is the one that grows."""
    return here().clock.now().replace(minute=0, second=0, microsecond=0) + _HOUR
