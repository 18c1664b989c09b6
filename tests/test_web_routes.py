"""Addresses, methods, ids and the shape of an error; and the two small routes. What each route keeps: test_web_walk."""

import logging
from pathlib import Path

import pytest

from autoscan import logs
from autoscan.web import create_app
from tests.webs import SECRET, Site, build

ERROR_KEYS = {"status", "error_code", "error", "request_id"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


@pytest.mark.parametrize("path", ["/health", f"/{SECRET}", f"/{SECRET}/x", "/triggers/x", f"/api/{SECRET}",
                                  f"/manual/{SECRET}", "/static/autoscan.css", "/"])  # fmt: skip
def test_a_method_that_a_route_has_not_is_405(site: Site, path: str) -> None:
    answer = site.client.delete(path, headers={"X-Api-Key": SECRET})
    assert answer.status_code == 405
    assert answer.headers["Allow"]
    assert set(answer.get_json()) == ERROR_KEYS


@pytest.mark.parametrize(("method", "path"), [("PUT", f"/api/{SECRET}"), ("GET", f"/manual/{SECRET}"),
                                              ("POST", "/health"), ("PUT", f"/manual/{SECRET}")])  # fmt: skip
def test_the_webhook_does_not_catch_what_another_route_refuses(site: Site, method: str, path: str) -> None:
    assert site.client.open(path, method=method).status_code == 405


@pytest.mark.parametrize("path", ["/api", "/triggers", "/triggers/", "/static/nothing.css", "/triggers/a/b"])
def test_what_is_not_there_is_404(site: Site, path: str) -> None:
    answer = site.client.get(path, headers={"X-Api-Key": SECRET})
    assert answer.status_code == 404
    assert set(answer.get_json()) == ERROR_KEYS


def test_a_browser_gets_its_errors_as_a_page(site: Site) -> None:
    answer = site.client.get("/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/plain", "application/json, text/html;q=0.9"])
def test_everybody_else_gets_json(site: Site, accept: str) -> None:
    assert site.client.get("/nothing", headers={"Accept": accept}).is_json


def test_a_failure_nobody_foresaw_is_500_without_a_trace_but_logged(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    @site.app.get("/api")
    def broken() -> str:
        raise RuntimeError("inner details")

    answer = site.client.get("/api")
    assert answer.status_code == 500
    assert set(answer.get_json()) == ERROR_KEYS
    assert "inner details" not in answer.text
    assert "inner details" in caplog.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_redirect_stays_one(site: Site) -> None:
    assert site.client.get("/triggers/manual", headers={"X-Api-Key": SECRET}).status_code == 303


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({"X-Request-ID": "abc-1.2_3"}, "abc-1.2_3"), ({"X-Correlation-ID": "from-2.x"}, "from-2.x"),
     ({"X-Request-ID": "first", "X-Correlation-ID": "second"}, "first"),
     ({"X-Request-ID": "bad one", "X-Correlation-ID": "second"}, "second"), ({"X-Request-ID": "x" * 64}, "x" * 64)],
)  # fmt: skip
def test_a_sane_request_id_is_taken_over(site: Site, headers: dict[str, str], expected: str) -> None:
    answer = site.client.get("/health", headers=headers)
    assert answer.headers["X-Request-ID"] == answer.headers["X-Correlation-ID"] == expected


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "é", "<x>", "a%0Ab"])
def test_any_other_request_id_is_replaced(site: Site, given: str) -> None:
    made = site.client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert made != given
    assert len(made) == 12


def test_the_request_id_is_stored_and_logged_and_gone_afterwards(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    class Ids(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(logs.request_id.get())

    seen: list[str] = []
    handler = Ids()
    logging.getLogger("autoscan.web").addHandler(handler)
    with caplog.at_level(logging.INFO):
        site.client.post(f"/{SECRET}", json={"eventType": "Test"}, headers={"X-Request-ID": "r-1"})
    logging.getLogger("autoscan.web").removeHandler(handler)
    assert seen == ["r-1"]
    assert site.events()[0]["request_id"] == "r-1"
    assert logs.request_id.get() == ""


def test_no_log_line_holds_the_secret(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        site.client.post(f"/{SECRET}", json={"eventType": "Test"})
        site.client.post(f"/{SECRET}x", json={"eventType": "Test"})
        site.client.post(f"/{SECRET}", data=b"{", content_type="application/json")
    assert caplog.records
    assert SECRET not in caplog.text


def test_two_applications_live_in_one_process(tmp_path: Path) -> None:
    first, second = build(tmp_path / "a"), build(tmp_path / "b", SERVER_PASS="another")
    again = create_app(first.autoscan).test_client()
    assert again.post(f"/{SECRET}", json={"eventType": "Test"}).status_code == 200
    assert second.client.post("/another", json={"eventType": "Test"}).status_code == 200
    assert second.client.post(f"/{SECRET}", json={"eventType": "Test"}).status_code == 401
    assert (len(first.events()), len(second.events())) == (1, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_api_counts_what_is_not_done(site: Site, method: str) -> None:
    site.client.post(f"/{SECRET}", json={"eventType": "Manual", "filepath": "/tv/A/a.mkv"})
    answer = site.client.open(f"/api/{SECRET}?cmd=queue_count", method=method)
    assert (answer.status_code, answer.get_json()) == (200, {"queue_count": 1})


def test_the_api_takes_its_command_from_a_form_or_from_json(site: Site) -> None:
    for kwargs in ({"data": {"cmd": "queue_count"}}, {"json": {"cmd": "queue_count"}}):
        assert site.client.post(f"/api/{SECRET}", **kwargs).get_json() == {"queue_count": 0}


def test_the_api_answers_its_errors_with_200_as_it_always_did(site: Site) -> None:
    expected = {
        "": "No cmd parameter was supplied",
        "?cmd=x": "Unknown cmd: x",
        "?cmd=": "Unknown cmd: ",
    }
    for query, error in expected.items():
        answer = site.client.get(f"/api/{SECRET}{query}")
        assert (answer.status_code, answer.get_json()) == (200, {"error": error})
    answer = site.client.post(f"/api/{SECRET}", data=b"{", content_type="application/json")
    assert (answer.status_code, answer.get_json()) == (200, {"error": "Unexpected error occurred, check logs..."})


def test_health_says_that_it_serves_without_a_media_server(site: Site) -> None:
    answer = site.client.get("/health")
    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["status"], body["checks"], body["servers"]) == ("healthy", {"database": "ok"}, 0)
    assert body["timestamp"] == "2026-01-01T12:00:00Z"
    assert body["warnings"] >= 1
    assert "No media server" in body["notes"][0]
    assert site.client.head("/health").status_code == 200


def test_health_counts_the_servers_and_names_none(tmp_path: Path) -> None:
    servers = [{"NAME": "den", "TYPE": "plex", "URL": "http://127.0.0.1:32400", "TOKEN": "t0ken-of-plex"}]
    answer = build(tmp_path, MEDIA_SERVERS=servers).client.get("/health")
    assert answer.get_json()["servers"] == 1
    assert answer.get_json()["notes"] == []
    assert "t0ken" not in answer.text


def test_health_is_503_where_the_database_does_not_answer(site: Site) -> None:
    site.autoscan.store.dispose()
    database = site.autoscan.settings.data_dir / "autoscan.db"
    database.unlink()
    database.mkdir()
    answer = site.client.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "unhealthy"
    assert answer.get_json()["checks"] == {"database": "unavailable"}
