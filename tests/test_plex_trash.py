"""The trash of a section is emptied only if nothing at all speaks against it."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autoscan.targets.plex.trash import Emptied, TrashRules, empty_trash
from tests.servers import Library
from tests.targets import Pair, media, pair, removed

GONE = "/data/tv/Show/Season 01/Show - S01E02.mkv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media(tmp_path / "media")


@pytest.fixture
def it(folder: Path) -> Iterator[Pair]:
    with pair("plex", {"/data": folder}) as made:
        yield made.filled()


def delete(it: Pair, folder: Path) -> None:
    """Delete an episode, and let Plex miss it."""
    (folder / GONE.removeprefix("/data/")).unlink()
    it.scan("/data/tv/Show/Season 01", removed(GONE))
    it.fake.advance(600)
    assert it.fake.trash() == [GONE]


def empty(it: Pair, title: str = "TV", *, last: Any = None, upgrade: bool = False, **rules: Any) -> Emptied:
    library = next(library for library in it.target.libraries() if library.title == title)
    given: dict[str, Any] = {"max_files": 100, "zero_deleted": False, "missing_control_files": lambda: ()}
    made = TrashRules(**given | rules)
    return empty_trash(it.target, library, made, upgrade=upgrade, now=it.clock.now(), last=last)


def held(it: Pair, why: str, title: str = "TV", **how: Any) -> None:
    outcome = empty(it, title, **how)
    assert not outcome.done
    assert outcome.text.startswith(f"trash of {title} not emptied: ")
    assert why in outcome.text
    assert it.asked("emptyTrash") == []


def test_the_trash_is_emptied_of_what_was_seen_to_be_gone(it: Pair, folder: Path) -> None:
    delete(it, folder)
    before = len(it.asked(""))
    assert empty(it) == Emptied(done=True, text="trash of TV emptied of 1 item")
    assert it.fake.trash() == []
    (put,) = it.asked("emptyTrash")
    assert (put.method, put.path) == ("PUT", "/library/sections/1/emptyTrash")
    # Twice: states, folders, one look at the root, the count, what it is, its folder; then the PUT, the folders again.
    assert len(it.asked("")) - before == 15


def test_what_is_on_the_disk_again_holds_it(it: Pair, folder: Path) -> None:
    delete(it, folder)
    (folder / GONE.removeprefix("/data/")).write_bytes(b"back")
    held(it, f"{GONE} is in it, but on the disk again")


@pytest.mark.parametrize("how", [{"upgrade": True}, {"zero_deleted": True}])
def test_an_empty_trash_is_emptied_only_after_an_upgrade_or_if_it_is_wished(it: Pair, how: dict[str, Any]) -> None:
    held(it, "nothing is in it")
    assert empty(it, **how).text == "trash of TV emptied of 0 items"


def test_it_is_emptied_at_most_once_in_ten_minutes(it: Pair, folder: Path) -> None:
    delete(it, folder)
    held(it, "less than ten minutes ago", last=it.clock.now() - timedelta(seconds=599))
    assert empty(it, last=it.clock.now() - timedelta(seconds=600)).done


def test_the_limit_holds_and_0_forbids_it(it: Pair, folder: Path) -> None:
    delete(it, folder)
    held(it, "PLEX_EMPTY_TRASH_MAX_FILES is 0", max_files=0)
    shutil.rmtree(folder / "tv/Show/Season 01")
    it.scan("/data/tv/Show", removed(GONE))
    it.fake.advance(600)
    held(it, "2 items are in it, more than PLEX_EMPTY_TRASH_MAX_FILES (1)", max_files=1)
    assert empty(it, max_files=2).done


def test_every_control_file_must_be_there_both_times(it: Pair, folder: Path) -> None:
    delete(it, folder)
    held(it, "/mnt/mounted.bin is not there", missing_control_files=lambda: ["/mnt/mounted.bin", "/x"])
    looks = iter([(), ("/mnt/b",)])
    held(it, "/mnt/b is not there (PLEX_EMPTY_TRASH_CONTROL_FILES)", missing_control_files=lambda: next(looks))


def test_a_library_that_is_being_scanned_is_left(it: Pair, folder: Path) -> None:
    delete(it, folder)
    it.fake.set(scan_delay_s=60.0)
    it.scan("/data/tv/Show")
    it.fake.tick()
    held(it, "Plex is scanning the library")


def test_a_mount_that_is_away_is_left(it: Pair, folder: Path) -> None:
    delete(it, folder)
    it.fake.set(mount_dropped=True)
    held(it, "Plex sees nothing in /data/tv: is it mounted?")


def test_a_mount_that_goes_away_between_the_looks_is_left(it: Pair, folder: Path) -> None:
    delete(it, folder)
    times = iter([0, 1])

    def drop() -> tuple[str, ...]:
        if next(times):
            it.fake.set(mount_dropped=True)
        return ()

    held(it, "Plex sees nothing in /data/tv", missing_control_files=drop)


def test_every_folder_of_the_library_must_hold_something(it: Pair, folder: Path) -> None:
    (folder / "movies-4k/Alien (1979)/Alien (1979).mkv").unlink()
    shutil.rmtree(folder / "movies-4k/Alien (1979)")
    held(it, "Plex sees nothing in /data/movies-4k", "Movies", upgrade=True)


def test_a_token_that_may_not_look_empties_nothing(it: Pair, folder: Path) -> None:
    delete(it, folder)
    it.fake.fail_next("/services/browse", status=403)
    held(it, "it must be the owner's")


def test_a_trash_that_grows_is_left(it: Pair, folder: Path) -> None:
    delete(it, folder)
    it.fake.fail_next("/sections/1/all", status=200, body=b'<MediaContainer size="0" totalSize="0"/>')
    held(it, "it grows: 0 items a moment ago, 1 now", upgrade=True)


def test_what_plex_does_not_tell_holds_it(it: Pair, folder: Path) -> None:
    delete(it, folder)
    it.fake.fail_next("/sections/1/all", status=200, body=b'<MediaContainer size="0"/>')
    held(it, "Plex does not tell how much is in it")
    it.fake.fail_next("/sections/1/all", status=503)
    held(it, "Plex answers HTTP 503")
    it.target.libraries()
    none = b'<MediaContainer size="0"/>'
    it.fake.fail_next("/library/sections", status=200, body=none)
    held(it, "Plex has no such library any more")


def test_a_library_without_folders_is_left(it: Pair) -> None:
    library = next(iter(it.target.libraries()))
    bare = b'<MediaContainer size="1"><Directory key="1" refreshing="0" title="TV" type="show"/></MediaContainer>'
    it.fake.fail_next("/library/sections", times=2, status=200, body=bare)
    rules = TrashRules(max_files=1, zero_deleted=True, missing_control_files=tuple)
    outcome = empty_trash(it.target, library, rules, upgrade=True, now=it.clock.now(), last=None)
    assert outcome.text == "trash of TV not emptied: the library has no folders"


def test_a_library_of_an_unknown_type_is_left(it: Pair) -> None:
    library = next(iter(it.target.libraries()))
    other = Library(title="TV", type="mixed", roots=library.roots, id=library.id)
    rules = TrashRules(max_files=1, zero_deleted=True, missing_control_files=tuple)
    outcome = empty_trash(it.target, other, rules, upgrade=True, now=it.clock.now(), last=None)  # type: ignore[arg-type]  # any library
    assert outcome.text.endswith("cannot be asked of a library of type mixed")


@pytest.mark.parametrize("trouble", ["mount", "server"])
def test_a_mount_that_goes_just_then_is_told(it: Pair, folder: Path, trouble: str) -> None:
    delete(it, folder)
    name = "PUT /library/sections/{id:int}/emptyTrash"
    answer = it.fake.handlers[name]

    def and_then(*request: Any) -> Any:
        response = answer(*request)
        if trouble == "mount":
            it.fake.set(mount_dropped=True)
        else:
            it.fake.fail_next("/services/browse", status=503)
        return response

    it.fake.handlers = {**it.fake.handlers, name: and_then}
    outcome = empty(it)
    assert outcome.done
    told = "Plex sees nothing in /data/tv: is it mounted?" if trouble == "mount" else "Plex answers HTTP 503"
    assert outcome.text.startswith(f"trash of TV emptied of 1 item; right after that: {told}")
