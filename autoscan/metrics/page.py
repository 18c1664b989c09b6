"""The text of `/metrics`, in Prometheus' exposition format (version 0.0.4)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autoscan.metrics.state import State
from autoscan.model import DeliveryState, ScanState
from autoscan.store import tallying

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

#: https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def page(state: State) -> bytes:
    """Return what Prometheus reads. The library is imported only now: most workers are never asked."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - heavy

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(state))
    return bytes(generate_latest(registry))


class _Collector:
    """The one collector."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator["Metric"]:
        """Yield every metric; one of which there is nothing yet has no samples."""
        state = self._state
        yield from _service(state)
        yield from _webhooks(state)
        yield from _queue(state)
        yield from _results(state)
        yield from _servers(state)
        yield from _drive(state)


def _service(state: State) -> Iterator["Metric"]:
    yield _gauge("autoscan_info", "The running version.", {(state.version,): 1}, "version")
    tick = {} if state.last_tick is None else {(): state.last_tick}
    yield _gauge("autoscan_leader_last_tick_timestamp_seconds", "When the leader was last known to be alive.", tick)
    changes = state.figures.counters.get(("leader_changes", "", ""), 0)
    yield _counter("autoscan_leader_changes", "How often a worker became the leader.", {(): changes})
    yield _gauge("autoscan_warnings", "Warnings that last until somebody does something.", {(): state.figures.warnings})
    yield _gauge("autoscan_mounts_lost", "Folders of media that are gone.", {(): len(state.figures.lost_roots)})
    free = {} if state.disk_free is None else {(): state.disk_free}
    yield _gauge("autoscan_store_free_bytes", "Free space of the disk with the database.", free)
    size = {} if state.store_bytes is None else {(): state.store_bytes}
    yield _gauge("autoscan_store_size_bytes", "Size of the database.", size)


def _webhooks(state: State) -> Iterator["Metric"]:
    answered = state.answered
    text = "Webhooks by source, and whether they were stored, refused, or failed."
    yield _counter("autoscan_webhooks", text, answered.webhooks, "source", "result")
    text = "Time until a webhook was answered."
    yield _histogram("autoscan_webhook_duration_seconds", text, {(): (answered.buckets, answered.seconds)})


def _queue(state: State) -> Iterator["Metric"]:
    figures = state.figures
    scans = {(how.value,): number for how, number in figures.open_scans.items()}
    yield _gauge("autoscan_queue_scans", "Scans on their way, by how far they have come.", scans, "state")
    oldest = figures.oldest_waiting
    age = 0.0 if oldest is None else max(0.0, (state.now - oldest).total_seconds())
    yield _gauge("autoscan_queue_oldest_waiting_seconds", "Age of the oldest scan that waits to be due.", {(): age})


def _results(state: State) -> Iterator["Metric"]:
    ends = {(how.value,): 0 for how in (ScanState.DONE, ScanState.FAILED)} | _by_label(state, "scans")
    yield _counter("autoscan_scans", "Scans that ended, by result.", ends, "result")
    results = {(server, how.value): 0 for server in state.servers for how in (*_GOOD, *_BAD)}
    results |= {key[1:]: value for key, value in state.figures.counters.items() if key[0] == "deliveries"}
    text = "Scans of one folder at one server that ended, by result."
    yield _counter("autoscan_deliveries", text, results, "server", "result")
    for name, of, text in (
        ("autoscan_asked_seconds", "asked", "Time from a webhook until the server was asked to scan."),
        ("autoscan_visible_seconds", "visible", "Time from a webhook until the server showed the file."),
    ):
        yield _histogram(name, text, _histograms(state, of), "server")


#: The results that every server has from the start, so that rates are there from the first one on.
_GOOD = (DeliveryState.VERIFIED, DeliveryState.ACCEPTED)
_BAD = (DeliveryState.FAILED, DeliveryState.UNVERIFIED, DeliveryState.NOT_HERE)


def _servers(state: State) -> Iterator["Metric"]:
    known = {server.name: server for server in state.figures.servers}
    up = {(name,): int(name not in known or known[name].paused_until is None) for name in state.servers}
    yield _gauge("autoscan_server_up", "1 where the server answers, 0 while it is given a pause.", up, "server")
    waiting = {(name,): state.figures.pending.get(name, 0) for name in state.servers}
    yield _gauge("autoscan_server_pending", "Scans on their way to the server.", waiting, "server")
    for name, of, text in (
        ("autoscan_scan_requests", "scan_requests", "Scans that the server was asked for."),
        ("autoscan_look_ups", "look_ups", "Looks into the server for a folder's files, or whether it still scans."),
        ("autoscan_server_requests", "server_requests", "HTTP requests that asks and looks took."),
    ):
        numbers = {(server,): 0 for server in state.servers} | _by_subject(state, of)
        yield _counter(name, text, numbers, "server")


def _drive(state: State) -> Iterator["Metric"]:
    polls = {key[1:]: value for key, value in state.figures.counters.items() if key[0] == "drive_polls"}
    yield _counter("autoscan_drive_polls", "Polls of Google Drive, by result.", polls, "drive", "result")
    up = {(drive.name,): int(drive.ok) for drive in state.drives}
    yield _gauge("autoscan_drive_up", "1 where the drive can be read.", up, "drive")


def _by_label(state: State, name: str) -> dict[tuple[str, ...], float]:
    return {(key[2],): value for key, value in state.figures.counters.items() if key[0] == name}


def _by_subject(state: State, name: str) -> dict[tuple[str, ...], float]:
    return {(key[1],): value for key, value in state.figures.counters.items() if key[0] == name}


def _histograms(state: State, name: str) -> dict[tuple[str, ...], tuple[Mapping[str, float], float]]:
    bounds = [*map(str, tallying.BUCKETS), tallying.BEYOND]
    found: dict[tuple[str, ...], tuple[Mapping[str, float], float]] = {}
    counters = state.figures.counters
    for server in sorted({key[1] for key in counters if key[0] == name} | set(state.servers)):
        buckets = {bound: float(counters.get((name, server, bound), 0)) for bound in bounds}
        found[server,] = buckets, counters.get((name, server, tallying.SUM), 0)
    return found


# ----- the library's families; their sorted labels make one page like the next

#: By the values of the labels, a tuple of texts of any length.
Values = Mapping[Any, float]


def _gauge(name: str, text: str, values: Values, *labels: str) -> "GaugeMetricFamily":
    from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415 - heavy

    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _counter(name: str, text: str, values: Values, *labels: str) -> "CounterMetricFamily":
    from prometheus_client.metrics_core import CounterMetricFamily  # noqa: PLC0415 - heavy

    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _histogram(
    name: str, text: str, values: Mapping[tuple[str, ...], tuple[Mapping[str, float], float]], *labels: str
) -> "HistogramMetricFamily":
    from prometheus_client.metrics_core import HistogramMetricFamily  # noqa: PLC0415 - heavy

    family = HistogramMetricFamily(name, text, labels=labels)
    for key, (buckets, total) in sorted(values.items()):
        family.add_metric(key, _cumulated(buckets), total)
    return family


def _cumulated(buckets: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the buckets as Prometheus has them: each holds the smaller ones, too."""
    total, found = 0.0, []
    for bound, number in buckets.items():
        total += number
        found.append(("+Inf" if bound == "inf" else str(float(bound)), total))
    return found
