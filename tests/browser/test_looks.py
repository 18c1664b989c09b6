"""Every page, light and dark, on a phone and on a desk: what axe-core finds, and that nothing sticks out."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from autoscan.clock import Clock
from tests import exhibits, webs

SERVERS = [
    {"NAME": "plex", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "token-of-plex"},
    {"NAME": "jellyfin", "TYPE": "jellyfin", "URL": "http://127.0.0.1:9", "TOKEN": "token-of-jellyfin"},
]
#: A phone; a desk at 200 %; a desk.
WIDTHS = (360, 640, 1280)
#: What axe finds of these impacts is a fault.
SERIOUS = {"serious", "critical"}


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """A running site with something of everything on its pages."""

    url: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    site = webs.build(
        tmp_path_factory.mktemp("gallery"), MEDIA_SERVERS=SERVERS, ANCHORS={"/tv": ["/tv/.here"]}, SERVER_IP="127.0.0.1"
    )
    site.clock.advance((Clock().now() - site.clock.now()).total_seconds())
    shown = exhibits.fill(site.autoscan.queue, site.clock)
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    pages = {
        "queue": "/queue",
        "scan": f"/scans/{shown['done']}",
        "scan-failed": f"/scans/{shown['failed']}",
        "history": "/history",
        "history-month": "/history?span=month&result=scan-failed",
        "servers": "/servers",
        "events": "/events",
        "event": "/events/1",
        "explain": "/explain?path=/downloads/tv/Dark/Season%2003/e01.mkv",
        "settings": "/settings",
        "manual": "/manual",
    }
    yield Gallery(url=f"http://127.0.0.1:{server.port}", pages=pages)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_good_to_read_and_to_use(
    browser: Browser, gallery: Gallery, screenshots: Path, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, locale="en-GB", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    faults = _faults(page, "login", f"{gallery.url}/login", screenshots / scheme)
    page.get_by_label("Password").fill(webs.SECRET)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/queue")
    for name, address in gallery.pages.items():
        faults += _faults(page, name, f"{gallery.url}{address}", screenshots / scheme)
    context.close()
    assert faults == []
    assert said == []


def test_on_a_phone_a_table_uses_the_whole_width(browser: Browser, gallery: Gallery) -> None:
    with browser.new_context(viewport={"width": 360, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{gallery.url}/login")
        page.get_by_label("Password").fill(webs.SECRET)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/queue")
        page.goto(f"{gallery.url}/settings")
        for cell in ("th", "td"):
            widths = page.locator(f".settings tbody {cell}").evaluate_all(
                "cells => cells.map(each => each.clientWidth)"
            )
            assert min(widths) > 250


def _faults(page: Page, name: str, url: str, folder: Path) -> list[str]:
    """Return what is wrong with a page at each width, as it comes and with everything on it opened."""
    folder.mkdir(exist_ok=True)
    page.goto(url)
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += _too_wide(page, f"{name} at {width}")
    for width in (WIDTHS[-1], WIDTHS[0]):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        faults += _too_wide(page, f"{name} at {width}, opened")
        faults += [f"{name} at {width}: {each}" for each in _found_by_axe(page)]
    return faults


def _too_wide(page: Page, where: str) -> list[str]:
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{where}: {wider} px too wide"] if wider > 0 else []


def _found_by_axe(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"][:3]
    ]
