"""What a simulated Plex has in its database: items, their media and parts, and what lies in which folder."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tests.servers import naming
from tests.servers.view import Entry, components, name_of, parent_of, within

#: Plex's numbers for the types of items.
TYPES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "artist": 8, "album": 9, "track": 10}


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """One file."""

    id: int
    path: str
    size: int
    mtime: float
    deleted_at: float | None = None
    #: Made by `bulk`: there is no file, and no scan misses it.
    pinned: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """A movie, episode or track with its parts, or what holds them."""

    key: int
    type: str
    section: str
    #: What it is known by in the catalog.
    name: tuple[object, ...]
    title: str
    added_at: float
    updated_at: float
    year: int | None = None
    index: int | None = None
    parent: "Item | None" = None
    children: list["Item"] = field(default_factory=list)
    #: One list of parts per version.
    media: list[list[Part]] = field(default_factory=list)
    matched: bool = False
    analyzed: bool = False
    #: What a match by hand, or an agent of old, gave it; else both are made up.
    agent_guid: str = ""
    ids: tuple[str, ...] = ()

    @property
    def parts(self) -> Iterator[Part]:
        """Return all parts of all versions."""
        return (part for media in self.media for part in media)

    @property
    def leaves(self) -> Iterator["Item"]:
        """Return the items with parts at or below this one."""
        if not self.children:
            return iter([self] if self.type in ("movie", "episode", "track") else [])
        return (leaf for child in self.children for leaf in child.leaves)

    @property
    def deleted_at(self) -> float | None:
        """Return when the last of its parts was missed, or None while one is there."""
        gone = [part.deleted_at for leaf in self.leaves for part in leaf.parts]
        times = [time for time in gone if time is not None]
        return max(times) if times and len(times) == len(gone) else None

    @property
    def guid(self) -> str:
        """Return the agent's id, or a local one before the match."""
        if self.agent_guid:
            return self.agent_guid
        return f"plex://{self.type}/{self.key:024x}" if self.matched else f"local://{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a path says about an item."""

    #: The same for all files of the item, among items of its type.
    id: tuple[object, ...]
    title: str
    year: int | None = None
    index: int | None = None


