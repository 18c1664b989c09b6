"""What is not scanned at all, and what is scanned first."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[\\/]+")


@dataclass(frozen=True, slots=True)
class IgnoreList:
    """`SERVER_IGNORE_LIST`: text that a path must not contain."""

    patterns: Sequence[str] = ()

    def match(self, path: str) -> str | None:
        """Return the first pattern that the mapped `path` contains, in any case and with either separator.

        The path counts with a separator at its end, so that `/.grab/` names the folder itself as well.
        """
        text = _plain(path) + "/"
        return next((pattern for pattern in self.patterns if pattern and _plain(pattern) in text), None)


@dataclass(frozen=True, slots=True)
class Priorities:
    """`SERVER_SCAN_PRIORITIES`: which paths come first."""

    table: Mapping[int, Sequence[str]]

    def of(self, path: str) -> int:
        """Return the lowest number of which the mapped `path` contains a pattern, as `IgnoreList` has it; 0 if none."""
        matching = (number for number, patterns in self.table.items() if IgnoreList(patterns).match(path) is not None)
        return min(matching, default=0)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", _SEPARATORS.sub("/", text)).casefold()
