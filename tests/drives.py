"""A monitor of a simulated Google Drive over a real store: what happens there, and what is asked for here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from autoscan import wiring
from autoscan.drive.monitor import Monitor
from autoscan.model import Change, DriveState, Kind
from autoscan.store import Queue
from tests import webs
from tests.clocks import START, VirtualClock
from tests.servers.google import FakeGoogle

#: Where the mounts of these tests lie.
MOUNTS = {"/mnt/gd": ["My Drive"], "/mnt/films": ["Films"], "/mnt/shows": ["Shows"]}
ALLOWED = ["My Drive/", "Films/", "Shows/"]


_PATHS = """
    SELECT p.change, p.mapped, p.kind, e.size FROM event_paths p
    LEFT JOIN expectations e ON e.scan_id = p.scan_id AND e.key = p.mapped
"""


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One request that the monitor made, as it is stored."""

    change: Change
    path: str
    kind: Kind = Kind.FILE
    size: int | None = None


@dataclass
class World:
    """The fake, and the monitor that watches it."""

    fake: FakeGoogle
    autoscan: wiring.Autoscan
    clock: VirtualClock
    monitor: Monitor
    #: The id of the last event that `asked` told of.
    _seen: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def drive(self) -> Any:
        return self.fake.world

    @property
    def queue(self) -> Queue:
        return self.autoscan.queue

    def settle(self) -> None:
        """Let the monitor do all there is to do now."""
        for _ in range(2000):
            if not self.monitor.step():
                return
        raise AssertionError("the monitor never rests")

    def poll(self) -> list[Asked]:
        """Let the time of a poll come, and return what was asked for since the last time."""
        self.clock.advance(61)
        self.settle()
        return self.asked()

    def asked(self) -> list[Asked]:
        """Return what was asked for since the last time, sorted."""
        rows = self.rows(f"SELECT * FROM events WHERE id > {self._seen} AND source = 'google' ORDER BY id")
        self.notes += [row["note"] for row in rows if row["note"]]
        found: list[Asked] = []
        for row in rows:
            self._seen = row["id"]
            found += [_asked(path) for path in self.rows(f"{_PATHS} WHERE p.event_id = {row['id']}")]
        return sorted(found)

    def state(self, drive: str = "") -> DriveState:
        found = self.queue.drive_state(drive)
        assert found is not None
        return found

    def states(self) -> dict[str, DriveState]:
        return {state.name: state for state in self.queue.drive_states()}

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.autoscan.store.read() as connection:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]

    def restart(self) -> None:
        """End the monitor, wherever it is, and let another begin."""
        self.monitor.close()
        self.autoscan.recover()
        self.monitor = monitor_of(self.autoscan)


def _asked(row: Mapping[str, Any]) -> Asked:
    return Asked(Change(row["change"]), row["mapped"], Kind(row["kind"]), row["size"])


@contextmanager
def watching(  # noqa: PLR0913 - a test names only what it is about
    folder: Path,
    *,
    allowed: Mapping[str, Any] | None = None,
    mappings: Mapping[str, Sequence[str]] | None = None,
    google: Mapping[str, Any] | None = None,
    settled: bool = True,
    authorized: bool = True,
    before: Any = None,
    **config: Any,
) -> Iterator[World]:
    """Give a world whose monitor has read up to now; `before(fake)` is called before it begins."""
    clock = VirtualClock(START)
    with FakeGoogle(clock=clock, root_name="Meine Ablage") as fake:
        if before is not None:
            before(fake)
        shared = [each.name for each in fake.world.drives.values()]
        options = {
            "ALLOWED": {"FILE_PATHS": ALLOWED, **(allowed or {})},
            "POLL_INTERVAL": 60,
            "TEAMDRIVE": bool(shared),
            "TEAMDRIVES": shared,
            **(google or {}),
        }
        config = {"SERVER_PATH_MAPPINGS": dict(MOUNTS if mappings is None else mappings), **config}
        site = webs.build(folder, GOOGLE=fake.settings(**options), **config)
        autoscan = wiring.build(site.autoscan.settings, clock)
        if authorized:
            autoscan.queue.keep_drive_credentials(fake.stored_token())
        world = World(fake, autoscan, clock, monitor_of(autoscan))
        try:
            if settled:
                world.settle()
                world.asked()
            yield world
        finally:
            world.monitor.close()
            autoscan.store.dispose()


def monitor_of(autoscan: wiring.Autoscan) -> Monitor:
    """Return the monitor among the jobs of the leader."""
    jobs = autoscan.jobs()
    found = next(job for job in jobs if isinstance(job, Monitor))
    for job in jobs:
        if job is not found:
            job.close()
    return found


def added(path: str, size: int | None = 1000, kind: Kind = Kind.FILE) -> Asked:
    return Asked(Change.ADDED, path, kind, size)


def renamed(path: str, size: int | None = 1000, kind: Kind = Kind.FILE) -> Asked:
    return Asked(Change.RENAMED, path, kind, size)


def removed(path: str, kind: Kind = Kind.FILE) -> Asked:
    return Asked(Change.REMOVED, path, kind)


__all__ = ["Asked", "World", "added", "monitor_of", "removed", "renamed", "watching"]
