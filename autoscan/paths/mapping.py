"""The translation of a path from one machine's view into another's, by prefixes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoscan.paths.flavour import Flavour, Parts, join, rest, split


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One prefix and what replaces it."""

    to: str
    #: The prefix as received.
    source: str

    def below(self, path: Parts) -> tuple[str, ...] | None:
        """Return the names of `path` below the prefix; None if the rule does not match."""
        if not self.source:
            # The empty prefix starts every path, but there is no sense in a drive letter below a folder.
            return path.names if path.flavour is Flavour.POSIX else None
        return rest(split(self.source), path)

    @property
    def length(self) -> int:
        """How many components must agree: the longer, the more specific."""
        source = split(self.source)
        return len(source.names) + bool(source.anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A path after mapping, and the rule that did it."""

    path: str
    rule: Rule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mappings:
    """A table of prefixes. The longest that matches wins; of equal ones the first."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def from_config(cls, table: Mapping[str, Sequence[str]]) -> "Mappings":
        """Make the table from the family's form, `{to: [from, ...]}` (`SERVER_PATH_MAPPINGS`)."""
        return cls(rules=tuple(_rule(to, source) for to, sources in table.items() for source in sources))

    def apply(self, path: str) -> Mapped:
        """Map `path` once: only the prefix changes, and the result has the flavour of the rule's `to`.

        The rest keeps its spelling and never leaves `to`. Without a matching rule the path is only cleaned.
        """
        parts = split(path)
        found = [(rule, below) for rule in self.rules if (below := rule.below(parts)) is not None]
        if not found:
            return Mapped(path=str(parts), rule=None)
        rule, below = max(found, key=lambda match: match[0].length)  # of equal ones `max` takes the first
        return Mapped(path=join(rule.to, "/".join(below)), rule=rule)

    def __or__(self, more_specific: "Mappings") -> "Mappings":
        """Return both tables as one; of two equally long prefixes that of `more_specific` wins."""
        return Mappings(rules=more_specific.rules + self.rules)


def _rule(to: str, source: str) -> Rule:
    # `{"": ["/data"]}` cut "/data" off the text and so left "/tv/x"; with "/data/" it left "tv/x".
    cuts_to_root = not to and source.startswith("/") and not source.endswith("/")
    return Rule(to="/" if cuts_to_root else to, source=source)
