"""HTTPS, reverse proxies and the base path."""

from pathlib import Path
from typing import Any

import pytest

from autoscan.web.proxies import Proxies
from tests.webs import SECRET, Site, build, sign_in, token

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HTTPS = {"X-Forwarded-Proto": "https"}
PROXY = "172.18.0.2"


def secured(folder: Path, **environ: str) -> Site:
    return build(folder, environ=environ)


def test_a_browser_is_sent_from_http_to_https(tmp_path: Path) -> None:
    client = secured(tmp_path, FORCE_HTTPS="true").client
    for path in ("/", "/login?next=/manual", "/manual", f"/{SECRET}"):
        answer = client.get(path, headers=BROWSER)
        assert (answer.status_code, answer.location) == (308, f"https://localhost{path}")
        assert client.get(path, headers=BROWSER | HTTPS).status_code < 308
    assert client.post("/login", data={"password": "x"}).status_code == 308


@pytest.mark.parametrize("path", [f"/{SECRET}", f"/{SECRET}/sonarr", "/triggers/sonarr", f"/api/{SECRET}", "/health",
                                  "/static/autoscan.css"])  # fmt: skip
def test_programs_are_never_redirected(tmp_path: Path, path: str) -> None:
    client = secured(tmp_path, FORCE_HTTPS="true").client
    for method in ("GET", "POST"):
        headers = {"X-Api-Key": SECRET} | (BROWSER if method == "POST" else {"Accept": "*/*"})
        answer = client.open(path, method=method, json={"eventType": "Test"}, headers=headers)
        assert answer.status_code not in (301, 302, 303, 307, 308), method
        answer.close()


def test_an_arr_that_was_redirected_by_somebody_else_is_told_so_over_http_too(tmp_path: Path) -> None:
    client = secured(tmp_path, FORCE_HTTPS="true").client
    headers = {"User-Agent": "Sonarr/4.0.9.2244 (alpine 3.20)", "Accept": "application/json"}
    assert client.get(f"/{SECRET}", headers=headers).status_code == 405


@pytest.mark.parametrize("name", ["ENABLE_TALISMAN", "FORCE_HTTPS"])
def test_browsers_are_told_to_stay_with_https_only_where_the_operator_wants_it(tmp_path: Path, name: str) -> None:
    strict = secured(tmp_path / "a", **{name: "true"}).client
    assert strict.get("/health", headers=HTTPS).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in strict.get("/health").headers
    plain = secured(tmp_path / "b").client
    assert "Strict-Transport-Security" not in plain.get("/health", headers=HTTPS).headers


@pytest.mark.parametrize("name", ["SESSION_COOKIE_SECURE", "FORCE_HTTPS"])
def test_the_cookie_is_kept_to_https_where_that_is_declared(tmp_path: Path, name: str) -> None:
    answer = secured(tmp_path, **{name: "true"}).client.get("/login", headers=HTTPS)
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_cookie_is_kept_to_https_where_the_page_came_by_it(tmp_path: Path) -> None:
    site = secured(tmp_path, TRUSTED_PROXIES=PROXY)
    behind = {"environ_overrides": {"REMOTE_ADDR": PROXY}}
    assert "Secure" in site.client.get("/login", headers=HTTPS, **behind).headers["Set-Cookie"]
    assert "Secure" not in site.app.test_client().get("/login", headers=HTTPS).headers["Set-Cookie"]


def test_a_log_in_that_cannot_work_says_why(tmp_path: Path) -> None:
    client = secured(tmp_path, SESSION_COOKIE_SECURE="true").client
    assert "came over plain HTTP" in client.get("/login").text
    assert "came over plain HTTP" not in client.get("/login", headers=HTTPS).text


def test_a_named_proxy_ends_the_belief_in_anybodys_word(tmp_path: Path) -> None:
    client = secured(tmp_path, FORCE_HTTPS="true", TRUSTED_PROXIES=PROXY).client
    assert client.get("/", headers=BROWSER | HTTPS).status_code == 308
    behind = {"environ_overrides": {"REMOTE_ADDR": PROXY}}
    assert client.get("/", headers=BROWSER | HTTPS, **behind).status_code == 200


def seen(trusted: tuple[str, ...], base_path: str = "", **environ: str) -> dict[str, Any]:
    """Return what an application sees behind these proxies."""
    found: dict[str, Any] = {}

    def application(seen_environ: dict[str, Any], _start: Any) -> list[bytes]:
        found.update(seen_environ)
        return []

    base = {"REMOTE_ADDR": PROXY, "HTTP_HOST": "inner:3468", "wsgi.url_scheme": "http", "PATH_INFO": "/x"}
    Proxies(application, trusted=trusted, base_path=base_path)({**base, **environ}, lambda *_: lambda _: None)
    return found


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [("", PROXY), ("203.0.113.9", "203.0.113.9"), ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
     ("203.0.113.9, 172.18.0.7", "203.0.113.9"), ("6.6.6.6, 203.0.113.9, 172.18.0.7", "203.0.113.9"),
     ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::1]:4711", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
     ("203.0.113.9, unknown", PROXY), ("203.0.113.9, unknown, 172.18.0.7", "172.18.0.7"), ("172.18.0.9", "172.18.0.9")],
)  # fmt: skip
def test_the_caller_is_the_rightmost_address_that_is_no_trusted_proxy(forwarded: str, expected: str) -> None:
    assert seen(("172.18.0.0/16",), HTTP_X_FORWARDED_FOR=forwarded)["REMOTE_ADDR"] == expected


