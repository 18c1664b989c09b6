"""The pages: what each shows, that it shows nothing raw or secret, what its buttons do, and what it costs."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from autoscan.model import ScanState
from autoscan.store.steering import MOST
from autoscan.web.rendering import iso
from autoscan.web.screens.base import ROWS
from tests import exhibits, webs
from tests.exhibits import NASTY, Exhibition, Shown
from tests.queues import claimed
from tests.webs import Site

SERVERS = [
    {"NAME": "plex", "TYPE": "plex", "URL": "http://127.0.0.1:9", "TOKEN": "token-of-plex"},
    {"NAME": "jellyfin", "TYPE": "jellyfin", "URL": "http://127.0.0.1:8", "TOKEN": "token-of-jellyfin"},
]
PAGES = ("/queue", "/history", "/servers", "/events", "/explain", "/settings")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = webs.build(tmp_path, MEDIA_SERVERS=SERVERS, ANCHORS={"/tv": ["/tv/.here"]})
    webs.sign_in(site.client)
    return site


@pytest.fixture
def shown(site: Site) -> Shown:
    return exhibits.fill(site.autoscan.queue, site.clock)


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    return answer.text


def words_of(html: str) -> str:
    """Return what a reader sees of `html`."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def press(site: Site, address: str, page: str = "/queue", **fields: object) -> str:
    """Send a form of `page` and return the page that it leads to."""
    answer = site.client.post(address, data={"csrf_token": webs.token(site.client, page), **fields})
    assert answer.status_code == 303, answer.text
    return text_of(site.client, answer.headers["Location"])


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Give the statements that the database is asked."""
    asked: list[str] = []
    with site.autoscan.store.read() as connection:
        engine = connection.engine

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(site: Site) -> None:
    stranger = site.app.test_client()
    for page in (*PAGES, "/scans/1", "/events/1"):
        answer = stranger.get(page, headers={"Accept": "text/html"})
        assert answer.status_code == 303, page
        assert "/login?next=" in answer.headers["Location"]
    assert stranger.get("/queue/rows", headers={"Accept": "*/*"}).status_code == 401


def test_every_page_is_there_with_nothing_to_show(site: Site) -> None:
    for page in PAGES:
        assert "<h1>" in text_of(site.client, page)
    assert "Nothing is waiting" in text_of(site.client, "/queue")
    assert "Nothing has ended yet" in text_of(site.client, "/history")
    assert "No webhook has come in yet" in text_of(site.client, "/events")


def test_no_page_has_script_or_style_in_it_nor_anything_raw_or_secret(site: Site, shown: Shown) -> None:
    addresses = [*PAGES, *(f"/scans/{number}" for number in shown.values()), "/events/1", f"/explain?path={NASTY}"]
    for address in addresses:
        html = text_of(site.client, address)
        assert not re.search(r"<script>|\sstyle=|\son\w+=|<style", html), address
        assert "token-of-" not in html
        assert webs.SECRET not in html
    assert "&lt;script&gt;" in text_of(site.client, "/queue")


def test_the_queue_shows_each_scan_with_its_stage_and_when_it_is_due(site: Site, shown: Shown) -> None:
    words = words_of(text_of(site.client, "/queue"))
    for label in ("2 Waiting", "1 Waiting for the file", "1 Looking", "1 Asked more widely", "1 Server paused"):
        assert label in words
    assert "due in 1 min 15 s" in words
    assert "Severance/Season 02" in words.replace(" ", "").replace("Season02", "Season 02")
    assert "asked for the folder" not in words
    html = text_of(site.client, "/queue")
    assert f'id="tick-{shown["waiting"]}"' in html
    assert f'href="/scans/{shown["looking"]}"' in html
    assert f'id="tick-{shown["done"]}"' not in html


def test_the_list_is_answered_again_only_after_a_change(site: Site, shown: Shown) -> None:
    first = site.client.get("/queue/rows")
    tag = first.headers["ETag"]
    assert site.client.get("/queue/rows", headers={"If-None-Match": tag}).status_code == 304
    site.autoscan.queue.run_now([shown["waiting"]], "test")
    again = site.client.get("/queue/rows", headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert again.headers["ETag"] != tag


def test_a_scan_tells_when_it_showed_where_and_everything_that_happened(site: Site, shown: Shown) -> None:
    words = words_of(text_of(site.client, f"/scans/{shown['done']}"))
    assert "visible in Plex after 41 s, in Jellyfin after 1 min 49 s" in words
    for part in ("Requested", "Plex asked", "Jellyfin: visible", "not there yet", "was looked for by its path", "P1"):
        assert part in words, part
    html = text_of(site.client, f"/scans/{shown['done']}")
    assert '<svg class="timeline"' in html
    assert "<desc" in html


def test_a_scan_shows_its_raw_event_readable_and_escaped(site: Site, shown: Shown) -> None:
    html = text_of(site.client, f"/scans/{shown['done']}")
    assert '<pre class="raw"' in html
    number = next(row["id"] for row in site.events() if row["app"] == "unknown")
    event_page = text_of(site.client, f"/events/{number}")
    assert "&#34;subject&#34;: &#34;&lt;b&gt;Dune&lt;/b&gt;&#34;" in event_page
    assert "Unknown kind" in event_page


def test_what_is_not_there_is_said_so(site: Site) -> None:
    for address in ("/scans/999", "/scans/999/part", "/events/999"):
        answer = site.client.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert "or it is forgotten" in answer.text


@pytest.mark.parametrize("address", ["/scans/{}", "/scans/{}/part", "/events/{}"])
def test_a_number_that_no_row_can_have_is_no_address(site: Site, address: str) -> None:
    for number in (10**18, 2**63, 10**30):
        assert site.client.get(address.format(number)).status_code == 404


def test_why_a_file_was_missed_is_told_without_the_word_for_programs(site: Site) -> None:
    show = Exhibition(site.autoscan.queue, site.clock)
    missing = show.hang("/tv/Dark/Season 03", delay=0)
    site.clock.advance(1)
    assert claimed(site.autoscan.queue).id == missing
    site.autoscan.queue.fail(missing, "file_missing: looked once for /tv/Dark/e01.mkv", code="file_missing")
    for address in ("/history", f"/scans/{missing}"):
        words = words_of(text_of(site.client, address))
        assert "looked once for /tv/Dark/e01.mkv" in words
        assert "file_missing" not in words


def test_the_ticked_scans_are_cancelled_and_the_page_says_what_was_not(site: Site, shown: Shown) -> None:
    ids = [shown["waiting"], shown["looking"], shown["done"]]
    page = press(site, "/scans/actions", ids=ids, do="cancel", back="/queue")
    assert "2 scans cancelled." in page
    assert f"Scan {shown['done']} was left as it is: it has ended" in page
    scan = site.autoscan.queue.scan(shown["looking"])
    assert scan is not None
    assert scan.state is ScanState.CANCELLED
    assert "cancelled (page)" in words_of(text_of(site.client, f"/scans/{shown['looking']}"))


def test_an_event_of_which_nothing_is_scanned_says_so_in_the_list(site: Site, shown: Shown) -> None:
    words = words_of(text_of(site.client, "/events"))
    assert "sonarr Download Ignored /tv/ Lost/ extras/ x.mkv" in words


def test_a_scan_that_was_taken_over_leads_to_the_one_that_took_it(site: Site) -> None:
    show = Exhibition(site.autoscan.queue, site.clock)
    season, series = show.hang("/tv/Dark/Season 03"), show.hang("/tv/Dark", whole=True)
    assert f'<a href="/scans/{series}">scan {series}</a>' in text_of(site.client, f"/scans/{season}")
    assert '<a href="/scans/' not in text_of(site.client, f"/scans/{series}").partition("Steps")[0]


def test_a_scan_names_the_libraries_as_their_server_does(site: Site, shown: Shown) -> None:
    html = text_of(site.client, f"/scans/{shown['done']}")
    assert re.findall("<caption>(Library .*?)</caption>", html) == ["Library 1", "Library TV"]


def test_a_page_beyond_the_end_says_so_and_leads_back(site: Site, shown: Shown) -> None:
    site.autoscan.queue.cancel([shown["waiting"]], "test")
    for number in range(ROWS + 1):
        Exhibition(site.autoscan.queue, site.clock).hang(f"/tv/Show {number}")
    further = re.findall(r'rel="next" href="([^"]+)"', text_of(site.client, "/queue"))[0].replace("&amp;", "&")
    rest = [int(each) for each in re.findall(r'id="tick-(\d+)"', text_of(site.client, further))]
    site.autoscan.queue.cancel(rest, "test")
    html = text_of(site.client, further)
    assert "There are no further scans." in html
    assert "Nothing is waiting" not in html
    assert 'rel="first"' in html


def test_the_span_of_the_charts_is_kept_while_one_searches(site: Site, shown: Shown) -> None:
    html = text_of(site.client, "/history?span=month&q=dark")
    assert '<input type="hidden" name="span" value="month">' in html
    assert 'href="/history?span=month">Reset' in html
    assert "The last month" in html


def test_a_failed_scan_is_tried_again_from_the_history(site: Site, shown: Shown) -> None:
    back = "/history?result=scan-failed"
    page = press(site, "/scans/actions", "/history", ids=shown["missing"], do="retry", back=back)
    assert "1 scan queued again." in page
    assert "selected>Failed" in page
    assert "Dark/" in text_of(site.client, "/queue")


def test_the_codes_of_looks_are_explained_where_they_stand(site: Site, shown: Shown) -> None:
    words = words_of(text_of(site.client, f"/scans/{shown['done']}"))
    assert "What the codes of the looks mean P1 The server was asked for the newest items. " in words
    assert "J1" not in words
    assert "What the codes" not in words_of(text_of(site.client, f"/scans/{shown['missing']}"))


def test_an_explanation_says_in_the_readers_zone_until_when_a_server_is_not_asked(site: Site, shown: Shown) -> None:
    site.autoscan.queue.hold("plex", "page")
    html = text_of(site.client, "/explain?path=/tv/Dark/x.mkv")
    for words, state in (("Paused since", "plex"), ("It is asked again at", "jellyfin")):
        server = site.autoscan.queue.server(state)
        moment = server.held_since or server.paused_until
        assert moment is not None
        assert f'{words} <time datetime="{iso(moment)}" data-form="both">' in html
    assert "UTC" not in re.sub(r"<time.*?</time>", "", html)


def test_scans_are_brought_forward_and_given_a_priority(site: Site, shown: Shown) -> None:
    assert "1 scan brought forward." in press(site, "/scans/actions", ids=shown["waiting"], do="now", back="/queue")
    page = press(site, "/scans/actions", ids=shown["nasty"], do="priority", priority="-3", back="/queue")
    assert "1 scan given another priority." in page
    scan = site.autoscan.queue.scan(shown["nasty"])
    assert scan is not None
    assert scan.priority == -3


def test_a_form_takes_every_priority_that_a_scan_may_have(site: Site, shown: Shown) -> None:
    # A value that a browser refuses would keep the other buttons of the form from working, too.
    for priority in (-MOST, MOST):
        site.autoscan.queue.prioritise([shown["waiting"]], priority, "test")
        for page in ("/queue", f"/scans/{shown['waiting']}"):
            (field,) = re.findall(r'<input [^>]*name="priority"[^>]*>', text_of(site.client, page))
            low, high, value = (int(re.findall(f'{name}="(-?\\d+)"', field)[0]) for name in ("min", "max", "value"))
            assert (low, high) == (-MOST, MOST)
            assert value in (0, priority)


def test_nothing_ticked_is_said_and_nothing_done(site: Site, shown: Shown) -> None:
    assert "No scan is selected" in press(site, "/scans/actions", do="cancel", back="/queue")
    assert site.autoscan.queue.count_open() == 6


@pytest.mark.parametrize("priority", ["", " ", "high", "1.5", "9999999"])
def test_what_is_no_priority_is_said_on_the_page(site: Site, shown: Shown, priority: str) -> None:
    page = press(site, "/scans/actions", ids=shown["waiting"], do="priority", priority=priority, back="/queue")
    assert "No priority was set" in page


@pytest.mark.parametrize("fields", [{"do": "drop"}, {"ids": "x", "do": "cancel"}, {}])
def test_a_form_that_no_page_has_is_refused(site: Site, fields: dict[str, str]) -> None:
    answer = site.client.post("/scans/actions", data={"csrf_token": webs.token(site.client, "/queue"), **fields})
    assert answer.status_code == 400


def test_no_button_works_without_the_token(site: Site, shown: Shown) -> None:
    for address in ("/scans/actions", "/servers/plex/actions"):
        assert site.client.post(address, data={"ids": shown["waiting"], "do": "cancel"}).status_code == 400


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/settings", "", "/queue\r\nX: y"]
)
def test_an_action_leads_back_to_a_page_of_its_own_only(site: Site, back: str) -> None:
    fields = {"csrf_token": webs.token(site.client, "/queue"), "do": "cancel", "back": back}
    assert site.client.post("/scans/actions", data=fields).headers["Location"] == "/queue"


def test_the_history_finds_by_words_result_and_server(site: Site, shown: Shown) -> None:
    assert f'id="tick-{shown["done"]}"' in text_of(site.client, "/history?q=severance")
    found = text_of(site.client, "/history?result=unverified&server=jellyfin")
    assert f'id="tick-{shown["failed"]}"' in found
    assert f'id="tick-{shown["done"]}"' not in found
    assert "Nothing matches" in text_of(site.client, "/history?q=nothing-like-it")
    assert "from its beginning" in text_of(site.client, "/history")
    assert "Nothing matches" in text_of(site.client, "/history?source=nobody&days=7&result=scan-done")


def test_the_charts_are_drawn_with_a_table_beside_them(site: Site, shown: Shown) -> None:
    for span, rows in (("day", 24), ("month", 30)):
        html = text_of(site.client, f"/history?span={span}")
        assert html.count('<figure class="chart">') == 3
        assert html.count('role="img"') == 3
        assert len(re.findall(r"<tr><th scope=\"row\">", html)) == rows
        assert "scans ended" in html
    assert shown


def test_the_history_goes_on_page_by_page(site: Site) -> None:
    show = Exhibition(site.autoscan.queue, site.clock)
    for number in range(60):
        site.autoscan.queue.cancel([show.hang(f"/tv/Show {number:02}/Season 01")], "test")
        site.clock.advance(1)
    first = text_of(site.client, "/history")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = text_of(site.client, following[1].replace("&amp;", "&"))
    assert (first.count('class="scan"'), second.count('class="scan"')) == (50, 10)
    assert "Back to the newest" in second
    assert "<figure" not in second
    assert 'rel="next"' not in second
    assert site.client.get("/history?cursor=rubbish").status_code == 400


def test_the_servers_are_shown_as_they_were_seen_last(site: Site, shown: Shown) -> None:
    words = words_of(text_of(site.client, "/servers"))
    for part in ("1.41.3.9314", "2 libraries", "Films", "/srv/4k", "Does not answer", "connection refused", "in 40 s"):
        assert part in words, part
    assert "http://127.0.0.1:9" in words
    assert re.search(r"/tv There .*/tv/\.here", words)
    assert re.search(r"/movies Gone", words)
    assert shown


def test_a_server_is_paused_resumed_and_probed_by_its_buttons(site: Site) -> None:
    assert "Plex is paused" in press(site, "/servers/plex/actions", "/servers", do="pause")
    assert "Paused by hand (page)" in words_of(text_of(site.client, "/servers"))
    assert "Plex is resumed." in press(site, "/servers/plex/actions", "/servers", do="resume")
    assert "asked at once" in press(site, "/servers/plex/actions", "/servers", do="probe")
    assert site.autoscan.queue.server("plex").probe_asked_at == site.clock.now()
    token = webs.token(site.client, "/servers")
    assert site.client.post("/servers/nobody/actions", data={"csrf_token": token, "do": "probe"}).status_code == 404
    assert site.client.post("/servers/plex/actions", data={"csrf_token": token, "do": "drop"}).status_code == 400


def test_what_waits_for_a_server_that_is_away_is_not_said_to_be_tried_now(site: Site, shown: Shown) -> None:
    waits = Exhibition(site.autoscan.queue, site.clock).deliver("/tv/Silo/Season 01", ["jellyfin"])
    words = words_of(text_of(site.client, f"/scans/{waits}"))
    assert "when its server is back" in words
    assert "next try" not in words
    assert shown


def test_events_are_listed_filtered_and_found(site: Site, shown: Shown) -> None:
    everything = words_of(text_of(site.client, "/events"))
    assert "Unknown kind" in everything
    assert "MEDIA_PENDING" not in words_of(text_of(site.client, "/events?known=yes"))
    only = text_of(site.client, "/events?known=no")
    assert only.count('class="event"') == 1
    assert text_of(site.client, "/events?q=severance").count('class="event"') == 2
    assert shown


def test_an_event_tells_what_became_of_each_path(site: Site, shown: Shown) -> None:
    number = next(row["id"] for row in site.events() if row["request_id"] == "r8")
    words = words_of(text_of(site.client, f"/events/{number}"))
    assert "Ignored" in words
    assert "extras" in words
    assert "mapped to /tv/Lost/extras/x.mkv" in words
    assert shown


def test_settings_show_their_origin_and_no_secret(site: Site) -> None:
    html = text_of(site.client, "/settings")
    words = words_of(html)
    assert re.search(r"SERVER_SCAN_DELAY .*? 30 ", words)
    assert "config.json" in words
    assert "***" in words
    assert "default" in words
    assert "`" not in words
    assert "<code>/&lt;SERVER_PASS&gt;</code>" in html


def test_a_page_costs_as_many_questions_for_fifty_scans_as_for_one(site: Site) -> None:
    show = Exhibition(site.autoscan.queue, site.clock)
    costs = []
    for rows in (1, 30):
        while len(site.folders()) < rows:
            number = len(site.folders())
            show.looked(show.asked(show.deliver(f"/tv/Show {number:02}/Season 01"), "plex"))
        with counted(site) as asked:
            text_of(site.client, "/queue/rows")
            text_of(site.client, "/scans/1")
            text_of(site.client, "/events")
        costs.append(len(asked))
    assert costs[0] == costs[1]
    assert json.dumps(costs)
