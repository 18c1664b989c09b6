"""A media folder, a presence that looks at it, and time turned by hand."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from autoscan.filecheck import FileChecker
from autoscan.model import Change, Expectation, Kind, Scan, ScanState
from autoscan.paths import Mappings
from autoscan.presence import Presence, Rules, Verdict, Wait
from autoscan.store import Queue, Store
from tests.clocks import VirtualClock

#: Seconds since a file was written, unless a test says otherwise.
OLD = 3600.0


class World:
    """A media folder that the servers know as /media, and a presence that looks at it."""

    def __init__(self, folder: Path, checker: FileChecker, clock: VirtualClock) -> None:
        self.clock = clock
        self.checker = checker
        self.folder = folder
        self.media = folder / "media"
        (self.media / "tv").mkdir(parents=True)
        self.store = Store(folder / "state" / "autoscan.db", clock)
        self.store.prepare()
        self.queue = Queue(self.store)
        self.presence = self.with_rules()

    def with_rules(  # noqa: PLR0913 - what a test may want otherwise
        self,
        *,
        max_checks: int = 3,
        delay: int = 60,
        folder_on_exhaustion: bool = False,
        mappings: dict[str, list[str]] | None = None,
        known_roots: tuple[str, ...] = (),
        anchors: dict[str, tuple[str, ...]] | None = None,
        mass_limit: int = 50,
        on_missing: Callable[[str, int], str] | None = None,
    ) -> Presence:
        table = {str(self.media): ["/media"]} if mappings is None else mappings
        self.presence = Presence(
            checker=self.checker,
            mappings=Mappings.from_config(table),
            known_roots=known_roots,
            rules=Rules(max_checks=max_checks, delay=delay, folder_on_exhaustion=folder_on_exhaustion),
            roots=self.queue,
            clock=self.clock,
            warn=self.queue.warn,
            anchors=anchors or {},
            mass_limit=mass_limit,
            on_missing=on_missing,
        )
        return self.presence

    def close(self) -> None:
        self.presence.close()
        self.store.dispose()

    def write(self, name: str, size: int = 10, age: float = OLD) -> Path:
        file = self.media / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
        written = self.clock.now().timestamp() - age
        os.utime(file, (written, written))
        return file

    def scan(self, *expected: Expectation, folder: str = "/media/tv/Show", age: float = 200) -> Scan:
        now = self.clock.now()
        asked = now - timedelta(seconds=age)
        return Scan(
            id=1,
            folder=folder,
            state=ScanState.CHECKING,
            priority=0,
            source="sonarr",
            request_id="r",
            requested_at=asked,
            last_requested_at=asked,
            due_at=now,
            claimed_at=now,
            expectations=expected,
        )

    def play(self, scan: Scan, limit: int = 200) -> tuple[Verdict, list[Wait]]:
        """Judge again and again, as the dispatcher would, until the scan need not wait."""
        waits: list[Wait] = []
        while isinstance(verdict := self.presence.judge(scan), Wait):
            assert verdict.until > self.clock.now()
            waits.append(verdict)
            assert len(waits) < limit
            self.clock.advance((verdict.until - self.clock.now()).total_seconds())
            scan = replace(scan, checks=verdict.checks)
        return verdict, waits


@contextmanager
def opened(folder: Path) -> Iterator[World]:
    """Make a world below `folder` whose root holds something, and end its helpers afterwards."""
    world = World(folder, FileChecker(clock=VirtualClock(), timeout=20), VirtualClock())
    world.write("tv/something.nfo")
    yield world
    world.close()


def added(path: str, *, size: int | None = None, kind: Kind = Kind.FILE) -> Expectation:
    return Expectation(path=path, kind=kind, change=Change.ADDED, size=size)


def removed(path: str, *, announced: bool = False) -> Expectation:
    return Expectation(
        path=path, kind=Kind.FOLDER if announced else Kind.FILE, change=Change.REMOVED, announced=announced
    )


EPISODE = "/media/tv/Show/S01E01.mkv"
