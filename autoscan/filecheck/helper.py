"""Look at media in a process of its own, so that a dead mount costs this process and no thread of Autoscan.

Started by its path (`python -I -S helper.py`), with the standard library alone. It says an empty line once it is up,
so that a slow start is not taken for a dead mount. Then one JSON line in is one exchange:

    {"paths": [path, ...]}                  what stands there
    {"paths": [path, ...], "limit": 1}      how many entries the folders have, counted no further than the limit

Out comes a line for each path as soon as it is known, `{"exists": ..., "kind": ..., "size": ..., "mtime": ...,
"entries": ..., "error": ...}`, and before it, for each symbolic link on the way, `{"link": link, "at": place}`: who
waits in vain can then name the mount that does not answer. Bytes of a path that are not UTF-8 travel as lone
surrogates (`surrogateescape`), whatever the locale. The helper ends when its input does.
"""

import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

#: What an operating system says of a path that is simply not there.
ABSENT = (errno.ENOENT, errno.ENOTDIR)
#: As many symbolic links as Linux follows.
HOPS = 40

Answer = dict[str, object]


def serve(lines: Iterable[bytes], write: Callable[[bytes], object]) -> None:
    """Say by an empty line that the helper is up, then answer one exchange a line until `lines` ends."""
    write(b"\n")
    for line in lines:
        for answer in exchange(**json.loads(line)):
            write(json.dumps(answer).encode("ascii") + b"\n")


def exchange(paths: Iterable[str], limit: int | None = None) -> Iterator[Answer]:
    """Yield the answers in the order of `paths`, each after the links on the way to it."""
    known: dict[bytes, bytes | None] = {}
    for text in paths:
        try:
            path = _bytes(text)
            yield from links(path, known)
            yield look(path) if limit is None else count(path, limit)
        except ValueError:  # a NUL, or a lone surrogate that stands for no byte, or a relative path
            yield {"exists": False, "error": "not a path on this machine"}


def _bytes(text: str) -> bytes:
    if not text.startswith("/"):
        raise ValueError(text)
    return text.encode("utf-8", "surrogateescape")


def links(path: bytes, known: dict[bytes, bytes | None]) -> Iterator[Answer]:
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


def _reason(error: OSError) -> str:
    return "" if error.errno in ABSENT else error.strerror or type(error).__name__


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    serve(sys.stdin.buffer, partial(os.write, sys.stdout.fileno()))
