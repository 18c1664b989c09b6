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


def item_id(kind: str, path: str, *, case_sensitive: bool = True) -> str:
    """Return the id (32 hexadecimal digits) of the item at `path`, spelt as Jellyfin sees it, no trailing separator."""
    text = _NAMESPACE + kind + (path if case_sensitive else path.lower())
    # A lone surrogate is no path of any server; it must not raise, and finds nothing.
    digest = hashlib.md5(text.encode("utf-16-le", errors="surrogatepass"), usedforsecurity=False).digest()
    return uuid.UUID(bytes_le=digest).hex


def folder_kinds(library_type: str) -> tuple[str, ...]:
    """Return what a folder in a library of this type may be, the narrowest first."""
    return _KINDS.get(library_type, (FOLDER,))
