"""Jellyfin's item ids, written from media-servers.md 2.5 alone so that it can contradict the product's."""

import hashlib
from binascii import hexlify

_PREFIX = "MediaBrowser.Controller.Entities."

#: The class that makes the id of each kind of item.
CLASSES = {
    "Series": "TV.Series",
    "Season": "TV.Season",
    "Episode": "TV.Episode",
    "Movie": "Movies.Movie",
    "Audio": "Audio.Audio",
    "MusicAlbum": "Audio.MusicAlbum",
    "MusicArtist": "Audio.MusicArtist",
}


def item_id(kind: str, path: str, *, case_sensitive: bool = True) -> str:
    """Return the 32 hexadecimal digits: .NET's `new Guid(md5(utf16(class + path)))`, printed without dashes."""
    text = _PREFIX + CLASSES.get(kind, kind) + (path if case_sensitive else path.lower())
    digest = hashlib.md5(text.encode("utf-16-le"), usedforsecurity=False).digest()
    # A Guid holds a 32-bit and two 16-bit numbers, little-endian in its bytes and big-endian in print.
    ordered = digest[3::-1] + digest[5:3:-1] + digest[7:5:-1] + digest[8:]
    return hexlify(ordered).decode()
