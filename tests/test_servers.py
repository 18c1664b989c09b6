"""What all simulated servers do alike: strictness, life, trouble, time, and the tree that they see."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clocks import VirtualClock
from tests.servers import FakeEmby, FakeJellyfin, FakePlex, Library, make_media, season

TV = Library(title="TV", type="tv", roots=("/data/tv",))
EPISODES = season("Show", 1, [1, 2])
SEASON = "/data/tv/Show/Season 01"
IDENTITY = {"plex": "/identity", "jellyfin": "/System/Info/Public", "emby": "/System/Info/Public"}
Server = FakePlex | FakeJellyfin | FakeEmby


@pytest.fixture(params=[FakePlex, FakeJellyfin, FakeEmby], ids=["plex", "jellyfin", "emby"])
def server(request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock) -> Iterator[Server]:
    make_media(tmp_path / "tv", EPISODES)
    with request.param({"/data": tmp_path}, [TV], clock=clock) as made:
        yield made


def headers(server: Server, token: str = "sim-token") -> dict[str, str]:
    names = {"plex": "X-Plex-Token", "emby": "X-Emby-Token"}
    if server.product in names:
        return {names[server.product]: token}
    return {"Authorization": f'MediaBrowser Client="t", Token="{token}"'}


def get(server: Server, route: str, token: str = "sim-token", **params: str) -> requests.Response:
    return requests.get(
        server.url + route, params=params, headers=headers(server, token), timeout=5, allow_redirects=False
    )


def ask_scan(server: Server, path: str = SEASON) -> requests.Response:
    if server.product == "plex":
        return get(server, "/library/sections/1/refresh", path=path)
    body = {"Updates": [{"Path": path, "UpdateType": "Created"}]}
    return requests.post(server.url + "/Library/Media/Updated", json=body, headers=headers(server), timeout=5)


def test_a_faithful_caller_is_not_complained_about(server: Server) -> None:
    assert get(server, IDENTITY[server.product]).status_code == 200
    assert ask_scan(server).status_code in (200, 204)
    assert server.violations == []


def test_an_unknown_route_fails_the_test_when_the_server_closes(tmp_path: Path) -> None:
    server = FakePlex({"/data": tmp_path}, [TV])
    get(server, "/library/nonsense")
    with pytest.raises(AssertionError, match="unknown route: GET /library/nonsense"):
        server.close()


def test_a_failing_test_is_not_hidden_by_violations(tmp_path: Path) -> None:
    def run() -> None:
        with FakePlex({"/data": tmp_path}, [TV]) as server:
            get(server, "/nonsense")
            raise LookupError

    with pytest.raises(LookupError):
        run()


def test_a_token_in_the_url_is_a_violation_although_it_works(server: Server) -> None:
    name = {"plex": "X-Plex-Token", "jellyfin": "ApiKey", "emby": "api_key"}[server.product]
    path = {"plex": "/library/sections"}.get(server.product, "/System/Info")
    assert requests.get(server.url + path, params={name: server.token}, timeout=5).status_code == 200
    assert "token in the URL" in server.violations[0]
    server.forgive()


def test_wrong_and_missing_tokens_get_401_and_are_no_violation(server: Server) -> None:
    path = {"plex": "/library/sections"}.get(server.product, "/Library/VirtualFolders")
    assert get(server, path, token="wrong").status_code == 401
    assert requests.get(server.url + path, timeout=5).status_code == 401
    server.set(bad_token=True)
    assert get(server, path).status_code == 401


def test_a_token_without_rights_gets_403_where_an_administrator_is_needed(server: Server) -> None:
    server.set(non_admin=True)
    path = {"plex": "/library/sections/1/refresh"}.get(server.product, "/Library/VirtualFolders")
    assert get(server, path).status_code == 403


def test_a_server_that_is_down_refuses_and_comes_back_on_its_port(server: Server) -> None:
    with requests.Session() as session:
        address = server.url + IDENTITY[server.product]
        assert session.get(address, timeout=5).status_code == 200
        server.set(down=True)
        with pytest.raises(requests.ConnectionError):
            session.get(address, timeout=5)
        server.set(down=False)
        assert session.get(address, timeout=5).status_code == 200


def test_another_server_can_take_the_port_of_one_that_was_closed(tmp_path: Path) -> None:
    with FakePlex(tmp_path, []) as first:
        port = first.port
    with FakePlex(tmp_path, [], port=port) as second:
        assert get(second, "/identity").status_code == 200


def test_a_starting_server_answers_503_until_it_has_started(server: Server, clock: VirtualClock) -> None:
    server.set(startup_s=30)
    path = {"plex": "/library/sections"}.get(server.product, "/System/Info")
    assert get(server, path).status_code == 503
    clock.advance(31)
    assert get(server, path).status_code == 200


def test_a_failure_that_was_ordered_comes_as_often_as_ordered(server: Server) -> None:
    path = IDENTITY[server.product]
    server.fail_next(path, status=502, body=b"bad gateway", times=2)
    assert [get(server, path).status_code for _ in range(3)] == [502, 502, 200]


def test_a_connection_can_be_reset_or_left_without_an_answer(server: Server) -> None:
    path = IDENTITY[server.product]
    server.fail_next(error="reset")
    with pytest.raises(requests.ConnectionError):
        get(server, path)
    server.fail_next(error="hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + path, timeout=0.2)
    server.set(timeout_prob=1.0)
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + path, timeout=0.2)


def test_a_proxy_in_front_shows_its_login_page_or_sends_away(server: Server) -> None:
    path = IDENTITY[server.product]
    server.set(proxy_login_page=True)
    assert "<form" in get(server, path).text
    server.set(proxy_login_page=False, redirect="https://login.example/")
    answer = get(server, path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://login.example/")


def test_a_body_can_end_too_early_openly_or_silently(server: Server) -> None:
    path = IDENTITY[server.product]
    whole = get(server, path).content
    server.set(truncate_body="silent")
    assert get(server, path).content == whole[: len(whole) // 2]
    server.set(truncate_body="length")
    with pytest.raises(requests.RequestException):
        get(server, path)


def test_latency_delays_an_answer(server: Server) -> None:
    server.set(latency=0.05)
    assert get(server, IDENTITY[server.product]).elapsed.total_seconds() >= 0.05


def test_requests_are_recorded_in_order_with_their_headers(server: Server) -> None:
    ask_scan(server)
    get(server, IDENTITY[server.product])
    first, second = server.requests()
    assert (first.method, second.path) == ("GET" if server.product == "plex" else "POST", IDENTITY[server.product])
    assert server.requests(IDENTITY[server.product]) == [second]
    assert headers(server).items() <= {name.title(): value for name, value in first.headers.items()}.items() or (
        "sim-token" in str(first.headers)
    )


def test_items_appear_only_when_a_scan_has_read_their_directory(server: Server, clock: VirtualClock) -> None:
    server.set(start_delay=10, per_dir=1, monitor_delay=0) if server.product != "plex" else server.set(start_delay=10)
    ask_scan(server)
    clock.advance(9)
    assert server.paths() == []
    clock.advance(20)
    assert server.paths() == [f"/data/tv/{name}" for name in sorted(EPISODES)]


def test_scans_run_one_after_another_and_tell_their_times(server: Server, clock: VirtualClock) -> None:
    start = server.now()
    ask_scan(server)
    server.wait_idle()
    ask_scan(server)
    server.wait_idle()
    first, second = server.scans()
    assert first.asked_at <= (first.started_at or 0) < (first.finished_at or 0) <= second.asked_at
    assert server.overlaps() == []
    assert server.now() >= start


def test_a_scan_asked_for_before_the_last_of_that_folder_is_over_is_an_overlap(
    server: Server, clock: VirtualClock
) -> None:
    if server.product != "plex":
        server.set(monitor_delay=0, dedupe=False)
    server.set(start_delay=30)
    ask_scan(server)
    clock.advance(1)
    ask_scan(server)
    server.wait_idle()
    assert [(a.path, b.path) for a, b in server.overlaps()] == [(server.scans()[0].path,) * 2]


def test_a_restart_loses_the_scans_that_were_asked_for(server: Server) -> None:
    ask_scan(server)
    server.restart()
    server.wait_idle()
    assert server.paths() == []


def test_a_server_time_can_run_faster_and_be_set_forward(tmp_path: Path) -> None:
    clock = VirtualClock()
    with FakePlex(tmp_path, [], clock=clock, speed=60.0) as server:
        start = server.now()
        clock.advance(1)
        server.advance(5)
        server.set(speed=1.0)
        clock.advance(1)
        assert server.now() - start == pytest.approx(66)


def test_with_the_machines_clock_scans_go_on_by_themselves(tmp_path: Path) -> None:
    make_media(tmp_path / "tv", EPISODES)
    with FakePlex({"/data": tmp_path}, [TV], speed=1000.0) as server:
        ask_scan(server)
        stop = threading.Event()
        while not server.worker.jobs[0].finished_at:
            stop.wait(0.01)
        assert len(server.paths()) == 2


def test_a_dropped_mount_is_there_and_empty(server: Server) -> None:
    server.set(mount_dropped=True)
    assert server.view.entries("/data") == []
    assert server.view.look(SEASON) is None


def test_a_lagging_mount_shows_new_files_later_than_the_first_look(
    server: Server, tmp_path: Path, clock: VirtualClock
) -> None:
    server.set(mount_lag_s=600)
    make_media(tmp_path / "tv", season("Show", 1, [3]))
    new = f"{SEASON}/Show - S01E03.mkv"
    seen = []
    for seconds in (0, 590, 11):
        clock.advance(seconds)
        server.tick()
        seen.append(server.view.look(new) is not None)
    assert seen == [False, False, True]
    assert server.view.look(f"{SEASON}/Show - S01E01.mkv") is not None


def test_never_add_and_never_remove_keep_a_scan_from_changing_the_library(server: Server, tmp_path: Path) -> None:
    server.set(never_add="*E02*", never_remove="*E01*")
    ask_scan(server)
    server.wait_idle()
    (tmp_path / "tv/Show/Season 01/Show - S01E01.mkv").unlink()
    ask_scan(server)
    server.wait_idle()
    assert server.paths() == [f"{SEASON}/Show - S01E01.mkv"]


def test_an_unknown_knob_is_refused(server: Server) -> None:
    with pytest.raises(TypeError, match="no such knob: latnecy"):
        server.set(latnecy=1)


def test_the_controls_work_over_http_for_another_process(server: Server) -> None:
    ask_scan(server)
    requests.post(server.url + "/__sim__/wait_idle", timeout=5)
    scans = requests.get(server.url + "/__sim__/scans", timeout=5).json()
    assert scans[0]["asked_path"] == SEASON
    assert len(requests.get(server.url + "/__sim__/paths", timeout=5).json()) == 2
    requests.post(server.url + "/__sim__/fail_next", json={"status": 500}, timeout=5)
    assert get(server, IDENTITY[server.product]).status_code == 500
    requests.post(server.url + "/__sim__/set", json={"startup_s": 9}, timeout=5)
    requests.post(server.url + "/__sim__/advance", json={"seconds": 10}, timeout=5)
    assert get(server, IDENTITY[server.product]).status_code == 200
    assert requests.get(server.url + "/__sim__/nonsense", timeout=5).status_code == 404
    recorded = requests.get(server.url + "/__sim__/requests", json={"match": "GET"}, timeout=5).json()
    assert {one["method"] for one in recorded} == {"GET"}


def test_a_caller_that_hangs_up_does_no_harm(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /identity HT")
    assert get(server, IDENTITY[server.product]).status_code == 200
