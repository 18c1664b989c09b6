"""Plex's answers: one tree of nodes, written as XML or, to those who ask for it, as JSON."""

import json
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from tests.servers.wire import Request, Response

Value = str | int | bool | None


@dataclass(slots=True, kw_only=True)
class Node:
    """An element; attributes that are None are left out."""

    tag: str
    attrs: dict[str, Value] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    #: The key in JSON, where it differs from the tag.
    json_tag: str = ""

    def xml(self) -> ET.Element:
        """Return the element; booleans are `1` and `0`."""
        made = ET.Element(self.tag, {name: _text(value) for name, value in self.attrs.items() if value is not None})
        made.extend(child.xml() for child in self.children)
        return made

    def plain(self) -> dict[str, object]:
        """Return the JSON object, children in lists by their tag."""
        made: dict[str, object] = {name: value for name, value in self.attrs.items() if value is not None}
        for child in self.children:
            siblings = made.setdefault(child.json_tag or child.tag, [])
            assert isinstance(siblings, list)
            siblings.append(child.plain())
        return made


def _text(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def container(children: list[Node], **attrs: Value) -> Node:
    """Return the element around every answer."""
    return Node(tag="MediaContainer", attrs={"size": len(children), **attrs}, children=children)


def reply(request: Request, node: Node) -> Response:
    """Write an answer as the caller accepts it."""
    if "json" in request.headers.get("accept", ""):
        body = json.dumps({node.tag: node.plain()}).encode()
        return Response(body=body, type="application/json")
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return Response(body=head + ET.tostring(node.xml()), type="text/xml;charset=utf-8")


def when(moment: float | None) -> int | None:
    """Return a time as Plex writes it."""
    return None if moment is None else int(moment)
