"""Answers that are polled: 304 for who has them already, and nothing made for it."""

from pathlib import Path

import pytest
from flask import Response

from autoscan.web import live, rendering
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


def test_icons_come_as_shapes_and_an_unknown_name_is_a_mistake_of_ours() -> None:
    assert rendering.icon("inbox").startswith('<svg class="icon"')
    assert "<path" in rendering.icon("inbox")
    with pytest.raises(LookupError):
        rendering.icon("no-such-icon")
