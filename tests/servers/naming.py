"""How the scanners read names: extensions, episodes, versions, parts, extras, and what they ignore."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

VIDEO = frozenset(
    [".mkv", ".mp4", ".m4v", ".avi", ".ts", ".m2ts", ".mov", ".wmv", ".mpg", ".mpeg", ".webm", ".iso", ".strm", ".flv"]
)
AUDIO = frozenset([".mp3", ".flac", ".m4a", ".m4b", ".ogg", ".opus", ".wav", ".wma", ".aac", ".alac", ".ape", ".dsf"])
BOOK = frozenset([".epub", ".pdf", ".mobi", ".azw3", ".cbz", ".cbr", ".azw"])
PHOTO = frozenset([".jpg", ".jpeg", ".png", ".heic", ".gif"])

#: What a library of a type takes.
EXTENSIONS: Mapping[str, frozenset[str]] = {
    "movies": VIDEO,
    "tv": VIDEO,
    "music": AUDIO,
    "musicvideos": VIDEO,
    "homevideos": VIDEO | PHOTO,
    "books": BOOK | AUDIO,
    "mixed": VIDEO | AUDIO,
}

_EXTRA_FOLDERS = frozenset(
    ["extras", "featurettes", "behind the scenes", "deleted scenes", "interviews", "scenes", "shorts", "trailers"]
)
_EXTRA_FILE = re.compile(
    r"[-.](trailer|featurette|behindthescenes|deleted|interview|scene|short|other)$", re.IGNORECASE
)
_IGNORED_NAMES = frozenset(
    ["@eadir", "#recycle", "$recycle.bin", "lost+found", "subs", "metadata", "sample", "samples", "plex versions"]
)
_SAMPLE = re.compile(r"(^|[-._ ])sample([-._ ]|$)", re.IGNORECASE)

_EPISODE = re.compile(r"s(\d{1,4})[ ._-]?e(\d{1,4})((?:-?e\d{1,4}|-\d{1,4}(?![\dpi]))*)", re.IGNORECASE)
_EPISODE_X = re.compile(r"(?<!\d)(\d{1,2})x(\d{2,3})(?!\d)")
_SEASON = re.compile(r"(?:season|staffel|saison|series|s)[ ._-]?(\d{1,4})", re.IGNORECASE)
_YEAR = re.compile(r"[ .]?[\[(](\d{4})[\])]")
_TAGS = re.compile(r"\s*[\[{][^\]}]*[\]}]")
_PART = re.compile(r"[ ._-]+(?:cd|disc|disk|dvd|part|pt)[ ._-]?(\d)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A title and its year, as a folder's or file's name gives it."""

    name: str
    year: int | None


def extension(name: str) -> str:
    """Return the extension in lower case, with its dot."""
    stem, dot, tail = name.rpartition(".")
    return (dot + tail).lower() if stem else ""


def stem_of(name: str) -> str:
    """Return a name without its extension."""
    return name.rpartition(".")[0] or name


def episode(name: str) -> tuple[int, tuple[int, ...]] | None:
    """Return season and episodes of a file name, `S01E01-E02` giving two, or None."""
    found = _EPISODE.search(name)
    if found is None:
        plain = _EPISODE_X.search(name)
        return (int(plain[1]), (int(plain[2]),)) if plain else None
    numbers = [int(found[2]), *map(int, re.findall(r"\d+", found[3]))]
    return int(found[1]), tuple(range(numbers[0], max(numbers) + 1))


def season(name: str) -> int | None:
    """Return the season that a folder's name means, 0 for specials, or None."""
    if name.lower() == "specials":
        return 0
    found = _SEASON.fullmatch(name)
    return int(found[1]) if found else None


def disc(name: str) -> bool:
    """Tell whether a folder is the inside of a DVD or Blu-ray, whose title is the folder around it."""
    return name.upper() in ("BDMV", "STREAM", "VIDEO_TS", "CERTIFICATE", "AUDIO_TS")


def title(name: str) -> Title:
    """Return title and year of `Alien (1979) {imdb-tt0078748}`."""
    found = _YEAR.search(name)
    kept = name[: found.start()] if found else _TAGS.sub("", name)
    return Title(name=kept.strip() or name, year=int(found[1]) if found else None)


def part(stem: str) -> tuple[str, int | None]:
    """Return the stem without `- cd1` and its like, and the number."""
    found = _PART.search(stem)
    return (stem[: found.start()], int(found[1])) if found else (stem, None)


def ignored(name: str, *, is_dir: bool) -> bool:
    """Tell whether scanners pass over a name: hidden, samples, recycle bins, extras."""
    low = name.lower()
    if low.startswith(".") or low in _IGNORED_NAMES or low.endswith((".trickplay", ".partial~")):
        return True
    if is_dir:
        return low in _EXTRA_FOLDERS
    return bool(_SAMPLE.search(stem_of(low)) or _EXTRA_FILE.search(stem_of(low)))
