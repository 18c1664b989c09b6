"""The pages as people use them: a real Gunicorn, simulated media servers, a real browser."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.programs import SECRET, Program, serving
from tests.servers import FakeJellyfin, FakePlex, Library, make_media, movie, season
from tests.waiting import wait_until

#: Milliseconds that anything shown live may take: two polls, and a busy machine.
PATIENCE = 30_000


#: Whether an element has a frame for the focus, within what is seen of the page, and nothing lies above it.
SHOWS_FOCUS = """element => {
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const above = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return (style.outlineStyle !== "none" || style.boxShadow !== "none") && element.contains(above);
}"""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A running Autoscan, its media, and a browser."""

    program: Program
    media: Path
    browser: Browser
    screenshots: Path

    @property
    def url(self) -> str:
        """Return the address of Autoscan."""
        return f"http://127.0.0.1:{self.program.port}"

    def visit(self, *, scripts: bool = True, width: int = 1100, scheme: Any = "light") -> BrowserContext:
        """Return a browser that nobody is logged in with."""
        context = self.browser.new_context(
            java_script_enabled=scripts,
            base_url=self.url,
            locale="en-GB",
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        context.set_default_timeout(PATIENCE)
        return context

    def keep(self, page: Page, name: str) -> None:
        """Keep a picture of the page."""
        page.screenshot(path=self.screenshots / f"flow-{name}.png", full_page=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Browser, screenshots: Path) -> Iterator[Desk]:
    expect.set_options(timeout=PATIENCE)
    folder = tmp_path_factory.mktemp("desk")
    media = folder / "media"
    for name in ("tv", "movies"):
        (media / name).mkdir(parents=True)
    make_media(media / "tv", season("Severance", 1, [1, 2]))
    make_media(media / "movies", movie("Arrival (2016)"))
    libraries = [
        Library(title="TV", type="tv", roots=(str(media / "tv"),)),
        Library(title="Movies", type="movies", roots=(str(media / "movies"),)),
    ]
    with ExitStack() as opened:
        plex = opened.enter_context(FakePlex(media, libraries))
        jellyfin = opened.enter_context(FakeJellyfin(media, libraries))
        for fake in (plex, jellyfin):
            fake.set(start_delay=2.0)
        configure(folder, plex, jellyfin)
        program = opened.enter_context(serving(folder, GUNICORN_WORKERS="2"))
        yield Desk(program=program, media=media, browser=browser, screenshots=screenshots)


def configure(folder: Path, *fakes: FakePlex | FakeJellyfin) -> None:
    servers = [
        {"NAME": fake.product, "TYPE": fake.product, "URL": fake.url, "TOKEN": fake.token, "TIMEOUT": 5}
        for fake in fakes
    ]
    Program.configure(
        Program(process=None, port=0, folder=folder),  # type: ignore[arg-type] # only its folder counts
        SERVER_SCAN_DELAY=3,
        SERVER_MAX_FILE_CHECKS=1,
        SERVER_FILE_CHECK_DELAY=1,
        MEDIA_SERVERS=servers,
    )


@pytest.fixture
def page(desk: Desk) -> Iterator[Page]:
    """Give a page of a browser that is logged in."""
    context = desk.visit()
    page = context.new_page()
    log_in(page)
    yield page
    context.close()


def log_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def ask(page: Page, path: Path) -> None:
    """Send the form for `path`."""
    page.get_by_role("link", name="Scan", exact=True).click()
    page.get_by_label("Files or folders").fill(str(path))
    page.get_by_role("button", name="Scan", exact=True).click()
    expect(page.get_by_text("was added to scan queue")).to_be_visible()


def row_of(page: Page, name: str) -> Locator:
    return page.locator("li.scan").filter(has_text=name)


def state_of(row: Locator) -> Locator:
    return row.locator("summary .state")


def await_in_history(desk: Desk, page: Page, name: str, state: str) -> Locator:
    """Return the newest scan of `name`, which must end so."""
    wait_until(lambda: _open_scans(desk, page) == 0, PATIENCE / 1000, f"{name} has ended")
    page.goto("/history")
    row = row_of(page, name).first
    expect(state_of(row)).to_have_text(state)
    return row


def _open_scans(desk: Desk, page: Page) -> int:
    page.wait_for_timeout(200)
    count: int = page.request.get(f"{desk.url}/api/{SECRET}?cmd=queue_count").json()["queue_count"]
    return count


def test_a_scan_asked_for_by_the_form_moves_through_its_states_while_one_looks(desk: Desk, page: Page) -> None:
    ask(page, desk.media / "tv/Severance/Season 01/Severance - S01E01.mkv")
    page.get_by_role("link", name="Queue").click()
    row = row_of(page, "Severance")
    expect(state_of(row)).to_have_text("Waiting")
    expect(row.locator("time[data-countdown]")).to_have_text(re.compile(r"in \d s"))
    desk.keep(page, "waiting")
    page.evaluate("window.never_left = true")
    row.locator("summary").click()
    row.get_by_role("checkbox").check()
    row.locator("summary").focus()
    expect(state_of(row)).to_have_text(re.compile("Asked|Looking"))
    desk.keep(page, "under-way")
    assert row.locator("details").get_attribute("open") is not None, "the row was closed"
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.locator("summary")).to_be_focused()
    expect(row).to_have_count(0)
    assert page.evaluate("window.never_left"), "the page was loaded anew"
    done = await_in_history(desk, page, "Severance", "Done")
    expect(done).to_contain_text(re.compile(r"visible in \w+ after .*, in \w+ after "))
    desk.keep(page, "done")


