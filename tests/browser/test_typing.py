"""What the pages' scripts do in a real browser: complete and explain a path, and change what is shown in place."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from autoscan.model import LibraryFacts, ServerFacts
from autoscan.web import live
from tests.waiting import wait_until
from tests.webs import SECRET, Site, build

PLEX = [{"NAME": "den", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "t0ken-of-plex"}]
#: A page whose rows the test turns.
SHELL = """{% extends "layout.html" %}{% block main %}
<h1>Rows</h1><div id="rows" data-live="/queue/some/rows" data-every="0.1">{{ rows | safe }}</div>{% endblock %}"""
ROW = """<details data-key="{key}"><summary>{key} {state}</summary><label><input type="checkbox" name="id"> Tick</label>
<input aria-label="note {key}" value=""></details>"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve `app` on a port of its own; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def visited(site: Site, browser: Browser, path: str) -> Iterator[Page]:
    """Give the page at `path` to who is logged in; fail for any error of a script or of the policy."""
    wrong: list[str] = []
    with served(site.app) as url, browser.new_context(base_url=url) as context:
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto("/login")
        page.get_by_label("Password").fill(SECRET)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Log out")).to_be_visible()
        page.goto(path)
        yield page
    assert wrong == []


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "media" / "tv" / "Severance").mkdir(parents=True)
    site = build(tmp_path / "site", MEDIA_SERVERS=PLEX, SERVER_PATH_MAPPINGS={f"{tmp_path}/media/tv/": ["/tv/"]})
    libraries = (LibraryFacts(id="1", title="Shows", type="show", roots=(f"{tmp_path}/media/tv",)),)
    site.autoscan.queue.describe("den", ServerFacts(at=site.clock.now(), version="1", name="x", libraries=libraries))
    return site


def test_a_path_is_completed_and_explained_while_it_is_typed(site: Site, browser: Browser) -> None:
    with visited(site, browser, "/manual") as page:
        find = page.get_by_label("Find a path")
        find.fill("/tv/Sev")
        expect(page.locator("#found option")).to_have_attribute("value", "/tv/Severance/")
        find.fill("/tv/Severance/")
        find.press("Enter")
        expect(find).to_be_focused()
        field = page.get_by_label("Files or folders")
        expect(field).to_have_value("/tv/Severance/")
        field.press("End")
        field.press_sequentially("\n/nowhere/x")
        preview = page.locator("[data-preview]")
        expect(preview).to_contain_text("lies in none of its libraries")
        field.press("ArrowUp")
        expect(preview).to_contain_text("is there. The folder")
        expect(preview).to_contain_text("den: scanned in Shows")


def test_a_server_that_never_told_its_libraries_is_not_said_to_scan(tmp_path: Path, browser: Browser) -> None:
    with visited(build(tmp_path, MEDIA_SERVERS=PLEX), browser, "/manual") as page:
        page.get_by_label("Files or folders").press_sequentially("/nowhere/x.mkv")
        preview = page.locator("[data-preview]")
        expect(preview).to_contain_text("den: has not told its libraries yet.")
        expect(preview).not_to_contain_text("scanned in")


def test_what_is_shown_live_is_not_asked_for_while_the_tab_is_hidden(site: Site, browser: Browser) -> None:
    asked = shelf(site, lambda: "<p>all is well</p>")
    with visited(site, browser, "/queue/some") as page:
        expect(page.get_by_text("all is well")).to_be_visible()
        wait_until(lambda: len(asked) > 2, 20, "the page asks")
        hide(page, hidden=True)
        page.wait_for_load_state("networkidle")
        before = len(asked)
        page.wait_for_timeout(600)
        assert len(asked) == before
        hide(page, hidden=False)
        wait_until(lambda: len(asked) > before, 20, "the page asks again")


def test_a_page_that_gets_no_answer_says_that_it_is_old_until_it_gets_one(site: Site, browser: Browser) -> None:
    shelf(site, lambda: "<p>all is well</p>")
    with visited(site, browser, "/queue/some") as page:
        expect(page.locator("#stale")).to_have_count(0)
        page.evaluate(
            "() => { window.kept = window.fetch; window.fetch = () => Promise.reject(new TypeError('gone')); }"
        )
        expect(page.get_by_role("status")).to_contain_text("Autoscan does not answer")
        expect(page.locator("#stale")).to_have_count(1)
        page.evaluate("() => { window.fetch = window.kept; }")
        expect(page.locator("#stale")).to_have_count(0, timeout=20_000)


def shelf(site: Site, shown: Callable[[], str]) -> list[str]:
    """Put the page `/queue/some` into the site, which asks ten times a second for `shown`; return what was asked."""
    asked: list[str] = []

    @site.app.get("/queue/some")
    def shell() -> str:
        return render_template_string(SHELL, rows=shown())

    @site.app.get("/queue/some/rows")
    def fragment() -> Response:
        asked.append(request.path)
        return live.conditional(shown, shown())

    return asked


def hide(page: Page, *, hidden: bool) -> None:
    """Have the page believe that its tab is in the background, or is back."""
    page.evaluate(
        """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""",
        hidden,
    )


def test_what_is_shown_live_changes_in_place(site: Site, browser: Browser) -> None:
    rows = {"a": "waits", "b": "waits"}
    shelf(site, lambda: "".join(ROW.format(key=key, state=state) for key, state in rows.items()))
    with visited(site, browser, "/queue/some") as page:
        page.get_by_text("b waits").click()
        page.get_by_label("Tick").nth(1).check()
        note = page.get_by_label("note b")
        note.press_sequentially("half a")
        rows.clear()
        rows.update({"c": "waits", "b": "is asked"})
        expect(page.get_by_text("b is asked")).to_be_visible()
        expect(page.get_by_text("c waits")).to_be_visible()
        expect(page.get_by_text("a waits")).to_have_count(0)
        expect(note).to_be_focused()
        expect(note).to_have_value("half a")
        expect(page.get_by_label("Tick").nth(1)).to_be_checked()
        note.press_sequentially(" word")
        expect(note).to_have_value("half a word")
        rows.clear()
        expect(note).to_have_count(0)
        expect(page.get_by_role("main")).to_be_focused()
