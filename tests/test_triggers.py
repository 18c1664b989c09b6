"""Every body in `payloads/` asks for exactly the expected paths; a new pair of files is found by itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscan.model import Change, Event, Kind
from autoscan.paths import scan_folder
from autoscan.triggers import parse

PAYLOADS = Path(__file__).parent / "payloads"
BODIES = sorted(file for file in PAYLOADS.glob("*/*.json") if not file.name.endswith(".expect.json"))
#: What the senders say of themselves; the folder's name where it is not this.
AGENTS = {
    "a-train": "Go-http-client/1.1",
    "bazarr": "Apprise/1.9",
    "manual": "curl/8.5",
    "overseerr": "axios/1.3",
    "unknown": "",
}


def told(event: Event, expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the requests in the form of the expectations, with those members that each of them names."""
    wanted = [*expected, *({} for _ in event.requests[len(expected) :])]
    pairs = zip(event.requests, wanted, strict=True)
    return [{each: getattr(request, each) for each in {"path", "kind", "change", *want}} for request, want in pairs]


@pytest.mark.parametrize("file", BODIES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_body_asks_for_the_expected_paths_and_folders(file: Path) -> None:
    expected = json.loads(file.with_suffix(".expect.json").read_text(encoding="utf-8"))
    agent = AGENTS.get(file.parent.name, f"{file.parent.name.capitalize()}/4.0.9.1 (alpine 3.22.1)")
    event = parse(json.loads(file.read_text(encoding="utf-8")), user_agent=agent)

    assert (event.app, event.type) == (expected["app"], expected["event"])
    assert told(event, expected["paths"]) == expected["paths"]
    folders = [scan_folder(request.path, request.kind) for request in event.requests]
    assert list(dict.fromkeys(folders)) == expected["folders"]
    assert event.known is expected.get("known", True)
    assert bool(event.note) is expected["none"] is not event.requests


def test_there_are_bodies_of_every_caller() -> None:
    assert len(BODIES) > 100
    assert {file.parent.name for file in BODIES} >= {
        "a-train", "bazarr", "lidarr", "manual", "overseerr", "radarr", "readarr", "sonarr", "sportarr", "whisparr",
    }  # fmt: skip


@pytest.mark.parametrize("file", BODIES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_body_filled_with_nulls_and_unknown_members_means_the_same(file: Path) -> None:
    body = json.loads(file.read_text(encoding="utf-8"))
    absent = ("episodeFiles", "deletedFiles", "deleteReason", "renamedEpisodeFiles", "trackFile", "remoteMovie")
    more = {**dict.fromkeys(absent), **body, "somethingNew": {"path": "/elsewhere/x.mkv"}, "list": [1, None]}
    assert parse(more) == parse(body)


@pytest.mark.parametrize("file", BODIES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_body_in_pascal_case_means_the_same(file: Path) -> None:
    body = json.loads(file.read_text(encoding="utf-8"))
    assert parse(pascal(body)) == parse(body)


def pascal(value: Any) -> Any:
    """Return `value` with the keys that the oldest applications' serialiser wrote."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(each) for key, each in value.items()}
    return [pascal(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", BODIES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_the_case_of_the_event_type_means_nothing(file: Path) -> None:
    body = json.loads(file.read_text(encoding="utf-8"))
    if "eventType" in body:
        lower = parse({**body, "eventType": body["eventType"].lower()})
        assert lower.requests == parse(body).requests
        assert lower.known is parse(body).known


def test_no_path_of_the_download_folder_or_the_recycle_bin_is_ever_asked_for() -> None:
    for file in BODIES:
        for request in parse(json.loads(file.read_text(encoding="utf-8"))).requests:
            words = request.path.lower()
            assert not any(each in words for each in ("torrent", "download", "recycle", "testpath", "usenet"))


def test_the_delete_of_an_upgrade_waits_for_the_new_file() -> None:
    body = json.loads((PAYLOADS / "sonarr/episode_file_delete_upgrade.json").read_text(encoding="utf-8"))
    (request,) = parse(body).requests
    assert (request.kind, request.change, request.min_delay) == (Kind.FILE, Change.REMOVED, 60)
    assert request.patience == 600
    assert not request.announced
    (request,) = parse({**body, "deleteReason": "manual"}).requests
    assert (request.min_delay, request.patience) == (0, 0)
