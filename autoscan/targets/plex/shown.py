"""Everything that one call has seen of a section, and what that says of a path."""

from collections.abc import Iterable
from dataclasses import dataclass

from autoscan import paths
from autoscan.model import Expectation, Kind, Seen, Sighting
from autoscan.targets.plex.rows import Part, Row, form


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A file where it was seen: a file of two episodes is seen in two items."""

    row: Row
    part: Part
    evidence: str


class Shown:
    """The files that were listed; a later answer about the same item is better than an earlier one."""

    def __init__(self) -> None:
        self._hits: dict[str, dict[str, Hit]] = {}

    def take(self, rows: Iterable[Row], evidence: str) -> None:
        """Take over what an answer lists."""
        for row in rows:
            for part in row.parts:
                self._hits.setdefault(form(part.file), {})[row.key] = Hit(row=row, part=part, evidence=evidence)

    def hits(self, item: Expectation) -> list[Hit]:
        """Return where the path is listed; for a folder, what is listed below it."""
        if not is_folder(item):
            return list(self._hits.get(form(item.path), {}).values())
        return self._below(item.path)

    def anything_below(self, folder: str) -> bool:
        """Tell whether anything is listed below a folder."""
        return bool(self._below(folder))

    def _below(self, folder: str) -> list[Hit]:
        return [hit for hits in self._hits.values() for hit in hits.values() if paths.covers(folder, hit.part.file)]


def is_folder(item: Expectation) -> bool:
    """Tell whether the path stands for everything below it."""
    kind = paths.kind_by_name(item.path) if item.kind is Kind.UNKNOWN else item.kind
    return kind is Kind.FOLDER


def is_undecided(hit: Hit) -> bool:
    """Tell whether only a look at the disk says if the file is gone.

    An item whose files are all gone is marked as deleted. One that has lost one version of several is not.
    """
    return not hit.part.trashed and hit.part.exists is None and len({part.file for part in hit.row.parts}) > 1


def judge(item: Expectation, hits: list[Hit]) -> Sighting:
    """Return what `hits`, at least one, say of a path."""
    if item.change.wants_presence:
        return _present(item, hits)
    listed = [hit for hit in hits if not _is_gone(hit)]
    if not listed:
        return _sighting(Seen.TRASHED, hits[0], "in the trash")
    unnoticed = all(hit.part.exists is False for hit in listed)
    return _sighting(Seen.PRESENT, listed[0], "still listed, though its file is gone" if unnoticed else "still listed")


def _present(item: Expectation, hits: list[Hit]) -> Sighting:
    live = [hit for hit in hits if not hit.part.trashed and hit.part.exists is not False]
    if not live:
        return _sighting(Seen.TRASHED, hits[0], "in the trash" if hits[0].part.trashed else "its file is gone")
    fits = [hit for hit in live if is_folder(item) or item.size is None or hit.part.size in {None, item.size}]
    if not fits:
        return _sighting(Seen.OTHER_SIZE, live[0], f"{live[0].part.size} bytes instead of {item.size}")
    return _sighting(Seen.PRESENT, fits[0], "listed")


def _is_gone(hit: Hit) -> bool:
    """Tell whether Plex knows that the file is gone.

    That its disk does not have it is no more than a look at the disk, unless the item goes on with other files.
    """
    others = [part for part in hit.row.parts if part.file != hit.part.file]
    return hit.part.trashed or (hit.part.exists is False and any(part.exists for part in others))


def _sighting(seen: Seen, hit: Hit, saw: str) -> Sighting:
    return Sighting(
        seen=seen, evidence=hit.evidence, saw=f"{hit.row.title}: {saw}", item=hit.row.key, size=hit.part.size
    )
