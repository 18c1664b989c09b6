"""HTTPS: what 2.x offered by environment variables."""

from pathlib import Path

from tests.webs import SECRET, Site, build

HTTPS = {"X-Forwarded-Proto": "https"}


def secured(folder: Path, **environ: str) -> Site:
    return build(folder, environ=environ)


def test_plain_http_is_sent_to_https_without_losing_the_event(tmp_path: Path) -> None:
    site = secured(tmp_path, FORCE_HTTPS="true")
    answer = site.client.post(f"/{SECRET}?a=1", json={"eventType": "Test"})
    assert (answer.status_code, answer.location) == (308, f"https://localhost/{SECRET}?a=1")
    assert site.client.get("/health").status_code == 200
    assert site.client.post(f"/{SECRET}", json={"eventType": "Test"}, headers=HTTPS).status_code == 200


def test_browsers_are_told_to_stay_with_https_only_where_the_operator_wants_it(tmp_path: Path) -> None:
    strict = secured(tmp_path / "a", ENABLE_TALISMAN="true").client
    assert strict.get("/health", headers=HTTPS).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in strict.get("/health").headers
    plain = secured(tmp_path / "b").client
    assert "Strict-Transport-Security" not in plain.get("/health", headers=HTTPS).headers


def test_the_cookie_may_be_kept_to_https(tmp_path: Path) -> None:
    answer = secured(tmp_path, SESSION_COOKIE_SECURE="true").client.get(f"/{SECRET}")
    assert "Secure" in answer.headers["Set-Cookie"]
