"""How a simulated Jellyfin or Emby validates a folder: insert and remove first, probe afterwards."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.servers.jobs import Job, JobState, Steps
from tests.servers.mb_items import Item
from tests.servers.mb_resolve import Found, Resolver
from tests.servers.view import name_of

if TYPE_CHECKING:
    from tests.servers.mb import MediaBrowser


class Validator:
    """Does the refreshes of one server."""

    def __init__(self, server: "MediaBrowser") -> None:
        self.server = server

    def steps(self, job: Job, targets: list[Item], *, probe: bool) -> Steps:
        """Refresh items one after another; a root costs `root_scan_s` more."""
        knobs = self.server.knobs
        job.state = JobState.STARTING
        yield knobs.start_delay + (knobs.root_scan_s if any(map(self.server.is_root, targets)) else 0.0)
        while knobs.scan_stuck:
            yield 60.0
        job.state = JobState.WALKING
        for number, item in enumerate(targets, 1):
            yield from self._refresh(item, job, probe=probe)
            job.progress = 100 * number / len(targets)

    def _refresh(self, item: Item, job: Job, *, probe: bool) -> Steps:
        if item.id not in self.server.database.by_id:
            return  # removed since it was queued
        if not item.is_folder:
            yield from self._metadata(item, job, probe=probe)
        elif item.kind in ("CollectionFolder", "MusicArtist"):  # these know their children only from the database
            for child in list(item.children.values()):
                yield from self._refresh(child, job, probe=probe)
        else:
            yield from self._validate(item, job, probe=probe)

    def _validate(self, item: Item, job: Job, *, probe: bool) -> Steps:
        knobs, entries = self.server.knobs, self.server.view.entries(item.path)
        resolver = Resolver(self.server.view, self.server.library(item.library_id).type, self.server.too_small)
        found = resolver.children(item)
        yield knobs.per_dir * max(1, resolver.reads) + knobs.per_file * len(found or ())
        if entries is None or found is None or (not entries and self.server.is_root(item)):
            return  # "inaccessible or empty, skipping"
        self._remove(item, {one.entry.path: self._kind(one) for one in found})
        self._insert(item, found, job)
        if item.saved_at is None:
            item.saved_at = self.server.stamp()
        for child in [child for child in item.children.values() if not child.pinned]:
            yield from self._refresh_child(child, job, probe=probe)

    def _refresh_child(self, child: Item, job: Job, *, probe: bool) -> Steps:
        if child.is_folder and child.kind != "MusicArtist":
            yield from self._refresh(child, job, probe=probe)
        elif child.is_folder:
            yield from self._validate(child, job, probe=probe)  # from above, artists are folders like others
        elif self._stale(child):
            yield from self._metadata(child, job, probe=probe)

    def _stale(self, item: Item) -> bool:
        entry = self.server.view.look(item.path)
        changed = entry is not None and (entry.size, entry.mtime) != (item.size, item.mtime)
        return changed or not item.probed

    def _metadata(self, item: Item, job: Job, *, probe: bool) -> Steps:
        if not probe or item.pinned:
            return
        job.state = JobState.MATCHING
        yield self.server.knobs.per_new_item
        job.state = JobState.WALKING
        entry = self.server.view.look(item.path)
        if entry is not None:
            item.size, item.mtime, item.probed, item.saved_at = entry.size, entry.mtime, True, self.server.stamp()

    def _remove(self, item: Item, there: dict[str, str]) -> None:
        for child in list(item.children.values()):
            stays = there.get(child.path) == child.kind or child.pinned
            if not stays and not matches(child.path, self.server.knobs.never_remove):
                self.server.database.remove(child)

    def _kind(self, found: Found) -> str:
        return self.server.version_kind(found.kind) if found.version_of else found.kind

    def _insert(self, item: Item, found: list[Found], job: Job) -> None:
        database = self.server.database
        for one in found:
            if one.entry.path not in database.by_path and not matches(one.entry.path, self.server.knobs.never_add):
                database.add(self._kind(one), one.entry, item, self.server.stamp())
                job.found.append(one.entry.path)
        for one in found:
            made = database.by_path.get(one.entry.path)
            if made is not None and not made.is_folder:
                made.stand_behind(database.by_path.get(one.version_of) or self._grouped(item, made))

    def _grouped(self, parent: Item, made: Item) -> Item | None:
        """Return the item that another is wrongly filed under."""
        if not matches(made.path, self.server.knobs.mis_group):
            return None
        others = (other for other in parent.children.values() if other is not made and not other.is_folder)
        return next((other for other in others if other.primary is None), None)


def matches(path: str, pattern: str) -> bool:
    """Tell whether a path or its name matches a knob's pattern; an empty one matches nothing."""
    return bool(pattern) and (fnmatchcase(path, pattern) or fnmatchcase(name_of(path), pattern))
