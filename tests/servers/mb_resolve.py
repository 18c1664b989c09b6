"""What Jellyfin and Emby make of a directory: which entry becomes which kind of item."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.servers import naming
from tests.servers.mb_items import Item
from tests.servers.view import Entry, View, join

#: What stands for a disc: the directory that holds it is the movie or episode.
_DISCS = frozenset(["bdmv", "video_ts"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One child of a folder item; `version_of` is the path of the version that stands for it."""

    kind: str
    entry: Entry
    version_of: str = ""


class Resolver:
    """Reads directories for one library type; `reads` counts them, since each costs time."""

    def __init__(self, view: View, library_type: str, too_small: Callable[[Entry], bool]) -> None:
        self._view = view
        self._too_small = too_small
        self._type = library_type
        self._extensions = naming.EXTENSIONS[library_type]
        self.reads = 0

    def children(self, item: Item) -> list[Found] | None:
        """Return what a folder item holds, or None if its directory is gone."""
        entries = self._view.entries(item.path)
        if entries is None:
            return None
        if has_ignore_file(self._view, item.path):
            return []
        self.reads += 1
        return [found for entry in self._kept(entries) for found in self._resolve(item, entry)]

    def _kept(self, entries: list[Entry]) -> list[Entry]:
        return [entry for entry in entries if not naming.ignored(entry.name, is_dir=entry.is_dir)]

    def _media(self, entries: list[Entry]) -> list[Entry]:
        kept = (entry for entry in self._kept(entries) if not entry.is_dir and not self._too_small(entry))
        return [entry for entry in kept if naming.extension(entry.name) in self._extensions]

    def _resolve(self, item: Item, entry: Entry) -> Iterator[Found]:
        if not entry.is_dir:
            yield from (Found(kind=self._file(item, one), entry=one) for one in self._media([entry]))
            return
        if has_ignore_file(self._view, entry.path):
            return
        if self._type == "tv":
            yield Found(kind=self._tv_folder(item, entry), entry=entry)
        elif self._type == "music":
            yield Found(kind=self._music_folder(entry), entry=entry)
        elif self._type in ("movies", "musicvideos", "mixed"):
            yield from self._movie_folder(entry)
        else:
            yield Found(kind="Folder", entry=entry)

    def _file(self, item: Item, entry: Entry) -> str:
        """Return the kind of a file that is no version of another."""
        end = naming.extension(entry.name)
        if end in naming.AUDIO:
            return "AudioBook" if self._type == "books" else "Audio"
        if end in naming.BOOK or end in naming.PHOTO:
            return "Book" if end in naming.BOOK else "Photo"
        if self._type in ("tv", "mixed") and (naming.episode(entry.name) or item.kind == "Season"):
            return "Episode"
        return {"movies": "Movie", "mixed": "Movie", "musicvideos": "MusicVideo"}.get(self._type, "Video")

    def _tv_folder(self, item: Item, entry: Entry) -> str:
        if item.kind in ("Series", "Season"):
            return self._disc(entry, "Episode") or ("Season" if naming.season(entry.name) is not None else "Folder")
        return "Series"

    def _disc(self, entry: Entry, kind: str) -> str:
        inner = self._view.entries(entry.path) or []
        return kind if any(one.is_dir and one.name.lower() in _DISCS for one in inner) else ""

    def _music_folder(self, entry: Entry) -> str:
        inner = self._view.entries(entry.path) or []
        self.reads += 1
        if self._media(inner):
            return "MusicAlbum"
        deeper = (self._view.entries(one.path) or [] for one in self._kept(inner) if one.is_dir)
        return "MusicArtist" if any(self._media(entries) for entries in deeper) else "Folder"

    def _movie_folder(self, entry: Entry) -> Iterator[Found]:
        inner = self._view.entries(entry.path) or []
        self.reads += 1
        kind = "MusicVideo" if self._type == "musicvideos" else "Movie"
        files = self._media(inner)
        if self._disc(entry, kind):
            yield Found(kind=kind, entry=entry)
        elif not files or (self._type == "mixed" and naming.episode(files[0].name)):
            yield Found(kind="Folder", entry=entry)
        else:
            yield from _versions(kind, entry.name, files)


def _versions(kind: str, folder: str, files: list[Entry]) -> Iterator[Found]:
    """Return the movies of a movie folder: files named after the folder are versions or parts of one movie."""
    same = [file for file in files if naming.stem_of(file.name).lower().startswith(folder.lower())]
    for file in files:
        if file in same[1:]:
            yield Found(kind=kind, entry=file, version_of=same[0].path)
        else:
            yield Found(kind=kind, entry=file)


def has_ignore_file(view: View, folder: str) -> bool:
    """Tell whether an empty `.ignore` hides a directory."""
    found = view.look(join(folder, ".ignore"))
    return found is not None and found.size == 0


def ignored_anywhere(view: View, root: str, names: list[str], *, is_dir: bool) -> bool:
    """Tell whether a path below a root is ignored by a component's name or an `.ignore` file on its way."""
    path = root
    for number, name in enumerate(names, 1):
        path = join(path, name)
        if naming.ignored(name, is_dir=is_dir or number < len(names)) or has_ignore_file(view, path):
            return True
    return False