def test_nobody_else_may_say_who_calls_or_how() -> None:
    claims = {"HTTP_X_FORWARDED_FOR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "https",
              "HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PREFIX": "/evil"}  # fmt: skip
    for trusted in ((), ("10.0.0.0/8",)):
        found = seen(trusted, **claims)
        assert (found["REMOTE_ADDR"], found["wsgi.url_scheme"], found["HTTP_HOST"]) == (PROXY, "http", "inner:3468")
        assert "SCRIPT_NAME" not in found


@pytest.mark.parametrize("peer", [PROXY, f"::ffff:{PROXY}", "fd00::2"])
def test_a_trusted_proxy_says_scheme_host_and_prefix(peer: str) -> None:
    found = seen((f"{PROXY}/32", "fd00::/8"), REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR="203.0.113.9",
                 HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_HOST="scan.example:8443",
                 HTTP_X_FORWARDED_PREFIX="/scan/")  # fmt: skip
    assert (found["wsgi.url_scheme"], found["HTTP_HOST"], found["SCRIPT_NAME"]) == (
        "https",
        "scan.example:8443",
        "/scan",
    )


def test_of_several_values_that_of_the_outermost_trusted_proxy_counts() -> None:
    for values, expected in (("https, http", "https"), ("http, https, http", "https"), ("https", "https")):
        found = seen(("172.18.0.0/16",), HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9, 172.18.0.7",
                     HTTP_X_FORWARDED_PROTO=values)  # fmt: skip
        assert found["wsgi.url_scheme"] == expected, values


@pytest.mark.parametrize("name", ["evil.example/path", "a b", "<x>", "a@b", "", "x:123456"])
def test_a_host_that_is_none_is_left_out(name: str) -> None:
    assert seen((f"{PROXY}/32",), HTTP_X_FORWARDED_HOST=name)["HTTP_HOST"] == "inner:3468"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b", "/..", "javascript:x", "/a b", "/a?b", "a"])
def test_a_prefix_that_is_none_is_left_out(prefix: str) -> None:
    assert "SCRIPT_NAME" not in seen((f"{PROXY}/32",), HTTP_X_FORWARDED_PREFIX=prefix)


@pytest.mark.parametrize(
    ("path", "expected"), [("/x", "/x"), ("/scan/x", "/x"), ("/scan", "/"), ("/scan/", "/"), ("/scanner", "/scanner")]
)
def test_the_base_path_is_taken_off_where_the_proxy_left_it(path: str, expected: str) -> None:
    found = seen((), "/scan", PATH_INFO=path)
    assert (found["PATH_INFO"], found["SCRIPT_NAME"]) == (expected, "/scan")


@pytest.mark.parametrize("before", ["", "/scan"])
def test_everything_works_below_the_base_path_whether_the_proxy_strips_it_or_not(tmp_path: Path, before: str) -> None:
    site = build(tmp_path, BASE_PATH="scan/")
    assert site.client.post(f"{before}/{SECRET}", json={"eventType": "Test"}).data == b"OK"
    page = site.client.get(f"{before}/login")
    assert 'action="/scan/login"' in page.text
    assert 'href="/scan/static/autoscan.css' in page.text
    assert 'href="/scan/bootstrap/static/css/bootstrap.min.css' in page.text
    assert "Path=/scan" in page.headers["Set-Cookie"]
    style = site.client.get(f"{before}/static/autoscan.css")
    assert style.status_code == 200
    style.close()


def test_a_log_in_below_the_base_path_leads_back_to_the_page_that_was_asked_for(tmp_path: Path) -> None:
    client = build(tmp_path, BASE_PATH="/scan").client
    asked = client.get("/scan/manual?x=1", headers=BROWSER)
    assert (asked.status_code, asked.location) == (303, "/scan/login?next=/manual?x%3D1")
    data = {"csrf_token": token(client, "/scan/login"), "password": SECRET, "next": "/manual?x=1"}
    answer = client.post("/scan/login", data=data)
    assert (answer.status_code, answer.location) == (303, "/scan/manual?x=1")
    assert client.get("/scan/manual").status_code == 200


def test_without_a_base_path_the_cookie_is_good_everywhere(tmp_path: Path) -> None:
    site = build(tmp_path)
    sign_in(site.client)
    cookie = site.client.get_cookie("autoscan")
    assert cookie is not None
    assert (cookie.path, cookie.http_only, cookie.same_site) == ("/", True, "Strict")
