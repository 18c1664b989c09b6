"""Where a page of a list ended: opaque to callers, the place of its last row for the store."""

import base64
import binascii
import json

from autoscan.errors import BadRequestError

#: Of what a list is sorted by: the part it is in, and two numbers.
Place = tuple[str, int, int]


def cursor(place: Place) -> str:
    """Return `place` as callers hand it back."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def place(cursor: str, parts: tuple[str, ...]) -> Place | None:
    """Return the place behind a cursor, None behind `""`.

    Raises BadRequestError for one that is not from a list with these `parts`.
    """
    if not cursor:
        return None
    try:
        part, first, second = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_"))
    except (binascii.Error, ValueError, TypeError):
        raise BadRequestError(_BAD) from None
    known = part in parts and type(first) is int and type(second) is int
    if not known or max(abs(first), abs(second)) >= _BEYOND:
        raise BadRequestError(_BAD)
    return part, first, second


_BAD = "the cursor is not one of this list: begin at its first page, and keep the filter as it was"
#: Beyond what the database keeps.
_BEYOND = 2**62
