"""One account's Drive: what people do there, and which lines their doings write into the change logs."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.servers.google.changelog import ChangeLog
from tests.servers.google.nodes import DOCUMENT, FOLDER, SHORTCUT, Bulk, Node, Nodes

#: The log of My Drive, beside those of the shared drives.
USER = ""


@dataclass(slots=True, kw_only=True)
class Shared:
    """A shared drive."""

    id: str
    name: str
    member: bool = True


@dataclass(slots=True, kw_only=True)
class World:
    """Drives, files and logs. `now` gives seconds since 1970.

    What Google's documents say is done: one line per file, the file as it is *now*, no file with `removed`. What they
    leave open can be turned: `tells_below`, `user_hears_drives`.
    """

    now: Callable[[], float]
    root_name: str = "My Drive"
    #: Whether everything below a folder gets a line as well when the folder goes into the trash or comes back.
    #: Google's documents do not say; callers have to cope with both.
    tells_below: bool = False
    #: Whether My Drive's log names what happens in shared drives, too. It does for some files: those that the user
    #: opened, or that were shared with him.
    user_hears_drives: bool = False
    nodes: Nodes = field(default_factory=Nodes)
    drives: dict[str, Shared] = field(default_factory=dict)
    logs: dict[str, ChangeLog] = field(default_factory=dict)
    made: int = 0
    #: The id of My Drive.
    root: str = ""

    def __post_init__(self) -> None:
        self.root = self.new_id("0A", "root", 17)
        self.nodes.put(Node(id=self.root, name=self.root_name, mime=FOLDER, modified=self.now()))
        self.logs[USER] = ChangeLog(4711)

    # ----- what lies there

    def node(self, file_id: str) -> Node:
        """Return a node; `root` is My Drive."""
        found = self.nodes.get(self.root if file_id == "root" else file_id)
        assert found is not None, f"no file {file_id}"
        return found

    def folder(self, name: str, parent: str = "root", **more: Any) -> str:
        """Make a folder and return its id."""
        return self._make(name, parent, mime=FOLDER, **more)

    def file(self, name: str, parent: str = "root", *, size: int = 1000, **more: Any) -> str:
        """Make a file and return its id; its contents follow from name and size unless `md5` says otherwise."""
        return self._make(name, parent, size=size, **{"md5": _md5(name, size), **more})

    def document(self, name: str, parent: str = "root") -> str:
        """Make a document of Google's editors and return its id; it has a size, but nothing that a mount could read."""
        return self._make(name, parent, mime=DOCUMENT, size=1024)

    def shortcut(self, name: str, target: str, parent: str = "root") -> str:
        """Make a shortcut to `target` and return its id."""
        return self._make(name, parent, mime=SHORTCUT, target=target, target_mime=self.node(target).mime)

    def path(self, path: str, *, size: int = 1000) -> str:
        """Make the file at a path such as `My Drive/TV/Show/S01E01.mkv`, with the folders that lack; return its id."""
        drive, *folders, name = path.split("/")
        here = self.root if drive == self.root_name else next(d.id for d in self.drives.values() if d.name == drive)
        for folder in folders:
            found = next((each for each in self.nodes.children(here) if each.name == folder), None)
            here = found.id if found is not None else self.folder(folder, here)
        return self.file(name, here, size=size)

    def bulk(self, count: int, drive: str = "", *, parent: str = "root", per_folder: int = 1000) -> None:
        """Let `count` files lie below `parent`, in folders, without keeping them; no log tells of it."""
        node = self.node(drive if drive and parent == "root" else parent)
        prefix = f"1bulk{len(self.nodes.bulks)}"
        self.nodes.bulks.append(
            Bulk(prefix=prefix, parent=node.id, drive=node.drive, count=count, per_folder=per_folder)
        )

    def shared_drive(self, name: str) -> str:
        """Make a shared drive and return its id, which is that of its root folder as well."""
        drive_id = self.new_id("0A", name, 17)
        self.drives[drive_id] = Shared(id=drive_id, name=name)
        self.nodes.put(Node(id=drive_id, name="Drive", mime=FOLDER, drive=drive_id, modified=self.now()))
        self.logs[drive_id] = ChangeLog(100)
        self.logs[USER].add("drive", [drive_id], at=self.now())
        return drive_id

    # ----- what people do

    def write(self, file_id: str, *, size: int) -> None:
        """Give a file other contents."""
        node = self.node(file_id)
        self._change(node, size=size, md5=_md5(f"{node.name}{self.now()}", size))

    def touch(self, file_id: str) -> None:
        """Change something that concerns nobody (a comment, a star): a line in the log, and the file as before."""
        self._tell([self.node(file_id)])

    def rename(self, file_id: str, name: str) -> None:
        """Give a file or folder another name; nothing tells of what lies below."""
        self._change(self.node(file_id), name=name)

    def move(self, file_id: str, to: str) -> None:
        """Move a file or folder, perhaps into another drive, which its own drive's log calls removed."""
        node, target = self.node(file_id), self.node(to)
        if node.drive == target.drive:
            self._change(node, parents=[target.id])
            return
        moved = [node, *self.nodes.descendants(node.id)]
        self._remove(moved)
        for each in moved:
            parents = [target.id] if each is node else each.parents
            self._change(each, parents=parents, drive=target.drive)

    def add_parent(self, file_id: str, parent: str) -> None:
        """Let a file lie in one folder more, as in drives from before 2020."""
        node = self.node(file_id)
        self._change(node, parents=[*node.parents, self.node(parent).id])

    def trash(self, file_id: str) -> None:
        """Put something into the trash, with all that lies below."""
        self._throw(file_id, trashed=True)

    def untrash(self, file_id: str) -> None:
        """Take something out of the trash again."""
        self._throw(file_id, trashed=False)

    def delete(self, file_id: str) -> None:
        """Delete something for good, with all that lies below."""
        node = self.node(file_id)
        below = list(self.nodes.descendants(node.id))
        self._remove([node, *below] if self.tells_below else [node])
        for each in (node, *below):
            self.nodes.drop(each.id)

    def rename_drive(self, drive_id: str, name: str) -> None:
        """Give a shared drive another name."""
        self.drives[drive_id].name = name
        for log in (USER, drive_id):
            self.logs[log].add("drive", [drive_id], at=self.now())

    def leave(self, drive_id: str) -> None:
        """Let the account be no member of a shared drive any more."""
        self.drives[drive_id].member = False
        self.logs[USER].add("drive", [drive_id], at=self.now(), removed=True)

    def join(self, drive_id: str) -> None:
        """Make the account a member again."""
        self.drives[drive_id].member = True
        self.logs[USER].add("drive", [drive_id], at=self.now())

    def many(self, count: int, parent: str = "root") -> list[str]:
        """Make `count` files at once, each with its line in the log."""
        return [self.file(f"Many {number:06}.mkv", parent, size=number + 1) for number in range(count)]

    def new_id(self, prefix: str, name: str, length: int) -> str:
        """Return an id of Google's kind: letters without meaning, the same in each run."""
        self.made += 1
        return prefix + hashlib.sha256(f"{self.made} {name}".encode()).hexdigest()[:length]

    # ----- inside

    def _make(self, name: str, parent: str, **more: Any) -> str:
        above = self.node(parent)
        node = Node(
            id=self.new_id("1", name, 32),
            name=name,
            parents=[above.id],
            drive=above.drive,
            **{"created": self.now(), "modified": self.now(), **more},
        )
        self.nodes.put(node)
        self._tell([node])
        return node.id

    def _change(self, node: Node, **changes: Any) -> None:
        changed = replace(node, **changes)
        self.nodes.put(changed)
        self._tell([changed])

    def _throw(self, file_id: str, *, trashed: bool) -> None:
        node = self.node(file_id)
        self._change(node, trashed=trashed)
        if self.tells_below:
            self._tell(self.nodes.descendants(node.id))

    def _tell(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            for log in self._logs_of(node):
                self.logs[log].add("file", [node.id], at=self.now())

    def _remove(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            for log in self._logs_of(node):
                self.logs[log].add("file", [node.id], at=self.now(), removed=True)

    def _logs_of(self, node: Node) -> set[str]:
        return {node.drive, USER} if self.user_hears_drives else {node.drive}


def _md5(name: str, size: int) -> str:
    return hashlib.md5(f"{name} {size}".encode(), usedforsecurity=False).hexdigest()
