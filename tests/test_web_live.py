"""Answers that are polled: 304 for who has them already, and nothing made for it."""

import re
from pathlib import Path

import pytest
from flask import Response

from autoscan.web import live, rendering
from tests.queues import add_id
from tests.webs import Site, build, sign_in


@pytest.fixture
def polled(tmp_path: Path) -> Site:
    """Return a site with a page that shows what `state` holds, and how often it was made."""
    site = build(tmp_path)
    state = {"mark": "1", "made": "0"}
    site.app.extensions["state"] = state

    @site.app.get("/queue/x")
    def page() -> Response:
        def make() -> str:
            state["made"] += "+"
            return state["mark"]

        return live.conditional(make, state["mark"])

    return site


def test_what_the_caller_has_already_is_not_made_again(polled: Site) -> None:
    first = polled.client.get("/queue/x")
    assert (first.status_code, first.text) == (200, "1")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = polled.client.get("/queue/x", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert polled.app.extensions["state"]["made"] == "0+"


def test_a_change_another_query_and_a_log_in_make_it_anew(polled: Site) -> None:
    def tag(path: str = "/queue/x") -> str:
        return polled.client.get(path).headers["ETag"]

    tags = [tag(), tag("/queue/x?page=2")]
    polled.app.extensions["state"]["mark"] = "2"
    tags.append(tag())
    sign_in(polled.client)
    tags.append(tag())
    assert len(set(tags)) == 4


@pytest.mark.parametrize(
    ("page", "polled"),
    [
        ("/history", ["/history/figures", "/history/rows"]),
        ("/history?span=month", ["/history/figures?span=month", "/history/rows?span=month"]),
        ("/history?q=dark", []),
        ("/history?result=failed", []),
        ("/events", ["/events/rows"]),
        ("/events?known=no", []),
    ],
)
def test_the_first_page_of_a_list_is_kept_up_to_date(tmp_path: Path, page: str, polled: list[str]) -> None:
    client = build(tmp_path).client
    sign_in(client)
    assert re.findall(r'data-live="([^"]+)"', client.get(page).text) == polled


def without_token(html: str) -> str:
    """Return `html` without what is another at each second."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


@pytest.mark.parametrize("address", ["/history/rows", "/history/figures?span=month", "/events/rows"])
def test_a_list_is_answered_again_only_after_a_change(tmp_path: Path, address: str) -> None:
    site = build(tmp_path)
    sign_in(site.client)
    known = {"If-None-Match": site.client.get(address).headers["ETag"]}
    assert site.client.get(address, headers=known).status_code == 304
    scan_id = add_id(site.autoscan.queue, site.clock, "/tv/Dark/Season 01", files=["e01.mkv"])
    site.autoscan.queue.cancel([scan_id], "test")
    again = site.client.get(address, headers=known)
    page = site.client.get(address.replace("/rows", "").replace("/figures", ""))
    assert again.status_code == 200
    assert without_token(again.text) in without_token(page.text)


def test_charts_move_on_while_nothing_happens(tmp_path: Path) -> None:
    site = build(tmp_path)
    sign_in(site.client)
    tags = {name: site.client.get(f"/history/{name}").headers["ETag"] for name in ("rows", "figures")}
    site.clock.advance(3600)
    answers = {name: site.client.get(f"/history/{name}", headers={"If-None-Match": tag}) for name, tag in tags.items()}
    assert (answers["rows"].status_code, answers["figures"].status_code) == (304, 200)


def test_after_an_action_the_list_leads_back_to_its_page(tmp_path: Path) -> None:
    site = build(tmp_path)
    sign_in(site.client)
    scan_id = add_id(site.autoscan.queue, site.clock, "/tv/Dark/Season 01", files=["e01.mkv"])
    site.autoscan.queue.cancel([scan_id], "test")
    for query in ("", "?span=month"):
        back = f'name="back" value="/history{query}"'
        assert back in site.client.get(f"/history{query}").text
        assert back in site.client.get(f"/history/rows{query}").text


def test_icons_come_as_shapes_and_an_unknown_name_is_a_mistake_of_ours() -> None:
    assert rendering.icon("inbox").startswith('<svg class="icon"')
    assert "<path" in rendering.icon("inbox")
    with pytest.raises(LookupError):
        rendering.icon("no-such-icon")