def test_history_and_events_show_what_is_new_while_one_looks(desk: Desk, page: Page) -> None:
    file = desk.media / "tv/Severance/Season 01/Severance - S01E02.mkv"
    events = page.context.new_page()
    for each, address in ((page, "/history"), (events, "/events")):
        each.goto(address)
        each.evaluate("window.never_left = true")
    ended, came = page.locator("li.scan").count(), events.locator("li.event").count()
    told = page.locator("figure.chart desc").first.text_content()
    assert page.request.post("/api/v1/scans", data={"paths": [str(file)]}, headers={"X-Api-Key": SECRET}).ok
    expect(events.locator("li.event")).to_have_count(came + 1)
    expect(page.locator("li.scan")).to_have_count(ended + 1)
    expect(state_of(page.locator("li.scan").first)).to_have_text("Done")
    expect(page.locator("figure.chart desc").first).not_to_have_text(told or "")
    for each in (page, events):
        assert each.evaluate("window.never_left"), "the page was loaded anew"


def test_a_failed_scan_is_tried_again_and_ends_well(desk: Desk, page: Page) -> None:
    folder = desk.media / "movies/Dune (2021)"
    ask(page, folder / "Dune (2021).mkv")
    failed = await_in_history(desk, page, "Dune (2021)", "Failed")
    desk.keep(page, "failed")
    make_media(desk.media / "movies", movie("Dune (2021)"))
    failed.get_by_role("checkbox").check()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("1 scan queued again.")
    await_in_history(desk, page, "Dune (2021)", "Done")


def test_a_path_that_no_mapping_fits_is_explained_and_the_mapping_offered(desk: Desk, page: Page) -> None:
    wait_until(lambda: _described(page), PATIENCE / 1000, "both servers have told their libraries")
    page.get_by_role("link", name="Explain").click()
    page.get_by_label("Path, as the source spells it").fill("/downloads/media/tv/Severance/Season 01/e.mkv")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("No library", exact=True).first).to_be_visible()
    offered = page.locator("textarea[readonly]").first.input_value()
    assert "/downloads" in offered
    assert str(desk.media) in offered
    expect(page.get_by_role("button", name="Copy").first).to_be_visible()
    desk.keep(page, "explained")


def _described(page: Page) -> bool:
    page.goto("/servers")
    return page.get_by_text("2 libraries").count() == 2


