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


def no_library(server: str, folder: str, roots: Iterable[str]) -> str:
    """Say in one sentence why `folder` (as the server sees it) lies below none of `roots`, and which comes closest."""
    known = sorted(set(roots))
    if not known:
        return f"{server} has no library with a folder"
    nearest = closest(folder, known)
    hint = f"; the nearest is {nearest}: map the path to it with SERVER_PATH_MAPPINGS" if nearest else ""
    return f"{server} sees the path as {folder}, which lies in none of its libraries ({', '.join(known)}){hint}"


def alike(path: str, other: str) -> int:
    """Return how many names at their ends two paths have in common, case-blind."""
    pairs = zip(reversed(_names(path)), reversed(_names(other)), strict=False)
    return next(
        (count for count, (one, two) in enumerate(pairs) if one != two), min(len(_names(path)), len(_names(other)))
    )


def _names(path: str) -> tuple[str, ...]:
    # Case-blind whatever the flavour: a wrong case is a likely reason why nothing matched.
    return comparable(split(path).names, Flavour.WINDOWS)
