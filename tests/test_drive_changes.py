"""What follows from a change in Drive: from what the cache knew and what Drive tells now to what happened where."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.drive.allowed import Allowed
from autoscan.drive.api_values import FOLDER, SHORTCUT, RawFile
from autoscan.drive.changes import Doubt, doubt, entry, follow
from autoscan.drive.paths import shown
from autoscan.model import Change, DriveEntry, Kind
from tests.clocks import START

FILE = DriveEntry(id="f", drive="", name="e.mkv", parents=("p",), mime="video/x-matroska", md5="a", size=5)
DIR = DriveEntry(id="d", drive="", name="Show", parents=("p",), mime=FOLDER)
DOCUMENT = replace(FILE, mime="application/vnd.google-apps.document", md5="", size=None)


def told(old: DriveEntry | None, new: DriveEntry | None, unsure: Doubt | None = None) -> list[tuple[str, str, str]]:
    deeds = follow(old, new, unsure or Doubt())
    return [(deed.what, deed.change, f"{deed.parent}/{deed.name}") for deed in deeds]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, FILE, [("added", "added", "p/e.mkv")]),
        (FILE, FILE, []),
        (FILE, replace(FILE, md5="b"), [("changed", "added", "p/e.mkv")]),
        (FILE, replace(FILE, size=6), [("changed", "added", "p/e.mkv")]),
        (replace(FILE, size=None), FILE, []),
        (FILE, replace(FILE, name="x.mkv"), [("renamed", "removed", "p/e.mkv"), ("renamed", "renamed", "p/x.mkv")]),
        (FILE, replace(FILE, parents=("q",)), [("moved", "removed", "p/e.mkv"), ("moved", "renamed", "q/e.mkv")]),
        (FILE, replace(FILE, parents=("p", "q")), [("moved", "renamed", "q/e.mkv")]),
        (replace(FILE, parents=("p", "q")), FILE, [("moved", "removed", "q/e.mkv")]),
        (FILE, replace(FILE, trashed=True), [("trashed", "removed", "p/e.mkv")]),
        (None, replace(FILE, trashed=True), [("trashed", "removed", "p/e.mkv")]),
        (replace(FILE, trashed=True), replace(FILE, trashed=True), []),
        (replace(FILE, trashed=True), FILE, [("restored", "added", "p/e.mkv")]),
        (replace(FILE, trashed=True), None, []),
        (FILE, None, [("deleted", "removed", "p/e.mkv")]),
        (None, None, []),
        (None, DOCUMENT, []),
        (DOCUMENT, None, []),
        (DIR, replace(DIR, name="Film"), [("renamed", "removed", "p/Show"), ("renamed", "renamed", "p/Film")]),
        (DIR, DIR, []),
        (None, DIR, [("added", "added", "p/Show")]),
    ],
)
def test_what_follows(old: DriveEntry | None, new: DriveEntry | None, expected: list[tuple[str, str, str]]) -> None:
    assert told(old, new) == expected


def test_a_file_in_several_folders_is_gone_from_all_of_them() -> None:
    both = replace(FILE, parents=("p", "q"))
    assert told(both, None) == [("deleted", "removed", "p/e.mkv"), ("deleted", "removed", "q/e.mkv")]
    assert [deed.size for deed in follow(both, replace(both, md5="b", size=9))] == [9, 9]


def test_a_folder_that_was_just_made_says_nothing() -> None:
    assert told(None, DIR, Doubt(young=True)) == []
    assert told(DIR, replace(DIR, name="x"), Doubt(young=True)) != []


def test_what_a_listing_may_have_shown_already_counts_as_changed() -> None:
    assert told(FILE, FILE, Doubt(listed=True)) == [("changed", "added", "p/e.mkv")]
    gone = replace(FILE, trashed=True)
    assert told(gone, gone, Doubt(listed=True)) == [("trashed", "removed", "p/e.mkv")]
    assert told(DIR, DIR, Doubt(listed=True, young=True)) == []


def test_only_changes_from_before_the_listing_are_in_doubt() -> None:
    listed = replace(FILE, listed_at=START)
    file = RawFile(id="f", name="e.mkv", created=START - timedelta(days=1))
    assert doubt(listed, file, START - timedelta(hours=1)).listed
    assert doubt(listed, file, None).listed
    assert not doubt(listed, file, START + timedelta(hours=1)).listed
    assert not doubt(FILE, file, START).listed
    assert doubt(None, replace(file, created=START), START + timedelta(minutes=1)).young
    assert not doubt(None, file, START).young


def test_a_shortcut_is_what_it_points_to() -> None:
    raw = RawFile(id="s", name="s", parents=("p",), mime_type=SHORTCUT, shortcut_type=FOLDER)
    assert [deed.kind for deed in follow(None, entry(raw))] == [Kind.FOLDER]
    assert [deed.kind for deed in follow(None, entry(replace(raw, shortcut_type="")))] == [Kind.UNKNOWN]
    assert [deed.kind for deed in follow(None, entry(replace(raw, shortcut_type="video/mp4")))] == [Kind.FILE]


ENTRIES = st.none() | st.builds(
    DriveEntry,
    id=st.just("f"),
    drive=st.just(""),
    name=st.sampled_from(["a", "b"]),
    parents=st.lists(st.sampled_from("pqr"), unique=True, max_size=3).map(lambda all_: tuple(sorted(all_))),
    mime=st.sampled_from([FOLDER, "video/mp4"]),
    md5=st.sampled_from(["1", "2"]),
    size=st.sampled_from([1, 2]),
    trashed=st.booleans(),
)


def places(of: DriveEntry | None) -> set[tuple[str, str]]:
    return {(parent, of.name) for parent in of.parents} if of is not None and not of.trashed else set()


@given(ENTRIES, ENTRIES)
def test_every_place_that_came_or_went_is_told_of_once(old: DriveEntry | None, new: DriveEntry | None) -> None:
    deeds = follow(old, new)
    here = {(deed.parent, deed.name) for deed in deeds if deed.change.wants_presence}
    gone = {(deed.parent, deed.name) for deed in deeds if deed.change is Change.REMOVED}
    assert len(deeds) == len(here) + len(gone)
    assert places(new) - places(old) <= here <= places(new)
    assert places(old) - places(new) <= gone
    assert not gone & places(new)


# ----- names and what is allowed


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("AC/DC", "AC\uff0fDC"),
        ("..", "\uff0e\uff0e"),
        ("a..b", "a..b"),
        ("\uff0f", "\u201b\uff0f"),
        ("a\tb", "a\u2409b"),
        ("\x7f", "\u2421"),
    ],
)
def test_names_are_spelt_as_rclone_shows_them(name: str, path: str) -> None:
    assert shown(name) == path


def test_nothing_allowed_allows_nothing() -> None:
    assert not Allowed(paths=()).file("My Drive/a.mkv", "video/mp4")
    assert Allowed(paths=()).folders("My Drive") == ()


def test_paths_count_by_whole_names_whatever_their_case() -> None:
    allowed = Allowed(paths=("my drive/tv",))
    assert allowed.file("My Drive/TV/a.mkv", "")
    assert not allowed.file("My Drive/TVs/a.mkv", "")


def test_extensions_count_with_and_without_their_dot() -> None:
    allowed = Allowed(paths=("My Drive",), extensions=("TS", ".mkv"))
    assert allowed.file("My Drive/a.ts", "")
    assert allowed.file("My Drive/a.MKV", "")
    assert not allowed.file("My Drive/a.ats", "")
    assert not allowed.file("My Drive/ts", "")


def test_types_count_by_their_parts_but_microdvd_subtitles_are_no_video() -> None:
    allowed = Allowed(paths=("My Drive",), types=("video",))
    assert allowed.file("My Drive/a", "video/x-matroska")
    assert not allowed.file("My Drive/a.sub", "video/x-microdvd")
    assert not allowed.file("My Drive/a.srt", "application/x-subrip")
    assert allowed.file("My Drive/a.bin", "application/octet-stream", typed=False)
    # An old cache did not keep the type.
    assert allowed.file("My Drive/a.mkv", "")
    assert not allowed.file("My Drive/a.jpg", "")


def test_a_folder_above_what_counts_stands_for_what_counts() -> None:
    allowed = Allowed(paths=("My Drive/Media/TV", "My Drive/media/Films/4K"), mapped=("My Drive/Media",))
    assert allowed.folders("My Drive/Media/TV/Show") == ("My Drive/Media/TV/Show",)
    assert allowed.folders("My Drive/Media") == ("My Drive/Media/TV", "My Drive/Media/Films/4K")
    assert allowed.folders("My Drive/Other") == ()


def test_a_folder_above_what_is_mapped_stands_for_what_is_mapped() -> None:
    allowed = Allowed(paths=("My Drive",), mapped=("My Drive/Media/TV", "My Drive/Media/Films"))
    assert allowed.folders("My Drive/Media") == ("My Drive/Media/TV", "My Drive/Media/Films")
    assert allowed.folders("My Drive/Media/TV") == ("My Drive/Media/TV",)
    assert allowed.folders("My Drive/Else") == ("My Drive/Else",)
