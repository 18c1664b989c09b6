"""What Prometheus reads: right in form, the same from every worker, cheap, and never less than before."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from autoscan.metrics import Requests, Result, Slots
from autoscan.model import DeliveryState, ScanState
from autoscan.store import Queue, Store, noticing, watching
from tests import houses, webs
from tests.clocks import START, VirtualClock
from tests.queues import add, claimed
from tests.test_queue_plans import engine, plan

__all__ = ["engine"]

KEY = {"X-Api-Key": webs.SECRET}
Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def parsed(text: str) -> Samples:
    """Return the samples by name and labels, as Prometheus' own parser reads them."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def scrape(site: webs.Site) -> Samples:
    answer = site.client.get("/metrics", headers=KEY)
    assert answer.status_code == 200
    return parsed(answer.text)


@pytest.fixture
def site(tmp_path: Path) -> webs.Site:
    server = {"NAME": "plex", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "token-of-plex"}
    return webs.build(tmp_path, MEDIA_SERVERS=[server], SOURCES={"tv4k": {"PRIORITY": 1}})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[houses.House]:
    with houses.build(tmp_path, ("plex",)) as house:
        yield house


def test_every_metric_has_a_prometheus_name_a_type_and_a_help_text(site: webs.Site) -> None:
    text = site.client.get("/metrics", headers=KEY).text
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families) > 20
    for family in families:
        assert re.fullmatch(r"autoscan(_[a-z]+)+", family.name)
        assert family.documentation.endswith(".")
        assert family.type in {"gauge", "counter", "histogram"}
        assert text.count(f"# TYPE {family.name}") == 1 or family.type == "counter"
        if family.type == "counter":
            assert f"# TYPE {family.name}_total counter" in text
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_it_is_plain_text_of_the_format_that_every_prometheus_reads(site: webs.Site) -> None:
    answer = site.client.get("/metrics", headers=KEY | {"Accept": "application/openmetrics-text"})
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"


def test_buckets_are_cumulative_and_end_with_the_count(site: webs.Site) -> None:
    for _ in range(3):
        site.client.post(f"/{webs.SECRET}", json={"eventType": "Test"})
    samples = scrape(site)
    buckets = samples["autoscan_webhook_duration_seconds_bucket"]
    values = [value for _, value in sorted(buckets.items(), key=lambda each: float(dict(each[0])["le"]))]
    assert values == sorted(values)
    assert values[-1] == samples["autoscan_webhook_duration_seconds_count"][()] == 3


# ----- who may read it


@pytest.mark.parametrize("headers", [KEY, webs.basic(webs.SECRET), {"Authorization": f"Bearer {webs.SECRET}"}])
def test_whoever_knows_the_password_may_read_it(site: webs.Site, headers: dict[str, str]) -> None:
    assert site.client.get("/metrics", headers=headers).status_code == 200


def test_nobody_else_may(site: webs.Site) -> None:
    assert site.client.get("/metrics").status_code == 401
    assert site.client.get("/metrics", headers=webs.basic("guess")).status_code == 401


@pytest.mark.parametrize(
    ("caller", "headers", "status"),
    [
        ("192.168.1.20", {}, 200),
        ("::ffff:192.168.1.20", {}, 200),
        ("192.168.1.21", {}, 401),
        ("192.168.1.20", {"X-Forwarded-For": "203.0.113.5"}, 401),
        ("192.168.1.20", {"Forwarded": "for=203.0.113.5"}, 401),
        ("172.18.0.2", {"X-Forwarded-For": "192.168.1.20"}, 200),
        ("172.18.0.2", {"X-Forwarded-For": "203.0.113.5"}, 401),
        ("172.18.0.2", {"X-Forwarded-For": "203.0.113.5, 192.168.1.20"}, 401),
    ],
)
def test_an_address_that_is_allowed_needs_no_password_if_it_is_really_the_callers(
    tmp_path: Path, caller: str, headers: dict[str, str], status: int
) -> None:
    site = webs.build(tmp_path, METRICS_ALLOWED=["192.168.1.20"], TRUSTED_PROXIES=["172.18.0.2"])
    answer = site.client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": caller})
    assert answer.status_code == status


# ----- webhooks


