"""Members put into the text of a configuration file, with everything that the user wrote left as it is."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from autoscan.settings.jsontext import BLANKS, Node, parse_object

_STEP = "  "


def with_members(text: str, wanted: Mapping[str, Any]) -> str:
    """Return `text` with the members `wanted`; those that are there get the new value. Raise JsonTextError."""
    text = _begun(text)
    node = parse_object(text)
    changes = [
        (node.members[name].start, node.members[name].end, _dumped(value, ""))
        for name, value in wanted.items()
        if name in node.members
    ]
    new = {name: value for name, value in wanted.items() if name not in node.members}
    return _changed(text, [*changes, *_added(text, node, new, 1)])


def with_missing(text: str, wanted: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return `text` with those members of `wanted` that it lacks, inside its objects, too, and their names."""
    text = _begun(text)
    node = parse_object(text)
    missing = list(_missing(node, wanted, ()))
    changes = [change for path, inside, new in missing for change in _added(text, inside, new, len(path) + 1)]
    return _changed(text, changes), [".".join((*path, name)) for path, _, new in missing for name in new]


def _begun(text: str) -> str:
    return text if text.strip(BLANKS) else text + "{}\n"


def _missing(
    node: Node, wanted: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Node, dict[str, Any]]]:
    """Yield each object that lacks something, with what it lacks."""
    new = {name: value for name, value in wanted.items() if name not in node.members}
    if new:
        yield path, node, new
    for name, value in wanted.items():
        inside = node.members.get(name)
        if inside is not None and isinstance(value, dict) and isinstance(inside.value, dict):
            yield from _missing(inside, value, (*path, name))


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    """Apply changes (start, end, text); of two at one place the first one's text comes first."""
    parts, at = [], 0
    for start, end, new in sorted(changes, key=lambda change: change[:2]):
        parts += [text[at:start], new]
        at = end
    return "".join(parts) + text[at:]


def _added(text: str, node: Node, new: Mapping[str, Any], depth: int) -> Iterator[tuple[int, int, str]]:
    """Yield the changes that put `new` at the end of an object."""
    if not new:
        return
    line_end = "\r\n" if "\r\n" in text else "\n"
    indent = _indent(text, node) or _STEP * depth
    rows = [f"{indent}{json.dumps(name, ensure_ascii=False)}: {_dumped(value, indent)}" for name, value in new.items()]
    block = f",{line_end}".join(rows).replace("\n", line_end).replace("\r\r", "\r")
    last = max((member.end for member in node.members.values()), default=0)
    if last and not node.comma:
        yield last, last, ","
    close = node.end - 1
    line = text.rfind("\n", 0, close) + 1
    if line > max(last, node.start) and not text[line:close].strip():
        yield line, line, block + line_end
    else:
        yield close, close, line_end + block + line_end + indent.removesuffix(_STEP)


def _indent(text: str, node: Node) -> str:
    """Return the white space before the first member, `""` where that does not begin its line."""
    first = next(iter(node.members.values()), None)
    if first is None:
        return ""
    line = text.split("\n")[first.line - 1]
    match = re.match(r"\ufeff?([ \t]*)[\"'\w]", line)
    return match[1] if match else ""


def _dumped(value: Any, indent: str) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{indent}")