class Catalog:
    """The items of all sections."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        self.by_section: dict[str, dict[int, Item]] = defaultdict(dict)
        self._keys = itertools.count(1)
        self._parts = itertools.count(1)
        self._named: dict[tuple[object, ...], Item] = {}
        #: Items by section and path: a file of two episodes is a part of both.
        self._holders: dict[tuple[str, str], list[Item]] = {}
        self._inside: dict[tuple[str, str], set[str]] = defaultdict(set)

    def holders(self, section: str, path: str) -> list[Item]:
        """Return the items of a file."""
        return self._holders.get((section, path), [])

    def inside(self, section: str, folder: str) -> set[str]:
        """Return the known files and folders directly inside a folder."""
        return set(self._inside.get((section, folder), ()))

    def files(self, section: str, path: str) -> Iterator[str]:
        """Return the known files at or below a path."""
        if (section, path) in self._holders:
            yield path
        for below in self.inside(section, path):
            yield from self.files(section, below)

    def parts(self, section: str, path: str) -> Iterator[Part]:
        """Return the parts of a file."""
        return (part for item in self.holders(section, path) for part in item.parts if part.path == path)

    def get(self, section: str, kind: str, named: Named, *, parent: Item | None, now: float) -> tuple[Item, bool]:
        """Return the item of that name, made if there is none, and whether it was made."""
        name = (section, kind, *named.id)
        if name in self._named:
            return self._named[name], False
        item = Item(
            key=next(self._keys),
            type=kind,
            section=section,
            name=name,
            title=named.title,
            year=named.year,
            index=named.index,
            parent=parent,
            added_at=now,
            updated_at=now,
        )
        self._named[name] = self.items[item.key] = self.by_section[section][item.key] = item
        if parent is not None:
            parent.children.append(item)
        return item, True

    def attach(self, item: Item, entry: Entry, *, root: str, stacked: bool, pinned: bool = False) -> None:
        """Give an item a part: of its last version if `stacked`, else a version of its own."""
        part = Part(id=next(self._parts), path=entry.path, size=entry.size, mtime=entry.mtime, pinned=pinned)
        if stacked and item.media:
            item.media[-1].append(part)
        else:
            item.media.append([part])
        self._holders.setdefault((item.section, entry.path), []).append(item)
        path = entry.path
        while path != root and within(root, path):
            folder = parent_of(path)
            beside = self._inside[item.section, folder]
            if path in beside:
                return
            beside.add(path)
            path = folder

    def split(self, item: Item) -> None:
        """Make an item of its own of each further version of a movie, and of each further folder of a show."""
        if item.type == "movie":
            for media in item.media[1:]:
                self._move(media, self._twin(item))
            item.media = item.media[:1]
            return
        homes = sorted({_home(leaf) for leaf in item.leaves})
        for home in homes[1:]:
            twin = self._twin(item)
            for season in list(item.children):
                leaves = [leaf for leaf in season.children if _home(leaf) == home]
                new = self._twin(season, parent=twin) if leaves else season
                for leaf in leaves:
                    season.children.remove(leaf)
                    new.children.append(leaf)
                    leaf.parent = new
                if not season.children:
                    self._prune(season)

    def _twin(self, item: Item, parent: Item | None = None) -> Item:
        key = next(self._keys)
        twin = replace(
            item,
            key=key,
            name=(*item.name, key),
            parent=parent or item.parent,
            children=[],
            media=[],
            agent_guid="",
            ids=(),
        )
        self._named[twin.name] = self.items[key] = self.by_section[item.section][key] = twin
        if twin.parent is not None:
            twin.parent.children.append(twin)
        return twin

    def _move(self, media: list[Part], to: Item) -> None:
        to.media.append(media)
        for part in media:
            self._holders[to.section, part.path] = [to]

    def purge(self, section: str, path: str) -> None:
        """Forget a file, and every item that holds nothing more."""
        for item in self._holders.pop((section, path), []):
            item.media = [kept for media in item.media if (kept := [part for part in media if part.path != path])]
            self._prune(item)
        while path and not self._inside.get((section, path)) and (section, path) not in self._holders:
            self._inside[section, parent_of(path)].discard(path)
            self._inside.pop((section, path), None)
            path = parent_of(path) if parent_of(path) != path else ""

    def _prune(self, item: Item) -> None:
        if item.media or item.children:
            return
        del self.items[item.key], self.by_section[item.section][item.key]
        del self._named[item.name]
        if item.parent is not None:
            item.parent.children.remove(item)
            self._prune(item.parent)


def _home(leaf: Item) -> str:
    """Return the folder of the show that an episode lies in, season folders left out."""
    return parent_of(parent_of(next(leaf.parts).path))


def identify(kind: str, root: str, path: str) -> Iterable[tuple[str, Named]]:
    """Return what a file of a library is: for each item from the top (show, season, episode) its type and name.

    A file of several episodes gives the episodes one after another.
    """
    names = components(root, path)
    if kind == "tv":
        return _episodes(names)
    return _track(names) if kind == "music" else _movie(names)


def _movie(names: list[str]) -> Iterable[tuple[str, Named]]:
    stem, _ = naming.part(naming.stem_of(names[-1]))
    folder = next((name for name in reversed(names[:-1]) if not naming.disc(name)), stem)
    made = naming.title(folder)
    yield "movie", Named(id=(made.name.lower(), made.year), title=made.name, year=made.year)


def _episodes(names: list[str]) -> Iterable[tuple[str, Named]]:
    parsed = naming.episode(names[-1])
    if parsed is None or len(names) < 2:
        return
    made = naming.title(names[0])
    show = (made.name.lower(), made.year)
    number, episodes = parsed
    yield "show", Named(id=show, title=made.name, year=made.year)
    yield "season", Named(id=(*show, number), title=f"Season {number}" if number else "Specials", index=number)
    for episode in episodes:
        yield "episode", Named(id=(*show, number, episode), title=f"Episode {episode}", index=episode)


def _track(names: list[str]) -> Iterable[tuple[str, Named]]:
    artist, album = (names[0], names[-2]) if len(names) > 2 else (names[0], names[0])
    stem = naming.stem_of(name_of(names[-1]))
    digits = stem[: len(stem) - len(stem.lstrip("0123456789"))]
    yield "artist", Named(id=(artist.lower(),), title=artist)
    yield "album", Named(id=(artist.lower(), album.lower()), title=naming.title(album).name)
    title = stem.lstrip("0123456789 .-_") or stem
    yield (
        "track",
        Named(id=(artist.lower(), album.lower(), stem.lower()), title=title, index=int(digits) if digits else None),
    )
