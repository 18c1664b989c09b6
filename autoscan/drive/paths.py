"""From ids to paths: `My Drive/...` and `<drive name>/...`, spelt as rclone shows them on a mount."""

from collections.abc import Iterator, Mapping

from autoscan.drive.cache import Cache
from autoscan.model import DriveEntry, DriveState

#: What My Drive is called in paths, whatever the account's language calls it.
MY_DRIVE = "My Drive"
#: Folders above each other; Drive allows about a hundred.
_DEEPEST = 200
#: Paths of one file; only old drives have files in several folders.
_MOST = 16

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
        self._roots = {**roots, root_of(cache.state): cache.state.name}

    def of(self, parent: str, name: str) -> tuple[str, ...]:
        """Return the paths of what is called `name` in the folder `parent`; none if that is not within the drive.

        What has no name is on no mount. Raises DriveError.
        """
        if not name:
            return ()
        found = (f"{folder}/{shown(name)}" for folder in self._folders(parent, ()))
        return tuple(path for path, _ in zip(dict.fromkeys(found), range(_MOST), strict=False))

    def _folders(self, folder_id: str, below: tuple[str, ...]) -> Iterator[str]:
        if folder_id in self._roots:
            yield self._roots[folder_id]
            return
        if folder_id in below or len(below) > _DEEPEST:
            return
        folder = self._cache.folder(folder_id)
        if folder is None or not folder.name:
            return
        for parent in folder.parents:
            for path in self._folders(parent, (*below, folder_id)):
                yield f"{path}/{shown(folder.name)}"


def root_of(state: DriveState) -> str:
    """Return the id of a drive's topmost folder; of a shared drive it is the drive's own."""
    return state.root or state.drive


def is_root(state: DriveState, entry: DriveEntry) -> bool:
    """Tell whether a file is the drive's topmost folder."""
    return entry.id == root_of(state)
