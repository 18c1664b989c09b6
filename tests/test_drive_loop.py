"""From a change in Drive to what a media server shows: scanned where needed, not where it is shown already."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from autoscan.drive.allowed import Allowed
from autoscan.drive.api import DriveApi
from autoscan.drive.auth import Client, DriveCredentials
from autoscan.drive.monitor import Monitor
from autoscan.drive.monitor_drives import Wanted
from autoscan.drive.monitor_page import Tools
from autoscan.paths import Mappings
from autoscan.rclone import Decoder
from autoscan.settings import Secret
from tests import houses
from tests.houses import House
from tests.servers import make_media, season
from tests.servers.google import FakeGoogle
from tests.servers.media import SIZE

EPISODE = "Show/Season 01/Show - S01E01.mkv"


@dataclass
class Place:
    """A house whose media lie in Drive, and the monitor that watches it."""

    house: House
    fake: FakeGoogle
    monitor: Monitor
    media: Path

    def poll(self) -> None:
        """Let the monitor see what happened, and the house do what follows."""
        self.house.clock.advance(61)
        while self.monitor.step():
            pass
        self.house.run(900)

    def results(self) -> list[str]:
        assert self.house.queue.count_open() == 0, [scan.reason for scan in self.house.scans()]
        return self.house.results("plex")


@contextmanager
def place(folder: Path, *, sizes: bool = True) -> Iterator[Place]:
    with houses.build(folder, ["plex"]) as house, FakeGoogle(clock=house.clock) as fake:
        house.intake = replace(house.intake, mappings=Mappings.from_config({str(folder / "media"): ["My Drive"]}))
        stored, (client, secret) = fake.stored_token(), fake.CLIENT
        credentials = DriveCredentials(
            Client(client_id=client, client_secret=Secret(secret), api_url=fake.url),
            load=lambda: stored,
            keep_text=lambda _: None,
        )
        tools = Tools(
            queue=house.queue,
            intake=house.intake,
            clock=house.clock,
            allowed=Allowed(paths=("My Drive",)),
            decoder=Decoder({}, load=lambda _, __: {}, keep=lambda _, __: None),
            sizes=sizes,
        )
        api = DriveApi(credentials, api_url=fake.url)
        monitor = Monitor(api=api, tools=tools, wanted=Wanted(my_drive=True), interval=60)
        made = Place(house, fake, monitor, folder / "media")
        try:
            made.poll()
            yield made
        finally:
            monitor.close()


def upload(at: Place, *, size: int = SIZE) -> str:
    """Let a file appear in Drive, and on the mount."""
    make_media(at.media / "tv", season("Show", 1, [1]))
    found: str = at.fake.world.path(f"My Drive/tv/{EPISODE}", size=size)
    return found


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as made:
        yield made


def test_a_new_file_is_scanned_and_seen(at: Place) -> None:
    upload(at)
    at.poll()
    assert at.results() == ["verified"]


def test_a_file_that_the_server_shows_already_is_not_scanned(at: Place) -> None:
    """As after Sonarr's webhook, when the upload follows hours later."""
    file = upload(at)
    at.poll()
    at.fake.world.trash(file)
    at.fake.world.untrash(file)
    at.house.queue.keep_drive_changes(
        at.house.queue.drive_states()[0], [], list(at.house.queue.drive_entries([file]).values())
    )
    at.poll()
    assert at.results() == ["verified", "already_there"]
    assert len(at.house.asked("plex")) == 1


def test_without_the_size_check_another_size_is_not_scanned_either(tmp_path: Path) -> None:
    with place(tmp_path, sizes=False) as at:
        file = upload(at)
        at.poll()
        at.fake.world.write(file, size=SIZE + 1)
        at.poll()
        assert at.results() == ["verified", "already_there"]
        assert len(at.house.asked("plex")) == 1


def test_a_deleted_file_is_seen_gone(at: Place) -> None:
    file = upload(at)
    make_media(at.media / "tv", season("Other", 1, [1]))
    at.poll()
    at.fake.world.trash(file)
    (at.media / "tv" / EPISODE).unlink()
    at.poll()
    assert at.results() == ["verified", "verified_absent"]


def test_a_deletion_that_the_mount_does_not_show_yet_is_waited_for(at: Place) -> None:
    file = upload(at)
    make_media(at.media / "tv", season("Other", 1, [1]))
    at.poll()
    at.fake.world.trash(file)
    at.house.clock.advance(61)
    while at.monitor.step():
        pass
    at.house.run(120)
    assert at.house.queue.count_open() == 1
    (at.media / "tv" / EPISODE).unlink()
    at.house.run(600)
    assert at.results() == ["verified", "verified_absent"]
