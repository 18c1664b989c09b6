"""What Plex says about a section's types, sorts and fields, which python-plexapi asks before it searches."""

from tests.servers.plex_xml import Node, Value

#: The types inside a section of a type.
INSIDE = {
    "movies": ("movie",),
    "tv": ("show", "season", "episode"),
    "music": ("artist", "album", "track"),
    "homevideos": (),
    "books": ("artist", "album", "track"),
}
_SORTS = ("addedAt", "titleSort", "year")
_FIELDS = {
    "title": "string",
    "addedAt": "date",
    "year": "integer",
    "index": "integer",
    "trash": "boolean",
    "unmatched": "boolean",
}
_OPERATORS = {
    "string": {"=": "contains", "!=": "does not contain", "==": "is", "!==": "is not", "<=": "begins with"},
    "integer": {"=": "is", "!=": "is not", ">>=": "is greater than", "<<=": "is less than"},
    "date": {"=": "is", "<<=": "is before", ">>=": "is after"},
    "boolean": {"=": "is true", "!=": "is false"},
}


def meta(section_id: str, kinds: tuple[str, ...], numbers: dict[str, int]) -> Node:
    """Return the description of the types, and of the operators of each type of field."""
    types = [_type(section_id, kind, numbers[kind]) for kind in kinds]
    return Node(tag="Meta", children=[*types, *(_field_type(name) for name in _OPERATORS)])


def collections_meta(section_id: str) -> Node:
    """Return the same for the collections of a section."""
    key = f"/library/sections/{section_id}/collections?type=18"
    attrs: dict[str, Value] = {"key": key, "type": "collection", "title": "Collections", "active": True}
    return Node(tag="Meta", children=[Node(tag="Type", attrs=attrs)])


def _type(section_id: str, kind: str, number: int) -> Node:
    sorts = [
        Node(tag="Sort", attrs={"key": name, "descKey": f"{name}:desc", "defaultDirection": "asc", "title": name})
        for name in _SORTS
    ]
    fields = [
        Node(tag="Field", attrs={"key": f"{kind}.{name}" if kind != "movie" else name, "type": type_, "title": name})
        for name, type_ in _FIELDS.items()
    ]
    key = f"/library/sections/{section_id}/all?type={number}"
    return Node(tag="Type", attrs={"key": key, "type": kind, "title": kind, "active": True}, children=[*sorts, *fields])


def _field_type(name: str) -> Node:
    operators = [Node(tag="Operator", attrs={"key": key, "title": title}) for key, title in _OPERATORS[name].items()]
    return Node(tag="FieldType", attrs={"type": name}, children=operators)
