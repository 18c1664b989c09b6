"""From ids to paths: `My Drive/...` and `<drive name>/...`, spelt as rclone shows them on a mount."""

from collections.abc import Mapping
from dataclasses import dataclass

from autoscan.drive.cache import Cache
from autoscan.model import DriveEntry, DriveState

#: What My Drive is called in paths, whatever the account's language calls it.
MY_DRIVE = "My Drive"
#: Folders above each other; Drive allows about a hundred.
_DEEPEST = 200
#: Paths of one file, and ways upwards that are tried at once; only old drives have files in several folders.
_MOST = 16
_MOST_WAYS = 64

#: What rclone shows in place of characters that no file system takes (lib/encoder, "Standard").
_QUOTE = "\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}"
_SLASH = "\N{FULLWIDTH SOLIDUS}"
_DOT = "\N{FULLWIDTH FULL STOP}"
_FIRST_SYMBOL = 0x2400
_DELETE = "\x7f"


def shown(name: str) -> str:
    """Return a name as rclone's mounts show it: `/` as its full-width form, control characters as symbols."""
    if name in {".", ".."}:
        return _DOT * len(name)
    return "".join(map(_shown, name))


def _topmost(drive: str) -> str:
    """Return what paths in a drive begin with: relative, and no way out of it; `""` if nothing is left of its name."""
    return "/".join(shown(each) for each in drive.split("/") if each)


def _shown(character: str) -> str:
    if character < " ":
        return chr(_FIRST_SYMBOL + ord(character))
    if character == "/":
        return _SLASH
    if character == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    return f"{_QUOTE}{character}" if character == _SLASH else character


class Paths:
    """Finds the paths of files by climbing through the folders above them."""

    def __init__(self, cache: Cache, roots: Mapping[str, str]) -> None:
        """Take the names of the drives by the ids of their topmost folders: a file may have come from another one."""
        self._cache = cache
        known = {**roots, root_of(cache.state): cache.state.name}
        self._roots = {folder: path for folder, name in known.items() if (path := _topmost(name))}

    def of(self, parent: str, name: str) -> tuple[str, ...]:
        """Return the paths of what is called `name` in the folder `parent`; none if that is not within the drive.

        What has no name is on no mount. The shortest come first. Raises DriveError.
        """
        if not name:
            return ()
        found: dict[str, None] = {}
        ways = [_Way(folder=parent, names=(shown(name),), seen=frozenset())]
        for _ in range(_DEEPEST):
            found |= {way.path(self._roots[way.folder]): None for way in ways if way.folder in self._roots}
            further = (above for way in ways if way.folder not in self._roots for above in self._above(way))
            # Folders that hold each other in several ways would lead upwards in more ways than can be gone.
            ways = list({(way.folder, way.names): way for way in further}.values())[:_MOST_WAYS]
        return tuple(found)[:_MOST]

    def _above(self, way: "_Way") -> list["_Way"]:
        """Return the ways on through a folder; none where it is out of reach, has no name, or was passed before."""
        folder = self._cache.folder(way.folder) if way.folder and way.folder not in way.seen else None
        if folder is None or not folder.name:
            return []
        names, seen = (shown(folder.name), *way.names), way.seen | {way.folder}
        return [_Way(folder=parent, names=names, seen=seen) for parent in folder.parents]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A way up from a file."""

    #: The id of the folder that it has come to.
    folder: str
    #: Of what lies below that.
    names: tuple[str, ...]
    seen: frozenset[str]

    def path(self, drive: str) -> str:
        """Return the path of the file where the folder is the drive's topmost one."""
        return "/".join((drive, *self.names))


def root_of(state: DriveState) -> str:
    """Return the id of a drive's topmost folder; of a shared drive it is the drive's own."""
    return state.root or state.drive


def is_root(state: DriveState, entry: DriveEntry) -> bool:
    """Tell whether a file is the drive's topmost folder."""
    return entry.id == root_of(state)
