"""How Plex shows its items."""

from tests.servers.naming import extension
from tests.servers.plex_catalog import Item, Part
from tests.servers.plex_xml import Node, Value, when
from tests.servers.view import View, name_of, parent_of

_TAGS = {"movie": "Video", "episode": "Video", "track": "Track"}
_DURATION = 2_500_000


def item_node(item: Item, *, view: View | None = None, guids: bool = False) -> Node:
    """Return an item; with a view, its parts say whether their files exist (`checkFiles=1`)."""
    node = Node(tag=_TAGS.get(item.type, "Directory"), json_tag="Metadata", attrs=_attributes(item))
    if item.type in _TAGS:
        node.children += [_media(item, parts, view) for parts in item.media]
    if guids and item.matched:
        ids = item.ids if item.agent_guid else (f"tvdb://{100_000 + item.key}",)
        node.children += [Node(tag="Guid", attrs={"id": each}) for each in ids]
    return node


def detail_node(item: Item, *, view: View | None = None) -> Node:
    """Return an item as it shows itself: shows and artists with their folders."""
    node = item_node(item, view=view, guids=True)
    if item.type in ("show", "artist"):
        node.children += [Node(tag="Location", attrs={"path": path}) for path in _folders(item)]
    return node


def _attributes(item: Item) -> dict[str, Value]:
    below = "" if item.type in _TAGS else "/children"
    attrs: dict[str, Value] = {
        "ratingKey": str(item.key),
        "key": f"/library/metadata/{item.key}{below}",
        "guid": item.guid,
        "type": item.type,
        "title": item.title,
        "year": item.year,
        "index": item.index,
        "librarySectionID": int(item.section),
        "addedAt": when(item.added_at),
        "updatedAt": when(item.updated_at),
        "deletedAt": when(item.deleted_at),
        "duration": _DURATION if item.analyzed and item.type in _TAGS else None,
    }
    for prefix, above in zip(("parent", "grandparent"), _above(item), strict=False):
        attrs |= {
            f"{prefix}RatingKey": str(above.key),
            f"{prefix}Key": f"/library/metadata/{above.key}",
            f"{prefix}Title": above.title,
            f"{prefix}Guid": above.guid,
            f"{prefix}Index": above.index,
        }
    if below:
        attrs |= {"childCount": len(item.children), "leafCount": sum(1 for _ in item.leaves)}
    return attrs


def _above(item: Item) -> list[Item]:
    found = []
    while item.parent is not None:
        item = item.parent
        found.append(item)
    return found


def _folders(item: Item) -> list[str]:
    folders = {parent_of(part.path) for leaf in item.leaves for part in leaf.parts}
    depth = 1 if item.type == "show" else 0
    return sorted({parent_of(folder) if depth and name_of(folder) else folder for folder in folders})


def _media(item: Item, parts: list[Part], view: View | None) -> Node:
    attrs: dict[str, Value] = {"id": parts[0].id, "container": extension(parts[0].path)[1:]}
    if item.analyzed:
        attrs |= {"duration": _DURATION, "videoCodec": "h264", "audioCodec": "aac", "videoResolution": "1080"}
    return Node(tag="Media", attrs=attrs, children=[_part(item, part, view) for part in parts])


def _part(item: Item, part: Part, view: View | None) -> Node:
    attrs: dict[str, Value] = {
        "id": part.id,
        "key": f"/library/parts/{part.id}/{int(part.mtime)}/file{extension(part.path)}",
        "file": part.path,
        "size": part.size,
        "container": extension(part.path)[1:],
        "duration": _DURATION if item.analyzed else None,
    }
    if view is not None:
        there = part.pinned or view.look(part.path) is not None
        attrs |= {"exists": there, "accessible": there}
    return Node(tag="Part", attrs=attrs)
