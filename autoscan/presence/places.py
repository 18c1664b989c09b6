"""Where this machine would find a mapped path, and which root it stands or falls with."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from autoscan.paths import Flavour, Mappings, ancestors, clean, covers, flavour, parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A mapped path as Autoscan could see it."""

    mapped: str
    #: After `SERVER_FILE_EXIST_PATH_MAPPINGS`.
    local: str
    #: The local folder that is mounted or not, as a whole.
    root: str
    #: No folder above this mapped one is on the same root.
    mapped_root: str

    @property
    def here(self) -> bool:
        """Tell whether this machine can have such a path: a Windows or a Google Drive path it cannot."""
        return flavour(self.local) is Flavour.POSIX and self.local.startswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    """What this machine knows of roots, asked once for all paths that are looked at together."""

    mount: Callable[[str], str]
    recorded: Collection[str]


class Places:
    """Turns mapped paths into places.

    The root is the target of the file-exist mapping that matched; else the target of a path mapping that the path
    lies under; else what the machine says: the mount point the path lies on, or a root that was recorded before, the
    deeper of both, so that a mount that is gone is still known as one; else the path's first component.
    """

    def __init__(
        self,
        *,
        mappings: Mappings,
        known_roots: Sequence[str],
        mounts: Callable[[], Callable[[str], str]],
        recorded: Callable[[], Collection[str]],
    ) -> None:
        """Take `mounts()`, which returns what tells the mount point of a path, and `recorded()`, roots seen before."""
        self._mappings = mappings
        self._known = tuple(root for root in map(clean, known_roots) if _is_below_the_top(root))
        self._mounts = mounts
        self._recorded = recorded

    def of(self, paths: Iterable[str]) -> dict[str, Place]:
        """Return the place of each of `paths`."""
        machine = _Machine(mount=self._mounts(), recorded=self._recorded())
        return {path: self._place(path, machine) for path in paths}

    def at(self, path: str, beside: Place) -> Place:
        """Return the place of `path`, known to be on the same root as `beside`."""
        return replace(beside, mapped=path, local=self._mappings.apply(path).path)

    def _place(self, path: str, machine: _Machine) -> Place:
        mapped = self._mappings.apply(path)
        place = Place(mapped=path, local=mapped.path, root="", mapped_root="")
        if mapped.rule is None:
            root = self._known_root(place.local) or _root_by_machine(place, machine)
            return replace(place, root=root, mapped_root=root)
        to = clean(mapped.rule.to)
        root = to if _is_below_the_top(to) else _root_by_machine(place, machine)
        return replace(place, root=root, mapped_root=clean(mapped.rule.source) or "/")

    def _known_root(self, local: str) -> str | None:
        return max((root for root in self._known if covers(root, local)), key=len, default=None)


def _root_by_machine(place: Place, machine: _Machine) -> str:
    above = [place.local, *ancestors(place.local)]
    if not place.here:
        return above[-1]
    below_the_top = [folder for folder in above if _is_below_the_top(folder)]
    mount = machine.mount(place.local)
    found = (folder for folder in below_the_top if folder == mount or folder in machine.recorded)
    return next(found, below_the_top[-1] if below_the_top else place.local)


def _is_below_the_top(folder: str) -> bool:
    return parent(folder) != clean(folder)
