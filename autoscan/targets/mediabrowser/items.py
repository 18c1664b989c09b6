"""What `GET /Items` shows of files, and what that says of a path; always bounded, never paged."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autoscan import paths
from autoscan.model import Expectation, Kind, Seen, Sighting
from autoscan.targets.base import Known, root_of, spelt_below
from autoscan.targets.values import Library

#: Ids in one request: the URL stays below 8 kB.
BATCH = 100
#: The most items that one listing may bring; beyond that it proves nothing gone.
LISTING = 500
#: Kinds of items that stand in files.
FILE_ITEMS = "Movie,Episode,Audio,Video,MusicVideo,Book,AudioBook,Photo"
_FIELDS = "Path,MediaSources,ParentId"
#: Half a character, which JSON can say and no database takes.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
#: No file is larger, and no database takes a larger number.
_LARGEST = 2**63 - 1


def form(path: str) -> str:
    """Return what equal paths have in common, however the server and the event compose their letters."""
    return paths.key(unicodedata.normalize("NFC", path))


def plain_text(value: object) -> str:
    """Return a text of an answer as any database takes it; `""` for what is none."""
    return _LONE_SURROGATES.sub("\ufffd", value) if isinstance(value, str) else ""


def plain_id(value: object) -> str:
    """Return an id as both servers take it: without dashes, in lower case; `""` for what is none."""
    found = plain_text(value).replace("-", "").lower()
    return found if found.isascii() and found.isalnum() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One version of an item."""

    id: str
    path: str
    size: int | None

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Source":
        """Make one out of `MediaSources[]`."""
        size = record.get("Size")
        known = size if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= _LARGEST else None
        return cls(id=plain_id(record.get("Id")), path=plain_text(record.get("Path")), size=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as the server lists it."""

    id: str
    kind: str
    path: str
    parent: str
    #: It holds others.
    is_folder: bool
    sources: tuple[Source, ...]

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Item":
        """Make one out of `Items[]` that `is_readable`."""
        return cls(
            id=plain_id(record.get("Id")),
            kind=plain_text(record.get("Type")) or "item",
            path=plain_text(record.get("Path")),
            parent=plain_id(record.get("ParentId")),
            is_folder=record.get("IsFolder") is True,
            sources=tuple(map(Source.read, record.get("MediaSources") or ())),
        )

    def places(self) -> tuple[str, ...]:
        """Return the paths that it stands for: its own and those of its versions."""
        return tuple(path for path in (self.path, *(source.path for source in self.sources)) if path)

    def holds(self, path: str) -> bool:
        """Tell whether it stands for `path`."""
        return form(path) in map(form, self.places())

    def lies_below(self, folder: str) -> bool:
        """Tell whether it is `folder` or something in it."""
        return any(paths.covers(folder, path) for path in self.places())

    def size_of(self, path: str) -> int | None:
        """Return the bytes of the version at `path`; None if it was not read yet.

        A version's path may be where a symbolic link leads to (Jellyfin 10.11): then its id tells.
        """
        exact = [source for source in self.sources if form(source.path) == form(path)]
        own = [source for source in self.sources if source.id == self.id] if form(self.path) == form(path) else []
        return next((source.size for source in (*exact, *own)), None)


def is_readable(record: Mapping[str, Any]) -> bool:
    """Tell whether one of `Items[]` has the form in which it tells of paths; else it would seem to tell of none."""
    sources = record.get("MediaSources") or []
    if not isinstance(sources, list) or not all(isinstance(each, Mapping) for each in sources):
        return False
    told = [each.get("Path") for each in (record, *sources)]
    return bool(plain_id(record.get("Id"))) and all(each is None or isinstance(each, str) for each in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One listing."""

    items: tuple[Item, ...]
    #: There are no more items than these.
    complete: bool

    def index(self) -> dict[str, Item]:
        """Return the items by the paths they stand for."""
        found: dict[str, Item] = {}
        for item in self.items:
            for path in item.places():
                found.setdefault(form(path), item)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One call of `look_up`: where, which one, and what is known."""

    library: Library
    number: int
    known: Known

    def root(self, path: str) -> str:
        """Return the library's root above `path`."""
        return root_of(self.library, path)

    def spelt(self, path: str) -> str:
        """Return `path` beginning as the server spells it."""
        return spelt_below(self.root(path), path)

    def spellings(self, path: str) -> tuple[str, ...]:
        """Return `path` beginning as the server spells it, also with its letters composed and taken apart."""
        if path.isascii():
            return (self.spelt(path),)
        forms = (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))
        return tuple(dict.fromkeys(map(self.spelt, forms)))

    def keep_spelling(self, wanted: Expectation, path: str, item: str) -> None:
        """Remember that `path`, which should go, was listed as it is spelt."""
        if not wanted.change.wants_presence and paths.flavour(path) is paths.Flavour.WINDOWS:
            self.known.learn(self.library.id, path, item)

    def may_be_misspelt(self, path: str) -> bool:
        """Tell whether the server may list `path` in upper or lower case: it was never found spelt like that."""
        return paths.flavour(path) is paths.Flavour.WINDOWS and not self.known.parent(self.library.id, path)


