"""`/ready` refuses only when a webhook could not be stored, and tells whoever may know what else is wrong."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from autoscan.clock import Clock
from autoscan.metrics import Slots
from autoscan.store import LOW_DISK
from autoscan.web.ready import COUNTED
from tests import webs
from tests.queues import add, claimed
from tests.test_queue_plans import fill

KEY = {"X-Api-Key": webs.SECRET}
CLOCK = Clock()


@pytest.fixture
def site(tmp_path: Path) -> webs.Site:
    server = {"NAME": "plex", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "token-of-plex"}
    return webs.build(tmp_path, MEDIA_SERVERS=[server])


def body(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.text)
    return found


def ready(site: webs.Site, **headers: str) -> dict[str, Any]:
    """Return the checks; whatever is wrong, webhooks are taken."""
    answer = site.client.get("/ready", headers=headers or KEY)
    assert answer.status_code == 200
    assert body(answer)["status"] == "ready"
    checks: dict[str, Any] = body(answer)["checks"]
    return checks


def test_all_is_well(site: webs.Site, tmp_path: Path) -> None:
    slots = Slots(tmp_path / "figures")
    slots.tick(site.clock.now().timestamp())
    site = webs.serve(replace(site.autoscan, slots=slots))
    checks = ready(site)
    assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(
        ("store", "leader", "disk", "servers", "mounts", "drive", "warnings"), "ok"
    )
    site.clock.advance(60)
    assert ready(site)["leader"]["status"] == "failing"


def test_a_locked_database_is_told_within_three_seconds(site: webs.Site) -> None:
    holder = sqlite3.connect(site.autoscan.store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    began = CLOCK.monotonic()
    answer = site.client.get("/ready", headers=KEY)
    assert CLOCK.monotonic() - began < 3
    assert answer.status_code == 503
    assert body(answer)["status"] == "not ready"
    assert list(body(answer)["checks"]) == ["store"]
    assert "another program holds it" in body(answer)["checks"]["store"]["text"]
    holder.execute("ROLLBACK")
    holder.close()
    assert ready(site)["store"]["status"] == "ok"


def test_a_database_that_takes_nothing_is_told(site: webs.Site) -> None:
    with site.autoscan.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE facts")
    assert site.client.get("/ready").status_code == 503
    assert site.client.get("/health").status_code == 503


def test_the_try_leaves_nothing_behind(site: webs.Site) -> None:
    before = site.rows("SELECT * FROM facts")
    ready(site)
    assert site.rows("SELECT * FROM facts") == before


def test_after_a_failure_the_try_goes_to_the_disk(site: webs.Site) -> None:
    with site.autoscan.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE events RENAME TO away")
    assert site.client.post(f"/{webs.SECRET}", json={"eventType": "Test"}).status_code == 503
    ready(site)
    assert site.rows("SELECT key FROM facts WHERE key = 'tried'") == [{"key": "tried"}]


def test_without_credentials_only_the_names_of_the_checks_are_told(site: webs.Site) -> None:
    site.autoscan.queue.pause("plex", until=site.clock.now(), reason="refused", unauthorized=False)
    answer = site.client.get("/ready")
    assert answer.status_code == 200
    assert body(answer)["checks"]["servers"] == {"status": "failing"}
    assert "plex" not in answer.text
    assert "plex" not in site.client.get("/ready", headers={"X-Api-Key": "guess"}).text


def test_servers_that_are_away_are_named_with_what_waits(site: webs.Site) -> None:
    queue, clock = site.autoscan.queue, site.clock
    add(queue, clock, "/tv/A", delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    queue.pause("plex", until=clock.now() + timedelta(seconds=9), reason="connection refused", unauthorized=False)
    servers = ready(site)["servers"]
    assert servers["status"] == "failing"
    assert servers["text"] == ("plex is away since 2026-01-01T12:00:00+00:00 (connection refused); scans that wait: 1")
    queue.resume("plex")
    queue.hold("plex", "page")
    assert ready(site)["servers"]["text"] == "plex was paused by hand; scans that wait: 1"


def effort(site: webs.Site) -> int:
    """Return how much SQLite has to do for an answer, in hundreds of instructions of its machine."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def watch(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_progress_handler(tick, 100)

    with site.autoscan.store.read() as connection:
        engine = connection.engine
    # Not one connection once: the try to write gives none back.
    event.listen(engine, "checkout", watch)
    ready(site)
    event.remove(engine, "checkout", watch)
    return count


def test_it_costs_the_same_however_many_scans_wait(site: webs.Site) -> None:
    store, queue = site.autoscan.store, site.autoscan.queue
    queue.hold("plex", "page")
    few = effort(site)
    with store.write() as connection:
        fill(connection)
        connection.exec_driver_sql(
            "INSERT INTO deliveries (scan_id, server, state, attempts, created_at, next_try_at, rank, routed, error) "
            "SELECT id, 'plex', 'pending', 0, 0, 0, 0, 0, '' FROM scans WHERE state = 'done'"
        )
    assert effort(site) <= few + COUNTED // 10
    assert ready(site)["servers"]["text"] == f"plex was paused by hand; scans that wait: more than {COUNTED}"


def test_lost_mounts_and_missing_anchors_are_named(site: webs.Site) -> None:
    queue = site.autoscan.queue
    queue.root_seen("/media/tv")
    queue.root_lost("/media/tv")
    queue.warn("held:anchors:/media", "held: /media/.anchor is missing")
    assert ready(site)["mounts"] == {
        "status": "failing",
        "text": "/media/tv is gone; held: /media/.anchor is missing",
    }


def test_warnings_of_the_settings_are_named(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    assert "no media server is configured" in ready(site)["warnings"]["text"]


def test_the_space_on_the_disk_is_told(site: webs.Site) -> None:
    free = site.autoscan.queue.disk_free()
    assert free is not None
    assert (ready(site)["disk"]["status"] == "ok") is (free >= LOW_DISK)
    assert "MiB free at" in ready(site)["disk"]["text"]
