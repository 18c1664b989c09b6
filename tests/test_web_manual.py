"""The manual form: who sees it, what it takes, what it answers, and that no other site can send it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from autoscan.model import LibraryFacts, ServerFacts
from tests.webs import SECRET, Site, basic, build, sign_in, token

ACTION = f"/manual/{SECRET}"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PLEX = [{"NAME": "den", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "t0ken-of-plex"}]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def send(site: Site, paths: str, action: str = ACTION, headers: Mapping[str, str] = BROWSER) -> TestResponse:
    page = f"/{SECRET}" if action == ACTION else action
    data = {"paths": paths, "csrf_token": token(site.client, page)}
    return site.client.post(action, data=data, headers=headers)


def told(answer: TestResponse) -> list[str]:
    """Return what the page says of each path."""
    found = re.findall(r'<li class="answer[^"]*">(.*?)</li>', answer.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()).replace("&#39;", "'") for each in found]


def test_the_form_stands_at_the_webhook_address_and_posts_to_its_own(site: Site) -> None:
    answer = site.client.get(f"/{SECRET}")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert f'action="{ACTION}"' in answer.text
    assert re.findall(r"<script(?! src=)|style=|<style| on[a-z]+=", answer.text) == []


def test_several_paths_are_taken_one_from_each_line_in_one_event(site: Site) -> None:
    answer = send(site, "/tv/A/a.mkv\r\n\r\n  /tv/B/\n/tv/A/a.mkv\n/tv/<b>/x.mkv")
    assert answer.status_code == 200
    assert told(answer)[0] == "'/tv/A/a.mkv' was added to scan queue. Its folder '/tv/A' is due in 30 s."
    assert "/tv/&lt;b&gt;/x.mkv" in answer.text
    assert "<form" in answer.text
    assert site.folders() == ["/tv/A", "/tv/B", "/tv/<b>"]
    [event] = site.events()
    assert event["source"] == "manual"


def test_a_line_ends_where_a_browser_ends_it_and_nowhere_else(site: Site) -> None:
    send(site, "/tv/A\u2028B/a.mkv\r\n/tv/C\x85D/a.mkv\n/tv/E/a.mkv")
    assert set(site.folders()) == {"/tv/A\u2028B", "/tv/C\x85D", "/tv/E"}


def test_a_path_that_waits_already_is_told_with_when_it_is_due(site: Site) -> None:
    send(site, "/tv/A/a.mkv")
    site.clock.advance(10)
    assert told(send(site, "/tv/A/b.mkv")) == [
        "'/tv/A/b.mkv' has already been added to the scan queue. Its folder '/tv/A' is due in 30 s."
    ]


def test_an_ignored_path_is_told_with_its_rule(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_IGNORE_LIST=["/.grab/"])
    [said] = told(send(site, "/tv/.grab/a.mkv"))
    assert said.startswith("Ignoring scan request because /.grab/ was matched from your SERVER_IGNORE_LIST")
    assert site.folders() == []


def test_a_path_without_a_library_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    site = build(tmp_path, MEDIA_SERVERS=PLEX)
    libraries = (LibraryFacts(id="1", title="Shows", type="show", roots=("/data/tv",)),)
    site.autoscan.queue.describe("den", ServerFacts(at=site.clock.now(), version="1", name="x", libraries=libraries))
    [lost, found] = told(send(site, "/mnt/media/tv/A/a.mkv\n/data/tv/B/b.mkv"))
    assert "was added to scan queue" in lost
    assert "lies in none of its libraries (/data/tv); the nearest is /data/tv" in lost
    assert "none of its libraries" not in found


def test_a_form_without_a_token_or_with_anothers_is_refused(site: Site) -> None:
    foreign = token(site.app.test_client(), f"/{SECRET}")
    for data in ({"paths": "/tv/A"}, {"paths": "/tv/A", "csrf_token": "x"}, {"paths": "/tv/A", "csrf_token": foreign}):
        answer = site.client.post(ACTION, data=data)
        assert answer.status_code == 400
        assert answer.get_json()["error_code"] == "BAD_REQUEST"
    assert site.events() == []


def test_any_worker_takes_the_token_of_another_and_of_one_before_a_restart(tmp_path: Path) -> None:
    first, second = build(tmp_path), build(tmp_path)
    given = token(first.client, f"/{SECRET}")
    cookie = first.client.get_cookie("autoscan")
    assert cookie
    second.client.set_cookie("autoscan", cookie.value)
    assert second.client.post(ACTION, data={"paths": "/tv/A", "csrf_token": given}).status_code == 200


def test_the_cookie_goes_to_no_other_site_and_no_script(site: Site) -> None:
    cookie = site.client.get(f"/{SECRET}").headers["Set-Cookie"]
    assert cookie.startswith("autoscan=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_the_form_logs_nobody_in(site: Site) -> None:
    send(site, "/tv/A/a.mkv")
    assert site.client.get("/manual").status_code == 401
    assert "Log out" not in site.client.get(f"/{SECRET}").text


def test_without_the_setting_there_is_no_form_but_for_who_is_logged_in(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_ALLOW_MANUAL_SCAN=False)
    answer = site.client.get(f"/{SECRET}", headers=BROWSER)
    assert (answer.status_code, answer.content_type) == (401, "text/html; charset=utf-8")
    assert "SERVER_ALLOW_MANUAL_SCAN" in answer.text
    assert site.client.post(ACTION, data={"paths": "/tv/A"}).status_code == 401
    sign_in(site.client)
    assert send(site, "/tv/A/a.mkv", "/manual").status_code == 200
    assert site.folders() == ["/tv/A"]


def test_who_is_logged_in_has_a_form_whose_address_holds_no_secret(site: Site) -> None:
    sign_in(site.client)
    page = site.client.get("/manual").text
    assert 'action="/manual"' in page
    assert SECRET not in page
    answer = send(site, "/tv/A/a.mkv", "/manual")
    assert SECRET not in answer.text
    assert 'href="/scans/1"' in answer.text


def test_what_cannot_be_taken_is_told_and_stays_in_the_form(site: Site) -> None:
    many = "\n".join(f"/tv/<{number}>" for number in range(1001))
    for paths, problem in ((" \n", "Write at least one path"), (many, "At most 1000 paths at once")):
        answer = send(site, paths)
        assert answer.status_code == 400
        assert problem in answer.text
    assert "/tv/&lt;1000&gt;" in send(site, many).text
    assert send(site, "\n", headers={"Accept": "application/json"}).get_json()["error"] == "Write at least one path"
    assert site.events() == []


def test_a_form_above_the_limit_is_413(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_MAX_BODY_SIZE=1)
    assert send(site, "x" * 2_000_000).status_code == 413


CONFINED: dict[str, Any] = {
    "ALLOWED_ROOTS": ["/mnt/media/", "/tv"],
    "SERVER_PATH_MAPPINGS": {"/mnt/media/movies/": ["/movies/"]},
}
INSIDE = ["/tv/A/a.mkv", "/tv", "/mnt/media/x/y.mkv", "/movies/M/m.mkv", "/mnt/media/x/../y/z.mkv"]
OUTSIDE = ["/etc/passwd", "/tv2/A/a.mkv", "/tv/../etc/x", "/mnt", "/", "tv/A", "/movies/../../etc", "C:\\tv\\a.mkv"]


@pytest.mark.parametrize("path", INSIDE)
def test_below_the_allowed_roots_paths_are_taken_as_received_or_as_mapped(tmp_path: Path, path: str) -> None:
    site = build(tmp_path, **CONFINED)
    assert send(site, path).status_code == 200
    assert len(site.folders()) == 1


@pytest.mark.parametrize("path", OUTSIDE)
def test_outside_of_them_nothing_that_is_asked_for_by_hand_is_taken(tmp_path: Path, path: str) -> None:
    site = build(tmp_path, **CONFINED)
    form = send(site, f"/tv/A\n{path}")
    assert form.status_code == 400
    assert "Outside of ALLOWED_ROOTS (/mnt/media, /tv)" in form.text
    manual = {"eventType": "Manual", "filepath": path}
    answers = [
        site.client.post(f"/{SECRET}", json=manual),
        site.client.post(f"/{SECRET}", data=manual),
        site.client.post(f"/{SECRET}/tdarr", json=manual),
        site.client.get(f"/{SECRET}", query_string={"path": path}),
        site.client.get("/triggers/manual", query_string={"dir": path}, headers=basic(SECRET)),
        site.client.post("/triggers/manual", query_string={"path": path}, headers=basic(SECRET)),
        site.client.post("/triggers/scripts", data={"path": path}, headers=basic(SECRET)),
        site.client.post("/api/v1/scans", json={"paths": [path]}, headers={"X-Api-Key": SECRET}),
        site.client.post("/api/v1/scans", json={"removed": [path]}, headers={"X-Api-Key": SECRET}),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.get_json()["error"].startswith(("Outside of ALLOWED_ROOTS", "paths.0: ", "removed.0: "))
    assert site.events() == []


def test_what_applications_send_is_not_confined(tmp_path: Path) -> None:
    site = build(tmp_path, **CONFINED)
    event = {"eventType": "Download", "series": {"path": "/elsewhere/S"}, "episodeFile": {"relativePath": "e.mkv"}}
    assert site.client.post(f"/{SECRET}", json=event).status_code == 200
    assert site.folders() == ["/elsewhere/S"]


def test_while_a_path_is_typed_its_way_is_told_to_who_is_logged_in(tmp_path: Path) -> None:
    site = build(tmp_path / "site", MEDIA_SERVERS=PLEX, SERVER_PATH_MAPPINGS={f"{tmp_path}/tv/": ["/tv/"]})
    (tmp_path / "tv" / "Show").mkdir(parents=True)
    libraries = (LibraryFacts(id="1", title="Shows", type="show", roots=(f"{tmp_path}/tv",)),)
    site.autoscan.queue.describe("den", ServerFacts(at=site.clock.now(), version="1", name="x", libraries=libraries))
    sign_in(site.client)
    preview = site.client.get("/explain/preview?path=/tv/Show").get_json()
    assert (preview["mapped"], preview["folder"]) == (f"{tmp_path}/tv/Show",) * 2
    assert preview["exists"] is True
    assert preview["servers"] == [
        {"server": "den", "path": f"{tmp_path}/tv/Show", "libraries": ["Shows"], "problem": "", "about": ""}
    ]
    assert site.client.get("/explain/complete?text=/tv/S").get_json() == {"paths": ["/tv/Show/"]}
    assert site.client.get("/explain/complete?text=/etc/pass").get_json() == {"paths": []}
    assert site.client.get("/explain/preview?path=").status_code == 400


def test_while_a_path_outside_is_typed_it_is_told_that_the_form_does_not_take_it(tmp_path: Path) -> None:
    site = build(tmp_path / "site", ALLOWED_ROOTS=["/tv"])
    sign_in(site.client)
    (tmp_path / "there").touch()
    outside = site.client.get("/explain/preview", query_string={"path": f"{tmp_path}/there"}).get_json()
    assert outside["refused"] == f"Outside of ALLOWED_ROOTS (/tv): {tmp_path}/there"
    assert outside["exists"] is None
    assert site.client.get("/explain/preview?path=/tv/Show").get_json()["refused"] == ""


def test_who_only_has_the_form_learns_nothing_about_files(site: Site) -> None:
    site.client.get(f"/{SECRET}")
    assert "data-preview" not in site.client.get(f"/{SECRET}").text
    for path in ("/explain/preview?path=/tv", "/explain/complete?text=/"):
        assert site.client.get(path).status_code == 401
        assert site.client.get(path, headers={"X-Api-Key": SECRET}).status_code == 401


def test_the_style_sheet_is_served(site: Site) -> None:
    answer = site.client.get("/static/autoscan.css")
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    answer.close()
