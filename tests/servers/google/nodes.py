"""What lies in Drive: files and folders by id, some of them made up on demand instead of being kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
VIDEO = "video/x-matroska"


@dataclass(slots=True, kw_only=True)
class Node:
    """A file, folder, shortcut or document."""

    id: str
    name: str
    parents: list[str] = field(default_factory=list)
    mime: str = VIDEO
    md5: str = ""
    size: int | None = None
    #: By itself; what lies below a folder in the trash counts as trashed, too.
    trashed: bool = False
    #: The shared drive; empty for My Drive.
    drive: str = ""
    #: When it was made, and when its contents last changed.
    created: float = 0.0
    modified: float = 0.0
    target: str = ""
    target_mime: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Many files that are computed, not kept: folders of a thousand below `parent`, in one drive."""

    prefix: str
    parent: str
    drive: str
    count: int
    per_folder: int = 1000

    @property
    def total(self) -> int:
        """Return how many nodes there are: folders first, then the files."""
        return self.folders + self.count

    @property
    def folders(self) -> int:
        """Return how many folders hold the files."""
        return -(-self.count // self.per_folder)

    def at(self, index: int) -> Node:
        """Return the node at a place in the order: folders first."""
        if index < self.folders:
            return self._node(f"d{index}", f"Folder {index:06}", self.parent, mime=FOLDER)
        number = index - self.folders
        folder = f"{self.prefix}d{number // self.per_folder}"
        return self._node(f"f{number}", f"File {number:07}.mkv", folder, md5=f"{number:032x}", size=number + 1)

    def find(self, file_id: str) -> Node | None:
        """Return the node of an id; None if it is none of these."""
        kind, digits = file_id[len(self.prefix) :][:1], file_id[len(self.prefix) + 1 :]
        if not file_id.startswith(self.prefix) or kind not in ("d", "f") or not digits.isdigit():
            return None
        index = int(digits) + (self.folders if kind == "f" else 0)
        return self.at(index) if index < (self.folders if kind == "d" else self.total) else None

    def below(self, folder_id: str) -> range:
        """Return the places of what a folder holds."""
        if folder_id == self.parent:
            return range(self.folders)
        digits = folder_id.removeprefix(f"{self.prefix}d")
        if not folder_id.startswith(f"{self.prefix}d") or not digits.isdigit():
            return range(0)
        first = self.folders + int(digits) * self.per_folder
        return range(first, min(first + self.per_folder, self.total))

    def _node(self, end: str, name: str, parent: str, **more: Any) -> Node:
        return Node(id=f"{self.prefix}{end}", name=name, parents=[parent], drive=self.drive, **more)


class Nodes:
    """All nodes of all drives. What was computed and then changed is kept from there on."""

    def __init__(self) -> None:
        self._kept: dict[str, Node] = {}
        self._gone: set[str] = set()
        self._below: dict[str, dict[str, None]] = {}
        self.bulks: list[Bulk] = []

    def get(self, file_id: str) -> Node | None:
        """Return a node by its id."""
        if file_id in self._gone:
            return None
        return self._kept.get(file_id) or self._computed(file_id)

    def put(self, node: Node) -> None:
        """Keep a node, new or changed, under the parents that it names."""
        self._forget(node.id)
        self._gone.discard(node.id)
        self._kept[node.id] = node
        for parent in node.parents:
            self._below.setdefault(parent, {})[node.id] = None

    def drop(self, file_id: str) -> None:
        """Have a node no more."""
        self._forget(file_id)
        self._gone.add(file_id)

    def children(self, folder_id: str) -> Iterator[Node]:
        """Yield what lies directly in a folder."""
        for bulk in self.bulks:
            yield from (each for each in map(bulk.at, bulk.below(folder_id)) if self._untouched(each.id))
        yield from (self._kept[each] for each in list(self._below.get(folder_id, ())))

    def descendants(self, folder_id: str) -> Iterator[Node]:
        """Yield everything that lies somewhere below a folder."""
        for node in list(self.children(folder_id)):
            yield node
            yield from self.descendants(node.id)

    def slice(self, start: int, drive: str | None = None) -> Iterator[tuple[int, Node]]:
        """Yield every node from a place in the order on, each with the place after it; of one drive at the least."""
        place = 0
        for bulk in self.bulks:
            for index in range(max(start - place, 0), bulk.total if drive in (None, bulk.drive) else 0):
                node = bulk.at(index)
                if self._untouched(node.id):
                    yield place + index + 1, node
            place += bulk.total
        for index, node in enumerate(list(self._kept.values())):
            if place + index >= start:
                yield place + index + 1, node

    def is_trashed(self, node: Node) -> bool:
        """Tell whether a node is in the trash, by itself or with all folders above it."""
        if node.trashed:
            return True
        above = [each for each in map(self.get, node.parents) if each is not None]
        return bool(above) and all(self.is_trashed(each) for each in above)

    def _computed(self, file_id: str) -> Node | None:
        return next((found for bulk in self.bulks if (found := bulk.find(file_id)) is not None), None)

    def _untouched(self, file_id: str) -> bool:
        return file_id not in self._kept and file_id not in self._gone

    def _forget(self, file_id: str) -> None:
        old = self._kept.pop(file_id, None)
        if old is not None:
            for below in self._below.values():
                below.pop(file_id, None)


def rfc3339(seconds: float) -> str:
    """Return a time as Google writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
