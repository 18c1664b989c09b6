"""No name in Drive, and no way in which folders hold each other, leads out of the drive's mapping, or on for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from autoscan.drive.paths import MY_DRIVE, Paths, shown
from autoscan.model import DriveEntry, DriveState
from autoscan.paths import Flavour, Mappings, clean, components, covers, flavour
from tests.chances import many
from tests.fuzzing import ODD_TEXTS


@dataclass
class Folders:
    """What a cache knows of folders."""

    entries: dict[str, DriveEntry]
    state: DriveState
    asked: int = field(default=0)

    def folder(self, file_id: str) -> DriveEntry | None:
        self.asked += 1
        return self.entries.get(file_id)


def climb(
    folders: Mapping[str, tuple[str, tuple[str, ...]]], name: str, drive: str = MY_DRIVE, parent: str = "0"
) -> Any:
    entries = {
        key: DriveEntry(id=key, drive="", name=each, parents=parents) for key, (each, parents) in folders.items()
    }
    cache = Folders(entries, DriveState(drive="", name=drive, root="root"))
    found = Paths(cast("Any", cache), {"other": "Films"}).of(parent, name)
    assert cache.asked < 20_000
    return found


ODD_NAMES = st.sampled_from(
    [*ODD_TEXTS, ".", "..", "../..", "/etc/passwd", "a/../../b", "..\\..\\x", "C:\\", "\\\\host\\share", "\x7f",
     "\u202e", "\uff0f", "\uff0e\uff0e", "x" * 40_000, "My Drive"]
)  # fmt: skip
NAMES = ODD_NAMES.map(lambda name: name.encode(errors="replace").decode()) | st.text(
    st.characters(codec="utf-8"), max_size=6
)
#: Where the drive's files are, and what else the machine maps.
MAPPINGS = Mappings.from_config(
    {"/mnt/gd": ["My Drive"], "/mnt/films": ["Films"], "/mnt/etc": ["/etc"], "/mnt/top": ["/"], "/mnt/c": ["C:\\"]}
)


@settings(max_examples=many(300))
@given(st.lists(NAMES, min_size=1, max_size=4), NAMES)
def test_no_name_leads_out_of_the_mapping_of_its_drive(names: list[str], file: str) -> None:
    folders = {str(depth): (name, (str(depth + 1),)) for depth, name in enumerate(names)}
    folders[str(len(names))] = ("Shows", ("root",))
    found = climb(folders, file)
    if not file or not all(names):
        assert found == ()
        return
    (path,) = found
    assert clean(path) == path
    assert components(path) == (MY_DRIVE, "Shows", *map(shown, reversed(names)), shown(file))
    assert "\0" not in path
    mapped = MAPPINGS.apply(path).path
    assert covers("/mnt/gd/Shows", mapped)
    assert len(components(mapped)) == len(components("/mnt/gd/Shows")) + len(names) + 1


@settings(max_examples=many(200))
@given(NAMES, NAMES)
@example("../My Drive", "x")
@example("Films/../My Drive", "x")
@example("/etc", "passwd")
@example("", "etc")
@example("///", "etc")
def test_no_name_of_a_drive_leads_into_another_mapping(drive: str, file: str) -> None:
    # Who calls his drive so, and maps that, means it.
    assume(not covers("My Drive", drive) and not covers("Films", drive) and not covers("C:\\", drive))
    for path in climb({}, file, drive, parent="root"):
        assert MAPPINGS.apply(path).rule is None
        assert flavour(path) is Flavour.WINDOWS or clean(path).split("/")[-1] == shown(file)


def test_a_name_of_a_drive_with_a_slash_is_two_folders_as_ever() -> None:
    assert climb({}, "x.mkv", "TV/Movies", parent="root") == ("TV/Movies/x.mkv",)


IDS = st.sampled_from([*map(str, range(8)), "root", "other", "nobody", ""])


@settings(max_examples=many(200))
@given(st.dictionaries(IDS, st.tuples(st.text("ab", max_size=2), st.lists(IDS, max_size=4).map(tuple)), max_size=8))
def test_folders_in_circles_and_in_many_folders_lead_to_the_drive_or_nowhere(
    folders: dict[str, tuple[str, tuple[str, ...]]],
) -> None:
    for path in climb(folders, "x.mkv"):
        assert path.split("/")[0] in {MY_DRIVE, "Films"}
        assert path.endswith("/x.mkv")


@pytest.mark.parametrize("names", [("same", "same"), ("left", "right")])
@pytest.mark.parametrize("top", ["root", "nobody"])
def test_folders_with_two_parents_each_above_each_other_end_soon(names: tuple[str, str], top: str) -> None:
    folders: dict[str, tuple[str, tuple[str, ...]]] = {
        f"{level}{side}": (name, (f"{level + 1}a", f"{level + 1}b"))
        for level in range(60)
        for side, name in zip("ab", names, strict=True)
    }
    folders |= {"60a": ("top", (top,)), "60b": ("top", (top,)), "0": ("here", ("0a", "0b"))}
    assert len(climb(folders, "x.mkv")) <= 16
