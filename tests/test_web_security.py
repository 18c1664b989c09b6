"""Who may ask: secrets, pages of other sites, addresses, the key of the forms."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from autoscan.settings import Secret
from autoscan.web import addresses, security
from autoscan.web.session_key import kept
from tests.webs import SECRET, Site, basic, build, serve

SAMPLE = "9c4b81fe234e4d6eb9011cefe514d915"
QUERY = {"path": "/tv/Show/a.mkv"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def status(site: Site, headers: dict[str, str], path: str = "/triggers/scripts") -> int:
    return site.client.post(path, query_string=QUERY, headers=headers).status_code


def test_the_secret_is_taken_from_every_header_that_may_hold_it(site: Site) -> None:
    assert status(site, basic(SECRET)) == 200
    assert status(site, basic(SECRET, user="")) == 200
    assert status(site, {"X-Api-Key": SECRET}) == 200
    assert status(site, {"Authorization": f"Bearer {SECRET}"}) == 200
    assert status(site, {"Authorization": f"bearer {SECRET}"}) == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Api-Key": ""}, {"X-Api-Key": "wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"},
     {"Authorization": "Basic"}, {"Authorization": "Basic !!!"}, {"Authorization": "Basic é"},
     {"Authorization": SECRET}, {"Authorization": "Digest " + SECRET}, basic("wrong"),
     basic(""), basic("x", user=SECRET), basic(SECRET + "x")],
)  # fmt: skip
def test_anything_else_is_refused_and_asked_for_credentials(site: Site, headers: dict[str, str]) -> None:
    answer = site.client.post("/triggers/scripts", query_string=QUERY, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Autoscan", charset="UTF-8"'
    assert answer.get_json()["error_code"] == "UNAUTHORIZED"
    assert site.events() == []


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
def test_basic_may_be_encoded_as_the_arr_applications_do_or_as_browsers_do(tmp_path: Path, encoding: str) -> None:
    site = build(tmp_path, SERVER_PASS="passé:composé")
    assert status(site, basic("passé:composé", encoding=encoding)) == 200


def test_a_secret_beyond_iso_8859_1_is_not_matched_by_question_marks(tmp_path: Path) -> None:
    site = build(tmp_path, SERVER_PASS="пароль")
    assert status(site, basic("пароль")) == 200
    assert status(site, basic("??????")) == 401


def test_the_body_is_not_looked_at_before_the_secret(site: Site) -> None:
    for path in ("/triggers/sonarr", "/wrong", "/wrong/sonarr", "/api/wrong", "/manual/wrong"):
        assert site.client.post(path, data=b"[" * 100_000, content_type="application/json").status_code == 401
        assert site.client.post(path, environ_overrides={"CONTENT_LENGTH": "999999999"}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "none"}, 200),
     ({"Sec-Fetch-Site": "same-origin"}, 200),
     ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": ""}, 403),
     ({"Origin": "http://[evil"}, 403), ({"Origin": "http://localhost"}, 200),
     ({"Origin": "https://LOCALHOST:443"}, 200),
     ({"Origin": "http://localhost:8080"}, 403), ({"Origin": "http://localhost.evil.example"}, 403),
     ({"Origin": "https://scan.example", "X-Forwarded-Host": "scan.example, inner"}, 200)],
)  # fmt: skip
def test_where_basic_is_the_credential_a_page_of_another_site_is_refused(
    site: Site, headers: dict[str, str], expected: int
) -> None:
    assert status(site, {**basic(SECRET), **headers}) == expected
    assert (
        site.client.get("/triggers/x", query_string=QUERY, headers={**basic(SECRET), **headers}).status_code == expected
    )
    assert status(site, {"X-Api-Key": SECRET, **headers}) == 200
    assert status(site, headers, f"/{SECRET}/scripts") == 200


@pytest.mark.parametrize(
    ("remote", "headers", "expected"),
    [("127.0.0.1", {}, 200), ("192.168.1.20", {}, 200), ("::1", {}, 200), ("fd00::1", {}, 200), ("", {}, 200),
     ("203.0.113.9", {}, 403), ("2001:db8::1", {}, 403), ("100.64.0.1", {}, 403), ("unknown", {}, 403),
     ("172.17.0.1", {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}, 403), ("172.17.0.1", {"X-Real-IP": "8.8.8.8"}, 403),
     ("172.17.0.1", {"Forwarded": 'for="[2001:db8::1]:4711";proto=https'}, 403),
     ("172.17.0.1", {"X-Forwarded-For": "10.0.0.7, 192.168.0.2:5000"}, 200)],
)  # fmt: skip
def test_the_published_sample_password_serves_only_near_callers(
    tmp_path: Path, remote: str, headers: dict[str, str], expected: int
) -> None:
    site = build(tmp_path, SERVER_PASS=SAMPLE)
    near = {"environ_overrides": {"REMOTE_ADDR": remote}, "headers": headers}
    assert site.client.post(f"/{SAMPLE}", json={"eventType": "Test"}, **near).status_code == expected
    assert site.client.get(f"/{SAMPLE}", **near).status_code == expected
    assert site.client.get(f"/api/{SAMPLE}", **near).status_code == expected
    assert site.client.get("/health", **near).status_code == 200
    answer = site.client.post("/triggers/x", query_string=QUERY, environ_overrides={"REMOTE_ADDR": remote},
                              headers={**headers, "X-Api-Key": SAMPLE})  # fmt: skip
    assert answer.status_code == expected
    if expected == 403:
        assert "Change SERVER_PASS" in answer.get_json()["error"]


def test_another_password_serves_the_world(site: Site) -> None:
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert site.client.post(f"/{SECRET}", json={"eventType": "Test"}, environ_overrides=far).status_code == 200


@pytest.mark.parametrize("text", ["10.1.2.3:99", "[fe80::1%eth0]:80", "[::1]", "::ffff:192.168.1.1", "169.254.0.1"])
def test_private_addresses_are_near_in_every_spelling(text: str) -> None:
    assert addresses.near(text)


@pytest.mark.parametrize("text", ["", "::ffff:8.8.8.8", "192.0.2.1", "10.1.2", "host:80", "[x]", "11.0.0.1"])
def test_everything_else_is_far(text: str) -> None:
    assert not addresses.near(text)


def test_every_hop_a_proxy_names_counts() -> None:
    app = Flask("hops")
    with app.test_request_context(headers={"Forwarded": "for=10.0.0.1, for=8.8.8.8"}):
        assert not addresses.all_near(request)
    with app.test_request_context(headers={"Forwarded": "for=10.0.0.1"}, environ_base={"REMOTE_ADDR": "10.0.0.2"}):
        assert addresses.all_near(request)


SECRETS = st.text(min_size=1, max_size=12).filter(lambda text: not text.endswith("/"))


@given(SECRETS, st.text(min_size=1, max_size=8).filter(lambda text: "/" not in text))
def test_the_source_is_what_follows_the_secret_even_where_that_has_slashes(secret: str, name: str) -> None:
    assert security.source_in(secret, secret) == ""
    assert security.source_in(f"{secret}/", secret) == ""
    assert security.source_in(f"{secret}/{name}", secret) == name
    assert security.source_in(f"{secret}/{name}/", secret) == name
    assert security.source_in(f"{secret}x", secret) is None
    assert security.source_in(f"x{secret}/{name}", secret) is None
    assert security.source_in(f"{secret}/a/{name}", secret) in (None, name)


def test_an_empty_secret_is_never_right() -> None:
    assert security.source_in("", "") is None
    assert not security.same("", "")


@pytest.mark.parametrize("secret", ["ü & ? # %41", "täglich+1", "x;y=z", "api2", "日本"])
def test_a_secret_may_hold_any_character(tmp_path: Path, secret: str) -> None:
    serves_every_route_under(build(tmp_path, SERVER_PASS=secret), secret)


def test_a_secret_with_slashes_would_be_served_too(tmp_path: Path) -> None:
    plain = build(tmp_path).autoscan
    slashed = replace(plain, settings=replace(plain.settings, server_pass=Secret("a/b")))
    serves_every_route_under(serve(slashed), "a/b")


def serves_every_route_under(site: Site, secret: str) -> None:
    with site.app.test_request_context():
        url = site.app.url_for("webhooks.by_path", rest=secret)
        named = site.app.url_for("webhooks.by_path", rest=f"{secret}/tv")
        api = site.app.url_for("api.command", rest=secret)
    assert site.client.post(url, json={"eventType": "Test"}).data == b"OK"
    assert site.client.post(named, json={"eventType": "Test"}).data == b"OK"
    assert site.client.get(url).status_code == 200
    assert site.client.get(api, query_string={"cmd": "queue_count"}).get_json() == {"queue_count": 0}
    assert [event["source"] for event in site.events()] == ["webhook", "tv"]


def test_all_workers_sign_with_one_key_which_only_the_owner_may_read(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kept(tmp_path / "secret_key"), range(16)))
    assert len(set(made)) == 1
    assert len(made[0]) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_key_that_was_half_written_when_its_worker_died_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("abc")
    made = kept(tmp_path / "secret_key")
    assert len(made) == 64
    assert kept(tmp_path / "secret_key") == made


def test_a_key_in_the_settings_comes_first(tmp_path: Path) -> None:
    site = build(tmp_path, SECRET_KEY="from-settings")
    assert site.app.config["SECRET_KEY"] == "from-settings"
    assert not (tmp_path / "secret_key").exists()


def test_where_no_key_can_be_kept_every_worker_makes_the_same_one_from_the_secret(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir(parents=True)
    first, second = build(tmp_path), build(tmp_path)
    assert first.app.config["SECRET_KEY"] == second.app.config["SECRET_KEY"]
    assert SECRET not in first.app.config["SECRET_KEY"]