def test_webhooks_are_counted_by_source_and_result(site: webs.Site) -> None:
    site.client.post(f"/{webs.SECRET}/tv4k", json={"eventType": "Test"})
    site.client.post(f"/{webs.SECRET}", json={"eventType": "Test", "movie": {}})
    site.client.post("/triggers/sonarr", json={"eventType": "Test"})
    site.client.post(f"/{webs.SECRET}/sonarr", data="no JSON", content_type="application/json")
    site.client.post("/guess", json={"eventType": "Test"})
    site.client.get("/triggers/manual?path=/tv/a.mkv", headers=KEY)
    found = {
        (dict(key)["source"], dict(key)["result"]): value
        for key, value in scrape(site)["autoscan_webhooks_total"].items()
    }
    assert found == {
        ("tv4k", "stored"): 1,
        ("radarr", "stored"): 1,
        ("sonarr", "refused"): 2,
        ("other", "refused"): 1,
        ("manual", "stored"): 1,
    }


def test_looks_at_pages_are_no_webhooks(site: webs.Site) -> None:
    site.client.get("/health")
    site.client.get(f"/{webs.SECRET}")
    site.client.head(f"/{webs.SECRET}/sonarr")
    assert scrape(site).get("autoscan_webhooks_total") is None


def test_callers_cannot_make_labels(site: webs.Site) -> None:
    for number in range(200):
        site.client.post(f"/{webs.SECRET}/made-up-{number}", json={"eventType": "Test"})
    assert list(scrape(site)["autoscan_webhooks_total"].values()) == [200]


def test_a_webhook_that_could_not_be_stored_has_failed(site: webs.Site) -> None:
    with site.autoscan.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE event_paths")
    site.client.post(f"/{webs.SECRET}/sonarr", json={"eventType": "Download", "series": {"path": "/tv/a"},
                                                     "episodeFile": {"relativePath": "a.mkv"}})  # fmt: skip
    found = scrape(site)["autoscan_webhooks_total"]
    assert found == {(("result", "failed"), ("source", "sonarr")): 1}


# ----- workers


def test_every_process_adds_to_the_same_sums(tmp_path: Path) -> None:
    one, other = Slots(tmp_path / "figures"), Slots(tmp_path / "figures")
    one.add({"a": 1, "b": 0.5})
    other.add({"a": 2})
    other.add({"a": 3})
    assert one.totals() == other.totals() == {"a": 6.0, "b": 0.5}


def test_a_thousand_generations_of_workers_leave_as_many_files_as_workers_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    for _ in range(500):
        pair = Requests(Slots(folder), ["sonarr"]), Requests(Slots(folder), ["sonarr"])
        for worker in pair:
            worker.webhook("sonarr", Result.STORED, 0.02)
    assert len(list(folder.iterdir())) == 2
    reader = Requests(Slots(folder), ["sonarr"])
    assert reader.answered().webhooks == {("sonarr", "stored"): 1000}
    assert reader.answered().buckets["0.025"] == 1000


def test_a_new_start_begins_at_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    Slots(folder).add({"a": 1})
    Slots(folder).tick(1000.0)
    Slots(folder).wipe()
    assert Slots(folder).totals() == {}
    assert Slots(folder).last_tick() is None
    assert not folder.exists()


def test_what_does_not_fit_is_left_out_and_harms_nothing(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "figures")
    slots.add({f"name {number}": 1 for number in range(600)} | {"long" * 100: 1})
    assert len(slots.totals()) == 500
    slots.add({"name 0": 1})
    assert slots.totals()["name 0"] == 2


def test_without_a_folder_each_process_counts_for_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("no folder")
    slots = Slots(tmp_path / "taken")
    slots.add({"a": 1})
    assert slots.totals() == {"a": 1.0}
    assert "counted for each worker alone" in caplog.text


# ----- from the webhook to the server


