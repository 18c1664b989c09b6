"""Which changes in Drive count (`GOOGLE.ALLOWED`). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from autoscan import paths
from autoscan.model import Kind

#: MicroDVD subtitles, which Drive takes for video.
_NO_VIDEO = ".sub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What to look at, in paths as Drive's: `My Drive/...` and `<drive name>/...`. Case never matters."""

    #: Folders (`FILE_PATHS`); none allows nothing.
    paths: tuple[str, ...]
    #: With or without their dot; None allows all.
    extensions: tuple[str, ...] | None = None
    #: Parts of MIME types; None allows all.
    types: tuple[str, ...] | None = None
    #: Folders that `SERVER_PATH_MAPPINGS` speaks of: where a change of a folder above them counts, too.
    mapped: tuple[str, ...] = ()

    def file(self, path: str, mime: str, *, typed: bool = True) -> bool:
        """Tell whether a file counts; with `typed` off its MIME type does not matter (an encrypted file has none)."""
        folded = path.casefold()
        return self._is_below(folded) and self._extension(folded) and (not typed or self._type(folded, mime))

    def folders(self, path: str) -> tuple[str, ...]:
        """Return what counts of a folder: all of it, or, if it lies above allowed or mapped ones, those."""
        folded = path.casefold()
        if not self._is_below(folded):
            return self._inner(path, self.paths)
        return (path,) if self._is_mapped(folded) else self._inner(path, self.mapped) or (path,)

    def inside(self, path: str) -> bool:
        """Tell whether a folder lies below an allowed one, and below a mapped one, and is none of them itself."""
        above = paths.parent(path).casefold()
        return self._is_below(above) and self._is_mapped(above)

    def takes(self, path: str, kind: Kind, mime: str, *, typed: bool = True) -> tuple[str, ...]:
        """Return the paths that count of something that changed at `path`."""
        if kind is Kind.FILE or (kind is Kind.UNKNOWN and paths.kind_by_name(path) is Kind.FILE):
            return (path,) if self.file(path, mime, typed=typed) else ()
        return self.folders(path)

    def _is_below(self, folded: str) -> bool:
        return _below_any(self.paths, folded)

    def _is_mapped(self, folded: str) -> bool:
        return not self.mapped or _below_any(self.mapped, folded)

    def _inner(self, path: str, roots: Iterable[str]) -> tuple[str, ...]:
        """Return those of `roots` that lie below `path`, spelt as it is as far as it goes."""
        count = len(paths.components(path))
        folded = path.casefold()
        inner = [root for root in roots if paths.covers(folded, root.casefold())]
        return tuple(dict.fromkeys("/".join([path, *paths.components(root)[count:]]) for root in inner))

    def _extension(self, folded: str) -> bool:
        if self.extensions is None:
            return True
        return any(folded.endswith(f".{each.casefold().lstrip('.')}") for each in self.extensions)

    def _type(self, folded: str, mime: str) -> bool:
        if self.types is None:
            return True
        # An old cache did not keep the type; the name tells it as well as it can.
        known = mime.casefold() or f"{paths.medium(folded)}/"
        return not folded.endswith(_NO_VIDEO) and any(each.casefold() in known for each in self.types)


def _below_any(roots: Iterable[str], folded: str) -> bool:
    return any(paths.covers(root.casefold(), folded) for root in roots)
