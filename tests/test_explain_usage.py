"""Which mappings are used: found out from what came in, once for each path, and said after thirty days."""

from pathlib import Path

import pytest

from autoscan.explain import MappingUse, tables
from autoscan.explain.usage import PAUSE, SLICE
from tests import webs
from tests.test_explain import SERVERS
from tests.webs import SECRET, Site

DAY = 24 * 3600


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def build(folder: Path, *, more: bool = False) -> Site:
    return webs.build(
        folder,
        MEDIA_SERVERS=SERVERS,
        SERVER_PATH_MAPPINGS={"/mnt/media": ["/in"], "/mnt/old": ["/old"]} | ({"/mnt/new": ["/new"]} if more else {}),
        SOURCES={"sonarr": {"PATH_MAPPINGS": {"/mnt/media/tv": ["/in/tv"]}}},
    )


def job(site: Site) -> MappingUse:
    return MappingUse(queue=site.autoscan.queue, tables=tables(site.autoscan.settings), clock=site.clock)


def receive(site: Site, *paths: str, source: str = "manual") -> None:
    for path in paths:
        answer = site.client.post(f"/triggers/{source}", query_string={"path": path}, headers={"X-Api-Key": SECRET})
        assert answer.status_code == 200, answer.text


def unused(site: Site) -> list[str]:
    """Return the lines that are said to be of no use."""
    warnings = site.autoscan.explainer().mapping_warnings()
    return [each.partition(" was not used")[0] for each in warnings if "not used for 30 days" in each]


def run(job: MappingUse) -> int:
    steps = 0
    while job.step():
        steps += 1
    return steps


EVERY = [
    "SERVER_PATH_MAPPINGS: /in -> /mnt/media",
    "SERVER_PATH_MAPPINGS: /old -> /mnt/old",
    "SOURCES.sonarr.PATH_MAPPINGS: /in/tv -> /mnt/media/tv",
    "jelly: PATH_MAPPINGS: /mnt/media -> /data",
]


def test_only_what_was_not_used_for_thirty_days_is_named(site: Site) -> None:
    use = job(site)
    run(use)
    assert unused(site) == []
    site.clock.advance(29 * DAY)
    receive(site, "/in/movies/M/m.mkv")
    site.clock.advance(DAY - 60)
    run(use)
    assert unused(site) == []
    site.clock.advance(120)
    assert unused(site) == [EVERY[1], EVERY[2]]
    site.clock.advance(30 * DAY)
    assert unused(site) == EVERY


def test_a_line_of_a_source_is_used_by_that_source(site: Site) -> None:
    use = job(site)
    run(use)
    site.clock.advance(31 * DAY)
    receive(site, "/in/tv/Show/e.mkv", source="sonarr")
    run(use)
    assert unused(site) == EVERY[:2]


def test_nothing_is_said_before_the_first_round(site: Site) -> None:
    site.clock.advance(60 * DAY)
    assert unused(site) == []


def test_a_line_that_is_new_has_its_time(tmp_path: Path, site: Site) -> None:
    run(job(site))
    site.clock.advance(31 * DAY)
    later = build(tmp_path, more=True)
    later.clock.advance(31 * DAY)
    run(job(later))
    assert EVERY[1] in unused(later)
    assert "SERVER_PATH_MAPPINGS: /new -> /mnt/new" not in unused(later)


def test_a_line_that_was_taken_out_is_forgotten(tmp_path: Path) -> None:
    run(job(build(tmp_path, more=True)))
    site = build(tmp_path)
    run(job(site))
    assert len(site.autoscan.queue.mapping_uses()) == len(EVERY)


def test_each_path_is_read_once_and_a_round_a_day_is_enough(site: Site) -> None:
    receive(site, *(f"/in/{number}" for number in range(3)))
    use = job(site)
    assert run(use) == 1
    assert site.autoscan.queue.paths_to_map(SLICE) == []
    receive(site, "/old/x")
    assert not use.step()
    site.clock.advance(PAUSE)
    assert [each.path for each in site.autoscan.queue.paths_to_map(SLICE)] == ["/old/x"]
    assert use.step()
    assert site.autoscan.queue.paths_to_map(SLICE) == []


def test_many_paths_are_read_in_slices(site: Site) -> None:
    with site.autoscan.store.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO events (id, at, source, app, type, request_id, body, note, known)"
            " VALUES (1, 1, 's', 'a', 't', 'r', '', '', 1)"
        )
        connection.exec_driver_sql(
            f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SLICE + 1})"
            " INSERT INTO event_paths (event_id, path, mapped, kind, change, outcome, detail, folder)"
            " SELECT 1, '/in/' || i, '/mnt/media/' || i, 'file', 'added', 'queued', '', '' FROM n"
        )
    assert run(job(site)) == 2
    assert site.autoscan.queue.paths_to_map(SLICE) == []
