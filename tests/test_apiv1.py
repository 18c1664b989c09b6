"""The API: who may use it, what it takes, what it shows, and what it does."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.apis import KEY, SEASON, SERVERS, Api, api
from tests.webs import SECRET, basic, build, sign_in, token

EPISODE = f"{SEASON}/Severance S02E03.mkv"
ERROR_KEYS = {"status", "error_code", "error", "request_id"}


@pytest.fixture
def site(tmp_path: Path) -> Api:
    return api(tmp_path)


# ----- who may


@pytest.mark.parametrize("headers", [KEY, {"Authorization": f"Bearer {SECRET}"}, basic(SECRET)])
def test_the_password_is_taken_in_each_header(site: Api, headers: dict[str, str]) -> None:
    assert site.get("/scans", headers).status_code == 200
    sent = site.site.client.post("/api/v1/scans", json={"paths": [EPISODE]}, headers=headers)
    assert sent.status_code == 202


@pytest.mark.parametrize("headers", [{"X-Api-Key": "wrong"}, {"Authorization": "Bearer x"}, {"Accept": "text/html"}])
@pytest.mark.parametrize("path", ["/scans", "/openapi.json", "/settings", "/scans/1"])
def test_anybody_else_is_refused_in_json_and_asked_for_a_token(site: Api, headers: dict[str, str], path: str) -> None:
    answer = site.get(path, headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Autoscan"'
    assert set(answer.get_json()) == ERROR_KEYS


def test_who_is_logged_in_may_read_and_needs_a_token_for_more(site: Api) -> None:
    client = site.site.client
    sign_in(client)
    assert client.get("/api/v1/scans").status_code == 200
    assert client.post("/api/v1/scans", json={"paths": [EPISODE]}).status_code == 400
    assert site.site.folders() == []
    headers = {"X-CSRFToken": token(client, "/history")}
    assert client.post("/api/v1/scans", json={"paths": [EPISODE]}, headers=headers).status_code == 202
    assert client.get("/api/v1/scans", headers={"X-Api-Key": "wrong"}).status_code == 401
    assert client.get("/api/v1/scans", headers=basic("of-the-proxy")).status_code == 200


def test_who_guesses_has_to_wait_and_who_knows_has_not(site: Api) -> None:
    answers = [site.get("/scans", {"X-Api-Key": f"guess {number}"}) for number in range(20)]
    assert answers[0].status_code == 401
    assert (answers[-1].status_code, set(answers[-1].get_json())) == (429, ERROR_KEYS)
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert site.get("/scans").status_code == 200


@pytest.mark.parametrize("address", ["/api/v1", "/api/v1/"])
def test_where_the_api_begins_it_says_what_it_is(tmp_path: Path, address: str) -> None:
    client = build(tmp_path, BASE_PATH="/autoscan").client
    stranger = client.get(f"/autoscan{address}", headers={"Accept": "text/html"})
    assert (stranger.status_code, set(stranger.get_json())) == (401, ERROR_KEYS)
    assert "/autoscan/api/v1/openapi.json" in stranger.get_json()["error"]
    assert stranger.headers["WWW-Authenticate"] == 'Bearer realm="Autoscan"'
    known = client.get(f"/autoscan{address}", headers=KEY)
    assert client.get(known.get_json()["openapi"], headers=KEY).get_json()["openapi"] == "3.1.0"
    assert client.get(f"/autoscan{address}", headers={"X-Api-Key": "wrong"}).status_code == 401


def test_the_older_api_is_where_it_was(tmp_path: Path) -> None:
    for number, password in enumerate(("v1", "v1abc", "v2/x")):
        client = build(tmp_path / str(number), SERVER_PASS=password).client
        assert client.get(f"/api/{password}?cmd=queue_count").get_json() == {"queue_count": 0}
        assert client.get("/api/v1/scans", headers={"X-Api-Key": password}).status_code == 200


# ----- what is wrong


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=5_0", "limit"), ("limit=", "limit"),
     ("limit=1&limit=2", "limit"), ("state=asleep", "state.0"), ("result=good", "result.0"), ("open=yes", "open"),
     ("since=2026-01-01", "since"), ("since=2026-01-01T00:00:00", "since"), ("since=2026-13-01T00:00:00Z", "since"),
     ("since=0001-01-01T00:00:00%2B05:00", "since"), ("limt=5", "limt"), (f"text={'x' * 201}", "text")],
)  # fmt: skip
def test_a_wrong_query_is_400_and_named(site: Api, query: str, field: str) -> None:
    answer = site.site.client.get(f"/api/v1/scans?{query}", headers=KEY)
    assert answer.status_code == 400
    assert list(answer.get_json()["fields"]) == [field]
    assert answer.get_json()["error"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "paths"), ({"paths": []}, "paths"), ({"paths": "/a"}, "paths"), ({"paths": [1]}, "paths.0"),
     ({"paths": ["/tv/a", ""]}, "paths.1"), ({"folders": ["/"]}, "folders.0"), ({"removed": ["a/.."]}, "removed.0"),
     ({"paths": ["/a"], "source": "a b"}, "source"), ({"paths": ["/a"], "path": "/a"}, "path"),
     ({"paths": ["/a"] * 1001}, "paths"), ({"paths": None}, "paths"), ({"paths": ["/a"], "source": "x\n"}, "source")],
)  # fmt: skip
def test_a_wrong_body_is_400_and_named_and_stores_nothing(site: Api, body: dict[str, Any], field: str) -> None:
    answer = site.post("/scans", body)
    assert answer.status_code == 400
    assert field in answer.get_json()["fields"]
    assert site.site.events() == []


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [(b"{}", "text/plain", 415), (b"paths=/a", "application/x-www-form-urlencoded", 415), (b"{}", "", 415),
     (b"{", "application/json", 400), (b"[]", "application/json", 400), (b"", "application/json", 400),
     (b'{"paths": ["' + b"x" * 1024 * 1024 + b'"]}', "application/json", 413)],
)  # fmt: skip
def test_what_is_no_json_or_too_long_is_refused(tmp_path: Path, data: bytes, kind: str, status: int) -> None:
    client = build(tmp_path, SERVER_MAX_BODY_SIZE=1).client
    answer = client.post("/api/v1/scans", data=data, content_type=kind, headers=KEY)
    assert answer.status_code == status
    assert set(answer.get_json()) == ERROR_KEYS


@pytest.mark.parametrize("path", ["/nothing", "/scans/0", "/scans/-1", "/scans/9223372036854775808", "/scans/x"])
def test_what_is_not_there_is_404(site: Api, path: str) -> None:
    answer = site.get(path, {**KEY, "Accept": "text/html"})
    assert (answer.status_code, set(answer.get_json())) == (404, ERROR_KEYS)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/scans/1"), ("GET", "/scans/1/cancel"), ("PUT", "/scans"),
                                              ("POST", "/events"), ("POST", "/openapi.json")])  # fmt: skip
def test_a_method_that_an_address_has_not_is_405_and_says_which_it_has(site: Api, method: str, path: str) -> None:
    answer = site.site.client.open(f"/api/v1{path}", method=method, headers=KEY)
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize("number", [10**6, 10**18, 2**63, 10**30, -(10**30)])
def test_a_number_that_is_too_large_is_called_too_large(site: Api, number: int) -> None:
    scan_id = site.add(EPISODE)
    body = site.patch(f"/scans/{scan_id}", {"priority": number}).get_json()["fields"]
    assert body == {"priority": ["Must be greater than or equal to -999999 and less than or equal to 999999."]}
    query = site.get("/scans", limit=number).get_json()["fields"]
    assert query == {"limit": ["Must be greater than or equal to 1 and less than or equal to 200."]}
    listed = site.post("/scans", {"paths": [number]}).get_json()["fields"]
    assert listed == {"paths.0": ["Not a valid string."]}


# ----- asking for scans


def test_a_scan_is_asked_for_and_goes_the_way_of_a_webhook(tmp_path: Path) -> None:
    rules = {"sonarr4k": {"PATH_MAPPINGS": {"/tv4k": ["/data"]}, "PRIORITY": -3}}
    site = api(tmp_path, SOURCES=rules, SERVER_IGNORE_LIST=["/.grab/"])
    body = {"paths": ["/data/A/a.mkv", "/data/.grab/x.mkv"], "folders": ["/data/B"], "removed": ["/data/C/c.mkv"]}
    answer = site.post("/scans", body | {"source": "sonarr4k"})
    assert answer.status_code == 202
    paths = answer.get_json()["paths"]
    assert [(each["mapped"], each["folder"], each["outcome"]) for each in paths] == [
        ("/tv4k/A/a.mkv", "/tv4k/A", "queued"),
        ("/tv4k/.grab/x.mkv", "", "ignored"),
        ("/tv4k/B", "/tv4k/B", "queued"),
        ("/tv4k/C/c.mkv", "/tv4k/C", "queued"),
    ]
    assert (paths[1]["scan_id"], paths[1]["due_at"]) == (None, None)
    scan = site.get(f"/scans/{paths[3]['scan_id']}").get_json()
    assert (scan["priority"], scan["source"], scan["expectations"][0]["change"]) == (-3, "sonarr4k", "removed")
    assert site.get(f"/scans/{paths[2]['scan_id']}").get_json()["whole"] is True
    event = site.get(f"/events/{answer.get_json()['event_id']}").get_json()
    assert (event["source"], event["app"], event["body"]["removed"]) == ("sonarr4k", "manual", ["/data/C/c.mkv"])


def test_a_second_request_for_a_folder_joins_the_first(site: Api) -> None:
    first = site.post("/scans", {"paths": [f"{SEASON}/1.mkv"]}).get_json()["paths"][0]
    second = site.post("/scans", {"paths": [f"{SEASON}/2.mkv"]}).get_json()["paths"][0]
    assert (first["outcome"], second["outcome"]) == ("queued", "merged")
    assert first["scan_id"] == second["scan_id"]


def test_a_request_sent_again_is_answered_the_same_and_queued_once(site: Api, tmp_path: Path) -> None:
    body = {"paths": [EPISODE], "folders": ["/tv/B"]}
    first = site.post("/scans", body, {"Idempotency-Key": "k-1"})
    site.site.clock.advance(3600)
    assert "Idempotency-Replayed" not in first.headers
    # As another worker, and as a worker after a restart: nothing is remembered but by the database.
    for other in (site, api(tmp_path)):
        other.site.clock.advance(3600)
        again = other.post("/scans", {"folders": body["folders"], "paths": body["paths"]}, {"Idempotency-Key": "k-1"})
        assert (again.status_code, again.data) == (202, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert len(site.site.events()) == 1


def test_a_key_for_another_request_is_422(site: Api) -> None:
    site.post("/scans", {"paths": [EPISODE]}, {"Idempotency-Key": "k-1"})
    answer = site.post("/scans", {"paths": ["/tv/other.mkv"]}, {"Idempotency-Key": "k-1"})
    assert (answer.status_code, answer.get_json()["error_code"]) == (422, "UNPROCESSABLE_ENTITY")
    assert len(site.site.events()) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_that_is_none_is_400(site: Api, key: str) -> None:
    answer = site.post("/scans", {"paths": [EPISODE]}, {"Idempotency-Key": key})
    assert list(answer.get_json()["fields"]) == ["Idempotency-Key"]
    assert site.site.events() == []


def test_a_request_that_was_refused_may_be_sent_again_in_order(site: Api) -> None:
    assert site.post("/scans", {"paths": []}, {"Idempotency-Key": "k"}).status_code == 400
    assert site.post("/scans", {"paths": [EPISODE]}, {"Idempotency-Key": "k"}).status_code == 202


def test_paths_outside_of_the_allowed_roots_are_refused(tmp_path: Path) -> None:
    site = api(tmp_path, ALLOWED_ROOTS=["/tv"])
    assert site.post("/scans", {"removed": ["/etc/passwd"]}).status_code == 400
    assert site.post("/scans", {"folders": ["/tv/../etc"]}, {"Idempotency-Key": "k"}).status_code == 400
    assert site.site.events() == []
    assert site.post("/scans", {"paths": [EPISODE]}).status_code == 202


# ----- scans


def test_scans_are_listed_with_filters_page_by_page(site: Api) -> None:
    failed = site.failed("/tv/Gone/x.mkv")
    waiting = [site.add(f"/tv/Show {number}/x.mkv", source="sonarr") for number in range(3)]
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2, "open": "true", "source": "sonarr"}
    while True:
        page = site.get("/scans", **query).get_json()
        seen += [scan["id"] for scan in page["scans"]]
        if not page["next"]:
            break
        query["cursor"] = page["next"]
    assert sorted(seen) == waiting
    assert [scan["id"] for scan in site.get("/scans", state=["failed", "done"]).get_json()["scans"]] == [failed]
    assert [scan["id"] for scan in site.get("/scans", text="gone").get_json()["scans"]] == [failed]
    assert [scan["id"] for scan in site.get("/scans", open="false").get_json()["scans"]] == [failed]
    assert [scan["id"] for scan in site.get("/scans", code="file_missing").get_json()["scans"]] == [failed]
    assert site.get("/scans", since="2030-01-01T00:00:00Z").get_json()["scans"] == []
    assert site.get("/scans", server="plex", result="verified").get_json()["scans"] == []


@pytest.mark.parametrize("path", ["/scans", "/events"])
def test_times_before_and_after_all_times_are_times(site: Api, path: str) -> None:
    site.failed(EPISODE)
    listed = path[1:]
    for early, late in (
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z"),
        ("1041-02-24T11:34:54-12:17", "4302-01-01T00:00:00Z"),
    ):
        assert len(site.get(path, since=early, until=late).get_json()[listed]) == 1
        assert site.get(path, since=late, until=early).get_json()[listed] == []


def test_a_cursor_that_is_none_is_400(site: Api) -> None:
    answer = site.get("/scans", cursor="nonsense")
    assert (answer.status_code, set(answer.get_json())) == (400, ERROR_KEYS)


def test_one_scan_is_shown_with_everything(site: Api) -> None:
    scan_id = site.delivering(EPISODE)
    queue = site.site.autoscan.queue
    delivery = next(each for each in queue.deliveries(scan_id) if each.server == "plex")
    queue.route(delivery.id, [("2", SEASON)])
    scan = site.get(f"/scans/{scan_id}").get_json()
    assert (scan["id"], scan["folder"], scan["state"], scan["whole"]) == (scan_id, SEASON, "delivering", False)
    assert [each["path"] for each in scan["expectations"]] == [EPISODE]
    assert {each["server"]: [ask["library_id"] for ask in each["asks"]] for each in scan["deliveries"]} == {
        "plex": ["2"],
        "den": [],
    }
    assert [step["new"] for step in scan["transitions"] if not step["server"]][:2] == ["waiting", "checking"]
    assert [event["source"] for event in scan["events"]] == ["api"]


def test_a_scan_that_is_not_there_is_404_whatever_is_wanted(site: Api) -> None:
    assert site.get("/scans/77").status_code == 404
    assert site.patch("/scans/77", {"priority": 1}).status_code == 404
    for action in ("cancel", "retry", "run"):
        assert site.post(f"/scans/77/{action}").status_code == 404


def test_a_scan_is_cancelled_and_tried_again_and_brought_forward(site: Api) -> None:
    scan_id = site.delivering(EPISODE)
    assert site.post(f"/scans/{scan_id}/cancel").get_json()["state"] == "cancelled"
    assert site.post(f"/scans/{scan_id}/cancel").status_code == 409
    assert site.post(f"/scans/{scan_id}/run").status_code == 409
    assert site.post(f"/scans/{scan_id}/retry").get_json()["state"] == "waiting"
    refused = site.post(f"/scans/{scan_id}/retry")
    assert (refused.status_code, "run it now" in refused.get_json()["error"]) == (409, True)
    assert site.post(f"/scans/{scan_id}/run").status_code == 200
    reasons = [step["reason"] for step in site.get(f"/scans/{scan_id}").get_json()["transitions"]]
    assert {"cancelled (api)", "tried again (api)", "run now (api)"} <= set(reasons)


def test_a_waiting_scan_gets_another_priority(site: Api) -> None:
    scan_id = site.add(EPISODE)
    assert site.patch(f"/scans/{scan_id}", {"priority": -5}).get_json()["priority"] == -5
    for wrong in ({}, {"priority": "1"}, {"priority": None}, {"priority": 1.5}, {"priority": True},
                  {"priority": 1_000_000}, {"priority": 1, "state": "done"}):  # fmt: skip
        assert site.patch(f"/scans/{scan_id}", wrong).status_code == 400, wrong
    assert site.get(f"/scans/{scan_id}").get_json()["priority"] == -5
    site.post(f"/scans/{scan_id}/cancel")
    assert site.patch(f"/scans/{scan_id}", {"priority": 1}).status_code == 409


# ----- events


def test_events_are_listed_and_one_is_shown_with_its_body_masked(site: Api) -> None:
    client = site.site.client
    client.post(f"/{SECRET}/sonarr", json={"eventType": "Test", "apiKey": "hush", "note": SECRET})
    client.post(f"/{SECRET}/odd", json={"eventType": "Frobnicate"})
    listed = site.get("/events").get_json()["events"]
    assert [(event["source"], event["known"]) for event in listed] == [("odd", False), ("sonarr", True)]
    assert "body" not in listed[0]
    assert [event["source"] for event in site.get("/events", known="false").get_json()["events"]] == ["odd"]
    assert [event["source"] for event in site.get("/events", source="sonarr").get_json()["events"]] == ["sonarr"]
    shown = site.get(f"/events/{listed[1]['id']}")
    assert shown.get_json()["body"] == {"eventType": "Test", "apiKey": "***", "note": "***"}
    assert site.get("/events/77").status_code == 404
    assert site.get("/events", cursor="nonsense").status_code == 400


# ----- servers


def test_servers_are_listed_with_what_they_said_and_how_they_are(site: Api) -> None:
    site.told()
    site.away()
    site.delivering(EPISODE)
    plex, den = site.get("/servers").get_json()["servers"]
    assert (plex["name"], plex["type"], plex["state"], plex["version"]) == ("plex", "plex", "ok", "1.41.3")
    assert plex["libraries"] == [{"id": "2", "title": "TV", "type": "show", "roots": ["/tv"]}]
    assert (den["state"], den["reason"], den["waiting"], den["told_at"]) == ("paused", "no answer", 1, None)
    assert den["next_probe_at"] == "2026-01-01T12:05:00.000Z"
    assert "t0ken" not in site.get("/servers").text


def test_a_server_that_refuses_the_token_says_so(site: Api) -> None:
    queue, clock = site.site.autoscan.queue, site.site.clock
    queue.pause("plex", until=clock.now(), reason="401", unauthorized=True)
    assert site.get("/servers").get_json()["servers"][0]["state"] == "unauthorized"


def test_a_server_is_paused_and_resumed_and_probed(site: Api) -> None:
    held = site.post("/servers/plex/pause")
    assert (held.get_json()["state"], held.get_json()["held_by"]) == ("held", "api")
    assert site.post("/servers/plex/pause").status_code == 409
    assert site.post("/servers/plex/probe").status_code == 202
    assert site.site.autoscan.queue.server("plex").probe_asked_at == site.site.clock.now()
    assert site.post("/servers/plex/resume").get_json()["state"] == "ok"
    assert site.post("/servers/plex/resume").status_code == 409


@pytest.mark.parametrize("action", ["pause", "resume", "probe"])
def test_a_server_that_nobody_configured_is_404_and_not_remembered(site: Api, action: str) -> None:
    assert site.post(f"/servers/attic/{action}").status_code == 404
    assert site.site.rows("SELECT name FROM servers") == []


def test_a_server_may_have_any_name(tmp_path: Path) -> None:
    site = api(tmp_path, MEDIA_SERVERS=[SERVERS[0] | {"NAME": "up/stairs é"}])
    assert site.post("/servers/up%2Fstairs%20%C3%A9/pause").get_json()["name"] == "up/stairs é"


# ----- paths


def test_a_path_is_explained_to_the_folder_that_servers_would_scan(site: Api) -> None:
    site.told()
    scan_id = site.add(EPISODE)
    told = site.get("/explain", path=f"{SEASON}/2.mkv", source="sonarr").get_json()
    assert (told["folder"], told["joins"]["scan_id"]) == (SEASON, scan_id)
    assert told["exists"] is not True
    plex = told["servers"][0]
    assert (plex["server"], plex["libraries"][0]["root"], plex["problem"]) == ("plex", "/tv", "")
    assert len(site.site.events()) == 1


def test_a_path_that_no_library_holds_is_answered_with_the_mapping_that_is_missing(site: Api) -> None:
    site.told()
    told = site.get("/explain", path="/downloads/tv/Severance/Season 02/2.mkv").get_json()
    assert told["servers"][0]["problem"]
    assert json.loads(told["servers"][0]["offer"]["text"]) == {"/tv": ["/downloads/tv"]}


@pytest.mark.parametrize("query", [{}, {"path": ""}, {"path": "/"}, {"path": "/tv/a", "probe": "yes"}])
def test_what_is_no_path_is_not_explained(site: Api, query: dict[str, str]) -> None:
    assert site.get("/explain", **query).status_code == 400


# ----- the whole


def test_counts_and_courses_are_shown(site: Api) -> None:
    site.failed("/tv/Gone/x.mkv")
    site.add(EPISODE)
    stats = site.get("/stats").get_json()
    assert (stats["scans"]["waiting"], stats["scans"]["failed"], stats["open"]) == (1, 1, 1)
    assert stats["oldest_open"] == "2026-01-01T12:01:00.000Z"
    assert [len(stats["chart"]), stats["chart"][-1]["start"]] == [24, "2026-01-01T12:00:00.000Z"]
    assert (stats["chart"][-1]["scans"], stats["chart"][-1]["failed"]) == (1, 1)
    month = site.get("/stats", period="month").get_json()["chart"]
    assert (len(month), month[-1]["start"], month[-1]["failed"]) == (30, "2026-01-01T00:00:00.000Z", 1)
    assert site.get("/stats", period="year").status_code == 400


def test_settings_are_shown_masked_with_their_origin(tmp_path: Path) -> None:
    site = api(tmp_path, SERVER_SCAN_DELAY=7)
    answer = site.get("/settings")
    settings = {each["name"]: each for each in answer.get_json()["settings"]}
    assert (settings["SERVER_SCAN_DELAY"]["value"], settings["SERVER_PASS"]["value"]) == (7, "***")
    assert "config.json:" in settings["SERVER_SCAN_DELAY"]["origin"]
    assert SECRET not in answer.text
    assert "t0ken" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/scans", "/scans/1", "/events", "/events/1", "/servers", "/stats"])
def test_what_is_polled_is_304_until_something_changed(site: Api, path: str) -> None:
    site.add("/tv/A/a.mkv")
    first = site.get(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {**KEY, "If-None-Match": first.headers["ETag"]}
    same = site.get(path, known)
    assert (same.status_code, same.data) == (304, b"")
    assert site.get(path, known, **({"period": "month"} if path == "/stats" else {"limit": 7})).status_code != 304
    site.add("/tv/A/b.mkv")
    assert site.get(path, known).status_code == 200


def test_a_chart_goes_on_while_nothing_happens(site: Api) -> None:
    known = {**KEY, "If-None-Match": site.get("/stats").headers["ETag"]}
    assert site.get("/stats", known).status_code == 304
    site.site.clock.advance(3600)
    assert site.get("/stats", known).status_code == 200


def test_every_list_and_answer_is_json_with_the_headers_of_all_answers(site: Api) -> None:
    for path in ("/scans", "/events", "/servers", "/stats", "/settings", "/openapi.json"):
        answer = site.get(path)
        assert answer.mimetype == "application/json"
        assert json.loads(answer.data)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert site.site.client.head(f"/api/v1{path}", headers=KEY).status_code == 200
