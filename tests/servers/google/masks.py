"""The `fields` parameter: a mask of what is answered, checked against Google's own description of the API."""

import functools
import importlib.resources
import json
from typing import Any

#: What a mask says: names, each with the mask of its inside; None takes all of it.
Mask = dict[str, "Mask | None"]


class MaskError(Exception):
    """The mask names a field that there is not."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@functools.cache
def description() -> dict[str, Any]:
    """Return Google's description of Drive's API, as its library brings it."""
    documents = importlib.resources.files("googleapiclient") / "discovery_cache" / "documents"
    found: dict[str, Any] = json.loads((documents / "drive.v3.json").read_text(encoding="utf-8"))
    return found


def select(mask: str, schema: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return what the mask leaves of `value`, which is of the type `schema`; raise `MaskError` for an unknown field."""
    if mask == "*":
        return value
    parsed = _parsed(mask)
    _check(parsed, {"$ref": schema})
    found: dict[str, Any] = _select(parsed, value)
    return found


def _parsed(text: str) -> Mask:
    mask, rest = _inside(text)
    if rest:
        raise MaskError(text)
    return mask


def _inside(text: str) -> tuple[Mask, str]:
    mask: Mask = {}
    while True:
        end = min((place for place in map(text.find, ",()/") if place >= 0), default=len(text))
        name, text = text[:end], text[end:]
        if not name:
            raise MaskError(text)
        mask[name], text = _deeper(text)
        if not text.startswith(","):
            return mask, text
        text = text[1:]


def _deeper(text: str) -> tuple[Mask | None, str]:
    if text.startswith("("):
        inner, text = _inside(text[1:])
        if not text.startswith(")"):
            raise MaskError(text)
        return inner, text[1:]
    if text.startswith("/"):
        end = min((place for place in map(text.find, ",()") if place >= 0), default=len(text))
        inner, _ = _inside(text[1:end])
        return inner, text[end:]
    return None, text


def _check(mask: Mask | None, schema: dict[str, Any]) -> None:
    """Fail for a field that the description does not have, also where there is nothing to select from."""
    schema = description()["schemas"][schema["$ref"]] if "$ref" in schema else schema
    if mask is None:
        return
    if "items" in schema:
        _check(mask, schema["items"])
        return
    for name, inner in mask.items():
        if name not in schema.get("properties", {}):
            raise MaskError(name)
        _check(inner, schema["properties"][name])


def _select(mask: Mask | None, value: Any) -> Any:
    if mask is None:
        return value
    if isinstance(value, list):
        return [_select(mask, each) for each in value]
    return {name: _select(inner, value[name]) for name, inner in mask.items() if name in value}