@pytest.fixture
def paused(desk: Desk, page: Page) -> Iterator[None]:
    """Pause the servers, so that no scan ends before somebody came to it."""
    for action in ("pause", "resume"):
        for server in ("plex", "jellyfin"):
            done = page.request.post(f"/api/v1/servers/{server}/{action}", headers={"X-Api-Key": SECRET})
            assert done.ok
        if action == "pause":
            yield


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
@pytest.mark.usefixtures("paused")
def test_everything_can_be_done_by_keyboard(desk: Desk, width: int, scheme: str) -> None:
    context = desk.visit(width=width, scheme=scheme)
    page = context.new_page()
    page.goto("/")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Scan", exact=True))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Files or folders"))
    page.keyboard.type(str(desk.media / "movies/Arrival (2016)"))
    tab_to(page, page.get_by_role("button", name="Scan", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_text("was added to scan queue")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Queue"))
    page.keyboard.press("Enter")
    row = row_of(page, "Arrival")
    tab_to(page, row.locator("summary"))
    page.keyboard.press("Enter")
    expect(row.get_by_role("link", name="Everything about scan")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(row.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    expect(row.get_by_role("checkbox")).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Cancel"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 scan cancelled.")
    context.close()


@pytest.mark.usefixtures("paused")
def test_enter_sets_the_priority_and_does_nothing_at_a_tick(desk: Desk, page: Page) -> None:
    ask(page, desk.media / "movies/Arrival (2016)")
    page.get_by_role("link", name="Queue").click()
    row = row_of(page, "Arrival")
    row.get_by_role("checkbox").check()
    row.get_by_role("checkbox").press("Enter")
    page.get_by_label("Priority").fill("-5")
    page.get_by_label("Priority").press("Enter")
    expect(page.get_by_role("status")).to_have_text("1 scan given another priority.")
    expect(row).to_contain_text("priority -5")
    row.locator("summary").click()
    row.get_by_role("link", name="Everything about scan").click()
    page.get_by_label("Priority").fill("7")
    page.get_by_label("Priority").press("Enter")
    expect(page.get_by_role("status")).to_have_text("1 scan given another priority.")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("1 scan cancelled.")


def test_a_phone_shows_the_answer_of_the_form_first(desk: Desk) -> None:
    context = desk.visit(width=375)
    page = context.new_page()
    log_in(page)
    page.goto("/manual")
    page.get_by_label("Files or folders").fill("\n".join(f"/nowhere/{number}.mkv" for number in range(4)))
    page.get_by_role("button", name="Scan", exact=True).click()
    answers = page.locator(".answer")
    expect(answers).to_have_count(4)
    expect(answers.first).to_be_in_viewport()
    expect(page.get_by_role("status").filter(has=answers)).to_be_focused()
    context.close()


def test_times_do_not_believe_the_visitors_clock(desk: Desk, page: Page) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() + 36e5; window.off = () => Date.now() - now();")
    ask(page, desk.media / "movies/Arrival (2016)")
    await_in_history(desk, page, "Arrival", "Done")
    assert page.evaluate("window.off()") == 36e5
    page.wait_for_timeout(1500)
    expect(row_of(page, "Arrival").first.locator(".scan-who time")).to_have_text(re.compile(r"^(just now|\d+ s ago)$"))


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press `key` until `wanted` has the focus, and shows it."""
    expect(wanted).to_be_visible()
    for _ in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate(SHOWS_FOCUS), f"nobody sees that the focus is at {wanted}"
            return
        page.keyboard.press(key)
    pytest.fail(f"the focus never came to {wanted}")


def test_everything_but_liveness_works_without_javascript(desk: Desk) -> None:
    context = desk.visit(scripts=False)
    page = context.new_page()
    log_in(page)
    ask(page, desk.media / "movies/Arrival (2016)")
    page.get_by_role("link", name="Queue").click()
    row = row_of(page, "Arrival")
    expect(row.locator("time").first).to_have_text(re.compile(r"in \d s|now"))
    row.locator("summary").click()
    expect(row.get_by_role("link", name="Everything about scan")).to_be_visible()
    row.get_by_role("checkbox").check()
    desk.keep(page, "without-scripts")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("1 scan cancelled.")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(state_of(row_of(page, "Arrival").first)).to_have_text("Cancelled")
    expect(page.locator("figure.chart svg").first).to_be_visible()
    page.get_by_role("link", name="Servers").click()
    page.get_by_role("button", name="Pause").first.click()
    expect(page.get_by_text("is paused: what is for it waits")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("is resumed.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    context.close()
