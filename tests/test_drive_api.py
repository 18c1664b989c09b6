"""Asking Google Drive: the real libraries, a simulated Google on a socket."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoscan.drive.api import DriveApi, RawFile, SharedDrive
from autoscan.drive.api_values import read_file
from autoscan.drive.auth import Client, DriveCredentials
from autoscan.errors import (
    DriveError,
    DriveRejectedError,
    DriveTokenExpiredError,
    DriveUnauthorizedError,
    DriveUnavailableError,
)
from autoscan.settings import Secret
from tests.programs import ROOT
from tests.servers.google import FakeGoogle


@dataclass
class Google:
    """The fake, an API that leads to it, and what is stored of the authorisation."""

    fake: FakeGoogle
    stored: str

    def __post_init__(self) -> None:
        client, secret = self.fake.CLIENT
        self.credentials = DriveCredentials(
            Client(client_id=client, client_secret=Secret(secret), api_url=self.fake.url),
            load=lambda: self.stored,
            keep_text=self.keep,
        )
        self.beats = 0
        self.api = DriveApi(self.credentials, api_url=self.fake.url, timeout=5, heartbeat=self.beat)
        self.world = self.fake.world

    def keep(self, text: str) -> None:
        self.stored = text

    def beat(self) -> None:
        self.beats += 1

    def all_changes(self, token: str, drive: str = "", size: int = 1000) -> list[tuple[str, bool, str]]:
        found = []
        while token:
            page = self.api.changes(token, drive, size)
            found += [(each.file_id, each.removed, each.file.name if each.file else "") for each in page.changes]
            token = page.next_page_token
        return found


@pytest.fixture
def google() -> Iterator[Google]:
    with FakeGoogle(root_name="Meine Ablage") as fake:
        made = Google(fake, fake.stored_token())
        yield made
        made.api.close()


# ----- what is asked


def test_my_drive_has_an_owner_and_a_root_in_his_language(google: Google) -> None:
    assert (google.api.about().name, google.api.about().email) == ("Ada", "ada@example.com")
    root = google.api.root()
    assert (root.id, root.name, root.is_folder) == (google.world.root, "Meine Ablage", True)


def test_a_file_tells_what_autoscan_needs(google: Google) -> None:
    episode = google.world.path("Meine Ablage/TV/Show/S01E01.mkv", size=2**33)
    found = google.api.file(episode)
    assert found is not None
    assert (found.name, found.size, len(found.md5), found.mime_type) == ("S01E01.mkv", 2**33, 32, "video/x-matroska")
    folder = google.api.file(found.parents[0])
    assert folder is not None
    assert (folder.name, folder.is_folder, folder.size, folder.md5) == ("Show", True, None, "")
    shortcut = google.api.file(google.world.shortcut("Link", episode))
    assert shortcut is not None
    assert shortcut.shortcut_type == "video/x-matroska"
    assert google.api.file("1nobody") is None


def test_the_trash_reaches_what_lies_below(google: Google) -> None:
    episode = google.world.path("Meine Ablage/TV/S01E01.mkv")
    folder = google.world.node(episode).parents[0]
    google.world.trash(folder)
    below = google.api.file(episode)
    assert below is not None
    assert below.trashed
    assert "S01E01.mkv" not in [each.name for each in google.api.files().files]


def test_changes_begin_at_their_token_and_tell_of_each_file_once(google: Google) -> None:
    world = google.world
    world.file("Before.mkv")
    token = google.api.start_page_token()
    assert google.all_changes(token) == []
    new, gone = world.file("New.mkv"), world.file("Gone.mkv")
    world.rename(new, "Newer.mkv")
    world.delete(gone)
    assert google.all_changes(token) == [(new, False, "Newer.mkv"), (gone, True, "")]
    again = google.api.changes(token).new_start_page_token
    assert google.all_changes(again) == []


def test_ten_thousand_changes_come_in_pages(google: Google) -> None:
    token = google.api.start_page_token()
    ids = google.world.many(10_000)
    assert [each[0] for each in google.all_changes(token)] == ids
    assert len(google.fake.requests("GET /drive/v3/changes")) == 1 + 10


def test_a_page_without_changes_may_have_a_successor(google: Google) -> None:
    token = google.api.start_page_token()
    episode = google.world.file("Often.mkv")
    for _ in range(5):
        google.world.touch(episode)
    first = google.api.changes(token, page_size=3)
    assert (first.changes, bool(first.next_page_token), first.new_start_page_token) == ((), True, "")
    assert google.all_changes(token, size=3) == [(episode, False, "Often.mkv")]


def test_a_shared_drive_has_a_log_of_its_own(google: Google) -> None:
    user_token = google.api.start_page_token()
    media = google.world.shared_drive("Media")
    token = google.api.start_page_token(media)
    film = google.world.file("Film.mkv", media)
    (change,) = google.api.changes(token, media).changes
    assert change.file is not None
    assert (change.drive_id, change.file_id, change.file.drive_id) == (media, film, media)
    google.world.rename_drive(media, "Movies")
    (change,) = google.api.changes(user_token).changes
    assert (change.type, change.drive, change.file_id) == ("drive", SharedDrive(id=media, name="Movies"), "")
    google.world.leave(media)
    (change,) = google.api.changes(user_token).changes
    assert (change.removed, change.drive, change.drive_id) == (True, None, media)


@pytest.mark.parametrize("hears", [False, True])
def test_what_moves_into_a_shared_drive_leaves_my_drive(google: Google, *, hears: bool) -> None:
    google.world.user_hears_drives = hears
    media = google.world.shared_drive("Media")
    film = google.world.file("Film.mkv")
    token, drive_token = google.api.start_page_token(), google.api.start_page_token(media)
    google.world.move(film, media)
    (left,) = google.api.changes(token).changes
    assert left.removed or (left.file is not None and left.file.drive_id == media)
    assert google.all_changes(drive_token, media) == [(film, False, "Film.mkv")]


def test_every_shared_drive_is_found(google: Google) -> None:
    ids = [google.world.shared_drive(f"Drive {number}") for number in range(150)]
    google.world.leave(ids[3])
    assert [each.id for each in google.api.drives()] == [each for each in ids if each != ids[3]]


def test_everything_is_listed_page_by_page(google: Google) -> None:
    media = google.world.shared_drive("Media")
    google.world.bulk(2500, media)
    mine = google.world.file("Mine.mkv")
    token = ""
    found: list[RawFile] = []
    while True:
        page = google.api.files(media, token)
        found += page.files
        if not (token := page.next_page_token):
            break
    assert len(found) == len({each.id for each in found}) == 2503
    assert [each.id for each in google.api.files().files] == [mine]


# ----- what goes wrong

PASSING = [
    (429, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
    (403, "rateLimitExceeded"),
    (403, "dailyLimitExceeded"),
    (500, "backendError"),
    (503, "backendError"),
]


@pytest.mark.parametrize(("status", "reason"), PASSING)
def test_what_time_heals_is_unavailable(google: Google, status: int, reason: str) -> None:
    google.fake.fail("/about", status=status, reason=reason, retry_after="17")
    with pytest.raises(DriveUnavailableError, match=f"HTTP {status}") as caught:
        google.api.about()
    assert (caught.value.status, caught.value.retry_after) == (status, 17.0)
    assert len(google.fake.requests("/about")) == 1
    assert google.api.about().name == "Ada"


def test_a_time_to_wait_for_counts_from_the_answers_own_time(google: Google) -> None:
    google.fake.fail("/about", status=503, retry_after="Tue, 01 Jan 2099 00:00:00 GMT")
    with pytest.raises(DriveUnavailableError) as caught:
        google.api.about()
    assert caught.value.retry_after == 24 * 3600
    google.fake.fail("/about", status=503, retry_after="soon")
    with pytest.raises(DriveUnavailableError) as caught:
        google.api.about()
    assert caught.value.retry_after == 0


@pytest.mark.parametrize("kind", ["drop", "page", "hang", "drip"])
def test_a_broken_way_is_unavailable(google: Google, kind: str) -> None:
    google.api.about()
    google.api.close()
    api = DriveApi(google.credentials, api_url=google.fake.url, timeout=0.2)
    for status in (200, 302):
        google.fake.fail("/about", times=None, kind=kind, status=status)
        with pytest.raises(DriveUnavailableError):
            api.about()
        google.fake.calm()
    assert api.about().name == "Ada"
    api.close()


QUESTIONS: dict[str, Callable[[DriveApi], object]] = {
    "/about": DriveApi.about,
    "/changes": lambda api: api.changes("4711"),
    "/files?": DriveApi.files,
    "/files/root": DriveApi.root,
    "/files/abc": lambda api: api.file("abc"),
    "/drives": DriveApi.drives,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_of_another_form_is_unavailable(google: Google, question: str) -> None:
    google.fake.fail(question, kind="nulls")
    with pytest.raises(DriveUnavailableError, match="something else than it should"):
        QUESTIONS[question](google.api)


def test_what_no_database_can_hold_is_left_out_of_a_file() -> None:
    file = read_file({"id": "a", "name": "Aa\ud800", "size": "9" * 30})
    assert (file.name, file.size) == ("Aa?", None)
    assert read_file({"id": "a", "size": str(2**63 - 1)}).size == 2**63 - 1


def test_a_google_that_is_away_is_unavailable_and_comes_back(google: Google) -> None:
    google.fake.down()
    with pytest.raises(DriveUnavailableError, match="cannot be reached"):
        google.api.about()
    google.fake.up()
    assert google.api.about().name == "Ada"


CURABLE = [
    (403, "accessNotConfigured", "enable the Google Drive API"),
    (403, "insufficientPermissions", "tick the box"),
]


@pytest.mark.parametrize(("status", "reason", "cure"), CURABLE)
def test_what_the_operator_heals_says_how(google: Google, status: int, reason: str, cure: str) -> None:
    google.fake.fail("/about", status=status, reason=reason)
    with pytest.raises(DriveUnauthorizedError, match=cure):
        google.api.about()


def test_any_other_refusal_is_rejected(google: Google) -> None:
    google.fake.fail("/files", status=403, reason="insufficientFilePermissions")
    with pytest.raises(DriveRejectedError, match="sufficient permissions for this file") as caught:
        google.api.file("1x")
    assert caught.value.status == 403


def test_a_shared_drive_out_of_reach_is_named(google: Google) -> None:
    media = google.world.shared_drive("Media")
    token = google.api.start_page_token(media)
    google.world.leave(media)
    for ask in (lambda: google.api.changes(token, media), lambda: google.api.start_page_token(media)):
        with pytest.raises(DriveRejectedError, match=f"shared drive {media} is out of reach"):
            ask()


def test_a_page_token_that_google_knows_no_more_has_expired(google: Google) -> None:
    token = google.api.start_page_token()
    google.world.logs[""].forget()
    asked: list[Callable[[], object]] = [
        lambda: google.api.changes(token),
        lambda: google.api.changes("nonsense"),
        lambda: google.api.files("", "nonsense"),
    ]
    for ask in asked:
        with pytest.raises(DriveTokenExpiredError):
            ask()
    for status in (404, 410):
        google.fake.fail("/changes", status=status, reason="notFound")
        with pytest.raises(DriveTokenExpiredError):
            google.api.changes(token)


def test_every_exchange_shows_that_the_thread_lives(google: Google) -> None:
    google.api.about()
    assert google.beats == 4  # around the token, around the answer
    google.fake.sign.access.clear()
    google.api.about()
    assert google.beats == 4 + 6
    google.fake.down()
    with pytest.raises(DriveError):
        google.api.about()
    assert google.beats == 4 + 6 + 2


# ----- what is loaded


LOADED = """
import sys
from pathlib import Path
from autoscan import settings, wiring
from autoscan.cli import main
from autoscan.clock import Clock
from autoscan.web import create_app
environ = {"SERVER_PASS": "0f3a5c7e9b1d2f4a6c8e", "GOOGLE": '{"ENABLED": %s}'}
autoscan = wiring.build(settings.load(environ=environ, cwd=Path.cwd()).settings, Clock())
autoscan.store.prepare()
create_app(autoscan)
jobs = autoscan.jobs()
print(len(jobs), [name for name in sys.modules if name.startswith(("google", "httplib2", "oauthlib"))])
for job in jobs:
    job.close()
autoscan.store.dispose()
"""


@pytest.mark.parametrize("enabled", ["false", "true"])
def test_googles_libraries_are_loaded_only_by_who_asks_google(tmp_path: Path, enabled: str) -> None:
    command = [sys.executable, "-c", LOADED % enabled]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - as the fixture left it
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (done.stdout.partition(" ")[2], done.stderr) == ("[]\n", "")
