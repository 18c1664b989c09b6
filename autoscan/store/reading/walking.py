"""One page of a list that is made of parts: what matches, and where to go on; bounded in what it reads."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from autoscan.store.reading.cursors import Place, cursor

#: Rows that one page looks at, and that are read at a time.
MOST = 3_000
BATCH = 500


class Candidate(NamedTuple):
    """A row that may belong to the list."""

    #: What its part is sorted by.
    first: int
    second: int
    id: int
    matches: bool


class Section(NamedTuple):
    """One part of a list, all of which comes before the next."""

    name: str
    #: Returns the candidates after a place in it (None: from the beginning), so many at most, none at the end.
    read: Callable[[tuple[int, int] | None, int], Sequence[Candidate]]


class Found(NamedTuple):
    """The ids of a page, and the cursor of the next."""

    ids: list[int]
    next: str


def walk(parts: Sequence[Section], begin: Place | None, limit: int) -> Found:
    """Return the first `limit` rows that match, from `begin` on."""
    ids: list[int] = []
    last = ""
    for seen, (name, candidate) in enumerate(_candidates(parts, begin, limit)):
        if seen >= MOST or (candidate.matches and len(ids) == limit):
            return Found(ids, last)
        last = cursor((name, candidate.first, candidate.second))
        if candidate.matches:
            ids.append(candidate.id)
    return Found(ids, "")


def _candidates(parts: Sequence[Section], begin: Place | None, limit: int) -> Iterator[tuple[str, Candidate]]:
    names = [part.name for part in parts]
    first = names.index(begin[0]) if begin else 0
    after = (begin[1], begin[2]) if begin else None
    count = limit + 1
    for part in parts[first:]:
        while some := part.read(after, count):
            yield from ((part.name, each) for each in some)
            after = (some[-1].first, some[-1].second)
            if len(some) < count:
                break
            count = BATCH
        after = None
