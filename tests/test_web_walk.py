"""What holds for every route there is, also for those that come later: who may ask, the headers, the shape of an error.

Each rule of the application's map is asked by a stranger, as a program and as a browser, and by who may.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from autoscan import settings
from tests.webs import SECRET, Site, build, sign_in

#: Endpoints that answer a stranger.
PUBLIC = {"health.health", "ready.ready", "static", "bootstrap.static", "login.page"}
#: What a stranger may send, with a token only.
OPEN_FORMS = {"login.sign_in", "login.sign_out"}
ERROR_KEYS = {"status", "error_code", "error", "request_id"}
FILES = {"static": "autoscan.css", "bootstrap.static": "css/bootstrap.min.css"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TOKEN = "t0ken-of-plex"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    servers = [{"NAME": "den", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": TOKEN}]
    return build(tmp_path_factory.mktemp("walk"), MEDIA_SERVERS=servers)


def filled(rule: Rule) -> dict[str, Any]:
    """Return something for each part of an address that is not fixed, and never the right secret."""
    given: dict[str, Any] = {
        name: 1 if isinstance(converter, IntegerConverter) else "x" for name, converter in rule._converters.items()
    }
    if "filename" in given:
        given["filename"] = FILES[rule.endpoint]
    return given | ({"rest": "wrong"} if "rest" in rule.arguments else {})


def routes(site: Site) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, method and address of every route."""
    with site.app.test_request_context():
        found = [
            (rule.endpoint, method, site.app.url_for(rule.endpoint, _method=method, **filled(rule)))
            for rule in site.app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) - {"OPTIONS"})
        ]
    yield from found


def assert_headers(answer: TestResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    for part in ("frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'", "connect-src 'self'"):
        assert part in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Request-ID"] == answer.headers["X-Correlation-ID"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def assert_tells_no_secret(site: Site, answer: TestResponse) -> None:
    told = answer.get_data(as_text=True) + str(answer.headers)
    assert SECRET not in told
    assert TOKEN not in told
    assert site.app.config["SECRET_KEY"] not in told
    assert "Traceback" not in told


def test_a_stranger_gets_nothing_but_what_is_public(site: Site) -> None:
    for endpoint, method, address in routes(site):
        answer = site.app.test_client().open(address, method=method)
        expected = {200} if endpoint in PUBLIC else {400} if endpoint in OPEN_FORMS else {401, 404}
        assert answer.status_code in expected, (method, address)
        assert_headers(answer)
        if not endpoint.endswith("static"):
            assert_tells_no_secret(site, answer)
        answer.close()


def test_every_error_has_one_shape(site: Site) -> None:
    for endpoint, method, address in routes(site):
        if endpoint not in PUBLIC and method != "HEAD":
            body = site.app.test_client().open(address, method=method).get_json()
            assert set(body) >= ERROR_KEYS, (method, address)
            assert body["status"] == "error"


def test_a_browser_is_led_to_the_log_in_or_gets_a_page(site: Site) -> None:
    for endpoint, method, address in routes(site):
        answer = site.app.test_client().open(address, method=method, headers=BROWSER)
        if endpoint not in PUBLIC:
            assert answer.status_code in (303, 400, 401, 404), (method, address)
            assert answer.mimetype == "text/html" or address.startswith("/api/"), (method, address)
            assert answer.status_code != 303 or answer.location.startswith("/login")
            assert_headers(answer)
        answer.close()


def test_no_page_fails_for_who_is_logged_in_and_none_tells_a_secret(site: Site) -> None:
    client = site.app.test_client()
    sign_in(client)
    for endpoint, method, address in routes(site):
        if method == "GET" and not endpoint.endswith("static"):
            answer = client.get(address, headers=BROWSER)
            assert answer.status_code < 500, address
            assert_headers(answer)
            assert_tells_no_secret(site, answer)


def test_who_is_logged_in_changes_nothing_without_a_token(site: Site) -> None:
    client = site.app.test_client()
    sign_in(client)
    for endpoint, method, address in routes(site):
        if method in ("POST", "PUT", "PATCH", "DELETE") and endpoint not in OPEN_FORMS:
            answer = client.open(address, method=method, data={"paths": "/tv/A"})
            assert answer.status_code in (400, 401, 403, 404), (method, address)
    assert site.events() == []
    assert site.folders() == []


def test_no_route_has_a_name_that_a_password_may_have(site: Site) -> None:
    first = {rule.rule.split("/")[1] for rule in site.app.url_map.iter_rules()}
    assert first - {"", "<secret:rest>"} <= settings.ROUTE_NAMES


def test_a_page_that_is_not_there_is_a_page_for_browsers_and_json_for_programs(tmp_path: Path) -> None:
    client = build(tmp_path).client
    assert "<h1>Not Found</h1>" in client.get("/nothing", headers=BROWSER).text
    assert set(client.get("/nothing").get_json()) == ERROR_KEYS
