"""What the *arr applications have in common: an owner with a folder, files below it, and events about them.

Wire format: the webhook connections of Sonarr, Radarr, Lidarr and Readarr (`NzbDrone.Core/Notifications/Webhook`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autoscan.model import Change, Event, Hints, Kind, ScanRequest
from autoscan.paths import Flavour, clean, covers, flavour, join, key, name
from autoscan.triggers import reading
from autoscan.triggers.reading import member, objects

#: Seconds before a removal is acted on that is followed by something: the new file of an upgrade, the return of a
#: mount that dropped, the deletion itself.
SETTLING = 60
#: Seconds in which the new file of an upgrade may be copied to where the old one was deleted, which comes first.
COPYING = 600

_NUMBERED = re.compile(r"S(\d{1,4})((?:[ ._-]?E\d{1,4})+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one application calls the members that all of them have."""

    app: str
    #: Series, movie, artist, author.
    owner: str
    #: The owner's member with its folder.
    root: str
    #: One file object; the plural (`...s`) is a list of them.
    file: str
    #: The list of a Rename.
    renamed: str
    #: What has no folder of its own: `album`, `book`.
    part: str = ""
    #: `path` is the library file wherever it lies, unless there is a `relativePath` (Lidarr >= 0.7, Readarr).
    final_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One body, with what is needed of it in every event."""

    body: Mapping[str, Any]
    shape: Shape
    #: The owner's folder; `""` if the event does not say.
    root: str
    hints: Hints
    #: Season and number of each episode that the event is about; the number may be missing (Whisparr).
    episodes: Sequence[tuple[int, int | None]] = ()

    def files(self) -> list[Mapping[str, Any]]:
        """Return the file objects, one or many."""
        return objects(member(self.body, self.shape.file)) + objects(member(self.body, f"{self.shape.file}s"))

    def deleted(self) -> list[Mapping[str, Any]]:
        """Return `deletedFiles` where it is the list of an upgrade; it is a flag in the deletes."""
        return objects(member(self.body, "deletedFiles"))

    def place(self, file: Mapping[str, Any], *, downloaded: bool = False) -> str:
        """Return the path of a file object in the library; `""` if it does not tell.

        The folder with `relativePath` was right in every version. `path` is the source in the download folder in many
        a Download, so there it counts only below the folder. `sourcePath` and `recycleBinPath` never do.
        """
        relative = reading.path(member(file, "relativePath"))
        if self.root and is_inside(relative, flavour(self.root)):
            return join(self.root, relative)
        full = reading.path(member(file, "path"))
        if not full or key(full) == key(self.root):
            return ""
        final = not relative if self.shape.final_path else not (self.root or downloaded)
        return clean(full) if final or (self.root and covers(self.root, full)) else ""

    def former(self, file: Mapping[str, Any]) -> str:
        """Return where a renamed file was before; `""` if it does not tell."""
        relative = reading.path(member(file, "previousRelativePath"))
        if self.root and is_inside(relative, flavour(self.root)):
            return join(self.root, relative)
        previous = reading.path(member(file, "previousPath"))
        return clean(previous) if previous else ""

    def hints_for(self, path: str, *, alone: bool) -> Hints:
        """Return the hints for one file: of several files, the episodes that its name names."""
        named = _numbers(name(path))
        own = [each for each in self.episodes if alone or each in named]
        seasons = {season for season, _ in own or self.episodes}
        numbers = tuple(number for _, number in own if number is not None)
        return replace(self.hints, season=seasons.pop() if len(seasons) == 1 else None, episodes=numbers)

    def folder(self, change: Change, *, announced: bool = False, min_delay: int = 0) -> list[ScanRequest]:
        """Return the request for the owner's folder, if the event names it."""
        if not self.root:
            return []
        hints = self.hints_for("", alone=True)
        return [
            ScanRequest(
                path=clean(self.root),
                kind=Kind.FOLDER,
                change=change,
                announced=announced,
                min_delay=min_delay,
                hints=hints,
            )
        ]

    def removed(self, files: Sequence[Mapping[str, Any]], *, min_delay: int = 0) -> list[ScanRequest]:
        """Return the requests for files that are gone."""
        places = [found for file in files if (found := self.place(file))]
        return [self._gone(place, alone=len(places) == 1, min_delay=min_delay) for place in places]

    def _gone(self, place: str, *, alone: bool, min_delay: int = 0) -> ScanRequest:
        hints = self.hints_for(place, alone=alone)
        return ScanRequest(path=place, kind=Kind.FILE, change=Change.REMOVED, min_delay=min_delay, hints=hints)

    def present(self, file: Mapping[str, Any], place: str, change: Change, *, alone: bool) -> ScanRequest:
        """Return the request for a file that is there, with its size where that is named."""
        size = reading.whole(member(file, "size"), least=1)  # 0 is a default, not a size
        hints = self.hints_for(place, alone=alone)
        return ScanRequest(path=place, kind=Kind.FILE, change=change, size=size, hints=hints)

    def renames(self, files: Sequence[Mapping[str, Any]]) -> list[ScanRequest]:
        """Return for each renamed file its new place and then the former one."""
        requests: list[ScanRequest] = []
        for file in files:
            if place := self.place(file):
                requests.append(self.present(file, place, Change.RENAMED, alone=len(files) == 1))
            if former := self.former(file):
                requests.append(self._gone(former, alone=len(files) == 1))
        return requests


