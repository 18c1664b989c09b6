"""The dashboard and the alert rules ask only for what `/metrics` really shows."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from autoscan.metrics import Requests, Result, Slots, State, page
from autoscan.model import ScanState, ServerState
from autoscan.model.drive import DriveState
from autoscan.model.watching import Figures

DEPLOY = Path(__file__).parents[1] / "deploy"
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/autoscan.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

#: What Prometheus itself adds to each sample, and its own metric of whether it could read.
OWN_LABELS = {"job", "instance"}
OWN_METRICS = {"up": set(OWN_LABELS)}
FUNCTIONS = {"sum", "increase", "rate", "histogram_quantile", "time", "absent", "by", "and", "or"}


def exposed() -> dict[str, set[str]]:
    """Return the labels of every metric, on a page where each of them has a sample."""
    counters = {
        ("deliveries", "plex", "verified"): 1,
        ("drive_polls", "My Drive", "ok"): 1,
        ("leader_changes", "", ""): 1,
    }
    requests = Requests(Slots(None), ["sonarr"])
    requests.webhook("sonarr", Result.STORED, 0.1)
    state = State(
        now=datetime(2026, 1, 1, tzinfo=UTC),
        version="1",
        figures=Figures(
            counters=counters,
            open_scans={ScanState.WAITING: 1},
            oldest_waiting=None,
            pending={},
            servers=(ServerState(name="plex"),),
            lost_roots=(),
            warnings=0,
        ),
        answered=requests.answered(),
        servers=["plex"],
        drives=[DriveState(drive="", name="My Drive")],
        last_tick=0.0,
        disk_free=1,
        store_bytes=1,
    )
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page(state).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


EXPOSED = exposed()


def expressions() -> Iterator[tuple[str, str]]:
    """Yield where each expression stands, and what it says."""
    for rule in ALERTS:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            metric = re.fullmatch(r"label_values\((\w+), job\)", variable["query"]["query"])
            assert metric
            yield variable["name"], metric[1]


def metrics_of(expression: str) -> dict[str, set[str]]:
    """Return the metrics of an expression, and the labels that each is asked for."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    found = {}
    for name, labels in re.findall(r"\b([a-z]\w*)(?:\{([^}]*)\})?(?!\w|\s*\()", re.sub(r"by \([^)]*\)", "", bare)):
        if (
            name not in FUNCTIONS
            and not re.search(rf"[{{,]\s*{name}\s*[=!]", bare)
            and not re.search(rf"\d{name}\b", bare)
        ):
            found[name] = set(re.findall(r"(\w+)\s*[=!]", labels))
    return found


@pytest.mark.parametrize(("where", "expression"), [*expressions()])
def test_an_expression_asks_for_metrics_and_labels_that_exist(where: str, expression: str) -> None:
    asked = metrics_of(expression)
    assert asked, where
    for metric, labels in asked.items():
        known = EXPOSED | OWN_METRICS
        assert metric in known, metric
        assert labels <= known[metric] | OWN_LABELS
        for grouped in re.findall(r"by \(([^)]*)\)", expression):
            assert {label.strip() for label in grouped.split(",")} <= known[metric] | OWN_LABELS


@pytest.mark.parametrize(("where", "expression"), [*expressions()])
def test_an_expression_holds_together(where: str, expression: str) -> None:
    for opened, closed in ("()", "[]", "{}"):
        assert expression.count(opened) == expression.count(closed), where
    assert set(re.findall(r"\b([a-z_]+)\s*\(", expression)) <= FUNCTIONS
    for metric, after in re.findall(r"(autoscan_\w+_total)(\{[^}]*\})?(?!\w)", expression):
        assert re.search(rf"(increase|rate)\({re.escape(metric + after)}\[", expression), "a counter only grows"


def test_the_test_itself_finds_a_metric_that_does_not_exist() -> None:
    assert metrics_of('sum by (a) (rate(no_such_total{b="x",c!~"y"}[5m])) > 3') == {"no_such_total": {"b", "c"}}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    labels = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    known = set().union(*(EXPOSED.get(metric, set()) for metric in metrics_of(rule["expr"])))
    assert labels <= known
    grouped = re.search(r"by \(([^)]*)\)", rule["expr"])
    assert not grouped or labels <= {label.strip() for label in grouped[1].split(",")}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_names_its_series_by_labels_that_it_has(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        grouped = re.search(r"by \(([^)]*)\)", target["expr"])
        kept = {label.strip() for label in grouped[1].split(",")} if grouped else None
        for metric in metrics_of(target["expr"]):
            assert labels <= (EXPOSED[metric] if kept is None else kept)


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert grid["x"] + grid["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_metric_is_used_somewhere() -> None:
    used = {metric for _, expression in expressions() for metric in metrics_of(expression)}
    histograms = {re.sub(r"_(bucket|sum|count)$", "", name) for name in EXPOSED}
    assert {name for name in histograms if not any(each.startswith(name) for each in used)} == set()
