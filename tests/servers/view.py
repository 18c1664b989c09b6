"""What a simulated server sees of the disk: server paths over real folders, mounts that lag or drop."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a directory, as the server sees it."""

    name: str
    path: str
    is_dir: bool
    size: int = 0
    mtime: float = 0.0


def separator(path: str) -> str:
    """Return `\\` for a drive or UNC path, `/` for all others."""
    if path.startswith("/"):
        return "/"  # nearly always, and asked a million times
    return "\\" if re.match(r"[A-Za-z]:|\\\\", path) else "/"


def tidy(path: str) -> str:
    """Remove trailing separators, except from a root."""
    kept = path.rstrip("/\\") if separator(path) == "\\" else path.rstrip("/")
    return kept or path[:1]


def join(directory: str, name: str) -> str:
    """Return the path of a name in a directory."""
    sep = separator(directory)
    return directory + name if directory.endswith(sep) else directory + sep + name


def parent_of(path: str) -> str:
    """Return the directory of a path; a root is its own."""
    sep = separator(path)
    head, _, _ = path.rstrip(sep).rpartition(sep)
    return head or path[:1]


def name_of(path: str) -> str:
    """Return the last component."""
    return path.rstrip(separator(path)).rpartition(separator(path))[2]


def within(root: str, path: str) -> bool:
    """Tell whether a path is a root or lies below it, exactly spelt."""
    sep = separator(root)
    return path == root or path.startswith(root if root.endswith(sep) else root + sep)


def components(root: str, path: str) -> list[str]:
    """Return the names from a root down to a path below it."""
    return [part for part in path[len(root) :].split(separator(root)) if part]


class View:
    """Maps server paths to real ones and hides what the server cannot see yet, or any more."""

    def __init__(self, mounts: Mapping[str, Path]) -> None:
        self.mounts = {tidy(prefix): Path(folder) for prefix, folder in mounts.items()}
        #: Server paths (patterns) that the server does not see.
        self.hidden: set[str] = set()
        self.dropped = False
        self.case_blind = False
        self.lag = 0.0
        #: The server's time, set by its owner before each look.
        self.now = 0.0
        self._first_look: dict[str, float] = {}

    def set_lag(self, seconds: float) -> None:
        """Show from now on each new path only `seconds` after the server first looked for it."""
        self.lag = seconds
        every = [path for prefix, folder in self.mounts.items() for path in _everything(prefix, folder)]
        self._first_look = {one: float("-inf") for path in every for one in _way(path)}

    def real(self, path: str) -> Path | None:
        """Return the real path, or None outside every mount."""
        for prefix in sorted(self.mounts, key=len, reverse=True):
            if within(self._fold(prefix), self._fold(path)):
                return self._spelt(self.mounts[prefix], components(prefix, path))
        return None

    def server_path(self, real: Path) -> str:
        """Return how the server calls a real path."""
        for prefix, folder in self.mounts.items():
            if real.is_relative_to(folder):
                parts = real.relative_to(folder).parts
                return separator(prefix).join((prefix.rstrip(separator(prefix)), *parts))
        raise ValueError(f"{real} lies in no mount of the server")

    def look(self, path: str) -> Entry | None:
        """Return what stands at a path, or None."""
        path = tidy(path)
        if self._virtual_names(path):
            return Entry(name=name_of(path), path=path, is_dir=True)
        real = self.real(path)
        if real is None or self._invisible(path) or not os.path.lexists(real):
            return None
        return _entry(path, real)

    def entries(self, path: str) -> list[Entry] | None:
        """Return what a directory holds, by name, or None if there is no such directory."""
        path = tidy(path)
        found = self.look(path)
        if found is None or not found.is_dir:
            return None
        names = set(self._virtual_names(path)) | set(_names(self.real(path)))
        looks = (self.look(join(path, name)) for name in sorted(names))
        return [entry for entry in looks if entry is not None]

    def _invisible(self, path: str) -> bool:
        if self.dropped:
            return path not in self.mounts  # the mount point stays, empty
        if any(fnmatchcase(path, pattern) or within(pattern, path) for pattern in self.hidden):
            return True
        return self.lag > 0 and self._lags(path)

    def _lags(self, path: str) -> bool:
        """Tell whether it is too early to show a path; who looks for a file looks for the folders on its way."""
        seen_at = [self._first_look.setdefault(one, self.now) for one in _way(path)]
        return self.now < max(seen_at) + self.lag

    def _virtual_names(self, path: str) -> list[str]:
        below = [prefix for prefix in self.mounts if prefix != path and within(path, prefix)]
        return [components(path, prefix)[0] for prefix in below]

    def _fold(self, path: str) -> str:
        return path.casefold() if self.case_blind or separator(path) == "\\" else path

    def _spelt(self, folder: Path, names: Iterable[str]) -> Path:
        for name in names:
            exact = folder / name
            same = [] if not self.case_blind or exact.exists() else _names(folder)
            alike = [other for other in same if other.casefold() == name.casefold()]
            folder = folder / (alike[0] if alike else name)
        return folder


def _way(path: str) -> Iterable[str]:
    """Return a path and the folders above it."""
    yield path
    while parent_of(path) != path:
        path = parent_of(path)
        yield path


def _names(folder: Path | None) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()] if folder is not None else []
    except OSError:
        return []


def _entry(path: str, real: Path) -> Entry | None:
    try:
        status = real.stat()
    except OSError:
        return None
    return Entry(name=name_of(path), path=path, is_dir=real.is_dir(), size=status.st_size, mtime=status.st_mtime)


def _everything(prefix: str, folder: Path) -> Iterable[str]:
    yield prefix
    for directory, folders, files in os.walk(folder):
        inner = Path(directory).relative_to(folder).parts
        for name in (*folders, *files):
            yield separator(prefix).join((prefix, *inner, name))
