"""Readarr: authors, books without a path, book files."""

from collections.abc import Mapping
from typing import Any

from autoscan.model import Event, Hints
from autoscan.triggers import arr, reading
from autoscan.triggers.reading import member

_SHAPE = arr.Shape(
    app="readarr",
    owner="author",
    root="path",
    file="bookFile",
    renamed="renamedBookFiles",
    part="book",
    final_path=True,
)
_EVENTS: Mapping[str, arr.Handler | str] = {
    **arr.QUIET,
    "download": arr.imported,
    "upgrade": arr.imported,
    "rename": arr.renamed,
    "retag": arr.retagged,
    "bookfiledelete": arr.file_deleted,
    "authordelete": arr.owner_deleted,
    "bookdelete": arr.part_deleted,
    "delete": arr.deleted,
    "authoradded": "an author was added; the files come with events of their own",
}


def parse(body: Mapping[str, Any]) -> Event:
    """Read an event about an author or a book."""
    author, book = member(body, "author"), member(body, "book")
    edition = member(book, "edition")
    message = arr.Message(
        body=body,
        shape=_SHAPE,
        root=reading.path(member(author, "path")),
        hints=Hints(
            title=reading.text(member(author, "name")),
            ids={
                **reading.identifiers(author, {"goodreads": "goodreadsId"}),
                **reading.identifiers(book, {"goodreads_book": "goodreadsId"}),
                **reading.identifiers(edition, {"asin": "asin", "isbn": "isbn13"}),
            },
        ),
    )
    return arr.read(reading.text(member(body, "eventType")), message, _EVENTS)
