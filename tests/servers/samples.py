"""A small world for the tests of the simulators: four libraries, a few files, and callers with a token."""

from pathlib import Path
from typing import Any

import requests
from plexapi.server import PlexServer

from tests.servers.base import FakeServer
from tests.servers.knobs import Library
from tests.servers.media import album, make_media, movie, season

MOVIES = Library(title="Movies", type="movies", roots=("/data/movies",))
SHOWS = Library(title="Shows", type="tv", roots=("/data/tv", "/data/anime"))
MUSIC = Library(title="Music", type="music", roots=("/data/music/",))
LIBRARIES = (MOVIES, SHOWS, MUSIC)

SEASON = "/data/tv/Show/Season 01"
EPISODES = tuple(f"{SEASON}/Show - S01E0{number}.mkv" for number in (1, 2, 3))
ALIEN = "/data/movies/Alien (1979)/Alien (1979).mkv"


def fill(root: Path) -> Path:
    """Write one season, one movie and one album."""
    make_media(root / "tv", season("Show", 1, [1, 2, 3]))
    make_media(root / "movies", movie("Alien (1979)"))
    make_media(root / "music", album("Artist", "Album", [1, 2]))
    make_media(root, {"anime": {}})
    return root


def call(server: FakeServer, route: str, method: str = "GET", *, json: Any = None, **params: str) -> requests.Response:
    """Send a request with the token as the product wants it, and accept JSON."""
    headers = {
        "plex": {"X-Plex-Token": server.token},
        "emby": {"X-Emby-Token": server.token},
        "jellyfin": {"Authorization": f'MediaBrowser Client="test", Token="{server.token}"'},
    }[server.product]
    accepting = {**headers, "Accept": "application/json"}
    url = server.url + route
    return requests.request(method, url, params=params, json=json, headers=accepting, timeout=5, allow_redirects=False)


def open_plex(url: str, token: str, session: requests.Session | None = None) -> Any:
    """Connect as python-plexapi does."""
    return PlexServer(url, token=token, session=session)  # type: ignore[no-untyped-call]  # plexapi has no types


def scan(server: FakeServer, library_id: str, path: str = "") -> None:
    """Let a Plex scan a folder or a whole section, to the end."""
    asked = {"path": path} if path else {}
    assert call(server, f"/library/sections/{library_id}/refresh", **asked).status_code == 200
    server.wait_idle()


def report(server: FakeServer, *paths: str, kind: str = "Created") -> requests.Response:
    """Report changed paths to a Jellyfin or an Emby."""
    updates = [{"Path": path, "UpdateType": kind} for path in paths]
    return call(server, "/Library/Media/Updated", "POST", json={"Updates": updates})


def found(server: FakeServer, **params: str) -> dict[str, Any]:
    """Return what `GET /Items` of a Jellyfin or an Emby finds, by path."""
    items = call(server, "/Items", fields="Path,MediaSources,DateCreated,ParentId,MediaStreams", **params).json()
    return {item["Path"]: item for item in items["Items"]}
