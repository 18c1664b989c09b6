"""The ids of Jellyfin's items: a pure function of kind and path (`LibraryManager.GetNewItemId`, 10.8 to 12)."""

import hashlib
import uuid

_NAMESPACE = "MediaBrowser.Controller.Entities."

FOLDER = "Folder"
#: What a folder below a library's root may be, by the library's type. Not `Audio.MusicArtist`: refreshing one looks
#: only at its known albums. Not a movie: it is its file, and the folder around it is no item.
_KINDS = {
    "tvshows": ("TV.Season", "TV.Series", FOLDER),
    "music": ("Audio.MusicAlbum", FOLDER),
    "homevideos": ("PhotoAlbum", FOLDER),
    "mixed": ("TV.Season", "TV.Series", "Audio.MusicAlbum", FOLDER),
}
_ARTIST = "Audio.MusicArtist"
_VIDEO = "Video"
#: What a file (or a disc's folder) may be. Up to 10.11 a further version or part is a `Video`.
_FILE_KINDS = {
    "tvshows": ("TV.Episode", _VIDEO),
    "movies": ("Movies.Movie", _VIDEO),
    "music": ("Audio.Audio",),
    "musicvideos": ("MusicVideo",),
    "homevideos": (_VIDEO, "Photo"),
    "books": ("Book", "AudioBook"),
}
_ANY_FILE = ("Movies.Movie", "TV.Episode", _VIDEO, "Audio.Audio", "MusicVideo")


def item_id(kind: str, path: str, *, case_sensitive: bool = True) -> str:
    """Return the id (32 hexadecimal digits) of the item at `path`, spelt as Jellyfin sees it, no trailing separator."""
    text = _NAMESPACE + kind + (path if case_sensitive else path.lower())
    # A lone surrogate is no path of any server; it must not raise, and finds nothing.
    digest = hashlib.md5(text.encode("utf-16-le", errors="surrogatepass"), usedforsecurity=False).digest()
    return uuid.UUID(bytes_le=digest).hex


def folder_kinds(library_type: str) -> tuple[str, ...]:
    """Return what a folder in a library of this type may be for a refresh, the narrowest first."""
    return _KINDS.get(library_type, (FOLDER,))


def listed_kinds(library_type: str) -> tuple[str, ...]:
    """Return what a folder may be listed as: also what is never refreshed."""
    artist = (_ARTIST,) if library_type in {"music", "mixed"} else ()
    return (*folder_kinds(library_type), *artist)


def file_kinds(library_type: str) -> tuple[str, ...]:
    """Return what a file in a library of this type may be, the likeliest first."""
    return _FILE_KINDS.get(library_type, _ANY_FILE)


def primary_kinds(library_type: str) -> tuple[str, ...]:
    """Return what a hidden version of an item may be: from 12 on it is of the kind of the item it is a version of."""
    kinds = file_kinds(library_type)
    return tuple(kind for kind in kinds if kind.startswith(("TV.", "Movies."))) or kinds[:1]
