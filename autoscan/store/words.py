"""What lists are searched by: words of texts, facets of rows, and what a search wants of them (pure).

A word is a run of letters and digits, without case and accents. A facet is one exact property, e.g. its source; it
begins with `=`, so that no word is ever taken for one. The full-text index and the look at single rows both work on
these, so that they find the same.
"""

import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby

from autoscan.errors import BadRequestError

#: A shorter word must be whole: too much begins with it.
SHORTEST_PREFIX = 3
#: Words that one search takes, and characters of each.
MOST_WORDS = 20
LONGEST = 60

Tokens = AbstractSet[str]


def words(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = (char for char in plain if not unicodedata.combining(char))
    runs = ("".join(run) for is_word, run in groupby(letters, str.isalnum) if is_word)
    return frozenset(run[:LONGEST] for run in runs)


def facet(name: str, *values: str) -> str:
    """Return the token that stands for this property; `values` may be anything."""
    return "=" + blake2b("\0".join((name, *values)).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a row must have: each of the words, as the beginning of one of its own, and one facet of each group."""

    words: frozenset[str] = frozenset()
    facets: tuple[frozenset[str], ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is wanted."""
        return bool(self.words or self.facets)

    def in_tokens(self, tokens: Tokens) -> bool:
        """Tell whether a row with these words and facets is wanted."""
        return all(group & tokens for group in self.facets) and all(_has(word, tokens) for word in self.words)


def wanted(text: str, *groups: Iterable[str]) -> Wanted:
    """Return what a search for `text` and one of each of `groups` wants; an empty group does not matter.

    Raises BadRequestError for a text of too many words.
    """
    found = words(text)
    if len(found) > MOST_WORDS:
        raise BadRequestError(f"a search takes up to {MOST_WORDS} different words")
    return Wanted(words=found, facets=tuple(frozenset(group) for group in map(tuple, groups) if group))


def _has(word: str, tokens: Tokens) -> bool:
    return word in tokens or (len(word) >= SHORTEST_PREFIX and any(token.startswith(word) for token in tokens))
