"""Media trees for tests: many files, quickly, of any size (sparse, so that gigabytes cost nothing)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

#: Bytes of a file that a test does not size itself.
SIZE = 1000

#: A file's size, or what a folder holds.
Tree = Mapping[str, "int | str | bytes | Tree | None"]


def make_media(root: Path, tree: Tree | Iterable[str]) -> list[Path]:
    """Write a tree and return its files.

    A tree is a mapping of names (or `a/b/c` paths) to a size in bytes, to a file's text, to None (a file of `SIZE`
    bytes), or to a tree; an empty tree is an empty folder. A plain list of paths makes files of `SIZE` bytes.
    """
    if not isinstance(tree, Mapping):
        tree = dict.fromkeys(tree)
    root.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, content in tree.items():
        path = root / name
        if isinstance(content, Mapping):
            files += make_media(path, content)
        else:
            files.append(write_file(path, content))
    return files


def write_file(path: Path, content: float | str | bytes | None = None) -> Path:
    """Write one file, of a size or with a content, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, (str, bytes)):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path
    with path.open("wb") as file:
        file.truncate(SIZE if content is None else int(content))
    return path


def season(show: str, number: int, episodes: Iterable[int], *, size: int | None = None) -> dict[str, int | None]:
    """Return a season as a tree: `Show/Season 01/Show - S01E01.mkv` and so on."""
    folder = f"{show}/Season {number:02d}"
    return {f"{folder}/{show} - S{number:02d}E{episode:02d}.mkv": size for episode in episodes}


def movie(title: str, *names: str, size: int | None = None) -> dict[str, int | None]:
    """Return a movie as a tree: `Alien (1979)/Alien (1979).mkv`, or the files named."""
    return {f"{title}/{name}": size for name in names or (f"{title}.mkv",)}


def album(artist: str, title: str, tracks: Iterable[int], *, size: int | None = None) -> dict[str, int | None]:
    """Return an album as a tree: `Artist/Album/01 - Track 1.flac` and so on."""
    return {f"{artist}/{title}/{track:02d} - Track {track}.flac": size for track in tracks}
