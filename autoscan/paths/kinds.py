"""What a path is by its name, and which folder a change of it asks to scan."""

import re

from autoscan.model import Kind
from autoscan.paths.flavour import Flavour, ancestors, clean, flavour, name, parent


def _extensions(words: str) -> frozenset[str]:
    return frozenset(f".{word}" for word in words.split())


_VIDEO = _extensions(
    "3g2 3gp asf avi divx dvr-ms evo f4v flv img iso m1v m2p m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mpv mts"
    " mxf ogm ogv qt rm rmvb strm tp ts vob webm wmv wtv"
)
_AUDIO = _extensions(
    "aac aax ac3 aif aiff alac ape dff dsf dts eac3 flac m4a m4b m4p mka mp2 mp3 mpc oga ogg opus shn tak tta wav wma"
    " wv"
)
_BOOK = _extensions("azw azw3 cb7 cbr cbt cbz djvu epub fb2 kepub lit mobi pdf prc")
#: Extensions of what a library shows: video, audio, books.
MEDIA_EXTENSIONS = _VIDEO | _AUDIO | _BOOK

_MEDIA = {"video": _VIDEO, "audio": _AUDIO, "book": _BOOK}

_SIDECAR = _extensions(
    "ass bif bmp cue dfxp edl gif idx jpeg jpg json lrc m3u m3u8 nfo opf plexmatch png sami sfv smi srt ssa sub sup tbn"
    " ttml txt vtt webp xml"
)
#: What only cameras write; pictures that stand beside media as well are sidecars. Not `.raw`, a word of titles.
_PHOTO = _extensions("arw avif cr2 cr3 dng heic heif jxl nef orf rw2 tif tiff")
_DISC = _extensions("bdjo bdmv bup clpi ifo mpls")
_ARCHIVE = _extensions("7z bz2 gz par2 rar tar xz zip")
_FILES = MEDIA_EXTENSIONS | _SIDECAR | _PHOTO | _DISC | _ARCHIVE
#: Volumes of a split archive, `.r00` or `.001`; not `.s01`, with which many a season's folder ends.
_VOLUME = re.compile(r"\.(?:[rz]\d\d|0\d\d)\Z")

#: The folders a disc consists of; what holds them is the title.
_DISC_FOLDERS = frozenset({"BDMV", "VIDEO_TS", "AUDIO_TS"})
#: Stands beside BDMV, but is a word that a title may be called: what is in it tells.
_CERTIFICATE = "CERTIFICATE"
_CERTIFICATE_HOLDS = frozenset({"BACKUP", "id.bdmv", "app.discroot.crt"})


def kind_by_name(path: str) -> Kind:
    """Tell file from folder by a list of known extensions; a dot alone says nothing (`Mr. Robot`)."""
    if path.endswith(("/", "\\") if flavour(path) is Flavour.WINDOWS else "/"):
        return Kind.FOLDER
    extension = _extension(path)
    return Kind.FILE if extension in _FILES or _VOLUME.match(extension) else Kind.FOLDER


def is_sidecar(path: str) -> bool:
    """Tell whether `path` is something that stands beside media: subtitles, artwork, metadata."""
    return _extension(path) in _SIDECAR


def is_photo(path: str) -> bool:
    """Tell whether `path` is a photo, and no picture that may stand beside media."""
    return _extension(path) in _PHOTO


def is_media(path: str) -> bool:
    """Tell whether `path` is a file that a library shows: video, audio, a book."""
    return _extension(path) in MEDIA_EXTENSIONS


def medium(path: str) -> str:
    """Return `video`, `audio` or `book`; `""` for what no library shows."""
    return next((word for word, extensions in _MEDIA.items() if _extension(path) in extensions), "")


def scan_folder(path: str, kind: Kind) -> str:
    """Return the folder to scan when `path` changed: of a file its folder, of a folder itself.

    What is in a disc's structure, or is its folder, asks for the title's folder.
    """
    title = _disc_title(path)
    if title is not None:
        return title
    known = kind_by_name(path) if kind is Kind.UNKNOWN else kind
    return parent(path) if known is Kind.FILE else clean(path)


def _extension(path: str) -> str:
    stem, dot, extension = name(path).rpartition(".")
    # `.plexmatch` and its like have no stem: the whole name is what tells them.
    return (dot + extension).casefold() if dot and (stem or extension == "plexmatch") else ""


def _disc_title(path: str) -> str | None:
    # Outermost first: what a disc contains is part of it, whatever it is called.
    here = [clean(path), *ancestors(path)]
    return next((parent(folder) for folder in reversed(here) if _is_disc_folder(folder, here)), None)


def _is_disc_folder(folder: str, line: list[str]) -> bool:
    if name(folder).upper() in _DISC_FOLDERS:
        return True
    below = line[: line.index(folder)]
    return name(folder) == _CERTIFICATE and bool(below) and name(below[-1]) in _CERTIFICATE_HOLDS
