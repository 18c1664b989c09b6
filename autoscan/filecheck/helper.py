"""Look at media in a process of its own, so that a dead mount costs this process and no thread of Autoscan.

Started by its path (`python -I -S helper.py`), with the standard library alone. It says an empty line once it is up,
so that a slow start is not taken for a dead mount. Then one JSON line in is one exchange:

    {"paths": [path, ...]}                  what stands there
    {"paths": [path, ...], "limit": 1}      how many entries the folders have, counted no further than the limit
    {"paths": [folder], "names": {"within": root, "prefix": "S", "limit": 20}}
                                            the names in the folder that begin so, links that leave the root left out
    {"paths": [path, ...], "walk": {"endings": [".mkv", ...], "depth": 3, "limit": 200, "seconds": 10}}
                                            the newest files below the folders

Out comes a line for each path as soon as it is known, `{"exists": ..., "kind": ..., "size": ..., "mtime": ...,
"entries": ..., "names": ..., "files": ..., "error": ...}`, and before it, for each symbolic link on the way,
`{"link": link, "at": place}`: who waits in vain can then name the mount that does not answer. A walk tells of each
folder in the same way, with an empty link, which is a sign of life, too. Bytes of a path that are not UTF-8 travel as
lone surrogates (`surrogateescape`), whatever the locale. The helper ends when its input does.
"""

import errno
import heapq
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from typing import Any

#: What an operating system says of a path that is simply not there.
ABSENT = (errno.ENOENT, errno.ENOTDIR)
#: As many symbolic links as Linux follows.
HOPS = 40

Answer = dict[str, object]
#: The target of each path that was asked for; None: it is no link.
Known = dict[bytes, bytes | None]


def serve(lines: Iterable[bytes], write: Callable[[bytes], object]) -> None:
    """Say by an empty line that the helper is up, then answer one exchange a line until `lines` ends."""
    write(b"\n")
    for line in lines:
        for answer in exchange(**json.loads(line)):
            write(json.dumps(answer).encode("ascii") + b"\n")


def exchange(
    paths: Iterable[str],
    limit: int | None = None,
    walk: dict[str, Any] | None = None,
    names: dict[str, Any] | None = None,
) -> Iterator[Answer]:
    """Yield the answers in the order of `paths`, each after the links on the way to it."""
    known: Known = {}
    for text in paths:
        try:
            path = _bytes(text)
            yield from links(path, known)
            if walk is not None:
                yield from Walk(path, known, **walk).answers()
            elif names is not None:
                yield list_names(path, **names)
            else:
                yield look(path) if limit is None else count(path, limit)
        except ValueError:  # a NUL, or a lone surrogate that stands for no byte, or a relative path
            yield {"exists": False, "error": "not a path on this machine"}


def _bytes(text: str) -> bytes:
    if not text.startswith("/"):
        raise ValueError(text)
    return text.encode("utf-8", "surrogateescape")


def links(path: bytes, known: Known) -> Iterator[Answer]:
    """Yield each symbolic link on the way to `path` and where the way leads from it, before it is gone."""
    place, rest, first, hops = b"/", path.split(b"/")[::-1], b"", 0
    while rest and hops < HOPS:
        here = os.path.normpath(place + b"/" + rest.pop())
        if here not in known:
            known[here] = _target(here)
        target = known[here]
        if target is None:
            place = here
            continue
        hops += 1
        first = first or here
        rest += target.split(b"/")[::-1]
        place = b"/" if target.startswith(b"/") else place
        yield {"link": _text(first), "at": _text(os.path.normpath(place + b"/" + b"/".join(rest[::-1])))}


def _target(path: bytes) -> bytes | None:
    try:
        return os.readlink(path)  # noqa: PTH115 - pathlib cannot hold a path as bytes
    except OSError:
        return None


def look(path: bytes) -> Answer:
    """Tell what stands at `path`, links followed."""
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib cannot hold a path as bytes
    except OSError as error:
        return {"exists": False, "error": _reason(error)}
    if stat.S_ISDIR(found.st_mode):
        return {"exists": True, "kind": "folder", "mtime": found.st_mtime}
    return {"exists": True, "kind": "file", "size": found.st_size, "mtime": found.st_mtime}


