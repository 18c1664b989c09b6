"""Servers, media and a configuration for the doctor to examine."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.desks import Desk, server_entry
from tests.servers import Library, make_media, season
from tests.targets import FAKES, Fake

Capture = pytest.CaptureFixture[str]
SHOWS = Library(title="Shows", type="tv", roots=("/data/tv",))


@dataclass
class Practice:
    """Servers that have `/data/tv`, which lies at `media/tv`, and a configuration to be examined."""

    desk: Desk
    opened: ExitStack

    @property
    def media(self) -> Path:
        return self.desk.folder / "media"

    def serve(self, kind: str, *libraries: Library, **knobs: Any) -> Fake:
        fake: Any = FAKES[kind]({"/data": self.media}, libraries or [SHOWS], **knobs)
        self.opened.enter_context(fake)
        return fake  # type: ignore[no-any-return]  # one of three simulators

    def configure(self, *fakes: Fake, **settings: Any) -> None:
        """Write a configuration with nothing wrong but what `settings` say."""
        whole = {
            "MEDIA_SERVERS": [server_entry(fake.product, fake) | {"NAME": fake.product} for fake in fakes],
            "SERVER_FILE_EXIST_PATH_MAPPINGS": {str(self.media): ["/data"]},
        }
        self.desk.configure(**whole | settings)
        self.desk.config.chmod(0o600)

    def examine(self, *fakes: Fake, **settings: Any) -> tuple[int, list[dict[str, str]]]:
        """Return the exit code and every finding that is not ok."""
        self.configure(*fakes, **settings)
        code, findings = self.all()
        return code, [finding for finding in findings if finding["level"] != "ok"]

    def all(self) -> tuple[int, list[dict[str, str]]]:
        code, out, err = self.desk.run("doctor", "--json")
        told = json.loads(out)
        assert err == ""
        assert told["ok"] is (code == 0)
        return code, told["findings"]

    def only(self, *fakes: Fake, **settings: Any) -> tuple[int, dict[str, str]]:
        """Return the exit code and the one finding that is not ok."""
        code, (finding,) = self.examine(*fakes, **settings)
        return code, finding


def made(desk: Desk, opened: ExitStack) -> Practice:
    """Return a practice around `desk`, with a season of two episodes; what is started ends with `opened`."""
    make_media(desk.folder / "media" / "tv", season("Show", 1, [1, 2]))
    return Practice(desk=desk, opened=opened)
