"""What Plex passes over by its name, wherever the file is."""

import re

from autoscan import paths
from autoscan.targets.base import root_of
from autoscan.targets.values import Library

_SYSTEM = frozenset({"@eadir", "#recycle", "$recycle.bin", "lost+found", "plex versions"})
_SAMPLES = frozenset({"sample", "samples"})
_SAMPLE = re.compile(r"(?:^|[-._ ])sample(?:[-._ ]|$)", re.IGNORECASE)
_UNFINISHED = (".partial~", ".part", ".!qb", ".crdownload")


def rule(library: Library, path: str) -> str:
    """Return why Plex passes over `path`; `""` if nothing in its name says so. A title may be called `Sample`."""
    names = paths.components(path)[len(paths.components(root_of(library, path))) :]
    for depth, name in enumerate(names):
        last = depth == len(names) - 1
        if reason := _of_all(name) or _of_samples(name, is_title=depth == 0, last=last):
            return f"Plex passes over {reason}: {name}"
    return ""


def _of_all(name: str) -> str:
    low = name.lower()
    if low.startswith("."):
        return "hidden names"
    if low in _SYSTEM:
        return "folders of the system"
    return "unfinished files" if low.endswith(_UNFINISHED) else ""


def _of_samples(name: str, *, is_title: bool, last: bool) -> str:
    stem = name.rpartition(".")[0] or name
    sample = name.lower() in _SAMPLES or (last and bool(_SAMPLE.search(stem)))
    return "samples" if sample and not is_title else ""