#: What an event asks for, or in plain words why it asks for nothing.
Answer = list[ScanRequest] | str
Handler = Callable[[Message], Answer]

#: Events of several applications that change nothing on disk.
QUIET: Mapping[str, str] = {
    "test": "a test of the connection",
    "grab": "a release was sent to the download client; nothing is on disk yet",
    "health": "a health message",
    "healthrestored": "a health message",
    "applicationupdate": "the application updated itself",
    "manualinteractionrequired": "an import is blocked; the library is unchanged",
    "downloadfailure": "a download failed; the library is unchanged",
    "importfailure": "an import failed; what did come in has an event of its own",
}

#: The note of an event that came later than this program, or from elsewhere.
UNKNOWN_TYPE = "this event type is not known, so nothing is scanned"


def read(event_type: str, message: Message, events: Mapping[str, Handler | str]) -> Event:
    """Answer one message by the table of its application. Event types are compared without case."""
    app = message.shape.app
    handler = events.get(event_type.casefold())
    if handler is None:
        return Event(app=app, type=event_type, note=UNKNOWN_TYPE, known=False)
    answer = handler if isinstance(handler, str) else handler(message)
    if isinstance(answer, str):
        return Event(app=app, type=event_type, note=answer)
    note = "" if answer else f"no usable path: neither {message.shape.file} nor {message.shape.owner} has one"
    return Event(app=app, type=event_type, requests=consistent(answer), note=note)


def imported(message: Message) -> Answer:
    """Answer a Download: one file, all files of a release, or an upgrade; the folder where no file is named."""
    files = message.files()
    placed = [(file, place) for file in files if (place := message.place(file, downloaded=True))]
    added = [message.present(file, place, Change.ADDED, alone=len(files) == 1) for file, place in placed]
    if not files or len(placed) < len(files):
        added += message.folder(Change.ADDED)
    return added + message.removed(message.deleted())


def renamed(message: Message) -> Answer:
    """Answer a Rename: the new and the former place of each file; the folder in versions that name no files."""
    files = objects(member(message.body, message.shape.renamed))
    requests = message.renames(files)
    if not files or not all(message.place(file) for file in files):
        requests += message.folder(Change.RENAMED)
    return requests


def file_deleted(message: Message) -> Answer:
    """Answer the delete of files, by its reason."""
    reason = reading.text(member(message.body, "deleteReason"))
    if reason.casefold() in {"manualoverride", "nolinkedepisodes"}:
        return f"the file is still there: it was only assigned anew ({reason})"
    min_delay = SETTLING if reason.casefold() in {"upgrade", "missingfromdisk"} else 0
    gone = message.removed(message.files() + message.deleted(), min_delay=min_delay)
    if reason.casefold() == "upgrade":
        gone = [replace(each, patience=COPYING) for each in gone]
    return gone or message.folder(Change.REMOVED, min_delay=min_delay)


def owner_deleted(message: Message) -> Answer:
    """Answer the delete of a series, movie, artist or author: the folder goes after this event was answered."""
    if not reading.truth(member(message.body, "deletedFiles")):
        return "the files were kept"
    return message.folder(Change.REMOVED, announced=True)


def part_deleted(message: Message) -> Answer:
    """Answer the delete of an album or book, which has no path: something below the owner's folder goes soon."""
    if not reading.truth(member(message.body, "deletedFiles")):
        return "the files were kept"
    if not message.root:
        return f"the event does not name the {message.shape.owner}'s folder (Lidarr does since 2.1.7.4030)"
    return message.folder(Change.REMOVED, min_delay=SETTLING)


def retagged(message: Message) -> Answer:
    """Answer a Retag: the file changed in place; the folder in versions that do not name it."""
    files = message.files()
    placed = [(file, place) for file in files if (place := message.place(file))]
    changed = [message.present(file, place, Change.ADDED, alone=len(files) == 1) for file, place in placed]
    return changed or message.folder(Change.ADDED)


def deleted(message: Message) -> Answer:
    """Answer the `Delete` of Readarr 0.1.0-0.1.3 and of one day's Sonarr, which meant any of three things."""
    if message.files():
        return file_deleted(message)
    if message.shape.part and isinstance(member(message.body, message.shape.part), Mapping):
        return part_deleted(message)
    return owner_deleted(message)


def consistent(requests: Iterable[ScanRequest]) -> tuple[ScanRequest, ...]:
    """Drop repetitions, and removals of what another request wants present (a rename onto the same name)."""
    asked = list(requests)
    if len(asked) == 1:
        return tuple(asked)
    there = {key(request.path) for request in asked if request.change.wants_presence}
    kept: dict[tuple[str, Change], ScanRequest] = {}
    for request in asked:
        if request.change.wants_presence or key(request.path) not in there:
            kept.setdefault((key(request.path), request.change), request)
    return tuple(kept.values())


def is_inside(relative: str, of: Flavour) -> bool:
    """Tell whether `relative` names something below a folder: not empty, not absolute, without `..`."""
    names = re.split(r"[\\/]" if of is Flavour.WINDOWS else "/", relative)
    return names[0] != "" and ".." not in names and set(names) != {"."} and flavour(relative) is Flavour.POSIX


def _numbers(file: str) -> set[tuple[int, int | None]]:
    found = _NUMBERED.findall(file)
    return {(int(season), int(number)) for season, numbers in found for number in re.findall(r"\d+", numbers)}
