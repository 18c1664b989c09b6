"""The names that Jellyfin passes over (`IgnorePatterns`, 10.8 to 12); a `.ignore` file is not looked for."""

import re

from autoscan import paths

_FOLDERS = frozenset(
    {
        "metadata",
        "ps3_update",
        "ps3_vprm",
        "extrafanart",
        "extrathumbs",
        "lost+found",
        "subs",
        "temprec",
        "tempsbe",
        "eadir",
        "@eadir",
        "#recycle",
        "@recycle",
        "$recycle.bin",
        "system volume information",
    }
)
_FILES = frozenset({"small.jpg", "albumart.jpg", "thumbs.db"})
_SAMPLE = re.compile(r"(?:.*\.)?sample\.[^.]{1,5}")
_ENDINGS = {".trickplay": "*.trickplay", ".bts": "*.bts", ".sync": "*.sync"}


def rule(root: str, path: str) -> str:
    """Return the pattern by which a path below the library's `root` is ignored; `""` if none is known."""
    names = [name.lower() for name in paths.components(path)[len(paths.components(root)) :]]
    *folders, last = names or [""]
    return next(filter(None, map(_of_folder, folders)), "") or _of_last(last, folders[-1:])


def _of_folder(name: str) -> str:
    if name.startswith("."):
        return "**/.*"
    if name.endswith(".trickplay"):
        return "*.trickplay"
    return f"**/{name}/**" if name in _FOLDERS else ""


def _of_last(name: str, parent: list[str]) -> str:
    if parent == ["sample"]:
        return "**/sample/*"
    if name.startswith(".") or name in _FILES | _FOLDERS:
        return "**/.*" if name.startswith(".") else f"**/{name}"
    if _SAMPLE.fullmatch(name):
        return "**/*.sample.?" if name[:7] != "sample." else "**/sample.?"
    return next((pattern for ending, pattern in _ENDINGS.items() if name.endswith(ending)), "")
