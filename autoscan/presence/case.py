"""One scan with everything that was seen of it in one judgement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from autoscan.filecheck import Look
from autoscan.model import Change, Expectation, Kind, Scan
from autoscan.paths import key, scan_folder
from autoscan.presence.places import Place
from autoscan.presence.wanted import Finding, find, other_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A scan, and what its files look like now."""

    scan: Scan
    now: datetime
    #: By mapped path, for every expectation.
    places: Mapping[str, Place]
    #: By mapped path, for every expectation in `wanted` and `announced`.
    looks: Mapping[str, Look]
    #: The looks of the judgement before this one.
    before: Mapping[str, Look]
    #: What should be there and can be looked at.
    wanted: tuple[Expectation, ...]
    #: What should go, was there when the event came, and can be looked at.
    announced: tuple[Expectation, ...]

    def findings(self) -> dict[str, Finding]:
        """Judge each wanted thing, by its mapped path.

        Beside something that is there, a missing path of unsaid kind is left out: tools that only list paths, such as
        FileFlows, name the file they replaced as well.
        """
        found = self._each()
        if all(finding is Finding.ABSENT for finding in found.values()):
            return found
        unsaid = {each.path for each in self.wanted if each.kind is Kind.UNKNOWN}
        return {path: finding for path, finding in found.items() if path not in unsaid or finding is not Finding.ABSENT}

    def found(self, findings: Mapping[str, Finding]) -> tuple[Expectation, ...]:
        """Return what is expected instead of what the events said; `findings` are those of this case.

        What they leave out was replaced by what is there, so it is wanted gone. A file that keeps another size than its
        event named was changed since, by tags say; servers tell the size that it has.
        """
        gone = (replace(each, change=Change.REMOVED) for each in self.wanted if each.path not in findings)
        ready = (each for each in self.wanted if findings.get(each.path) is Finding.READY)
        return (*gone, *(replace(each, size=size) for each in ready if (size := self._other_size(each)) is not None))

    def _other_size(self, wanted: Expectation) -> int | None:
        look = self.looks[wanted.path]
        return look.size if other_size(wanted, look) else None

    def has_removals(self) -> bool:
        """Tell whether something should be gone, which has to be told whatever is missing."""
        return any(not each.change.wants_presence for each in self.scan.expectations)

    def _each(self) -> dict[str, Finding]:
        return {
            each.path: find(
                each,
                self.looks[each.path],
                self.before.get(each.path),
                now=self.now,
                asked_at=self.scan.last_requested_at,
            )
            for each in self.wanted
        }

    def files(self) -> dict[str, Look]:
        """Return the looks that the next judgement compares with."""
        return {path: look for path, look in self.looks.items() if look.kind is Kind.FILE}

    def still_there(self) -> list[str]:
        """Return what was announced to go and is not known to be gone."""
        looks = {each.path: self.looks[each.path] for each in self.announced}
        return [path for path, look in looks.items() if look.exists or look.error]

    def resized(self) -> list[str]:
        """Return a note for each file that has not the size its event named."""
        return [
            f"{self.places[each.path].local} has {self.looks[each.path].size} bytes, the event named {each.size}"
            for each in self.wanted
            if other_size(each, self.looks[each.path])
        ]

    def moved(self) -> str | None:
        """Return the folder to scan where the file system knows better than the name; None where it does not."""
        folders = self._folders_by_file_system()
        if len({key(folder) for folder in folders.values()}) != 1 or not self._decides(folders):
            return None
        folder = next(iter(folders.values()))
        return None if key(folder) == key(self.scan.folder) else folder

    def _folders_by_file_system(self) -> dict[str, str]:
        unsaid = (each.path for each in self.wanted if each.kind is Kind.UNKNOWN and self.looks[each.path].exists)
        return {path: scan_folder(path, self.looks[path].kind) for path in unsaid}

    def _decides(self, folders: Mapping[str, str]) -> bool:
        """Tell whether nothing else in the scan needs its own folder, or that folder is a file."""
        itself = [path for path in folders if key(path) == key(self.scan.folder)]
        is_a_file = any(self.looks[path].kind is Kind.FILE for path in itself)
        return is_a_file or len(folders) == len(self.scan.expectations)

    def names(self, paths: Iterable[str]) -> str:
        """Name the first of `paths`, as Autoscan sees it, and count the others."""
        first, *others = paths
        look = self.looks[first]
        text = f"{self.places[first].local} ({look.error})" if look.error else self.places[first].local
        return f"{text} and {len(others)} more" if others else text
