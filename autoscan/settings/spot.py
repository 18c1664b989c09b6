"""A value as it was written, and where: what every complaint about it needs to say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from autoscan.errors import Problem
from autoscan.settings.jsontext import Node

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One written value."""

    #: `SERVER_PORT`, `MEDIA_SERVERS[1].URL`.
    name: str
    node: Node
    #: `config/config.json`, `environment`, `.env`, `command line`.
    label: str
    #: Whether the label has lines.
    lined: bool = False

    @property
    def where(self) -> str:
        """Return the place, with its line where it has one."""
        return f"{self.label}:{self.node.line}" if self.lined and self.node.line else self.label

    @property
    def blank(self) -> bool:
        """Tell whether nothing is written here: null or white space, which count as unset."""
        return self.node.value is None or (isinstance(self.node.value, str) and not self.node.value.strip())

    def items(self) -> Iterator["Spot"]:
        """Return the members of a list."""
        for index, node in enumerate(self.node.items):
            yield self._inner(f"{self.name}[{index}]", node)

    def members(self) -> dict[str, "Spot"]:
        """Return the members of an object, without the keys that are comments (they begin with `_`)."""
        return {
            key: self._inner(f"{self.name}.{shown(key)}".lstrip("."), node)
            for key, node in self.node.members.items()
            if not key.startswith("_")
        }

    def _inner(self, name: str, node: Node) -> "Spot":
        return Spot(name=name, node=node, label=self.label, lined=self.lined)


class WrongError(Exception):
    """Values that cannot be used; carries a Problem for each."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def inner(spot: Spot | None, name: str) -> Spot | None:
    """Return the spot of the nested setting `name` in that of its top-level key, None where it is not written."""
    for part in name.split(".")[1:]:
        spot = spot.members().get(part) if spot is not None else None
    return spot


def wrong(spot: Spot, message: str) -> WrongError:
    """Return the error that says `message` about `spot`. The message must not repeat what may be a secret."""
    return WrongError(Problem(name=spot.name, where=spot.where, message=message))


def every(things: Iterable[S], convert: Callable[[S], T]) -> list[T]:
    """Convert all `things`; raise WrongError with the problems of all of them, not only of the first."""
    done: list[T] = []
    problems: list[Problem] = []
    for thing in things:
        try:
            done.append(convert(thing))
        except WrongError as error:
            problems.extend(error.problems)
    if problems:
        raise WrongError(*problems)
    return done


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known name most like `name`, or `""`."""
    matches = get_close_matches(name.upper(), list(known), n=1, cutoff=likeness)
    return matches[0] if matches else ""


def unknown(spot: Spot, known: Iterable[str]) -> str:
    """Return the warning about a key that nobody knows."""
    guess = nearest(spot.name.rpartition(".")[2], known)
    hint = f"; did you mean {guess}?" if guess else "."
    return f"{spot.where}: {spot.name}: Autoscan has no such setting; it is kept and does nothing{hint}"


def shown(text: str) -> str:
    """Return `text` so that it can stand in a message: one line, printable, not endless."""
    printable = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return printable if len(printable) <= 60 else f"{printable[:57]}..."  # noqa: PLR2004 - about half a line
