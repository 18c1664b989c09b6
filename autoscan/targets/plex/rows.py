"""What Plex lists, out of its XML: items, the files they consist of, and which of those are in the trash."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from autoscan import paths

#: Longer numbers are none of anything that Plex counts, and too large for a database.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of an item."""

    file: str
    size: int | None
    #: Plex keeps it listed, but marked as deleted.
    trashed: bool
    #: Whether Plex sees it on the disk just now; None unless asked with `checkFiles=1`.
    exists: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One movie, episode, track or photo, with the files of all its versions."""

    #: Its `ratingKey`, and those of the season (album) and of the show (artist); `""` where there is none.
    key: str
    parent: str
    grandparent: str
    title: str
    #: Seconds since 1970, by Plex's clock.
    added_at: int
    parts: tuple[Part, ...]


def rows(container: Element) -> list[Row]:
    """Return the items of an answer that have files; folders, seasons and shows have none."""
    return [_row(element) for element in container if element.find("Media") is not None]


def form(path: str) -> str:
    """Return what two spellings of one path have in common: the Unicode form and, on Windows, case and separators."""
    return unicodedata.normalize("NFC", paths.key(path))


def number(text: str | None) -> int | None:
    """Return an attribute's whole number; None if it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def plain_key(text: str | None) -> str:
    """Return the key of an item or section, which goes into addresses; `""` if it is none."""
    return text if text and number(text) is not None else ""


def _row(element: Element) -> Row:
    titles = (element.get("grandparentTitle"), element.get("title"))
    return Row(
        key=plain_key(element.get("ratingKey")),
        parent=plain_key(element.get("parentRatingKey")),
        grandparent=plain_key(element.get("grandparentRatingKey")),
        title=": ".join(title for title in titles if title),
        added_at=number(element.get("addedAt")) or 0,
        parts=tuple(_parts(element)),
    )


def _parts(element: Element) -> Iterable[Part]:
    for media in element.findall("Media"):
        for part in media.findall("Part"):
            marked = any(each.get("deletedAt") for each in (element, media, part))
            exists = part.get("exists")
            yield Part(
                file=part.get("file", ""),
                size=number(part.get("size")),
                trashed=marked,
                exists=None if exists is None else exists == "1",
            )
