"""The database of a simulated Jellyfin or Emby: items by path, each in its folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.servers.view import Entry

#: Kinds that hold others and are a directory on disk.
FOLDERS = frozenset(["Folder", "CollectionFolder", "Series", "Season", "MusicAlbum", "MusicArtist", "PhotoAlbum"])
#: What `MediaType` says of a kind.
MEDIA_TYPES = {"Audio": "Audio", "AudioBook": "Audio", "Book": "Book", "Photo": "Photo"}


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One row: a file, a directory, or a library."""

    id: str
    kind: str
    path: str
    name: str
    library_id: str
    parent: "Item | None"
    created_at: float
    size: int = 0
    mtime: float = 0.0
    #: When its metadata was saved first; an item is visible before.
    saved_at: float | None = None
    probed: bool = False
    #: The version that stands for this one, and those that this one stands for.
    primary: "Item | None" = None
    versions: "list[Item]" = field(default_factory=list)
    children: "dict[str, Item]" = field(default_factory=dict)
    #: Made by `bulk`: there is no file, and no scan misses it.
    pinned: bool = False

    @property
    def is_folder(self) -> bool:
        """Tell whether it holds others."""
        return self.kind in FOLDERS

    def stand_behind(self, primary: "Item | None") -> None:
        """Become a version of another item, or an item of one's own."""
        if self.primary is not None and self in self.primary.versions:
            self.primary.versions.remove(self)
        self.primary = primary
        if primary is not None:
            primary.versions.append(self)

    def below(self) -> "Iterator[Item]":
        """Return everything under it."""
        for child in self.children.values():
            yield child
            yield from child.below()

    def above(self) -> "Iterator[Item]":
        """Return what it lies in, nearest first."""
        item = self.parent
        while item is not None:
            yield item
            item = item.parent


class Database:
    """All items of one server. A path has one item, also where two libraries hold it."""

    def __init__(self, new_id: Callable[[str, str], str]) -> None:
        self._new_id = new_id
        self.by_id: dict[str, Item] = {}
        self.by_path: dict[str, Item] = {}

    def add(self, kind: str, entry: Entry, parent: Item, now: float) -> Item:
        """Insert what was found in a folder; its metadata comes later."""
        item = Item(
            id=self._new_id(kind, entry.path),
            kind=kind,
            path=entry.path,
            name=entry.name,
            library_id=parent.library_id,
            parent=parent,
            created_at=now,
            size=entry.size,
            mtime=entry.mtime,
        )
        parent.children[entry.path] = item
        self._index(item)
        return item

    def add_library(self, library_id: str, item_id: str, name: str, path: str, now: float) -> Item:
        """Insert a library itself."""
        item = Item(
            id=item_id,
            kind="CollectionFolder",
            path=path,
            name=name,
            library_id=library_id,
            parent=None,
            created_at=now,
            saved_at=now,
            probed=True,
        )
        self._index(item)
        return item

    def _index(self, item: Item) -> None:
        self.by_id[item.id] = item
        self.by_path[item.path] = item

    def remove(self, item: Item) -> None:
        """Delete an item with everything below it."""
        for gone in [item, *item.below()]:
            self.by_id.pop(gone.id, None)
            gone.stand_behind(None)
            if self.by_path.get(gone.path) is gone:
                del self.by_path[gone.path]
        if item.parent is not None:
            item.parent.children.pop(item.path, None)
