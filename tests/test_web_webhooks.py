"""The ways in: what is stored, what is answered, for each of them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webs import SECRET, Site, basic, build

DOWNLOAD = {
    "series": {"title": "Fargo", "path": "/tv/Fargo", "tvdbId": 269613},
    "episodes": [{"seasonNumber": 1, "episodeNumber": 1}],
    "episodeFile": {"relativePath": "Season 01/Fargo - S01E01.mkv", "path": "/tv/Fargo/Season 01/Fargo - S01E01.mkv"},
    "eventType": "Download",
}
SONARR = {"User-Agent": "Sonarr/4.0.19.2979 (alpine 3.22.1)", "Accept": "application/json"}
KEY = {"X-Api-Key": SECRET}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "path", [f"/{SECRET}", f"/{SECRET}/", f"/{SECRET}/sonarr", "/triggers/sonarr", "/triggers/sonarr/"]
)
def test_an_event_is_stored_and_answered_on_every_way_in(site: Site, method: str, path: str) -> None:
    answer = site.client.open(path, method=method, json=DOWNLOAD, headers={**SONARR, **KEY})
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"OK", "text/plain; charset=utf-8")
    assert site.folders() == ["/tv/Fargo/Season 01"]
    [event] = site.events()
    assert event["source"] == "sonarr"
    assert json.loads(event["body"]) == DOWNLOAD


@pytest.mark.parametrize(
    "body",
    [{"eventType": "Test"}, {"eventType": "Grab"}, {"eventType": "Health"}, {}, {"a": 1}, {"eventType": "Nonsense"},
     {"eventType": None}, {"eventType": 5}, {"series": None}],
)  # fmt: skip
def test_a_well_formed_event_with_nothing_to_scan_is_fine_and_kept(site: Site, body: dict[str, Any]) -> None:
    assert site.client.post(f"/{SECRET}", json=body).status_code == 200
    assert len(site.events()) == 1
    assert site.folders() == []


@pytest.mark.parametrize("path", [f"/{SECRET}", f"/{SECRET}/x", "/triggers/x", "/triggers/manual"])
@pytest.mark.parametrize("data", [b"[]", b"{", b"", b"null", b"{" * 50_000])
def test_a_body_that_is_no_object_is_400_and_not_kept(site: Site, path: str, data: bytes) -> None:
    answer = site.client.post(path, data=data, content_type="application/json", headers=KEY)
    assert answer.status_code == 400
    assert answer.get_json()["status"] == "error"
    assert site.events() == []


@pytest.mark.parametrize("path", [f"/{SECRET}", "/triggers/sonarr"])
def test_a_number_that_no_program_means_costs_only_itself(site: Site, path: str) -> None:
    release = {"size": None, "indexer": "x"}
    sent = json.dumps({**DOWNLOAD, "release": release}).replace("null", "9" * 5000)
    answer = site.client.post(path, data=sent, content_type="application/json", headers={**SONARR, **KEY})
    assert answer.status_code == 200
    assert site.folders() == ["/tv/Fargo/Season 01"]
    [event] = site.events()
    assert json.loads(event["body"]) == {**DOWNLOAD, "release": release}


@pytest.mark.parametrize("path", ["/triggers/manual", "/triggers/manual/", "/triggers/tdarr", f"/{SECRET}/manual"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_paths_in_the_query_with_an_empty_body_labelled_json_are_scanned(site: Site, path: str, method: str) -> None:
    answer = site.client.open(
        path + "?dir=/tv/A%20%26%20B/&dir=/tv/C/&path=/movies/D/d.mkv&dir=", method=method, headers=KEY,
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 200
    assert sorted(site.folders()) == ["/movies/D", "/tv/A & B", "/tv/C"]
    assert json.loads(site.events()[0]["body"]) == {"path": ["/movies/D/d.mkv"], "dir": ["/tv/A & B/", "/tv/C/"]}


@pytest.mark.parametrize("path", [f"/{SECRET}", f"/{SECRET}/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_paths_in_the_query_of_the_bare_address_are_scanned_too(site: Site, path: str, method: str) -> None:
    answer = site.client.open(path + "?path=/movies/D/d.mkv&dir=/tv/C/", method=method)
    assert answer.text.startswith("'/movies/D/d.mkv' was added to scan queue")
    assert sorted(site.folders()) == ["/movies/D", "/tv/C"]
    assert site.events()[0]["source"] == "manual"


def test_tdarr_speaks_basic(site: Site) -> None:
    answer = site.client.post("/triggers/manual?dir=%2Ftv%2FShow%2F", headers=basic(SECRET, user="tdarr"),
                              content_type="application/json")  # fmt: skip
    assert answer.status_code == 200
    assert site.folders() == ["/tv/Show"]


@pytest.mark.parametrize(
    "path",
    ["/triggers/manual?path=/tv/a.mkv", "/triggers/x", "/triggers/manual", f"/{SECRET}/x", f"/{SECRET}?path=/tv/a.mkv"],
)
def test_head_says_that_autoscan_is_there_and_queues_nothing(site: Site, path: str) -> None:
    answer = site.client.head(path, headers=KEY)
    assert (answer.status_code, answer.data) == (200, b"")
    assert site.events() == []


def test_head_needs_the_credentials(site: Site) -> None:
    assert site.client.head("/triggers/manual").status_code == 401


@pytest.mark.parametrize("path", ["/triggers/manual", "/triggers/manual/", f"/{SECRET}/manual"])
def test_get_without_a_path_leads_to_the_form(site: Site, path: str) -> None:
    answer = site.client.get(path, headers=KEY)
    assert (answer.status_code, answer.location) == (303, f"/{SECRET}")


@pytest.mark.parametrize("path", ["/triggers/x", "/triggers/manual?path=", f"/{SECRET}/x?dir=%20", f"/{SECRET}?path="])
def test_get_of_another_source_without_a_path_is_400(site: Site, path: str) -> None:
    answer = site.client.get(path, headers=KEY)
    assert answer.status_code == 400
    assert "path" in answer.get_json()["error"]


@pytest.mark.parametrize(
    "path", [f"/{SECRET}", f"/{SECRET}?path=/x", f"/{SECRET}/sonarr", "/triggers/sonarr", "/triggers/manual?path=/x"]
)
@pytest.mark.parametrize("agent", ["Sonarr/4.0 (x)", "Radarr/5", "lidarr/2", "Readarr/0.3", "Whisparr/3", "Prowlarr/1"])
def test_a_redirect_that_made_a_get_of_the_post_of_an_arr_is_seen(site: Site, path: str, agent: str) -> None:
    answer = site.client.get(path, headers={**KEY, "User-Agent": agent})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, PUT"
    assert "redirect" in answer.get_json()["error"]


@pytest.mark.parametrize("path", ["/wrong", "/wrong/sonarr", f"/{SECRET}x", f"/x{SECRET}", f"/{SECRET}/a/b"])
def test_a_wrong_secret_is_401_for_an_event_and_404_for_a_look(site: Site, path: str) -> None:
    assert site.client.post(path, json=DOWNLOAD).status_code == 401
    assert site.client.put(path, json=DOWNLOAD).status_code == 401
    assert site.client.get(path).status_code == 404
    assert site.client.head(path).status_code == 404
    assert SECRET not in site.client.get(path).text
    assert site.events() == []


def test_the_bare_address_takes_no_event_and_asks_a_look_for_the_password(site: Site) -> None:
    assert site.client.post("/", json=DOWNLOAD).status_code == 401
    assert site.client.put("/", json=DOWNLOAD).status_code == 401
    assert site.client.get("/").status_code == 200
    assert site.client.get("/", headers={"User-Agent": "Sonarr/4.0.9"}).status_code == 405
    assert site.events() == []


@pytest.mark.parametrize(
    ("data", "content_type"),
    [("eventType=Manual&filepath=%2Ftv%2FShow%2Fa.mkv", "application/x-www-form-urlencoded"),
     ("eventType=Manual&filepath=%2Ftv%2FShow%2Fa.mkv", "application/x-www-form-urlencoded; charset=utf-8"),
     ('{"eventType": "Manual", "filepath": "/tv/Show/a.mkv"}', "application/json; charset=utf-8"),
     ('{"eventType": "Manual", "filepath": "/tv/Show/a.mkv"}', "application/x-www-form-urlencoded")],
)  # fmt: skip
@pytest.mark.parametrize("path", [f"/{SECRET}", "/triggers/manual"])
def test_a_manual_request_says_what_became_of_it(site: Site, data: str, content_type: str, path: str) -> None:
    def post() -> str:
        answer = site.client.post(path, data=data, content_type=content_type, headers=KEY)
        assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
        return answer.text

    assert post() == "'/tv/Show/a.mkv' was added to scan queue. Its folder '/tv/Show' is due in 30 s.\n"
    site.clock.advance(10)
    assert post() == (
        "'/tv/Show/a.mkv' has already been added to the scan queue. Its folder '/tv/Show' is due in 30 s.\n"
    )


def test_a_manual_request_works_without_the_form(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_ALLOW_MANUAL_SCAN=False, SERVER_SCAN_DELAY=0)
    answer = site.client.post(f"/{SECRET}", data={"eventType": "Manual", "filepath": "/tv/Show/a.mkv"})
    assert answer.text == "'/tv/Show/a.mkv' was added to scan queue. Its folder '/tv/Show' is due now.\n"


def test_an_ignored_path_is_told_with_its_rule(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_IGNORE_LIST=["/.grab/"])
    answer = site.client.post(f"/{SECRET}", json={"eventType": "Manual", "filepath": "/tv/.grab/a.mkv"})
    assert answer.status_code == 200
    assert answer.text.startswith("Ignoring scan request because /.grab/ was matched from your SERVER_IGNORE_LIST")
    assert site.folders() == []


def test_a_browser_gets_a_page_with_everything_escaped(site: Site) -> None:
    data = {"eventType": "Manual", "filepath": "/tv/<script>alert(1)</script>/a.mkv"}
    answer = site.client.post(f"/{SECRET}", data=data, headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.content_type == "text/html; charset=utf-8"
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("path", [f"/{SECRET}", "/triggers/manual"])
@pytest.mark.parametrize(
    "body",
    [{"eventType": "Manual"}, {"eventType": "manual", "filepath": ""}, {"eventType": "Manual", "filepath": None},
     {"eventType": "Manual", "filepath": 7}],
)  # fmt: skip
def test_a_manual_request_without_a_path_is_400(site: Site, path: str, body: dict[str, Any]) -> None:
    answer = site.client.post(path, json=body, headers=KEY)
    assert answer.status_code == 400
    assert "names no path" in answer.get_json()["error"]
    assert site.events() == []


def test_the_manual_source_needs_no_event_type(site: Site) -> None:
    assert site.client.post("/triggers/manual", json={"filepath": "/tv/A/a.mkv"}, headers=KEY).status_code == 200
    assert site.client.post("/triggers/manual", data={"dir": ["/tv/B/", "/tv/C/"]}, headers=KEY).status_code == 200
    assert site.client.post("/triggers/manual", json={**DOWNLOAD, "EventType": "Test"}, headers=KEY).status_code == 200
    assert site.client.post("/triggers/manual", json={"EventType": "Test"}, headers=KEY).data == b"OK"
    assert site.folders() == ["/tv/A", "/tv/B", "/tv/C", "/tv/Fargo/Season 01"]


@pytest.mark.parametrize("path", [f"/{SECRET}", f"/{SECRET}/scripts", "/triggers/scripts", "/triggers/manual"])
@pytest.mark.parametrize(
    ("names", "typed"),
    [("filepath filepath", True), ("dir dir", True), ("dir dir", False), ("path path", False), ("filepath path", False),
     ("filepath dir", True), ("path dir", False)],
)  # fmt: skip
@pytest.mark.parametrize("label", ["json", "form"])
def test_every_path_of_a_body_is_taken_whatever_it_is_called(
    site: Site, path: str, names: str, *, typed: bool, label: str
) -> None:
    sent: dict[str, Any] = {}
    for name, value in zip(names.split(), ["/tv/A/a.mkv", "/tv/B/b.mkv"], strict=True):
        sent.setdefault(name, []).append(value)
    sent |= {"eventType": "Manual"} if typed else {}
    answer = site.client.post(path, headers=KEY, **({"json": sent} if label == "json" else {"data": sent}))
    assert answer.status_code == 200
    assert sorted(site.folders()) == ["/tv/A", "/tv/B"]


def test_what_a_script_calls_the_event_in_its_form_means_nothing_beside_a_path(site: Site) -> None:
    for sent in ({"eventType": "Test", "path": "/tv/A/a.mkv"}, {"eventType": "finished", "filepath": "/tv/B/b.mkv"}):
        assert site.client.post("/triggers/scripts", data=sent, headers=KEY).status_code == 200
    assert site.folders() == ["/tv/A", "/tv/B"]


def test_a_notification_as_a_form_means_what_it_means_as_json(site: Site) -> None:
    body = {"version": "1.0", "title": "t", "message": "m", "type": "info"}
    for path in ("", "/tv/S/s.mkv"):
        assert site.client.post("/triggers/bazarr", data={**body, "path": path}, headers=KEY).data == b"OK"
    assert site.folders() == ["/tv/S"]


def test_the_event_in_the_body_counts_before_the_query_except_for_manual(site: Site) -> None:
    query = {"path": "/movies/M/m.mkv"}
    site.client.post("/triggers/sonarr", query_string=query, json=DOWNLOAD, headers=KEY)
    assert site.folders() == ["/tv/Fargo/Season 01"]
    site.client.post("/triggers/sonarr", query_string=query, json={"anything": 1}, headers=KEY)
    assert site.folders() == ["/tv/Fargo/Season 01", "/movies/M"]
    query = {"path": "/movies/N/n.mkv"}
    assert site.client.post("/triggers/manual", query_string=query, data=b"{", headers=KEY).status_code == 200
    assert site.folders()[2:] == ["/movies/N"]


def test_a_bazarr_notification_is_answered_ok(site: Site) -> None:
    body = {"version": "1.0", "title": "t", "message": "m", "attachments": [], "type": "info", "path": "/tv/S/s.mkv"}
    assert site.client.post("/triggers/bazarr", json=body, headers=KEY).data == b"OK"
    assert site.folders() == ["/tv/S"]


def test_the_rules_of_a_source_hold_for_its_name_only(tmp_path: Path) -> None:
    site = build(tmp_path, SOURCES={"anime": {"PATH_MAPPINGS": {"/data/anime": ["/tv"]}}})
    site.client.post(f"/{SECRET}/anime", json=DOWNLOAD)
    site.client.post(f"/{SECRET}/other", json=DOWNLOAD)
    assert site.folders() == ["/data/anime/Fargo/Season 01", "/tv/Fargo/Season 01"]


def test_secrets_in_an_event_are_not_kept(site: Site) -> None:
    body = {**DOWNLOAD, "apiKey": "abc123", "applicationUrl": f"http://host/{SECRET}"}
    site.client.post(f"/{SECRET}", json=body)
    kept = site.events()[0]["body"]
    assert SECRET not in kept
    assert "abc123" not in kept


def test_a_large_body_is_413_whatever_its_size_says(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_MAX_BODY_SIZE=1)
    big = b'{"a": "' + b"x" * 1024 * 1024 + b'"}'
    answer = site.client.post(f"/{SECRET}", data=big, content_type="application/json")
    assert answer.status_code == 413
    assert "SERVER_MAX_BODY_SIZE" in answer.get_json()["error"]
    assert site.client.post(f"/{SECRET}", data=big[:1000] + b'"}', content_type="application/json").status_code == 200


@pytest.mark.parametrize("path", [f"/{SECRET}", "/triggers/sonarr", "/triggers/manual", "/api/v1/scans"])
@pytest.mark.parametrize("label", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("packing", ["gzip", "GZIP, identity", "deflate", "br"])
def test_a_compressed_body_is_415_and_says_so(site: Site, path: str, label: str, packing: str) -> None:
    data = gzip.compress(json.dumps(DOWNLOAD).encode())
    answer = site.client.post(path, data=data, content_type=label, headers={**KEY, "Content-Encoding": packing})
    assert answer.status_code == 415
    assert label != "application/json" or "compressed" in answer.get_json()["error"]
    assert site.events() == []


@pytest.mark.parametrize("packing", ["", "identity", "utf-8", "gzip"])
def test_a_body_that_only_says_that_it_is_encoded_is_read(site: Site, packing: str) -> None:
    answer = site.client.post(f"/{SECRET}", json=DOWNLOAD, headers={"Content-Encoding": packing})
    assert answer.status_code == 200
    assert site.folders() == ["/tv/Fargo/Season 01"]


def test_an_event_that_could_not_be_stored_is_503(site: Site) -> None:
    site.autoscan.store.dispose()
    (site.autoscan.settings.data_dir / "autoscan.db").unlink()
    (site.autoscan.settings.data_dir / "autoscan.db").mkdir()
    answer = site.client.post(f"/{SECRET}", json=DOWNLOAD)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "send it again" in answer.get_json()["error"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return build(tmp_path_factory.mktemp("shared"))


LABELS = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
) | st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=30)
JSONISH = st.dictionaries(
    st.sampled_from(["eventType", "series", "movie", "artist", "path", "filepath", "episodeFile", "deletedFiles"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["path", "relativePath", "title", "size", "year"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
BODIES = st.binary(max_size=300) | JSONISH.map(lambda value: json.dumps(value).encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(BODIES, LABELS, st.sampled_from([f"/{SECRET}", f"/{SECRET}/x", "/triggers/manual", "/triggers/x?path=%FF"]))
def test_no_body_under_any_label_is_worse_than_400(shared: Site, data: bytes, label: str, path: str) -> None:
    answer = shared.client.post(path, data=data, headers=KEY, environ_overrides={"CONTENT_TYPE": label})
    assert answer.status_code in (200, 400)


def payloads() -> list[Path]:
    """Return the bodies of applications; people's manual requests may be wrong, and have tests above."""
    found = (Path(__file__).parent / "payloads").glob("*/*.json")
    return sorted(path for path in found if ".expect" not in path.suffixes and path.parent.name != "manual")


def test_every_body_that_an_application_sends_is_answered_2xx_and_kept(shared: Site) -> None:
    before = len(shared.events())
    for path in payloads():
        answer = shared.client.post(f"/{SECRET}", data=path.read_bytes(), content_type="application/json")
        assert answer.status_code == 200, path.name
    assert len(payloads()) >= 66
    assert len(shared.events()) == before + len(payloads())


def test_a_caller_who_hangs_up_half_way_is_400(site: Site) -> None:
    answer = site.client.post(f"/{SECRET}", data=b'{"eventType":', environ_overrides={"CONTENT_LENGTH": "100"},
                              content_type="application/json")  # fmt: skip
    assert answer.status_code == 400
    assert site.events() == []