def count(path: bytes, limit: int) -> Answer:
    """Tell what stands at `path` and, of a folder, how many entries it has, up to `limit`."""
    answer = look(path)
    if answer.get("kind") != "folder":
        return answer
    try:
        with os.scandir(path) as entries:
            return {**answer, "entries": sum(1 for _ in zip(range(limit), entries, strict=False))}
    except OSError as error:
        return {**answer, "error": _reason(error)}


def list_names(path: bytes, within: str, prefix: str, limit: int) -> Answer:
    """Tell the first names in the folder `path` that begin with `prefix`, in any case, folders with a `/` at the end.

    Nothing is told of what lies, links followed, outside the folder `within`; nor are hidden names.
    """
    answer = look(path)
    root = os.path.realpath(_bytes(within))
    if answer.get("kind") != "folder" or not _is_below(root, path):
        return {**answer, "names": []}
    try:
        with os.scandir(path) as entries:
            found = [_name(entry) for entry in entries if not entry.is_symlink() or _is_below(root, entry.path)]
    except OSError as error:
        return {**answer, "names": [], "error": _reason(error)}
    fitting = (name for name in found if name and name.lower().startswith(prefix.lower()) and not name.startswith("."))
    return {**answer, "names": heapq.nsmallest(limit, fitting)}


def _is_below(root: bytes, path: bytes) -> bool:
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(b"/") + b"/")


def _name(entry: os.DirEntry[bytes]) -> str:
    """Return a name as text, with a `/` if it is a folder's; `""` for one that is no text."""
    try:
        return entry.name.decode("utf-8") + ("/" if entry.is_dir() else "")
    except (OSError, UnicodeDecodeError):
        return ""


class Walk:
    """One folder, and the files below it with one of some endings; hidden ones, and their folders, are left out."""

    def __init__(
        self, path: bytes, known: Known, *, endings: list[str], depth: int, limit: int, seconds: float
    ) -> None:
        """Take how many names a file's path below the folder may have, and how many files and seconds are enough."""
        self._path = path
        self._known = known
        self._endings = tuple(endings)
        self._depth = depth
        self._limit = limit
        self._end = time.monotonic() + seconds
        self._files: list[tuple[float, str, int]] = []
        self._found = 0
        self._error = ""

    def answers(self) -> Iterator[Answer]:
        """Yield signs of life, then the answer: the newest files, how many there were, and whether that was all."""
        answer = look(self._path)
        if answer.get("kind") != "folder":
            yield answer
            return
        waiting = [(self._path, 1)]
        while waiting and time.monotonic() < self._end:
            folder, depth = waiting.pop(0)
            yield {"link": "", "at": _text(folder)}
            yield from links(folder, self._known)
            below = yield from self._folder(folder)
            waiting += [(each, depth + 1) for each in below if depth < self._depth]
        files = [{"path": name, "size": size, "mtime": mtime} for mtime, name, size in sorted(self._files)[::-1]]
        yield {**answer, "files": files, "found": self._found, "partial": bool(waiting), "error": self._error}

    def _folder(self, folder: bytes) -> Generator[Answer, None, list[bytes]]:
        """Take the files of one folder, and return the folders in it."""
        below = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith((b".", b"@")):
                        continue
                    if entry.is_symlink():
                        yield from links(entry.path, self._known)
                    if entry.is_dir():
                        below.append(entry.path)
                    else:
                        self._file(entry)
        except OSError as error:
            self._error = self._error or _reason(error)
        return sorted(below)

    def _file(self, entry: os.DirEntry[bytes]) -> None:
        try:
            name = os.path.relpath(entry.path, self._path).decode("utf-8")
            if name.lower().endswith(self._endings):
                found = entry.stat()
                self._keep((found.st_mtime, name, found.st_size))
        except (OSError, UnicodeDecodeError):
            return  # gone meanwhile, or a name that no media server could tell

    def _keep(self, file: tuple[float, str, int]) -> None:
        self._found += 1
        heapq.heappush(self._files, file)
        if len(self._files) > self._limit:
            heapq.heappop(self._files)


def _reason(error: OSError) -> str:
    return "" if error.errno in ABSENT else error.strerror or type(error).__name__


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    serve(sys.stdin.buffer, partial(os.write, sys.stdout.fileno()))
