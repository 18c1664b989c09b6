"""Read what a caller sent into one JSON object or one form, whatever it is labelled, and never trip over it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from autoscan.errors import BadRequestError, MediaTypeError, TooLargeError
from autoscan.triggers import MEMBERS

NO_OBJECT = "The body is no JSON object"
PACKED = "The body is compressed (Content-Encoding), which is not taken here: send it as it is"
EMPTY = "The body is empty, and the address has neither path= nor dir="

#: The bodies of the *arr family are about six levels deep.
_MAX_DEPTH = 100
_INT64 = 2**63
_LONGEST_INT = len(str(-_INT64))
_BOM = b"\xef\xbb\xbf"
#: What else than UTF-8 a body may be, if it says so.
_CHARSETS = frozenset({"iso-8859-1", "iso-8859-15", "latin1", "latin-1", "windows-1252", "cp1252"})
_PACKINGS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request carried."""

    #: There was none. An object without members is one.
    empty: bool = False
    #: Whether it was a form, whose values are texts.
    form: bool = False
    #: The JSON object; of a form the first value of each field, and of fields with paths the list of several.
    fields: Mapping[str, Any] = field(default_factory=dict)


def read() -> Body:
    """Read the body of the current request.

    A content type with `json` in it counts as JSON, and so does whatever begins with `{`: scripts label their JSON as
    anything. An empty body gives an empty `Body`, however it is labelled. Raise `BadRequestError` for everything else
    that is neither a JSON object nor a form, `MediaTypeError` for what is compressed, and `TooLargeError` above the
    limit, without reading on.
    """
    data = octets()
    if not data.removeprefix(_BOM).strip():
        return Body(empty=True)
    if _is_packed(request) and not _begins_an_object(data):
        raise MediaTypeError(PACKED)
    if _is_json(request, data):
        return Body(fields=parse(_text(data, request.mimetype_params.get("charset", ""))))
    if request.mimetype in _FORMS:
        return _form(request)
    raise BadRequestError(NO_OBJECT)


def parse(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`, tamed: what neither a database nor a file system can hold is replaced.

    Raise `BadRequestError` for anything else, also for nesting without end.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(NO_OBJECT) from error
    if not isinstance(value, dict):
        raise BadRequestError(NO_OBJECT)
    if "\\u" not in text and text.count("{") + text.count("[") <= _MAX_DEPTH:
        # What is to be replaced in texts can only stand there escaped, and this cannot be nested too deeply.
        return value
    tamed: dict[str, Any] = _tame(value, 0)
    return tamed


def tame_text(text: str) -> str:
    """Replace half surrogate pairs, which UTF-8 cannot say, and NUL, which no path and few databases can hold."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def octets() -> bytes:
    """Return the body of the current request as it came; raise as `read` does."""
    return _octets(request)


def _octets(source: Request) -> bytes:
    limit = source.max_content_length or 0
    try:
        data = source.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise _too_large(limit) from error
    except HTTPException:
        raise
    except Exception as error:
        # Each server has exceptions of its own for what a client sends that is no HTTP, chunks without a size, say.
        raise BadRequestError("The body could not be read") from error
    announced = source.content_length
    if announced is None and len(data) >= limit:
        # Werkzeug stops reading a chunked body at the limit, and says nothing.
        raise _too_large(limit)
    if len(data) < (announced or 0):
        raise BadRequestError("The body ended early")
    return data


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit // 1024 // 1024} MiB; SERVER_MAX_BODY_SIZE sets the limit")


def _is_json(source: Request, data: bytes) -> bool:
    return "json" in source.headers.get("Content-Type", "").lower() or _begins_an_object(data)


def _begins_an_object(data: bytes) -> bool:
    return data.removeprefix(_BOM).lstrip()[:1] == b"{"


def _is_packed(source: Request) -> bool:
    # Not every encoding that is named there is one: scripts write `utf-8`.
    named = source.headers.get("Content-Encoding", "").casefold().split(",")
    return not _PACKINGS.isdisjoint(each.strip() for each in named)


def _text(data: bytes, charset: str) -> str:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    except UnicodeDecodeError as error:
        if charset.lower() not in _CHARSETS:
            raise BadRequestError(f"The body is no {encoding.upper()} text") from error
    return data.decode(charset, "replace")


def _float(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _int(text: str) -> int | None:
    if len(text) > _LONGEST_INT:
        # Python refuses to read thousands of digits. That none are zeros in front, JSON sees to.
        return None
    value = int(text)
    return value if -_INT64 <= value < _INT64 else None


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=lambda _text: None)


def _tame(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return tame_text(value)
    if depth >= _MAX_DEPTH:
        raise BadRequestError("The body is nested too deeply")
    if isinstance(value, dict):
        return {tame_text(key): _tame(inner, depth + 1) for key, inner in value.items()}
    return [_tame(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def _form(source: Request) -> Body:
    try:
        form = source.form
    except RequestEntityTooLarge as error:
        raise TooLargeError("The form has too many fields") from error
    if not form:
        raise BadRequestError(NO_OBJECT)
    given = {tame_text(name): list(map(tame_text, values)) for name, values in form.lists()}
    return Body(form=True, fields={name: _one_or_several(name, values) for name, values in given.items()})


def _one_or_several(name: str, values: list[str]) -> str | list[str]:
    return values if len(values) > 1 and name.casefold() in MEMBERS else values[0]
