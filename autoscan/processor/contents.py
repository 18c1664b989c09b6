"""Choose which files of a folder that was requested whole should be seen in the servers."""

from collections import Counter
from collections.abc import Sequence

from autoscan import paths
from autoscan.model import Expectation, Kind, Scan
from autoscan.presence import Presence
from autoscan.verification import Care, care_for

#: Files of one request that are looked for.
LIMIT = 200
#: Of more than that, only the newest: they are what the request is about.
NEWEST = 50
#: Folders whose files are looked for, those with the newest files: some servers have to be asked for each.
FOLDERS = 20
#: The first prevails where there are as many of each.
MEDIA = ("video", "audio", "book")


def contents(presence: Presence, scan: Scan) -> tuple[tuple[Expectation, ...], str]:
    """Return what `scan` should show besides what it expects already, and a note for the record, `""` if all of it."""
    inside = presence.inside(scan, LIMIT)
    listed = [each for each in inside.files if care_for(each) is Care.MUST and not _is_part_of_disc(each.path)]
    media = _of_one_medium(listed)
    chosen = _of_newest_folders(media[:NEWEST] if inside.found > LIMIT else media)
    if inside.found > LIMIT or len(chosen) < len(media):
        return tuple(chosen), f"{inside.found} media files in it: the newest {len(chosen)} are looked for"
    return tuple(chosen), f"not all of it could be read: {len(chosen)} files are looked for" if inside.partial else ""


def _is_part_of_disc(path: str) -> bool:
    return paths.scan_folder(path, Kind.FILE) != paths.parent(path)


def _of_one_medium(files: Sequence[Expectation]) -> list[Expectation]:
    """Leave out what goes with the others and is listed by no library of theirs: a show's theme, an album's booklet."""
    numbers = Counter(paths.medium(each.path) for each in files)
    most = max(MEDIA, key=lambda medium: numbers[medium])
    return [each for each in files if paths.medium(each.path) == most]


def _of_newest_folders(files: Sequence[Expectation]) -> list[Expectation]:
    folders = list(dict.fromkeys(paths.parent(each.path) for each in files))
    return [each for each in files if paths.parent(each.path) in folders[:FOLDERS]]
