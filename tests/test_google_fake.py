"""The simulated Google itself: as strict as the real one, with its gaps."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.programs import ROOT
from tests.servers.google import FakeGoogle
from tests.servers.google.masks import MaskError, select

FILES = "id,name,parents,trashed"


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as fake:
        yield fake


def ask(google: FakeGoogle, path: str, *, token: str | None = None, **query: str) -> tuple[int, dict[str, Any]]:
    """Ask as any program could, and return status and JSON."""
    parts = urlsplit(google.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    bearer = token if token is not None else google.sign.access_token()
    try:
        headers = {"Authorization": f"Bearer {bearer}", "Connection": "close"}
        connection.request("GET", f"/drive/v3/{path}?{urlencode(query)}", headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "{}")
    finally:
        connection.close()


def reason(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    status, body = answer
    return status, body["error"]["errors"][0]["reason"]


# ----- who may ask


def test_nobody_asks_without_a_token_that_holds(google: FakeGoogle) -> None:
    for token in ("", "made-up", google.sign.access_token(seconds=-1)):
        assert reason(ask(google, "drives", token=token)) == (401, "authError")
    mail = google.sign.access_token("https://mail.google.com/")
    assert reason(ask(google, "drives", token=mail)) == (403, "insufficientPermissions")


# ----- what may be asked


def test_a_question_that_google_does_not_know_fails_the_test() -> None:
    questions: list[tuple[str, dict[str, str]]] = [
        ("teamdrives", {}),
        ("files", {"teamDrive": "x"}),
        ("changes", {"pageSize": "1"}),
    ]
    for path, query in questions:
        google = FakeGoogle()
        ask(google, path, **query)
        with pytest.raises(AssertionError, match="Google"):
            google.close()


def test_wrong_values_are_refused(google: FakeGoogle) -> None:
    token = str(google.world.logs[""].next_number)
    media = google.world.shared_drive("Media")
    asked = [
        ("about", {}, "required"),
        ("files", {"fields": "files(id,nome)"}, "invalidParameter"),
        ("files", {"fields": "files(id"}, "invalidParameter"),
        ("files", {"q": "name contains 'x'"}, "invalid"),
        ("files", {"pageToken": "x"}, "invalid"),
        ("files", {"pageSize": "0"}, "invalidParameter"),
        ("files", {"corpora": "drive"}, "invalid"),
        ("changes", {"pageToken": "x"}, "invalid"),
        ("changes", {"pageToken": token, "driveId": media, "supportsAllDrives": "true"}, "teamDrivesParameters"),
    ]
    for path, query, why in asked:
        assert reason(ask(google, path, **query)) == (400, why)
    assert reason(ask(google, "changes/startPageToken", driveId=media)) == (403, "teamDrivesParametersRequired")
    assert reason(ask(google, f"files/{media}")) == (404, "notFound")


def test_a_mask_selects_and_knows_every_field() -> None:
    value = {"files": [{"id": "1", "name": "n", "size": "7"}], "kind": "k"}
    assert select("files(id,size)", "FileList", value) == {"files": [{"id": "1", "size": "7"}]}
    assert select("files/id,kind", "FileList", value) == {"files": [{"id": "1"}], "kind": "k"}
    assert select("nextPageToken", "FileList", value) == {}
    assert select("*", "FileList", value) == value
    for wrong in ("", "files(", "files)", "file", "files(parent)"):
        with pytest.raises(MaskError):
            select(wrong, "FileList", value)


# ----- what is told


def test_where_the_documents_leave_it_open_both_can_be_had(google: FakeGoogle) -> None:
    world = google.world
    episode = world.path("My Drive/TV/Show/S01E01.mkv")
    show = world.node(episode).parents[0]
    for tells, told in ((False, [show]), (True, [show, episode])):
        world.tells_below = tells
        for do in (world.trash, world.untrash):
            token = str(world.logs[""].next_number)
            do(show)
            _, body = ask(google, "changes", pageToken=token, fields="*")
            assert [each["fileId"] for each in body["changes"]] == told
            assert {each["file"]["trashed"] for each in body["changes"]} == {do == world.trash}


def test_a_folder_tells_what_it_holds(google: FakeGoogle) -> None:
    show = google.world.folder("It's a \\ show")
    episode, gone = google.world.file("S01E01.mkv", show), google.world.file("S01E02.mkv", show)
    google.world.trash(gone)
    _, body = ask(google, "files", q=f"'{show}' in parents and trashed = false")
    assert [each["id"] for each in body["files"]] == [episode]
    assert ask(google, "files", q="'nobody' in parents")[0] == 404


def test_what_is_removed_has_no_file(google: FakeGoogle) -> None:
    token = str(google.world.logs[""].next_number)
    google.world.delete(google.world.file("Gone.mkv"))
    _, body = ask(google, "changes", pageToken=token, fields="changes")
    assert [(each["removed"], "file" in each) for each in body["changes"]] == [(True, False)]
    assert ask(google, "changes", pageToken=token, includeRemoved="false")[1]["changes"] == []


def test_a_file_may_lie_in_several_folders_and_is_trashed_with_the_last(google: FakeGoogle) -> None:
    world = google.world
    one, two = world.folder("One"), world.folder("Two")
    film = world.file("Film.mkv", one)
    world.add_parent(film, two)
    assert ask(google, f"files/{film}", fields=FILES)[1]["parents"] == [one, two]
    world.trash(one)
    assert ask(google, f"files/{film}", fields=FILES)[1]["trashed"] is False
    world.trash(two)
    assert ask(google, f"files/{film}", fields=FILES)[1]["trashed"] is True


# ----- a million files


def test_a_million_files_cost_nothing_until_they_are_asked_for(google: FakeGoogle) -> None:
    began = time.process_time()
    google.world.bulk(1_000_000)
    world = google.world
    film = world.node("1bulk0f999999")
    assert (film.name, world.node(film.parents[0]).name) == ("File 0999999.mkv", "Folder 000999")
    world.rename(film.id, "Newer.mkv")
    world.delete("1bulk0f999998")
    last = [node for _, node in world.nodes.slice(1_000_995)]
    assert [node.name for node in last] == [
        "File 0999995.mkv",
        "File 0999996.mkv",
        "File 0999997.mkv",
        "My Drive",
        "Newer.mkv",
    ]
    assert len(list(world.nodes.children("1bulk0d999"))) == 999
    assert world.nodes.get("1bulk0f1000000") is world.nodes.get("1bulk0x1") is world.nodes.get("1bulk") is None
    assert time.process_time() - began < 5


def test_it_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "tests.servers.google", "--files", "10", "--drive", "Media"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["GOOGLE"]["API_URL"].startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
