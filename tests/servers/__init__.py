"""Simulated media servers on real sockets, over real folders."""

from tests.servers.emby import FakeEmby
from tests.servers.jellyfin import FakeJellyfin
from tests.servers.jobs import JobState, Scan
from tests.servers.knobs import Library
from tests.servers.media import album, make_media, movie, season, write_file
from tests.servers.plex import FakePlex
from tests.servers.wire import Request

__all__ = [
    "FakeEmby",
    "FakeJellyfin",
    "FakePlex",
    "JobState",
    "Library",
    "Request",
    "Scan",
    "album",
    "make_media",
    "movie",
    "season",
    "write_file",
]
