"""A-Train tells of drives: their own mappings come first, then those of A-Train, then everybody's."""

from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import SettingsError
from tests import webs
from tests.webs import SECRET, Site

MAPPINGS: dict[str, Any] = {
    "SERVER_PATH_MAPPINGS": {"/mnt/other": ["/Movies"], "/mnt/fallback": ["/"]},
    "SOURCES": {
        "a-train": {"PATH_MAPPINGS": {"/mnt/any/TV": ["/TV"]}, "PRIORITY": 7},
        "a-train/0Adrive": {"PATH_MAPPINGS": {"/mnt/films": ["/"]}, "SCAN_DELAY": 5},
        "a-train/0Aempty": {"PRIORITY": 3},
    },
}


def told(site: Site, drive: str, **body: Any) -> Any:
    return site.client.post(f"/triggers/a-train/{drive}", json=body, headers=webs.basic(SECRET))


@pytest.mark.parametrize(
    ("drive", "folder", "scanned"),
    [
        ("0Adrive", "/Movies/Alien (1979)", "/mnt/films/Movies/Alien (1979)"),
        ("0Adrive", "/TV/Alien", "/mnt/films/TV/Alien"),
        ("0Aempty", "/TV/Alien", "/mnt/any/TV/Alien"),
        ("0Aelse", "/TV/Alien", "/mnt/any/TV/Alien"),
        ("0Aelse", "/Movies/Alien (1979)", "/mnt/other/Alien (1979)"),
        ("0Aelse", "/Music/Alien", "/mnt/fallback/Music/Alien"),
    ],
)
def test_the_mappings_of_the_drive_come_first(tmp_path: Path, drive: str, folder: str, scanned: str) -> None:
    site = webs.build(tmp_path, **MAPPINGS)
    answer = told(site, drive, created=[folder], deleted=[])
    assert (answer.status_code, answer.text) == (200, "OK")
    assert site.folders() == [scanned]
    assert site.events()[0]["source"] == f"a-train/{drive}"


def test_what_a_drive_does_not_say_it_takes_from_a_train(tmp_path: Path) -> None:
    site = webs.build(tmp_path, **MAPPINGS)
    told(site, "0Adrive", created=["/A"], deleted=None)
    told(site, "0Aempty", created=["/B"], deleted=None)
    told(site, "0Aelse", created=["/C"], deleted=None)
    rows = site.rows("SELECT folder, priority, due_at - requested_at AS delay FROM scans ORDER BY id")
    assert [(row["priority"], row["delay"]) for row in rows] == [(7, 5_000), (3, 30_000), (7, 30_000)]


def test_a_folder_in_which_something_was_deleted_is_scanned_and_may_stay(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    told(site, "0Adrive", created=[], deleted=["/TV/Legion"])
    (expected,) = site.rows("SELECT path, kind, change, announced FROM expectations")
    assert expected == {"path": "/TV/Legion", "kind": "folder", "change": "removed", "announced": 0}


def test_an_empty_report_is_kept_and_scans_nothing(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    assert told(site, "0Adrive", created=[], deleted=[]).status_code == 200
    assert site.folders() == []
    assert site.events()[0]["note"] == "nothing came or went"


@pytest.mark.parametrize(
    "body",
    [
        {"created": "/TV/Legion"},
        {"created": 5},
        {"created": None},
        {"deleted": {"path": "/TV"}},
        {"Created": "/TV/Legion", "deleted": None},
        {"created": ["/TV/Legion"], "deleted": "/TV/Fargo"},
        {"created": [], "deleted": False, "more": 1},
    ],
    ids=str,
)
def test_what_is_no_list_is_refused_with_the_form_that_is_expected(tmp_path: Path, body: dict[str, Any]) -> None:
    site = webs.build(tmp_path)
    answer = told(site, "0Adrive", **body)
    assert answer.status_code == 400
    assert 'lists of folders, such as {"created": ["/TV/Show"], "deleted": []}' in answer.get_json()["error"]
    assert site.events() == []


def test_two_nulls_are_empty_lists(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    assert told(site, "0Adrive", created=None, deleted=None).status_code == 200
    assert site.events()[0]["note"] == "nothing came or went"


def test_who_only_names_a_member_alike_is_not_taken_for_a_train(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    body = {"created": "2026-01-01", "id": 5}
    assert site.client.post("/triggers/anything", json=body, headers=webs.basic(SECRET)).status_code == 200
    assert "no caller that is known" in site.events()[0]["note"]


def test_a_drive_is_not_told_of_without_the_secret(tmp_path: Path) -> None:
    site = webs.build(tmp_path)
    answer = site.client.post("/triggers/a-train/0A", json={"created": ["/TV"]})
    assert answer.status_code == 401
    assert site.client.post("/triggers/a-train/0A", data="{", headers=webs.basic(SECRET)).status_code == 400
    assert site.events() == []


def test_other_names_with_a_slash_are_no_sources(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a source's name stands in its URL"):
        webs.build(tmp_path, SOURCES={"sonarr/0A": {"PRIORITY": 1}})
