"""`scan.py doctor`: what it finds right and wrong with servers and mappings, and what it says to do about it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoscan.cli.doctor import servers
from autoscan.cli.doctor.findings import Level
from autoscan.targets.values import Check
from tests.desks import Desk, server_entry
from tests.practices import Capture, Practice, made
from tests.programs import free_port
from tests.servers import Library, make_media, season
from tests.targets import FAKES


@pytest.fixture
def practice(tmp_path: Path, capsys: Capture) -> Iterator[Practice]:
    with ExitStack() as opened:
        yield made(Desk(tmp_path, capsys), opened)


# ----- servers


@pytest.mark.parametrize("kind", FAKES)
def test_where_all_is_well_everything_is_ok_and_the_code_is_0(practice: Practice, kind: str) -> None:
    practice.configure(practice.serve(kind))
    code, findings = practice.all()
    assert code == 0
    assert {finding["level"] for finding in findings} == {"ok"}
    told = {finding["name"]: finding["text"] for finding in findings}
    assert told["reachable"].startswith(f"{kind} ")
    assert told["libraries"] == "1: Shows (/data/tv)"
    assert told["clock"] == "goes like this machine's"
    assert {"token", "rights of the token", "media", "data folder", "free space", "configuration"} <= set(told)
    assert not list(practice.desk.folder.glob("autoscan.db*")), "nothing is changed"


def test_the_table_is_aligned_and_says_it_in_words(practice: Practice) -> None:
    practice.configure(practice.serve("plex"), SERVER_PATH_MAPPINGS={"/nowhere/tv": ["/tv"]})
    code, out, err = practice.desk.run("doctor")
    assert (code, err) == (1, "")
    head, columns, *rows = out.splitlines()
    assert head.startswith("Something failed: ")
    assert head.endswith(" ok, 0 warn, 1 fail")
    at = columns.index("Finding")
    assert columns.split() == ["Result", "About", "Check", "Finding"]
    (number,) = (number for number, row in enumerate(rows) if row.startswith("fail"))
    assert rows[number][at:] == "leads to no library"
    assert rows[number + 1][at:].startswith("-> plex would see /nowhere/tv; its nearest library folder is /data/tv")
    assert all(row[:6].split()[0] in {"ok", "warn", "fail"} for row in rows if row[:6].strip())


def test_a_server_that_does_not_answer_fails_and_the_others_are_examined(practice: Practice) -> None:
    gone = {"NAME": "gone", "TYPE": "plex", "URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "some-token"}
    emby = practice.serve("emby")
    practice.configure(MEDIA_SERVERS=[gone, server_entry("emby", emby)])
    code, findings = practice.all()
    assert code == 1
    (failed,) = (finding for finding in findings if finding["level"] == "fail")
    assert (failed["about"], failed["name"]) == ("gone", "reachable")
    assert failed["advice"]
    assert any(finding["about"] == "my emby" and finding["name"] == "libraries" for finding in findings)


@pytest.mark.parametrize("kind", FAKES)
def test_a_token_that_is_refused_fails_with_what_to_write_instead(practice: Practice, kind: str) -> None:
    code, finding = practice.only(practice.serve(kind, bad_token=True))
    assert (code, finding["level"], finding["name"]) == (1, "fail", "token")
    assert "token" in finding["advice"]


@pytest.mark.parametrize("kind", FAKES)
def test_a_token_that_is_no_administrators_fails(practice: Practice, kind: str) -> None:
    code, findings = practice.examine(practice.serve(kind, non_admin=True))
    assert code == 1
    assert all("token" in finding["name"] and finding["advice"] for finding in findings)


def test_a_server_that_refuses_fails_with_its_words(practice: Practice) -> None:
    plex = practice.serve("plex", redirect="http://192.0.2.1/")
    code, finding = practice.only(plex)
    assert (code, finding["name"]) == (1, "requests")
    assert "redirects to" in finding["text"]


@pytest.mark.parametrize(("seconds", "words"), [(300, "ahead of"), (-300, "behind")])
def test_a_clock_that_differs_is_a_warning(practice: Practice, seconds: int, words: str) -> None:
    code, finding = practice.only(practice.serve("plex", clock_skew_s=seconds))
    assert (code, finding["level"], finding["name"]) == (0, "warn", "clock")
    assert words in finding["text"]
    assert abs(int(finding["text"].split()[0]) - 300) <= 2
    assert "NTP" in finding["advice"]


def test_a_server_that_does_not_tell_its_time_is_in_order() -> None:
    assert servers._clock("plex", None).level is Level.OK


@pytest.mark.parametrize("kind", FAKES)
def test_a_server_that_does_not_see_its_folders_fails(practice: Practice, kind: str) -> None:
    code, findings = practice.examine(practice.serve(kind, mount_dropped=True))
    assert code == 1
    assert any(finding["name"] == "Shows: /data/tv" for finding in findings)


def test_a_server_without_libraries_fails(practice: Practice) -> None:
    with FAKES["plex"]({"/data": practice.media}, []) as plex:
        code, finding = practice.only(plex)
    assert (code, finding["name"], finding["text"]) == (1, "libraries", "there are none")


@pytest.mark.parametrize(
    ("ok", "advice", "level"),
    [(True, "", Level.OK), (False, "x", Level.FAIL), (None, "", Level.OK), (None, "x", Level.WARN)],
)
def test_what_a_server_cannot_tell_is_a_warning_only_with_something_to_do(
    ok: bool | None, advice: str, level: Level
) -> None:
    assert servers._checked("plex", Check(name="n", ok=ok, text="t", advice=advice)).level is level


def test_no_server_at_all_fails(practice: Practice) -> None:
    code, finding = practice.only()
    assert (code, finding["text"]) == (1, "no media server is configured")


# ----- mappings


def test_every_mapping_is_followed_to_libraries_and_folders(practice: Practice) -> None:
    plex, jellyfin = practice.serve("plex"), practice.serve("jellyfin")
    practice.configure(
        MEDIA_SERVERS=[
            server_entry("plex", plex) | {"PATH_MAPPINGS": {"/data": ["/mnt/media"]}},
            server_entry("jellyfin", jellyfin),
        ],
        SERVER_PATH_MAPPINGS={"/mnt/media/tv": ["/tv"], "/data": ["/downloads", "/old"]},
        SOURCES={"sonarr": {"PATH_MAPPINGS": {"/data/tv/Show": ["/shows"]}}},
        SERVER_FILE_EXIST_PATH_MAPPINGS={str(practice.media): ["/data", "/mnt/media"]},
    )
    code, findings = practice.all()
    assert code == 0
    told = {(finding["about"], finding["name"]): finding["text"] for finding in findings}
    assert told["SERVER_PATH_MAPPINGS", "/tv -> /mnt/media/tv"] == "leads to my plex / Shows"
    assert told["SERVER_PATH_MAPPINGS", "/downloads, /old -> /data"] == "leads to my plex / Shows, my jellyfin / Shows"
    assert told["SOURCES.sonarr.PATH_MAPPINGS", "/shows -> /data/tv/Show"].startswith("leads to my plex / Shows")
    assert told["my plex: PATH_MAPPINGS", "/mnt/media -> /data"] == "leads to my plex / Shows"
    file_exist = f"/data, /mnt/media -> {practice.media}"
    assert told["SERVER_FILE_EXIST_PATH_MAPPINGS", file_exist] == f"leads to the folder {practice.media}"
    media = f"{practice.media}/tv is there (my plex has it as /data/tv, my jellyfin has it as /data/tv)"
    assert told["this machine", "media"] == media


def test_many_libraries_are_not_all_named(practice: Practice) -> None:
    libraries = [Library(title=f"L{number}", type="tv", roots=(f"/data/{number}",)) for number in range(6)]
    for number in range(6):
        make_media(practice.media / str(number), season("Show", 1, [1]))
    practice.configure(practice.serve("plex", *libraries), SERVER_PATH_MAPPINGS={"/data": ["/x"]})
    _, findings = practice.all()
    told = {finding["name"]: finding["text"] for finding in findings}
    assert told["/x -> /data"] == "leads to plex / L0, plex / L1, plex / L2, plex / L3 and 2 more"


def test_a_servers_own_mapping_that_leads_to_none_of_its_libraries_fails(practice: Practice) -> None:
    plex = practice.serve("plex")
    entry = server_entry("plex", plex) | {"PATH_MAPPINGS": {"/elsewhere/tv": ["/mnt/tv"]}}
    code, finding = practice.only(MEDIA_SERVERS=[entry])
    assert (code, finding["about"], finding["name"]) == (1, "my plex: PATH_MAPPINGS", "/mnt/tv -> /elsewhere/tv")
    assert "nearest library folder is /data/tv" in finding["advice"]


def test_a_mapping_to_nowhere_without_any_library_says_to_add_one(practice: Practice) -> None:
    with FAKES["plex"]({"/data": practice.media}, []) as plex:
        _, findings = practice.examine(plex, SERVER_PATH_MAPPINGS={"/data": ["/x"]})
    assert "Add a library with this folder to a server." in {finding["advice"] for finding in findings}


def test_where_no_server_answers_it_is_not_known_where_mappings_lead(practice: Practice) -> None:
    plex = practice.serve("plex")
    plex.set(down=True)
    code, findings = practice.examine(plex, SERVER_PATH_MAPPINGS={"/data": ["/x"]})
    assert code == 1
    assert [(each["level"], each["text"]) for each in findings if each["about"] == "SERVER_PATH_MAPPINGS"] == [
        ("warn", "not known: no server told its libraries")
    ]


def test_a_mapping_to_a_folder_that_is_not_there_fails(practice: Practice) -> None:
    (practice.desk.folder / "empty").mkdir()
    tables = {str(practice.media): ["/data"], str(practice.desk.folder / "empty"): ["/e"], "/no/such": ["/n"]}
    code, findings = practice.examine(practice.serve("plex"), SERVER_FILE_EXIST_PATH_MAPPINGS=tables)
    assert code == 1
    assert [finding["text"] for finding in findings] == [
        f"leads to {practice.desk.folder}/empty, which is empty",
        "leads to /no/such, which is not there",
    ]
