"""The manual form: who sees it, what it takes, and that no other site can send it."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.webs import SECRET, Site, build

ACTION = f"/manual/{SECRET}"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def token(client: FlaskClient) -> str:
    page = client.get(f"/{SECRET}").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_form_stands_at_the_webhook_address_and_posts_to_its_own(site: Site) -> None:
    answer = site.client.get(f"/{SECRET}")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    assert f'action="{ACTION}"' in answer.text
    assert re.findall(r"<script(?! src=)|style=|<style| on[a-z]+=", answer.text) == []


def test_several_paths_are_taken_one_from_each_line_in_one_event(site: Site) -> None:
    paths = "/tv/A/a.mkv\r\n\r\n  /tv/B/\n/tv/A/a.mkv\n/tv/<b>/x.mkv"
    answer = site.client.post(ACTION, data={"paths": paths, "csrf_token": token(site.client)})
    assert answer.status_code == 200
    assert "&#39;/tv/A/a.mkv&#39; was added to scan queue" in answer.text
    assert "/tv/&lt;b&gt;/x.mkv" in answer.text
    assert "<form" in answer.text
    assert site.folders() == ["/tv/A", "/tv/B", "/tv/<b>"]
    [event] = site.events()
    assert event["source"] == "manual"


def test_a_form_without_a_token_or_with_anothers_is_refused(site: Site) -> None:
    foreign = token(site.app.test_client())
    for data in ({"paths": "/tv/A"}, {"paths": "/tv/A", "csrf_token": "x"}, {"paths": "/tv/A", "csrf_token": foreign}):
        answer = site.client.post(ACTION, data=data)
        assert answer.status_code == 400
        assert answer.get_json()["error_code"] == "BAD_REQUEST"
    assert site.events() == []


def test_any_worker_takes_the_token_of_another_and_of_one_before_a_restart(tmp_path: Path) -> None:
    first, second = build(tmp_path), build(tmp_path)
    given = token(first.client)
    cookie = first.client.get_cookie("autoscan")
    assert cookie
    second.client.set_cookie("autoscan", cookie.value)
    assert second.client.post(ACTION, data={"paths": "/tv/A", "csrf_token": given}).status_code == 200


def test_the_cookie_goes_to_no_other_site_and_no_script(site: Site) -> None:
    cookie = site.client.get(f"/{SECRET}").headers["Set-Cookie"]
    assert cookie.startswith("autoscan=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_without_the_setting_there_is_no_form(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_ALLOW_MANUAL_SCAN=False)
    answer = site.client.get(f"/{SECRET}", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.content_type) == (401, "text/html; charset=utf-8")
    assert "SERVER_ALLOW_MANUAL_SCAN" in answer.text
    assert site.client.post(ACTION, data={"paths": "/tv/A"}).status_code == 401


def test_a_form_without_a_path_and_one_with_far_too_many_are_refused(site: Site) -> None:
    given = token(site.client)
    assert site.client.post(ACTION, data={"paths": " \n", "csrf_token": given}).status_code == 400
    many = "\n".join(f"/tv/{number}" for number in range(1001))
    assert site.client.post(ACTION, data={"paths": many, "csrf_token": given}).status_code == 400
    assert site.events() == []


def test_a_form_above_the_limit_is_413(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_MAX_BODY_SIZE=1)
    data = {"paths": "x" * 2_000_000, "csrf_token": token(site.client)}
    assert site.client.post(ACTION, data=data).status_code == 413


def test_the_style_sheet_is_served(site: Site) -> None:
    answer = site.client.get("/static/autoscan.css")
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    answer.close()
