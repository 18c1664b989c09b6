"""A Plex Media Server: sections, and `GET /library/sections/{id}/refresh?path=<directory>`."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar
from xml.etree.ElementTree import Element

from autoscan import __version__, paths
from autoscan.errors import TargetRejectedError, TargetUnauthorizedError
from autoscan.http import odd_answer
from autoscan.model import Expectation, Sighting
from autoscan.targets.base import Known, Target, has_removals, root_of, spelt_below, upwards
from autoscan.targets.plex.api import PlexApi, unknown_section
from autoscan.targets.plex.browse import Browser
from autoscan.targets.plex.lookup import LookUp
from autoscan.targets.plex.rows import number, plain_key
from autoscan.targets.plex.rules import rule
from autoscan.targets.plex.selfcheck import place_checks, section_checks
from autoscan.targets.plex.shown import is_folder
from autoscan.targets.plex.sidecars import Sidecars
from autoscan.targets.values import Check, Library, LibraryState, Scope, ServerInfo

_NOT_FOUND = 404
_SECTIONS = "/library/sections"
#: So many locations are looked at before a whole section is scanned.
_MOST_LOCATIONS = 4
#: Seconds between looks after a scan.
_PAUSES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)


class PlexTarget(Target):
    """One Plex. Its token must be the owner's: only an administrator may scan."""

    type: ClassVar[str] = "plex"
    #: Two polls that far apart see a scan that began late.
    settle: ClassVar[float] = 5.0

    @cached_property
    def api(self) -> PlexApi:
        """Return the door to the server."""
        return PlexApi(self.session, self._server.token.reveal())

    def headers(self, token: str, client_id: str) -> dict[str, str]:
        """Return Plex's own headers, which win over those of `plexapi` (it would send the host's name and MAC)."""
        return {
            "X-Plex-Token": token,
            "X-Plex-Client-Identifier": client_id,
            "X-Plex-Product": "Autoscan",
            "X-Plex-Version": __version__,
            "X-Plex-Device": "Autoscan",
            "X-Plex-Device-Name": "Autoscan",
        }

    def probe(self) -> None:
        """Ask `GET /`, which needs a valid token."""
        self.api.connect()

    def info(self) -> ServerInfo:
        """Return version, machine identifier and friendly name."""
        server = self.api.connect()
        return ServerInfo(
            version=str(server.version or ""),
            id=str(server.machineIdentifier),
            name=str(server.friendlyName or self.name),
        )

    def read_libraries(self) -> tuple[Library, ...]:
        """Ask for the sections: `GET /library/sections`."""
        return tuple(_library(section) for section in self._sections())

    def states(self) -> tuple[LibraryState, ...]:
        """Return which sections are being scanned; `scannedAt` moves with every scan, found or not."""
        return tuple(
            LibraryState(
                library_id=section.get("key", ""),
                busy=section.get("refreshing") == "1",
                marker=section.get("scannedAt", ""),
            )
            for section in self._sections()
        )

    def plan(self, library: Library, folder: str, expectations: Sequence[Expectation]) -> Scope:
        """Return `folder` itself, or, where something was removed, the nearest folder above that Plex sees.

        A missing folder makes Plex skip the scan, so that what was in it stays listed for ever. If Plex sees nothing
        up to the root (an unmounted disk), it stays the folder itself: a scan of an empty root would trash it all.
        """
        root = root_of(library, folder)
        path = spelt_below(root, folder)
        if has_removals(expectations):
            path = self._nearest(path, root) or path
        return Scope(path=path, label="refresh?path", root=paths.key(path) == paths.key(root))

    def scan(self, library: Library, scope: Scope, expectations: Sequence[Expectation]) -> None:  # noqa: ARG002 - Plex needs no more than the folder
        """Ask for a partial scan. GET as all clients do: PUT answers 404 since 1.32.7.

        A whole section is asked for without a path: of several locations, Plex may scan the wrong one.
        """
        whole = scope.whole and self._sees_all(library)
        try:
            self.api.command(f"/library/sections/{library.id}/refresh", {} if whole else {"path": scope.path})
        except TargetRejectedError as error:
            self._check_section(error, library)
            raise

    def look_up(
        self, library: Library, wanted: Sequence[Expectation], *, look: int, known: Known
    ) -> dict[str, Sighting]:
        """Return what the section shows of each path; see `lookup`."""
        now = self._around.clock.now().timestamp()
        try:
            return LookUp(self.api, library, look=look, known=known, now=now).run(wanted)
        except TargetRejectedError as error:
            self._check_section(error, library)
            raise

    def visible(self, library: Library, expectation: Expectation) -> bool | None:  # noqa: ARG002 - the disk is the server's
        """Tell whether Plex sees the path on its disk, by one request; None if the token may not browse."""
        browser = Browser(self.api)
        look = browser.exists if is_folder(expectation) else browser.shows
        try:
            return look(expectation.path)
        except TargetUnauthorizedError:
            return None

    def sees_nothing(self, folder: str) -> bool:
        """Ask for what is in the folder."""
        try:
            return not Browser(self.api).names(folder)
        except TargetUnauthorizedError:
            return False

    def look_pauses(self, scope: Scope) -> tuple[float, ...]:  # noqa: ARG002 - Plex does not say how long a scan waits
        """Return doubling pauses: five minutes and a quarter in all."""
        return _PAUSES

    def touch_item(self, library: Library, sighting: Sighting) -> None:  # noqa: ARG002 - keys are the server's
        """Have the item analysed: only that tells Plex the size of a file that was replaced in place."""
        if not sighting.item:
            return
        try:
            self.api.put(f"/library/metadata/{sighting.item}/analyze")
        except TargetRejectedError as error:
            # An item that is gone by now needs nothing; the next look-up finds the one in its place.
            if error.status != _NOT_FOUND:
                raise

    def refresh_owners(self, library: Library, sidecars: Sequence[str], *, known: Known) -> dict[str, Sighting]:
        """Have the items of sidecars read anew; see `sidecars`."""
        return Sidecars(self.api, library, known, sidecars).refresh()

    def ignores(self, library: Library, path: str) -> str:
        """Return the rule by which Plex passes over such a name; what a `.plexignore` says is not known here."""
        return rule(library, path)

    def self_check(self) -> tuple[Check, ...]:
        """Try the look-ups of each section, and the view of each location."""
        libraries = self.libraries(fresh=True)
        if not libraries:
            return (Check(name="libraries", ok=False, text="there are none", advice="Add libraries in Plex."),)
        sections = [check for library in libraries for check in section_checks(self.api, library)]
        return (*place_checks(self.api, libraries), *sections)

    def counts(self, library: Library) -> int | None:
        """Return the section's number of movies, shows, artists: an empty page says how many there are."""
        page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": "0"}
        return number(self.api.container(f"/library/sections/{library.id}/all", headers=page).get("totalSize"))

    def _check_section(self, error: TargetRejectedError, library: Library) -> None:
        """Raise what a refusal means if Plex does not find something: the section is gone."""
        if error.status == _NOT_FOUND:
            self.libraries(fresh=True)
            raise unknown_section(self.name, library.id) from error

    def _sections(self) -> list[Element]:
        sections = self.api.container(_SECTIONS).findall("Directory")
        if not all(plain_key(section.get("key")) for section in sections):
            # Without it, what is asked of one section would be asked of all.
            raise odd_answer(self.name, self.session.url(_SECTIONS), "a section without its key")
        return sections

    def _sees_all(self, library: Library) -> bool:
        """Tell whether Plex sees something in each location; the scan of an empty one would trash all of its items."""
        browser = Browser(self.api)
        try:
            return len(library.roots) <= _MOST_LOCATIONS and all(map(browser.names, library.roots))
        except TargetUnauthorizedError:
            return False

    def _nearest(self, folder: str, root: str) -> str | None:
        browser = Browser(self.api)
        try:
            found = next((each for each in upwards(folder, root) if browser.exists(each)), root)
            return found if found != root or browser.names(root) else None
        except TargetUnauthorizedError:
            # Not the owner's token: the scan itself will say so if it matters.
            return None


def _library(section: Element) -> Library:
    return Library(
        id=section.get("key", ""),
        title=section.get("title", ""),
        type=section.get("type", ""),
        roots=tuple(path for place in section.findall("Location") if (path := place.get("path"))),
    )
