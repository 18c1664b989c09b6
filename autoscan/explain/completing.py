"""How the beginning of a path may go on: which places are known, and which folder is to be listed. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoscan import paths
from autoscan.explain.offering import Site, unmapped
from autoscan.explain.rules import Tables
from autoscan.paths import Flavour, Mappings


@dataclass(frozen=True, slots=True, kw_only=True)
class ToList:
    """A folder of this machine to be listed."""

    #: What was typed up to the last separator, that included.
    typed: str
    folder: str
    #: The known place that it lies in.
    within: str
    #: What was typed after the last separator.
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where paths may lie: the roots of libraries, both sides of mappings, and the allowed roots."""

    tables: Tables
    sites: tuple[Site, ...]
    #: `SERVER_FILE_EXIST_PATH_MAPPINGS`: from a mapped path to where this machine has it.
    local: Mappings
    allowed: Sequence[str]

    def beginning(self, text: str) -> list[str]:
        """Return the known places that begin with `text`, each with a separator at its end."""
        known = sorted({_as_folder(each) for each in (*self._received(), *self._mapped()) if _is_place(each)})
        return [each for each in known if each.startswith(text) and each != text]

    def to_list(self, text: str) -> ToList | None:
        """Return the folder whose names go on with `text`; None if it lies in no known place of this machine."""
        typed, _, prefix = text.rpartition("/")
        folder = typed + "/"
        if not text.startswith("/") or _as_folder(paths.clean(folder)) != folder:
            return None  # with `..` in it, or `//`, it is not what it seems
        here = self._here(self._map(folder))
        covering = [root for each in self._mapped() if paths.covers(root := self._here(each), here) and _is_local(root)]
        within = max(covering, key=len, default=None)
        return None if within is None else ToList(typed=folder, folder=here, within=within, prefix=prefix)

    def _map(self, folder: str) -> str:
        """Return the mapped path, by the table of all sources or else by the first of a source that knows it."""
        found = [self.tables.shared, *self.tables.sources.values()]
        mapped = [table.mappings.apply(folder) for table in found]
        return next((each.path for each in mapped if each.rule is not None), paths.clean(folder))

    def _here(self, mapped: str) -> str:
        return self.local.apply(mapped).path

    def _received(self) -> Iterator[str]:
        for table in (self.tables.shared, *self.tables.sources.values()):
            yield from (rule.source for rule in table.mappings.rules)
        yield from self.allowed

    def _mapped(self) -> Iterator[str]:
        for table in (self.tables.shared, *self.tables.sources.values()):
            yield from (rule.to for rule in table.mappings.rules if _is_place(rule.to))
        for site in self.sites:
            for root in site.roots:
                yield from (each for each in unmapped(site, root) if paths.covers(root, site.seen(each)))
        for each in self.allowed:
            yield from filter(_is_place, (each, self._map(each)))


def _is_place(path: str) -> bool:
    """Tell whether `path` is more than the root of everything."""
    return paths.name(path) != ""


def _is_local(path: str) -> bool:
    return path.startswith("/") and _is_place(path)


def _as_folder(path: str) -> str:
    separator = "\\" if paths.flavour(path) is Flavour.WINDOWS else "/"
    return paths.clean(path).rstrip(separator) + separator
