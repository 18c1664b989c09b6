"""Answers that are asked for again and again: one that the caller has already costs a header and nothing else."""

import hashlib
from collections.abc import Callable

from flask import Response, make_response, request

from autoscan import __version__
from autoscan.web.sessions import signed_in


def conditional(make: Callable[[], Response | str], mark: str) -> Response:
    """Return what `make` makes, with an ETag of `mark`; 304, without making it, for who has that already.

    `mark` must change whenever the answer would, and is to be read before anything that the answer shows.
    """
    tag = hashlib.sha256("\n".join((__version__, request.full_path, str(signed_in()), mark)).encode()).hexdigest()[:32]
    known = request.if_none_match.contains_weak(tag)
    response = make_response(b"", 304) if known else make_response(make())
    response.set_etag(tag, weak=True)
    # Kept by this browser only, and never shown without asking again.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
