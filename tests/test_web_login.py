"""Logging in and out: the session, its end, and what guessing costs."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from autoscan.store import attempts
from tests.webs import SECRET, Site, basic, build, sign_in, token

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def attempt(client: FlaskClient, password: str, *, remote: str = "203.0.113.9", next_page: str = "") -> TestResponse:
    data = {"csrf_token": token(client), "password": password, "next": next_page}
    return client.post("/login", data=data, environ_overrides={"REMOTE_ADDR": remote})


def test_the_first_page_asks_for_the_password_once_and_then_leads_on(site: Site) -> None:
    page = site.client.get("/")
    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert "Log out" not in page.text
    sign_in(site.client)
    answer = site.client.get("/")
    assert answer.status_code == 303
    assert "Log out" in site.client.get(answer.location).text


def test_a_page_sends_who_is_not_logged_in_to_the_log_in_and_a_program_gets_401(site: Site) -> None:
    answer = site.client.get("/manual", headers=BROWSER)
    assert (answer.status_code, answer.location) == (303, "/login?next=/manual")
    refused = site.client.get("/manual")
    assert (refused.status_code, refused.get_json()["error_code"]) == (401, "UNAUTHORIZED")
    assert "WWW-Authenticate" not in refused.headers


def test_a_form_sent_after_the_session_ended_is_said_to_be_undone(site: Site) -> None:
    answer = site.client.post("/manual", data={"paths": "/tv/x"}, headers=BROWSER)
    assert (answer.status_code, answer.location) == (303, "/login?next=/manual&unsent=1")
    # Another site's form comes without the cookie, too: whoever is logged in must stay so.
    assert "Set-Cookie" not in answer.headers
    assert "nothing that you sent was done" in site.client.get(answer.location).text
    assert "nothing that you sent was done" not in site.client.get("/login").text
    assert site.client.post("/scans/actions", headers=BROWSER).location == "/login?unsent=1"


def test_to_log_out_twice_is_no_error_for_a_browser(site: Site) -> None:
    assert site.client.post("/logout", headers=BROWSER).location == "/login"
    assert site.client.post("/logout").status_code == 400


def test_a_wrong_password_is_refused_on_the_page(site: Site) -> None:
    answer = attempt(site.client, SECRET + "x")
    assert answer.status_code == 401
    assert "That is not the SERVER_PASS" in answer.text
    assert SECRET not in answer.text
    assert site.client.get("/manual").status_code == 401


def test_a_password_of_any_characters_logs_in(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_PASS="пароль ü&<>")
    sign_in(site.client, "пароль ü&<>")
    assert site.client.get("/manual").status_code == 200


def test_the_published_sample_password_logs_nobody_in_from_far(tmp_path: Path) -> None:
    sample = "9c4b81fe234e4d6eb9011cefe514d915"
    site = build(tmp_path, SERVER_PASS=sample)
    assert attempt(site.client, sample, remote="203.0.113.9").status_code == 403
    assert attempt(site.client, sample, remote="192.168.1.9").status_code == 303


def test_a_log_in_needs_the_token_of_its_form(site: Site) -> None:
    assert site.client.post("/login", data={"password": SECRET}).status_code == 400
    assert site.client.get("/manual").status_code == 401


def test_to_log_out_ends_the_session_and_takes_a_post_with_a_token(site: Site) -> None:
    sign_in(site.client)
    assert site.client.get("/logout").status_code == 405
    assert site.client.post("/logout").status_code == 400
    given = token(site.client, "/manual")
    assert site.client.post("/logout", data={"csrf_token": given}).location == "/login"
    assert site.client.get("/manual").status_code == 401


def test_another_password_ends_every_session(tmp_path: Path) -> None:
    before = build(tmp_path)
    sign_in(before.client)
    cookie = before.client.get_cookie("autoscan")
    assert cookie
    for password, expected in (("another", 401), (SECRET, 200)):
        after = build(tmp_path, SERVER_PASS=password)
        after.client.set_cookie("autoscan", cookie.value)
        assert after.client.get("/manual").status_code == expected, password


def test_a_session_outlives_a_change_of_the_key_where_the_old_one_is_a_fallback(tmp_path: Path) -> None:
    before = build(tmp_path, environ={"SECRET_KEY": "old"})
    sign_in(before.client)
    cookie = before.client.get_cookie("autoscan")
    assert cookie
    for environ, expected in (
        ({"SECRET_KEY": "new"}, 401),
        ({"SECRET_KEY": "new", "SECRET_KEY_FALLBACKS": "old"}, 200),
    ):
        after = build(tmp_path, environ=environ)
        after.client.set_cookie("autoscan", cookie.value)
        assert after.client.get("/manual").status_code == expected


def test_a_session_lasts_thirty_days_from_the_last_visit(site: Site) -> None:
    sign_in(site.client)
    for _ in range(3):
        site.clock.advance(29 * 86_400)
        assert site.client.get("/manual").status_code == 200
    site.clock.advance(31 * 86_400)
    assert site.client.get("/manual").status_code == 401


def test_a_poll_that_is_under_way_while_somebody_logs_out_brings_no_cookie(site: Site) -> None:
    sign_in(site.client)
    assert "Set-Cookie" not in site.client.get("/manual").headers


def test_the_cookie_tells_nobody_the_password(site: Site) -> None:
    sign_in(site.client)
    cookie = site.client.get_cookie("autoscan")
    assert cookie
    assert SECRET not in cookie.decoded_value


def test_a_session_is_no_credential_for_webhooks(site: Site) -> None:
    sign_in(site.client)
    assert site.client.post("/triggers/sonarr", json={"eventType": "Test"}).status_code == 401
    assert site.client.post("/", json={"eventType": "Test"}).status_code == 401
    assert site.client.post("/wrong", json={"eventType": "Test"}).status_code == 401
    assert site.client.get("/triggers/manual?path=/tv/a.mkv").status_code == 401
    assert site.events() == []


def test_a_forged_or_foreign_cookie_logs_nobody_in(site: Site) -> None:
    for value in ("x", "eyJwcm9vZiI6IngifQ.aaaaaa.bbbb"):
        site.client.set_cookie("autoscan", value)
        assert site.client.get("/manual").status_code == 401
    with site.client.session_transaction() as session:
        session["proof"], session["seen"] = "0" * 64, int(site.clock.now().timestamp())
    assert site.client.get("/manual").status_code == 401


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "evil",
        "/a\nb",
        "javascript:x",
        "/%0d\r\nx",
        "\\\\x",
    ],
)
def test_a_log_in_leads_to_no_other_site(site: Site, wanted: str) -> None:
    answer = attempt(site.client, SECRET, next_page=wanted)
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert "evil" not in answer.location


def test_guessing_is_answered_429_and_the_wait_grows(site: Site) -> None:
    assert [attempt(site.client, "x").status_code for _ in range(attempts.FREE - 1)] == [401] * (attempts.FREE - 1)
    waits = []
    for _ in range(9):
        answer = attempt(site.client, "x")
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        site.clock.advance(waits[-1])
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_a_wrong_password_within_the_wait_does_not_make_it_longer(site: Site) -> None:
    for _ in range(attempts.FREE):
        attempt(site.client, "x")
    site.clock.advance(4)
    assert [attempt(site.client, "x").headers["Retry-After"] for _ in range(3)] == ["6"] * 3


def test_within_the_wait_no_password_is_taken_and_afterwards_the_right_one_forgives_the_wrong_ones(site: Site) -> None:
    for _ in range(attempts.FREE):
        attempt(site.client, "x")
    early = attempt(site.client, SECRET)
    assert (early.status_code, early.headers["Retry-After"]) == (429, "10")
    site.clock.advance(10)
    assert attempt(site.client, SECRET).status_code == 303
    other = site.app.test_client()
    assert attempt(other, "x").status_code == 401


def test_each_address_has_a_count_of_its_own_and_a_network_of_ipv6_is_one(site: Site) -> None:
    for number in range(attempts.FREE):
        attempt(site.client, "x", remote=f"2001:db8:1:2::{number}")
    assert attempt(site.client, "x", remote="2001:db8:1:2:3::9").status_code == 429
    assert attempt(site.client, "x", remote="2001:db8:1:3::9").status_code == 401
    assert attempt(site.client, "x", remote="203.0.113.9").status_code == 401
    assert attempt(site.client, "x", remote="").status_code == 401


def test_all_workers_count_together(tmp_path: Path) -> None:
    workers = [build(tmp_path) for _ in range(3)]
    codes = [attempt(workers[number % 3].client, "x").status_code for number in range(attempts.FREE + 1)]
    assert codes == [401] * (attempts.FREE - 1) + [429, 429]


def test_after_an_hour_without_a_failure_an_address_is_forgotten(site: Site) -> None:
    for _ in range(attempts.FREE):
        attempt(site.client, "x")
    site.clock.advance(timedelta(hours=2).total_seconds())
    assert attempt(site.client, "x").status_code == 401


def test_the_list_of_addresses_stays_short(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST", 3)
    for number in range(6):
        attempt(site.client, "x", remote=f"203.0.113.{number}")
        site.clock.advance(1)
    assert [row["who"] for row in site.rows("SELECT who FROM attempts ORDER BY last_at")] == [
        f"page 203.0.113.{number}" for number in (3, 4, 5)
    ]


def test_a_database_that_does_not_answer_keeps_nobody_out(site: Site) -> None:
    given = token(site.client)
    site.autoscan.store.dispose()
    database = site.autoscan.settings.data_dir / "autoscan.db"
    database.unlink()
    database.mkdir()
    assert site.client.post("/login", data={"csrf_token": given, "password": "x"}).status_code == 401
    assert site.client.post("/login", data={"csrf_token": given, "password": SECRET}).status_code == 303


def test_programs_with_a_wrong_password_get_429_too_and_those_with_the_right_one_never(site: Site) -> None:
    def code(headers: dict[str, str]) -> int:
        return site.client.post("/triggers/scripts?path=/tv/a.mkv", headers=headers).status_code

    codes = [code(basic("wrong")) for _ in range(attempts.FREE + 1)]
    assert codes == [401] * (attempts.FREE - 1) + [429, 429]
    assert code({"X-Api-Key": "wrong"}) == 429
    assert code({}) == 401
    for right in (basic(SECRET), {"X-Api-Key": SECRET}, {"Authorization": f"Bearer {SECRET}"}):
        assert code(right) == 200
    assert site.client.post(f"/{SECRET}", json={"eventType": "Test"}).status_code == 200
    assert attempt(site.client, SECRET, remote="127.0.0.1").status_code == 303


def test_a_program_that_is_told_to_wait_learns_how_long(site: Site) -> None:
    for _ in range(attempts.FREE):
        site.client.post("/triggers/scripts", headers=basic("wrong"))
    answer = site.client.post("/triggers/scripts", headers=basic("wrong"))
    assert answer.headers["Retry-After"] == "10"
    assert answer.get_json()["error_code"] == "TOO_MANY_REQUESTS"
    assert "WWW-Authenticate" not in answer.headers
