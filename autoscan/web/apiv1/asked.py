"""Read what a caller of the API sent, by the schema of the operation; everything that is wrong is named at once."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from autoscan.errors import BadFieldsError, BadRequestError, MediaTypeError
from autoscan.web import bodies

NO_JSON = "The body must be JSON: send it with Content-Type: application/json"
EMPTY = "The body is empty: send a JSON object"
TWICE = "Say it once."

_WHOLE = re.compile(r"-?\d{1,1000}", re.ASCII)

#: Problems that an error names; the rest is counted by nobody.
_NAMED = 20


def query(schema: type[Schema] | None) -> dict[str, Any]:
    """Return the query by `schema` (None: there is nothing to ask for); raise BadFieldsError."""
    known = (schema or Nothing)()
    given = {bodies.tame_text(name): list(map(bodies.tame_text, values)) for name, values in request.args.lists()}
    single = {name for name in given if not isinstance(known.fields.get(name), fields.List)}
    twice = {name: (TWICE,) for name in sorted(single) if len(given[name]) > 1 and name in known.fields}
    if twice:
        raise BadFieldsError(twice)
    typed = {name: [_typed(known.fields.get(name), value) for value in values] for name, values in given.items()}
    return _loaded(known, {name: values[0] if name in single else values for name, values in typed.items()})


def headers(schema: type[Schema]) -> dict[str, Any]:
    """Return those headers of the request that `schema` names; raise BadFieldsError."""
    known = schema()
    names = [each.data_key or name for name, each in known.fields.items()]
    return _loaded(known, {name: request.headers[name] for name in names if name in request.headers})


def body(schema: type[Schema]) -> dict[str, Any]:
    """Return the JSON body by `schema`; raise MediaTypeError, BadRequestError, BadFieldsError or TooLargeError."""
    kind = request.mimetype
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise MediaTypeError(NO_JSON)
    found = bodies.read()
    if found.empty:
        raise BadRequestError(EMPTY)
    try:
        return _loaded(schema(), found.fields)
    except BadFieldsError as error:
        raise _as_written(schema()) or error from None


def _as_written(schema: Schema) -> BadFieldsError | None:
    """Return what is wrong with the body as it came: it was read with null for each number that no database takes."""
    try:
        _loaded(schema, json.loads(bodies.octets()))
    except BadFieldsError as error:
        return error
    except (ValueError, RecursionError):
        pass  # in an encoding that needs a guess
    return None


def _typed(field: fields.Field[Any] | None, value: str) -> str | int | bool:
    """Return what `value` spells in a query; as it is where that is not what `field` takes, which then says so."""
    if isinstance(field, fields.Integer) and _WHOLE.fullmatch(value):
        return int(value)
    return value == "true" if isinstance(field, fields.Boolean) and value in ("true", "false") else value


class Nothing(Schema):
    """No field at all."""


def _loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        found = list(_flat(error.messages))[:_NAMED]
        raise BadFieldsError(dict(found)) from None
    return loaded


def _flat(messages: Any, name: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name of each field that is wrong, `paths.0` for what is inside a list, and what is wrong with it."""
    if not isinstance(messages, Mapping):
        yield name, tuple(map(str, messages))
        return
    for key, inner in messages.items():
        yield from _flat(inner, f"{name}.{key}" if name else str(key))