class Items:
    """Asks for items."""

    def __init__(
        self,
        ask: Callable[[str, Mapping[str, str] | None], Any],
        read: Callable[[str, object], Sequence[Mapping[str, Any]]],
        quiet: Mapping[str, str],
    ) -> None:
        """Ask by `ask`; `read` raises for what is no list of objects; `quiet` leaves out what nobody needs."""
        self._ask = ask
        self._read = read
        self._quiet = {"Fields": _FIELDS, **quiet}

    def by_ids(self, ids: Iterable[str]) -> dict[str, Item]:
        """Return those of `ids` that the server knows. An empty list would mean "everything", and is never sent."""
        asked = tuple(dict.fromkeys(filter(None, ids)))
        found: dict[str, Item] = {}
        for start in range(0, len(asked), BATCH):
            batch = asked[start : start + BATCH]
            found.update({item.id: item for item in self._items({"Ids": ",".join(batch)})})
        # Unparsable ids are dropped silently and leave no filter: only what was asked for counts.
        return {each: found[each] for each in asked if each in found}

    def page(self, limit: int = LISTING, **filters: str) -> Page:
        """Return the items, at any depth, that `filters` leave, `limit` at most."""
        items = self._items({"Recursive": "true", "Limit": str(limit), **filters})
        return Page(items=items, complete=len(items) < limit)

    def _items(self, query: Mapping[str, str]) -> tuple[Item, ...]:
        answer = self._ask("/Items", {**query, **self._quiet})
        records = self._read("/Items", answer.get("Items") if isinstance(answer, Mapping) else None)
        readable = records if all(map(is_readable, records)) else self._read("/Items", None)
        return tuple(map(Item.read, readable))


def decided(wanted: Iterable[Expectation]) -> list[Expectation]:
    """Return the expectations with file or folder decided by the name where nobody has said it."""
    return [replace(each, kind=paths.kind_by_name(each.path)) if each.kind is Kind.UNKNOWN else each for each in wanted]


def present(wanted: Expectation, path: str, item: Item, evidence: str) -> Sighting:
    """Return what it means that `item` stands for (or, of a folder, in) the wanted path."""
    size = item.size_of(path)
    other = size is not None and wanted.size is not None and size != wanted.size
    text = f"{item.kind} {item.id}: {item.path}" + ("" if size is None else f", {size} bytes")
    return Sighting(
        seen=Seen.OTHER_SIZE if other else Seen.PRESENT, evidence=evidence, saw=text, item=item.id, size=size
    )


def absent(evidence: str, saw: str = "no item has this path") -> Sighting:
    """Return what a complete reading says that does not show the wanted path."""
    return Sighting(seen=Seen.ABSENT, evidence=evidence, saw=saw)


def unknown(evidence: str, saw: str) -> Sighting:
    """Return what a look-up says that cannot tell."""
    return Sighting(seen=Seen.UNKNOWN, evidence=evidence, saw=saw)
