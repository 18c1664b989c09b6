"""The likeliest library of a path that no library holds: the operator's next step."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from autoscan.paths.flavour import Flavour, comparable, split


def closest(path: str, roots: Iterable[str]) -> str | None:
    """Return the root most like `path`, as it is spelt; None if there are no roots.

    A root whose last name occurs in the path comes first (`/mnt/media/tv` for `/data/tv/X`), then the one that
    shares more names in order, then the one whose text is more alike.
    """
    names = _names(path)

    def likeness(root: str) -> tuple[bool, int, float]:
        own = _names(root)
        shared = SequenceMatcher(None, own, names, autojunk=False).get_matching_blocks()
        alike = SequenceMatcher(None, "/".join(own), "/".join(names), autojunk=False).ratio()
        return own[-1:] != () and own[-1] in names, sum(block.size for block in shared), alike

    return max(roots, key=likeness, default=None)


def _names(path: str) -> tuple[str, ...]:
    # Case-blind whatever the flavour: a wrong case is a likely reason why nothing matched.
    return comparable(split(path).names, Flavour.WINDOWS)
