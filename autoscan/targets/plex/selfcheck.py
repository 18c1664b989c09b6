"""Try at a real Plex what look-ups take for granted."""

from autoscan.errors import TargetRejectedError, TargetUnauthorizedError
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.plex.browse import Browser
from autoscan.targets.plex.questions import Questions
from autoscan.targets.plex.rows import rows
from autoscan.targets.values import Check, Library

_TOKEN = "rights of the token"  # noqa: S105 - the name of a finding


def section_checks(api: PlexApi, library: Library) -> tuple[Check, ...]:
    """Return the findings about one section: the order of the newest, and the folder view. Two requests."""
    ask = Questions(api, library)
    return _newest(ask, library), _folder_view(ask, library)


def place_checks(api: PlexApi, libraries: tuple[Library, ...]) -> tuple[Check, ...]:
    """Return whether the token may browse, hence scan, and what Plex sees in each location. One request for each."""
    browser = Browser(api)
    try:
        places = [_place(browser, library, root) for library in libraries for root in library.roots]
    except TargetUnauthorizedError:
        return (
            Check(
                name=_TOKEN,
                ok=False,
                text="it may not browse the server's disks, and so not scan either",
                advice="Use the token of the server's owner.",
            ),
        )
    rights = Check(name=_TOKEN, ok=True if places else None, text="it may browse and scan" if places else "not tried")
    return (rights, *places)


def _place(browser: Browser, library: Library, root: str) -> Check:
    name, seen = f"{library.title}: {root}", browser.names(root)
    if seen:
        return Check(name=name, ok=True, text=f"Plex sees {len(seen)} entries there")
    advice = "Mount the disk where Plex runs, or correct the library's folder in Plex."
    return Check(name=name, ok=False, text="Plex sees nothing there", advice=advice)


def _newest(ask: Questions, library: Library) -> Check:
    name, times = f"{library.title}: newest items", [row.added_at for row in ask.newest()]
    if not times:
        return Check(name=name, ok=None, text="there are none yet")
    if times == sorted(times, reverse=True):
        return Check(name=name, ok=True, text=f"{len(times)} in the order in which they were added")
    advice = "Files are still found by item, title and folder; a few requests more."
    return Check(name=name, ok=False, text="they are not in the order in which they were added", advice=advice)


def _folder_view(ask: Questions, library: Library) -> Check:
    name = f"{library.title}: folder view"
    if library.type == "photo":
        return Check(name=name, ok=None, text="Plex has none for photos: what was deleted there may stay unverified")
    try:
        container = ask.folder()
    except TargetRejectedError as error:
        advice = "What was deleted is found by item and title only."
        return Check(name=name, ok=False, text=f"Plex refuses it: {error}", advice=advice)
    entries = len(container.findall("Directory")) + len(rows(container))
    return Check(name=name, ok=True if entries else None, text=f"{entries} entries at the top")
