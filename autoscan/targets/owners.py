"""Which item a sidecar (subtitle, nfo, artwork) belongs to, by its name, and what it means to have that read anew."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from autoscan import paths
from autoscan.model import Seen, Sighting
from autoscan.targets.base import root_of
from autoscan.targets.values import Library

#: So many items are read anew one by one; for more it is the item of their folder, where that is one.
FEW = 2
#: What may stand between the stem of a video and the rest of its sidecar's name: `.en.srt`, `-poster.jpg`.
_JOINTS = (".", "-", "_")
_WORDS = (
    "album|art|artist|backdrop|background|banner|characterart|clearart|clearlogo|cover|default|disc|discart|fanart"
    "|folder|front|keyart|landscape|logo|movie|poster|show|thumb|tvshow"
)
_OF_FOLDER = re.compile(rf"(?:{_WORDS})[-_ ]?\d*|season(?:[-_ ]?(?:\d+|all|specials))?(?:-[a-z]+)?|\.plexmatch")
_AFTER_TITLE = re.compile(r"\s*[\[({].*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a sidecar belongs to."""

    #: Ids; several for a file of several episodes.
    items: tuple[str, ...]
    #: As the operator knows it: the file without its extension, the folder.
    name: str
    #: Which look-up found it.
    evidence: str


def is_of_folder(sidecar: str) -> bool:
    """Tell whether a sidecar belongs to its folder as a whole: `poster.jpg`, `tvshow.nfo`, `season01-poster.jpg`."""
    name = paths.name(sidecar).casefold()
    return bool(_OF_FOLDER.fullmatch(name) or _OF_FOLDER.fullmatch(_stem(name)))


def owner_file(sidecar: str, files: Iterable[str]) -> str | None:
    """Return the file of the same folder with the longest stem that the sidecar's name begins with."""
    folder, name = _same(paths.parent(sidecar)), _same(paths.name(sidecar))
    fitting = [
        (stem, file)
        for file in files
        if _same(paths.parent(file)) == folder
        and _same(file) != _same(sidecar)
        and name.startswith(tuple((stem := _stem(_same(paths.name(file)))) + joint for joint in _JOINTS))
    ]
    return max(fitting, key=lambda each: len(each[0]), default=(None, None))[1]


def stems(sidecar: str) -> list[str]:
    """Return what its owner's file may be called without the extension, the longest first."""
    stem = _stem(paths.name(sidecar))
    cuts = [place for place in range(len(stem), 0, -1) if place == len(stem) or stem[place] in _JOINTS]
    return [stem[:place] for place in cuts]


def title(library: Library, sidecar: str) -> str:
    """Return the likely title of show, movie or artist: the topmost folder's below the root, without year and ids.

    In the root itself it is what the file is called.
    """
    below = paths.components(sidecar)[len(paths.components(root_of(library, sidecar))) :]
    text = below[0] if len(below) > 1 else _stem(paths.name(sidecar)).partition(".")[0]
    return _AFTER_TITLE.sub("", text)


def of_file(file: str, items: Iterable[str], evidence: str) -> Owner:
    """Make the owner that stands in a file."""
    return Owner(items=tuple(items), name=_stem(paths.name(file)), evidence=evidence)


def of_folder(folder: str, item: str, evidence: str) -> Owner:
    """Make the owner that stands for a folder."""
    return Owner(items=(item,), name=paths.name(folder), evidence=evidence)


def refresh(owners: Mapping[str, Owner], whole: Owner | None, do: Callable[[str], bool]) -> dict[str, Sighting]:
    """Have the owners (by sidecar) read anew, each item once; return what was, by sidecar.

    `whole` is the item of their folder, asked for instead of more than a few; `do` tells whether an item is there.
    """
    items = dict.fromkeys(item for owner in owners.values() for item in owner.items)
    if len(items) > FEW and whole is not None:
        owners, items = dict.fromkeys(owners, whole), dict.fromkeys(whole.items)
    done = {item for item in list(items)[:FEW] if do(item)}
    return {path: _sighting(owner) for path, owner in owners.items() if done & set(owner.items)}


def _sighting(owner: Owner) -> Sighting:
    saw = f"refreshed its item {owner.name} ({owner.evidence})"
    return Sighting(seen=Seen.PRESENT, evidence=owner.evidence, saw=saw, item=owner.items[0])


def _same(path: str) -> str:
    """Return what equal names have in common; a sidecar and its video are often named by different programs."""
    return unicodedata.normalize("NFC", paths.key(path)).casefold()


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
