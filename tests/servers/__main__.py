"""A simulated server as a process: `python -m tests.servers plex --root DIR --token T`; prints its URL as JSON."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from tests.servers import FakeEmby, FakeJellyfin, FakePlex, Library

_PRODUCTS = {"plex": FakePlex, "jellyfin": FakeJellyfin, "emby": FakeEmby}
#: Which folders of `--root` are libraries when none is named, and of which type.
_FOLDERS = {"movies": "movies", "tv": "tv", "shows": "tv", "music": "music", "books": "books"}


def _library(text: str) -> Library:
    title, _, rest = text.partition("=")
    kind, _, roots = rest.partition(":")
    return Library(title=title, type=kind, roots=tuple(roots.split(";")))


def _mount(text: str) -> tuple[str, Path]:
    prefix, _, folder = text.partition("=")
    return prefix, Path(folder)


def _knob(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _guessed(root: Path) -> list[Library]:
    return [
        Library(title=folder.name.title(), type=_FOLDERS[folder.name.lower()], roots=(str(folder),))
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder.name.lower() in _FOLDERS
    ]


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    parser.add_argument("product", choices=sorted(_PRODUCTS))
    parser.add_argument("--root", type=Path, required=True, help="the folder with the media, seen under its own path")
    parser.add_argument("--mount", type=_mount, action="append", default=[], help="SERVER_PATH=FOLDER, repeatable")
    parser.add_argument(
        "--library", type=_library, action="append", default=[], help="TITLE=TYPE:ROOT;ROOT, repeatable"
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="sim-token")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--set", type=_knob, action="append", default=[], help="KNOB=VALUE, repeatable")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Serve until SIGTERM; 1 if a request was wrong, with each named on standard error."""
    args = _arguments(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = _PRODUCTS[args.product](
        dict(args.mount) or args.root,
        args.library or _guessed(args.root),
        port=args.port,
        **{"token": args.token, "speed": args.speed, **dict(args.set)},
    )
    print(json.dumps({"url": server.url, "product": args.product, "token": server.token}), flush=True)
    stop.wait()
    try:
        server.close()
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
