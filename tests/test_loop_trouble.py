"""A server that fails at some requests and does all others: whom that costs what."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import houses
from tests.houses import House, episode, movie
from tests.servers import make_media, season
from tests.servers.base import FakeServer
from tests.servers.media import SIZE
from tests.servers.wire import Request, Response
from tests.test_loop import HOUR, SERVERS, ended, learn

#: What the look-ups of a movie have in their path.
LOOKS = {"plex": "/all", "jellyfin": "GET /Items", "emby": "GET /emby/Items"}


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(name: str, tmp_path: Path) -> Iterator[House]:
    """A house with one server, in whose libraries something stands already."""
    make_media(tmp_path / "media/tv", season("Other", 1, [1, 2]))
    make_media(tmp_path / "media/movies", {"Other (2000)/Other (2000).mkv": None})
    with houses.build(tmp_path, [name]) as built:
        learn(built, name)
        yield built
        assert not built.over_budget()


def import_movies(house: House, folder: Path, number: int) -> None:
    """Add so many movies at once."""
    for each in range(number):
        make_media(folder / "media/movies", {f"Film {each}/Film {each}.mkv": None})
        house.receive(movie(folder, f"Film {each}", size=SIZE))


def mend(house: House, name: str) -> None:
    """Let nothing fail any more."""
    house.fakes[name]._trouble._failures.clear()


def fail_at(fake: FakeServer, word: str, status: int) -> list[Request]:
    """Answer requests with `word` in their query or body with `status`; return those that met it, as they come."""
    before, met = fake._trouble.before, []

    def instead(request: Request) -> Response | None:
        if word in f"{request.query}{request.body!r}":
            met.append(request)
            return Response(status=status, body=b"blocked", type="text/plain")
        return before(request)

    fake._trouble.before = instead  # type: ignore[method-assign]
    return met


def test_looks_that_are_refused_for_a_moment_cost_no_file(house: House, name: str, tmp_path: Path) -> None:
    fake = house.fakes[name]
    fake.set(**{"scan_delay_s" if name == "plex" else "root_scan_s": 20.0})
    import_movies(house, tmp_path, 4)
    while not house.asked(name):
        house.run(1)
    fake.fail_next(LOOKS[name], times=1000, status=404, body=b"404 page not found\n")
    house.run(30)
    assert house.results(name) == ["pending"] * 4
    mend(house, name)
    house.run(HOUR)
    assert ended(house, name) == ["verified"] * 4


@pytest.mark.parametrize("name", ["emby"])
def test_a_refusal_of_a_shared_look_is_charged_to_none_but_its_own_file(
    house: House, name: str, tmp_path: Path
) -> None:
    fail_at(house.fakes[name], "Film 1", 404)
    import_movies(house, tmp_path, 4)
    house.run(HOUR)
    assert ended(house, name) == ["verified", "failed", "verified", "verified"]
    assert [delivery.attempts for delivery in house.deliveries(name)] == [0, 5, 0, 0]


@pytest.mark.parametrize("name", ["emby"])
@pytest.mark.parametrize("status", [403, 500])
def test_what_a_server_never_answers_for_one_file_ends_that_one_and_holds_up_no_other(
    house: House, name: str, tmp_path: Path, status: int
) -> None:
    met = fail_at(house.fakes[name], "etc passwd", status)
    for show in ("etc passwd", "Show"):
        make_media(tmp_path / "media/tv", season(show, 1, [1]))
        house.receive(episode(tmp_path, 1, size=SIZE, show=show))
    house.run(HOUR)
    assert house.results(name) == ["pending", "verified"]
    house.run(4 * HOUR, tick=5)
    assert ended(house, name) == ["failed", "verified"]
    assert str(status) in house.deliveries(name)[0].error
    assert len(met) <= 30


def test_a_server_that_answers_nothing_but_probes_is_waited_for(house: House, name: str, tmp_path: Path) -> None:
    fake = house.fakes[name]
    for match in (LOOKS[name], "/sections/", "/Library/", "/Items/"):
        fake.fail_next(match, times=100_000, status=500)
    import_movies(house, tmp_path, 3)
    house.run(6 * HOUR, tick=5)
    assert house.results(name) == ["pending"] * 3
    assert len(fake.requests()) < 6 * 60
    mend(house, name)
    house.run(HOUR)
    assert set(ended(house, name)) <= {"verified", "already_there"}


@pytest.mark.parametrize("name", ["plex"])
def test_a_section_without_its_folder_view_is_looked_into_otherwise(house: House, name: str, tmp_path: Path) -> None:
    fake = house.fakes[name]
    fake.set(never_add="*Film*")
    fake.fail_next("/library/sections/2/folder", times=100_000, status=500)
    import_movies(house, tmp_path, 1)
    house.run(60 * 15)
    assert fake.requests("/library/sections/2/folder")
    assert house.queue.server(name).paused_until is None
    house.run(24 * HOUR, tick=5)
    assert ended(house, name) == ["unverified"]


@pytest.mark.parametrize("name", ["jellyfin"])
def test_a_library_that_is_never_scanned_holds_up_no_other(house: House, name: str, tmp_path: Path) -> None:
    (movies,) = (each for each in house.targets[0].libraries() if each.title == "Movies")
    house.fakes[name].fail_next(f"/Items/{movies.id}/Refresh", times=100_000, status=500)
    make_media(tmp_path / "media/movies", {"Film 0/Film 0.mkv": None})
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    house.receive(movie(tmp_path, "Film 0", size=SIZE))
    house.receive(episode(tmp_path, 1, size=SIZE))
    house.run(600)
    assert house.results(name) == ["pending", "verified"]
    house.run(4 * HOUR, tick=5)
    assert ended(house, name) == ["failed", "verified"]


#: How a server says that it has no libraries, and where.
NO_LIBRARIES = {
    "plex": ("/library/sections", b'<MediaContainer size="0"></MediaContainer>', "text/xml"),
    "jellyfin": ("/Library/VirtualFolders", b"[]", "application/json"),
    "emby": ("/Library/VirtualFolders", b'{"Items": [], "TotalRecordCount": 0}', "application/json"),
}


def test_a_server_that_names_no_libraries_for_a_moment_is_waited_for(name: str, tmp_path: Path) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    match, body, kind = NO_LIBRARIES[name]
    with houses.build(tmp_path, [name]) as house:
        house.fakes[name].fail_next(match, times=1000, status=200, body=body, type=kind)
        house.receive(episode(tmp_path, 1, size=SIZE))
        house.run(600)
        assert house.results(name) == ["pending"]
        assert "no libraries at all" in house.queue.server(name).reason
        mend(house, name)
        house.run(1200)
        assert ended(house, name) == ["verified"]
