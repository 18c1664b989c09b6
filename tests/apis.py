"""An API with something in it: scans in every state, servers that told of themselves, and a client that may ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from autoscan.model import LibraryFacts, ServerFacts
from tests.queues import claimed
from tests.webs import SECRET, Site, build

KEY = {"X-Api-Key": SECRET}
SERVERS = [
    {"NAME": name, "TYPE": kind, "URL": "http://127.0.0.1:9", "TOKEN": f"t0ken-of-{name}"}
    for name, kind in (("plex", "plex"), ("den", "jellyfin"))
]
SEASON = "/tv/Severance/Season 02"


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A site, and short words for asking its API."""

    site: Site

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: Any) -> TestResponse:
        """Ask for something."""
        return self.site.client.get(f"/api/v1{path}", query_string=query, headers=headers or KEY)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Do something."""
        return self.site.client.post(f"/api/v1{path}", json=body, headers={**KEY, **(headers or {})})

    def patch(self, path: str, body: Any) -> TestResponse:
        """Change something."""
        return self.site.client.patch(f"/api/v1{path}", json=body, headers=KEY)

    def add(self, *paths: str, **more: Any) -> int:
        """Ask for a scan of `paths`; return the id of the first scan."""
        answer = self.post("/scans", {"paths": list(paths)} | more)
        assert answer.status_code == 202, answer.text
        return int(answer.get_json()["paths"][0]["scan_id"])

    def delivering(self, *paths: str) -> int:
        """Ask for a scan and hand it over to both servers; return its id."""
        scan_id = self.add(*paths)
        self.site.clock.advance(60)
        queue = self.site.autoscan.queue
        assert claimed(queue).id == scan_id
        queue.deliver(scan_id, ["plex", "den"])
        return scan_id

    def failed(self, *paths: str) -> int:
        """Ask for a scan and have it fail for want of its files; return its id."""
        scan_id = self.add(*paths)
        self.site.clock.advance(60)
        queue = self.site.autoscan.queue
        assert claimed(queue).id == scan_id
        queue.fail(scan_id, "its files never came", code="file_missing")
        return scan_id

    def told(self) -> None:
        """Have the server `plex` tell about itself."""
        library = LibraryFacts(id="2", title="TV", type="show", roots=("/tv",))
        told = ServerFacts(at=self.site.clock.now(), version="1.41.3", name="attic", libraries=(library,))
        self.site.autoscan.queue.describe("plex", told)

    def away(self) -> None:
        """Have the server `den` be away."""
        until = self.site.clock.now() + timedelta(minutes=5)
        self.site.autoscan.queue.pause("den", until=until, reason="no answer", unauthorized=False)


def api(folder: Path, **config: Any) -> Api:
    """Return an API with two servers and nothing else in it."""
    return Api(site=build(folder, **{"MEDIA_SERVERS": SERVERS} | config))
