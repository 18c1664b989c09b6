"""From what a server shows, and how often it was asked, to what follows: over, look again, ask more widely. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from autoscan import paths
from autoscan.model import Ask, DeliveryState, Expectation, Finding, Kind, Level, Seen, Sighting
from autoscan.verification.budget import MAX_SCANS, affords, is_spent, is_too_dear

#: Seconds before the last tries: a mount or a scanner may take its time.
LATE_PAUSES = (1800, 7200)
#: Looks after which what need not appear is let go.
SHORT_LOOKS = 2
#: Seconds between looks at the server's disk for a file that it does not see; the last is repeated.
BLIND_PAUSES = (15, 60, 300, 900, 1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to wait for what, in seconds; a server's absence does not count."""

    #: For a file to appear, from the first scan on (`VERIFY_DEADLINE`).
    whole: int = 12 * 3600
    #: For the server to see the file on its disk (`VERIFY_VISIBLE_DEADLINE`).
    visible: int = 3600
    #: For a library that is busy (`VERIFY_BUSY_DEADLINE`).
    busy: int = 6 * 3600


def next_sight(blind: int, limit: int) -> int | None:
    """Return the seconds until the next look at the server's disk after `blind` vain ones; None: it is over."""
    pauses = [BLIND_PAUSES[min(number, len(BLIND_PAUSES) - 1)] for number in range(blind + 1)]
    return None if sum(pauses[:-1]) >= limit else min(pauses[-1], limit)


#: A server takes an empty library folder for a lost mount, and keeps what it lists.
EMPTY_ROOT = "the library's folder is empty, so the server removes nothing: keep one file in it"


#: What shows that a path is listed.
LISTED = frozenset({Seen.PRESENT, Seen.OTHER_SIZE})


class Care(StrEnum):
    """What has to be seen of a path."""

    #: A media file that must appear, or must go.
    MUST = "must"
    #: A folder that was announced to go: nothing below it may be left.
    GONE = "gone"
    #: A subtitle, nfo, picture: belongs to an item, is none itself.
    SIDECAR = "sidecar"
    #: A photo: servers list it, but not always so that it can be found.
    PHOTO = "photo"
    #: An extra, a sample, or something the server may ignore.
    EXTRA = "extra"
    #: A folder, of whose files nothing is known.
    FOLDER = "folder"


_EPISODE = re.compile(r"\bs\d+ ?e\d+")
_EXTRA_FOLDERS = frozenset(
    {
        "extras",
        "featurettes",
        "behind the scenes",
        "deleted scenes",
        "interviews",
        "scenes",
        "shorts",
        "trailers",
        "other",
        "sample",
        "samples",
        "theme-music",
        "backdrops",
    }
)
_EXTRA_ENDINGS = (
    "-trailer",
    "-featurette",
    "-behindthescenes",
    "-deleted",
    "-interview",
    "-scene",
    "-short",
    "-other",
    "-sample",
    ".sample",
    "-extra",
)


def care_for(expectation: Expectation) -> Care:
    """Tell what has to be seen of `expectation`."""
    if expectation.kind is not Kind.FILE and paths.kind_by_name(expectation.path) is not Kind.FILE:
        return Care.GONE if expectation.announced and not expectation.change.wants_presence else Care.FOLDER
    if paths.is_sidecar(expectation.path):
        return Care.SIDECAR
    if paths.is_photo(expectation.path) and not _is_extra(expectation.path):
        return Care.PHOTO
    if _is_extra(expectation.path) or not paths.is_media(expectation.path):
        return Care.EXTRA
    return Care.MUST


def _is_extra(path: str) -> bool:
    *folders, name = paths.components(path.lower())
    stem = name.rpartition(".")[0]
    hidden = name.startswith(".") or any(folder.startswith((".", "@")) for folder in folders[-2:])
    if hidden or stem == "sample" or stem.endswith(_EXTRA_ENDINGS):
        return True
    # A show may be called "Extras" or "Shorts", and its episodes stand in its folder.
    return folders[-1:] != [] and folders[-1] in _EXTRA_FOLDERS and not _EPISODE.search(stem)


#: What libraries of a type list, by the servers' own words for it; others may list anything.
_LISTS = {
    **dict.fromkeys(("movie", "show", "movies", "tvshows", "musicvideos"), frozenset({"video"})),
    **dict.fromkeys(("artist", "music"), frozenset({"audio"})),
    "books": frozenset({"book", "audio"}),
}


def foreign(library_type: str, path: str) -> str:
    """Return why a library of such a type lists no such file, e.g. the `theme.mp3` of a show; `""` if it may."""
    medium = paths.medium(path)
    lists = _LISTS.get(library_type, frozenset({medium}))
    return "" if not medium or medium in lists else f"a library of type {library_type} lists no {medium} files"


def satisfied_before(expectations: Iterable[Expectation], sightings: Mapping[str, Sighting]) -> bool:
    """Tell whether no scan is needed: a fresh look showed everything as it should be.

    A file that should be there counts only with the size that the event named: it may have been replaced in place;
    unless the event's hints say that it need not be compared.
    """
    return all(_is_there_already(each, sightings.get(each.path)) for each in expectations)


def _is_there_already(expectation: Expectation, sighting: Sighting | None) -> bool:
    if sighting is None or care_for(expectation) not in {Care.MUST, Care.GONE}:
        return False
    if expectation.change.wants_presence and expectation.hints.listed_is_enough:
        return sighting.seen in LISTED
    if expectation.change.wants_presence:
        return sighting.seen is Seen.PRESENT and expectation.size is not None and sighting.size == expectation.size
    return sighting.seen is Seen.ABSENT