def test_the_way_of_a_scan_is_counted_in_its_own_transactions(house: houses.House, tmp_path: Path) -> None:
    path = tmp_path / "media/movies/Heat/Heat.mkv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    house.receive(houses.movie(tmp_path, "Heat"))
    house.run(300)
    assert house.results("plex") == ["verified"]
    counters = house.queue.figures().counters
    assert counters["deliveries", "plex", "verified"] == 1
    assert counters["scans", "", "done"] == 1
    assert counters["scan_requests", "plex", ""] == 1
    assert counters["look_ups", "plex", ""] >= 1
    assert counters["server_requests", "plex", ""] == house.spent()[0][1]
    asked = sum(value for key, value in counters.items() if key[0] == "asked" and key[2] != "sum")
    visible = sum(value for key, value in counters.items() if key[0] == "visible" and key[2] != "sum")
    assert asked == visible == 1
    assert 30 <= counters["asked", "plex", "sum"] <= counters["visible", "plex", "sum"] <= 120


def test_a_scan_request_that_serves_many_folders_is_one(house: houses.House, tmp_path: Path) -> None:
    for season in (1, 2, 3):
        path = tmp_path / f"media/tv/Show/Season {season:02d}/Show - S{season:02d}E01.mkv"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        house.receive(houses.episode(tmp_path, 1, season=season))
    house.run(600)
    counters = house.queue.figures().counters
    assert set(house.results("plex")) == {"verified"}
    assert counters["scan_requests", "plex", ""] == len(house.asked("plex"))


def test_figures_stay_when_history_goes(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv/A", delay=0)
    queue.fail(claimed(queue).id, "never came", code="file_missing")
    clock.advance(3600)
    while queue.clean(clock.now(), clock.now()):
        pass
    assert queue.recent(10) == []
    assert queue.figures().counters["scans", "", "failed"] == 1


def test_one_that_failed_again_counts_again_and_one_cancelled_is_no_failure(queue: Queue, clock: VirtualClock) -> None:
    add(queue, clock, "/tv/A", delay=0)
    scan = claimed(queue)
    queue.fail(scan.id, "never came", code="file_missing")
    queue.retry([scan.id], "page")
    queue.fail(claimed(queue).id, "never came", code="file_missing")
    queue.retry([scan.id], "page")
    queue.cancel([scan.id], "page")
    counters = queue.figures().counters
    assert counters["scans", "", "failed"] == 2
    assert counters["scans", "", ScanState.CANCELLED] == 1


def test_servers_and_queue_are_shown_as_they_are(site: webs.Site) -> None:
    queue, clock = site.autoscan.queue, site.clock
    add(queue, clock, "/tv/A", delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    add(queue, clock, "/tv/B", delay=600)
    clock.advance(120)
    queue.pause("plex", until=clock.now() + timedelta(seconds=60), reason="refused", unauthorized=False)
    samples = scrape(site)
    assert samples["autoscan_server_up"] == {(("server", "plex"),): 0}
    assert samples["autoscan_server_pending"] == {(("server", "plex"),): 1}
    assert samples["autoscan_queue_scans"][("state", "waiting"),] == 1
    assert samples["autoscan_queue_scans"][("state", "delivering"),] == 1
    assert samples["autoscan_queue_oldest_waiting_seconds"][()] == 120
    assert samples["autoscan_deliveries_total"][("result", DeliveryState.VERIFIED.value), ("server", "plex")] == 0


def test_nothing_secret_is_shown(site: webs.Site) -> None:
    text = site.client.get("/metrics", headers=KEY).text
    assert webs.SECRET not in text
    assert "token-of-plex" not in text


# ----- the cost


PLANS = {
    "oldest that waits": (watching.OLDEST_WAITING, {}, "scans_open"),
    "what waits for each server": (watching.PENDING_BY_SERVER, {}, "deliveries_pending"),
    "what failed since": (
        noticing.FAILURES,
        {"at": START, "id": 0, "before": START, "count": 9},
        "scans_history",
    ),
}


@pytest.mark.parametrize("question", PLANS)
def test_an_index_answers(engine: object, question: str) -> None:
    statement, values, index = PLANS[question]
    found = plan(engine, statement, values)  # type: ignore[arg-type]  # the fixture of the other module
    assert index in found
    assert not re.search(r"SCAN (scans|deliveries)(?! USING)", found), found


def test_the_oldest_that_waits_is_the_first_that_came(store: Store, queue: Queue, clock: VirtualClock) -> None:
    assert queue.figures().oldest_waiting is None
    for number in range(3):
        add(queue, clock, f"/tv/{number}", delay=600 - number)
        clock.advance(10)
    assert queue.figures().oldest_waiting == START
