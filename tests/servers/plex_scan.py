"""How a simulated Plex scans: what it walks, what it adds, and what it moves to the trash."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.servers import naming
from tests.servers.jobs import Job, JobState, Steps
from tests.servers.knobs import Library
from tests.servers.plex_catalog import Item, identify
from tests.servers.view import Entry, name_of, tidy, within

if TYPE_CHECKING:
    from tests.servers.plex_sections import PlexSections


@dataclass(slots=True, kw_only=True)
class Section:
    """A library with what its scans have left behind."""

    library: Library
    created_at: float
    scanned_at: float
    #: Counts changes; it is no time, though Plex makes it look like one.
    content_changed: int = 1


class Scanner:
    """Does the scans of one server."""

    def __init__(self, server: "PlexSections") -> None:
        self.server = server
        self._walked: dict[tuple[str, str], float] = {}

    def steps(self, job: Job) -> Steps:
        """Start, walk, match; a scan of nothing still counts as one."""
        knobs, section = self.server.knobs, self.server.sections[job.library_id]
        job.state = JobState.STARTING
        yield knobs.start_delay + knobs.scan_delay_s
        job.state = JobState.WALKING
        found: list[Item] = []
        for root, top in [] if job.blind else self._tops(section, job.path):
            yield from self._walk(section, root, top, found)
        job.state = JobState.MATCHING
        for number, item in enumerate(found, 1):
            yield knobs.per_new_item
            job.progress = 100 * number / len(found)
            item.matched = item.analyzed = True
            job.found.append(str(item.key))
        section.scanned_at = self.server.stamp()

    def _tops(self, section: Section, path: str) -> list[tuple[str, str]]:
        roots = section.library.roots
        if not path:
            return [(root, root) for root in roots]
        return [(root, path) for root in sorted(roots, key=len)[::-1] if within(root, path)][:1]

    def _walk(self, section: Section, root: str, folder: str, found: list[Item]) -> Steps:
        entries = self.server.view.entries(folder)
        if entries is None:
            return  # "Error scanning directory, we'll skip and continue": nothing below it is missed
        kept = [entry for entry in entries if not self._passed_over(section, folder, entry)]
        yield self.server.knobs.per_dir + self.server.knobs.per_file * len(kept)
        if not self._unchanged(section, folder):
            self._finish(section, root, folder, kept, found)
        for entry in kept:
            if entry.is_dir:
                yield from self._walk(section, root, entry.path, found)

    def _unchanged(self, section: Section, folder: str) -> bool:
        entry = self.server.view.look(folder)
        mtime = entry.mtime if entry else 0.0
        before = self._walked.get((section.library.id, folder))
        self._walked[section.library.id, folder] = mtime
        return self.server.knobs.skip_unchanged and before == mtime

    def _passed_over(self, section: Section, folder: str, entry: Entry) -> bool:
        if naming.ignored(entry.name, is_dir=entry.is_dir):
            return True
        if any(fnmatchcase(entry.name, pattern) for pattern in self._plexignore(folder)):
            return True
        return not entry.is_dir and naming.extension(entry.name) not in naming.EXTENSIONS[section.library.type]

    def _plexignore(self, folder: str) -> list[str]:
        real = self.server.view.real(folder)
        file = real / ".plexignore" if real else None
        if file is None or not file.is_file():
            return []
        lines = (line.strip() for line in file.read_text().splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    def _finish(self, section: Section, root: str, folder: str, entries: list[Entry], found: list[Item]) -> None:
        """Take over what a directory holds, at the instant when it was read."""
        for entry in entries:
            if not entry.is_dir:
                self._see(section, root, entry, found)
        catalog, there = self.server.catalog, {entry.path for entry in self.server.view.entries(folder) or []}
        for gone in catalog.inside(section.library.id, folder) - there:
            for path in list(catalog.files(section.library.id, gone)):
                self._miss(section, path)

    def _see(self, section: Section, root: str, entry: Entry, found: list[Item]) -> None:
        parts = list(self.server.catalog.parts(section.library.id, entry.path))
        if not parts:
            if not _matches(entry.path, self.server.knobs.never_add):
                found += self.add(section, root, entry)
            return
        for part in parts:
            if part.deleted_at is not None:
                part.deleted_at = None
                section.content_changed += 1
            if self.server.knobs.rescan_updates_size and part.size != entry.size:
                part.size, part.mtime = entry.size, entry.mtime
                section.content_changed += 1

    def add(self, section: Section, root: str, entry: Entry, *, pinned: bool = False) -> list[Item]:
        """Make a file's items, or add the file to those that exist; return what is new."""
        library, above = section.library, None
        new: list[Item] = []
        stacked = naming.part(naming.stem_of(entry.name))[1] or 0
        for kind, named in identify(library.type, root, entry.path):
            now = entry.mtime if self.server.knobs.added_at_from_mtime else self.server.stamp()
            item, made = self.server.catalog.get(library.id, kind, named, parent=above, now=now)
            if kind in ("movie", "episode", "track"):
                target = self._grouped(section, item, entry.path)
                self.server.catalog.attach(target, entry, root=root, stacked=stacked > 1, pinned=pinned)
            else:
                above = item
            new += [item] if made else []
        section.content_changed += 1
        return new

    def _grouped(self, section: Section, item: Item, path: str) -> Item:
        """Return the item that the file ends up in: another one where `mis_group` says so."""
        if not _matches(path, self.server.knobs.mis_group):
            return item
        others = self.server.catalog.by_section[section.library.id].values()
        return next((other for other in others if other.type == item.type and other is not item and other.media), item)

    def _miss(self, section: Section, path: str) -> None:
        if _matches(path, self.server.knobs.never_remove):
            return
        parts = [part for part in self.server.catalog.parts(section.library.id, path) if not part.pinned]
        for part in parts:
            part.deleted_at = part.deleted_at if part.deleted_at is not None else self.server.stamp()
        section.content_changed += bool(parts)
        if parts and self.server.knobs.auto_empty_trash:
            self.server.catalog.purge(section.library.id, path)

    def scope(self, section: Section, path: str) -> str:
        """Return where a request for a path really scans: elsewhere for a file or with `wrong_location_rewrite`."""
        path, roots = tidy(path), section.library.roots
        inside = next((root for root in roots if within(root, path)), None)
        if self.server.knobs.wrong_location_rewrite and inside and inside != roots[-1]:
            return roots[-1] + path[len(inside) :]
        return path


def _matches(path: str, pattern: str) -> bool:
    return bool(pattern) and (fnmatchcase(path, pattern) or fnmatchcase(name_of(path), pattern))
