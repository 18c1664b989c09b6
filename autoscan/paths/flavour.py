"""The algebra of paths in two flavours: splitting, cleaning, joining, comparing, always on component boundaries."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache


class Flavour(StrEnum):
    """How a path is spelt."""

    #: `/` separates, case matters, a `\` is an ordinary character. Relative paths, too (`My Drive/Media`).
    POSIX = "posix"
    #: A drive (`D:\`, `D:/`) or a share (`\\host\share`): `\` and `/` separate, case does not matter.
    WINDOWS = "windows"


_WINDOWS = re.compile(r"[A-Za-z]:(?:[\\/]|$)|\\\\")
_EITHER = re.compile(r"[\\/]+")
#: What a share is spelt with; its host and its share name stand among the names, but no `..` removes them.
_SHARE = "\\\\"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A path taken apart: what it starts from, and the names below that."""

    flavour: Flavour
    #: `/`, `D:\`, `\\`, or `""` for a relative path.
    anchor: str
    names: tuple[str, ...]
    #: How many of the names belong to the root (host and share), so that no parent is above them.
    fixed: int = 0

    def __str__(self) -> str:
        """Return the path, cleaned, in its flavour."""
        separator = "\\" if self.flavour is Flavour.WINDOWS else "/"
        text = self.anchor + separator.join(self.names)
        # A relative `./C:/x` must not become a drive by losing its dot.
        return f"./{text}" if flavour(text) is not self.flavour else text


def flavour(path: str) -> Flavour:
    """Tell the flavour of `path` by how it starts."""
    return Flavour.WINDOWS if _WINDOWS.match(path) else Flavour.POSIX


@lru_cache(maxsize=4096)  # mappings and libraries are taken apart for every path
def split(path: str) -> Parts:
    """Take `path` apart, resolving `.`, `..` and duplicate separators lexically."""
    if flavour(path) is Flavour.POSIX:
        anchor = "/" if path.startswith("/") else ""
        return Parts(flavour=Flavour.POSIX, anchor=anchor, names=_resolve(path.split("/")))
    names = [name for name in _EITHER.split(path) if name]
    if path.startswith(_SHARE):
        host = tuple(names[:2])
        return Parts(flavour=Flavour.WINDOWS, anchor=_SHARE, names=host + _resolve(names[2:]), fixed=len(host))
    return Parts(flavour=Flavour.WINDOWS, anchor=names[0] + "\\", names=_resolve(names[1:]))


def _resolve(names: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for each in names:
        if each == "..":
            del kept[-1:]
        elif each not in {"", "."}:
            kept.append(each)
    return tuple(kept)


def clean(path: str) -> str:
    """Return `path` without duplicate and trailing separators, `.` and `..`; never above its root.

    Case and Unicode form stay as they are, and a relative path stays relative.
    """
    return str(split(path))


def components(path: str) -> tuple[str, ...]:
    r"""Return the root (`/`, `D:\`, `\\`; nothing for a relative path) and the names below it."""
    parts = split(path)
    return (parts.anchor, *parts.names) if parts.anchor else parts.names


def name(path: str) -> str:
    """Return the last name of `path`, `""` for a root."""
    names = split(path).names
    return names[-1] if names else ""


def parent(path: str) -> str:
    """Return the folder that holds `path`; a root is its own parent."""
    parts = split(path)
    return str(_cut(parts, max(len(parts.names) - 1, parts.fixed)))


def join(root: str, relative: str) -> str:
    r"""Return `relative` below `root`, in the flavour of `root`, which it never leaves by `..`.

    Below a Windows root both separators count; below a POSIX root a `\` belongs to the name.
    """
    parts = split(root)
    names = _EITHER.split(relative) if parts.flavour is Flavour.WINDOWS else relative.split("/")
    return str(replace(parts, names=parts.names + _resolve(names)))


def key(path: str) -> str:
    """Return what two spellings of one folder have in common: the equality key of the queue.

    Case is folded only for Windows, and Unicode forms never: on POSIX two forms may be two folders.
    """
    parts = split(path)
    return fold_case(str(parts)) if parts.flavour is Flavour.WINDOWS else str(parts)


def covers(root: str, path: str) -> bool:
    """Tell whether `path` is `root` or below it, on component boundaries.

    NFC and NFD forms match each other; case matters only where the flavour says so.
    """
    return rest(split(root), split(path)) is not None


def ancestors(path: str, stop: str | None = None) -> list[str]:
    """Return the folders above `path`, nearest first, up to and including `stop` (or the root)."""
    parts = split(path)
    lowest = parts.fixed if parts.anchor else 1
    found = [str(_cut(parts, count)) for count in range(len(parts.names) - 1, lowest - 1, -1)]
    return found if stop is None else [folder for folder in found if covers(stop, folder)]


def _cut(parts: Parts, count: int) -> Parts:
    # Not by `replace`, which takes several times as long.
    return Parts(flavour=parts.flavour, anchor=parts.anchor, names=parts.names[:count], fixed=parts.fixed)


def rest(root: Parts, path: Parts) -> tuple[str, ...] | None:
    """Return the names of `path` below `root` as they are spelt; None if it is not below."""
    if root.flavour is not path.flavour or fold_case(root.anchor) != fold_case(path.anchor):
        return None
    count = len(root.names)
    if comparable(root.names, root.flavour) != comparable(path.names[:count], path.flavour):
        return None
    return path.names[count:]


def comparable(names: Iterable[str], of: Flavour) -> tuple[str, ...]:
    """Return `names` in the form in which two spellings of one name are equal."""
    composed = (unicodedata.normalize("NFC", each) for each in names)
    return tuple(composed if of is Flavour.POSIX else map(fold_case, composed))


def fold_case(text: str) -> str:
    """Return `text` in one case, character by character, as Windows file systems compare.

    `str.casefold` would make one name of `Straße` and `Strasse`, which are two folders there.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    upper = character.upper()
    lower = (upper if len(upper) == 1 else character).lower()
    return lower if len(lower) == 1 else character
