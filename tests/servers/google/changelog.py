"""A change log: of each file its last change counts, and a page token is a place in the log."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line."""

    number: int
    at: float
    #: `file` or `drive`.
    kind: str
    #: Of the file or the shared drive.
    id: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some lines, and where to go on; `next` is None at the end."""

    entries: tuple[Entry, ...]
    next: int | None
    end: int


class ChangeLog:
    """The log of one user or of one shared drive; numbers begin somewhere and have gaps, as Google's have."""

    def __init__(self, first: int) -> None:
        self._lines: list[Entry] = []
        self._last: dict[tuple[str, str], int] = {}
        self.next_number = first
        #: Places before this one are known no more.
        self.oldest = first

    def add(self, kind: str, ids: Iterable[str], *, at: float, removed: bool = False) -> None:
        """Write a line for each id."""
        for each in ids:
            self._last[(kind, each)] = self.next_number
            self._lines.append(Entry(number=self.next_number, at=at, kind=kind, id=each, removed=removed))
            self.next_number += 1

    def page(self, start: int, size: int) -> Page | None:
        """Return the lines from a place on; None if the log does not know the place.

        Lines that a later change of the same file has outdated are left out, though they count for the size: pages
        can be short, or empty, and yet have a successor. Real ones are, too.
        """
        if not self.oldest <= start <= self.next_number:
            return None
        first = bisect.bisect_left(self._lines, start, key=lambda line: line.number)
        lines = self._lines[first : first + size]
        more = first + size < len(self._lines)
        return Page(
            entries=tuple(line for line in lines if self._last[(line.kind, line.id)] == line.number),
            next=self._lines[first + size].number if more else None,
            end=self.next_number,
        )

    def forget(self) -> None:
        """Know no page token any more that was given out so far."""
        self.next_number += 1000
        self.oldest = self.next_number
        self._lines.clear()
        self._last.clear()
