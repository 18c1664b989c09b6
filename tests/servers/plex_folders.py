"""Plex's folder view: what its database knows, by directory, with ids of its own."""

from typing import TYPE_CHECKING

from tests.servers.plex_nodes import item_node
from tests.servers.plex_scan import Section
from tests.servers.plex_xml import Node
from tests.servers.view import name_of

if TYPE_CHECKING:
    from tests.servers.plex import FakePlex


def folder_nodes(server: "FakePlex", section: Section, parent: str) -> list[Node]:
    """Return what lies in a folder: directories with their ids, files as their items; nothing for an unknown id."""
    nodes = []
    for folder in _folders(server, section, parent):
        for path in sorted(server.catalog.inside(section.library.id, folder)):
            nodes += _nodes(server, section, path)
    return nodes


def _folders(server: "FakePlex", section: Section, parent: str) -> list[str]:
    if not parent:
        return list(section.library.roots)
    return [path for path, number in server.folder_ids.items() if number == int(parent)]


def _nodes(server: "FakePlex", section: Section, path: str) -> list[Node]:
    holders = server.catalog.holders(section.library.id, path)
    if holders:
        return [item_node(item) for item in holders]
    number = server.folder_ids.setdefault(path, 5000 + len(server.folder_ids))
    key = f"/library/sections/{section.library.id}/folder?parent={number}"
    return [Node(tag="Directory", attrs={"key": key, "title": name_of(path)})]
