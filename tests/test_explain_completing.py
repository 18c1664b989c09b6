"""How the beginning of a path goes on: inside what is known to hold media, never outside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import webs
from tests.test_explain import SERVERS, told
from tests.webs import Site


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for folder in ("tv/Show/Season 1", "tv/Shogun", "tv/.hidden", "movies/Alien", "outside/secret", "allowed/in"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tv/Show/e.mkv").touch()
    (tmp_path / "tv/Escape").symlink_to(tmp_path / "outside")
    (tmp_path / "tv/Again").symlink_to(tmp_path / "tv/Show")
    (tmp_path / "tv/Loop").symlink_to(tmp_path / "tv/Loop")
    (tmp_path / "tv" / b"Sh\xff".decode("utf-8", "surrogateescape")).touch()
    return tmp_path


@pytest.fixture
def site(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = webs.build(
        tmp_path_factory.mktemp("site"),
        MEDIA_SERVERS=SERVERS,
        SERVER_PATH_MAPPINGS={str(media / "movies"): ["/in/movies"], "/srv/tv": ["/in/tv/"]},
        SERVER_FILE_EXIST_PATH_MAPPINGS={str(media / "tv"): ["/srv/tv"]},
        SOURCES={"four": {"PATH_MAPPINGS": {str(media / "movies"): ["/four"]}}},
        ALLOWED_ROOTS=[str(media / "allowed")],
    )
    made.autoscan.queue.describe("plex", told(str(media / "tv"), "/", "D:\\TV"))
    made.autoscan.queue.describe("jelly", told("/data/films"))
    yield made
    made.autoscan.close()


def complete(site: Site, text: str, limit: int = 20) -> list[str]:
    return list(site.autoscan.explainer().complete(text, limit))


def test_known_places_are_offered_first(site: Site, media: Path) -> None:
    assert complete(site, "/i") == ["/in/movies/", "/in/tv/"]
    assert complete(site, "/four") == ["/four/"]
    assert complete(site, "/mnt") == ["/mnt/media/films/"]  # what jelly calls /data/films
    assert complete(site, str(media)) == [f"{media}/{name}/" for name in ("allowed", "movies", "tv")]
    assert complete(site, "D:") == ["D:\\TV\\"]
    assert len(complete(site, "")) == 10
    assert len(complete(site, "", limit=2)) == 2


def test_names_in_a_library_go_on(site: Site, media: Path) -> None:
    assert complete(site, f"{media}/tv/Sho") == [f"{media}/tv/Shogun/", f"{media}/tv/Show/"]
    assert complete(site, f"{media}/tv/sho") == [f"{media}/tv/Shogun/", f"{media}/tv/Show/"]
    assert complete(site, f"{media}/tv/Show/") == [f"{media}/tv/Show/Season 1/", f"{media}/tv/Show/e.mkv"]
    assert complete(site, f"{media}/tv/Sho", limit=1) == [f"{media}/tv/Shogun/"]
    assert complete(site, f"{media}/tv/nothing") == []


def test_a_received_path_goes_on_as_it_was_received(site: Site) -> None:
    assert complete(site, "/in/tv/Show/S") == ["/in/tv/Show/Season 1/"]
    assert complete(site, "/in/movies/") == ["/in/movies/Alien/"]
    assert complete(site, "/four/A") == ["/four/Alien/"]


def test_an_allowed_root_goes_on(site: Site, media: Path) -> None:
    assert complete(site, f"{media}/allowed/") == [f"{media}/allowed/in/"]


def test_nothing_else_is_ever_listed(site: Site, media: Path) -> None:
    for text in (
        f"{media}/outside/",
        f"{media}/outs",
        f"{media}/tv/../outside/",
        f"{media}/tv/./../outside/s",
        "/in/tv/../../outside/",
        f"{media}//tv/",
        "/etc/",
        "/",
        "//etc/",
        "etc/",
        f"{media}/tv/Escape/",
        f"{media}/tv/Escape/s",
    ):
        assert not [each for each in complete(site, text) if "secret" in each or "passwd" in each or "outside" in each]


def test_links_that_lead_outside_and_hidden_names_are_left_out(site: Site, media: Path) -> None:
    assert complete(site, f"{media}/tv/") == [f"{media}/tv/{name}/" for name in ("Again", "Shogun", "Show")]
    assert complete(site, f"{media}/tv/Again/e") == [f"{media}/tv/Again/e.mkv"]
    assert complete(site, f"{media}/tv/.h") == []