def conclude(expectation: Expectation, sighting: Sighting, *, look: int, ignored: str, at: datetime) -> Finding | None:
    """Return how `expectation` ended by its `look`-th look after a scan; None: it has not. `ignored` names a rule."""
    care = care_for(expectation)
    result = _seen(expectation, sighting.seen, care)
    saw = sighting.saw
    if result is None and look >= SHORT_LOOKS:
        result, saw = _let_go(care, ignored, saw)
    if result is None:
        return None
    return Finding(path=expectation.path, result=result, evidence=sighting.evidence, saw=saw, at=at)


def _seen(expectation: Expectation, seen: Seen, care: Care) -> DeliveryState | None:
    if expectation.change.wants_presence:
        return DeliveryState.VERIFIED if seen is Seen.PRESENT else None
    if care is Care.FOLDER:
        return None
    return DeliveryState.VERIFIED_ABSENT if seen in {Seen.ABSENT, Seen.TRASHED} else None


def _let_go(care: Care, ignored: str, saw: str) -> tuple[DeliveryState | None, str]:
    match care:
        case Care.SIDECAR:
            return DeliveryState.DONE_UNVERIFIABLE, "scanned; a sidecar is no item of its own"
        case Care.PHOTO:
            return DeliveryState.DONE_UNVERIFIABLE, "scanned; a photo may be listed where it is not looked for"
        case Care.FOLDER:
            return DeliveryState.DONE_UNVERIFIABLE, "scanned; nothing is known of the files in it"
        case Care.EXTRA if not ignored:
            return DeliveryState.IGNORED_BY_RULE, "scanned; extras, samples and unknown types are not listed as items"
        case _ if ignored:
            return DeliveryState.IGNORED_BY_RULE, ignored
        case _:
            return None, saw


def give_up(expectation: Expectation, sighting: Sighting, at: datetime, *, empty_root: bool) -> Finding:
    """Return how `expectation` ended now that everything was tried; `empty_root`: nothing else is in the library."""
    saw = sighting.saw or f"last seen: {sighting.seen}"
    if expectation.change.wants_presence:
        result = DeliveryState.UNVERIFIED
    elif empty_root:
        result, saw = DeliveryState.DONE_UNVERIFIABLE, EMPTY_ROOT
    elif sighting.seen not in LISTED:
        result, saw = DeliveryState.DONE_UNVERIFIABLE, f"scanned; nothing tells whether it is still listed ({saw})"
    else:
        result = DeliveryState.STALE_ENTRY
    return Finding(path=expectation.path, result=result, evidence=sighting.evidence, saw=saw, at=at)


class Move(StrEnum):
    """What follows when the last look after a scan did not show everything."""

    #: Read the items of the wrong size anew.
    TOUCH = "touch"
    FOLDER = "folder"
    PARENT = "parent"
    #: After a long pause.
    ROOT = "root"
    #: The folder once more, after a long pause.
    LATE = "late"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What may still be tried."""

    #: The whole library may be scanned: the setting allows it, and the last time was long ago.
    root: bool
    #: Everything that is missing is there, with another size.
    only_sizes: bool
    #: Something that should be there is missing; else only something that should be gone.
    wants_presence: bool
    #: Some of it was seen in the server.
    listed: bool
    #: Seconds until the file is given up.
    left: float


def escalate(ask: Ask, means: Means) -> Move:
    """Return the next, wider, thing to try."""
    if means.only_sizes and not ask.touched:
        return Move.TOUCH
    if ask.scans >= MAX_SCANS or is_spent(ask) or is_too_dear(ask) or means.left <= 0:
        return Move.GIVE_UP
    if not means.wants_presence and not means.listed and ask.scans >= (1 if ask.scope_is_root else SHORT_LOOKS):
        # Nobody can tell whether it is gone: more scans, of a whole root at that, would not change it.
        return Move.GIVE_UP
    if ask.level is Level.FOLDER:
        return Move.FOLDER if ask.scans < SHORT_LOOKS and affords(ask, MAX_SCANS - 1) else Move.PARENT
    if ask.level is Level.PARENT and means.root and means.wants_presence and ask.visible:
        return Move.ROOT
    return Move.LATE if late_pause(ask) < means.left else Move.GIVE_UP


def late_pause(ask: Ask) -> int:
    """Return the seconds to wait before a late try: half an hour after that for the folder above, then two hours."""
    return LATE_PAUSES[0] if ask.level is Level.PARENT else LATE_PAUSES[1]


#: What a look-up asks a server for, in words.
ASKED_FOR = {
    "P1": "the newest items",
    "P1b": "the newest items",
    "P2": "the item of its folder",
    "P3": "its title",
    "P4": "the folder view",
    "J1": "its id",
    "J2": "what it belongs to",
    "J3": "the newest items",
    "J4": "the list of its folder",
    "J5": "its title",
    "Ids=": "its id",
    "Path=": "its path",
    "ParentId=": "the list of its folder",
    "MinDateLastSaved=": "the newest items",
    "SearchTerm=": "its title",
}


def in_words(findings: Sequence[Finding]) -> str:
    """Say in a sentence how a folder ended: how many paths how, and on which evidence the worst of them."""
    result = DeliveryState.worst(finding.result for finding in findings)
    most = next(finding for finding in findings if finding.result is result)
    counts = Counter(finding.result for finding in findings)
    if len(findings) > 1:
        how = ", ".join(f"{number} {each.replace('_', ' ')}" for each, number in counts.most_common())
    else:
        how = f"{paths.name(most.path)} {result.replace('_', ' ')}"
    words = ASKED_FOR.get(most.evidence, "")
    seen = f" by {most.evidence}" if most.evidence else ""
    return f"{how}{seen}" + (f" ({words})" if words else "") + (f": {most.saw}" if most.saw else "")
