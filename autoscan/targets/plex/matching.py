"""Match an item anew that Plex took for another movie or show than the event named (`PLEX_FIX_MISMATCHED`)."""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from xml.etree.ElementTree import Element

from autoscan import paths
from autoscan.errors import TargetError
from autoscan.targets.plex.api import PlexApi
from autoscan.targets.values import Library

log = logging.getLogger("autoscan.targets")

#: By the section's type: the providers to ask, the surest first, and the number of the type that has the files.
_PROVIDERS = {"movie": ("tmdb", "imdb", "tvdb"), "show": ("tvdb", "tmdb", "imdb")}
_LEAVES = {"movie": "1", "show": "4"}
#: The providers of the agents of old: their guid is `com.plexapp.agents.thetvdb://121361?lang=en`.
_LEGACY = {"thetvdb": "tvdb", "themoviedb": "tmdb", "imdb": "imdb"}
_LEGACY_GUID = re.compile(r"com\.plexapp\.agents\.(\w+)://([^/?]+)")
_LEGACY_AGENT = re.compile(r"com\.plexapp\.agents\.(\w+)")
_NEW_GUID = re.compile(r"(\w+)://([^/?]+)")


class _LeftError(Exception):
    """The item stays as it is, for a reason worth a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A movie or show as Plex has it."""

    key: str
    title: str
    guid: str
    #: By provider.
    ids: Mapping[str, str]
    #: Where its files lie: a movie's folders, a show's own.
    folders: tuple[str, ...]

    def __str__(self) -> str:
        """Return title and ids for a record."""
        ids = ", ".join(f"{provider}://{value}" for provider, value in sorted(self.ids.items()))
        return f'"{self.title}" ({ids or self.guid})'


def fix_mismatch(
    api: PlexApi, library: Library, item: str, path: str, ids: Mapping[str, str], *, language: str = "en"
) -> str:
    """Match the movie or show anew that `path` (a file, as the server sees it) is listed in; return a note.

    `item` is the rating key that the file was seen under, `ids` the event's (`Hints.ids`). An item is left alone if
    any of the ids agree, or none can be compared; then the note is empty. Where it holds files of other folders as
    well, it is split first. Never raises: that a file is seen does not depend on what it is taken for.
    """
    wanted = {provider: ids[provider] for provider in _PROVIDERS.get(library.type, ()) if ids.get(provider)}
    if not wanted or not item:
        return ""
    try:
        return _Matcher(api, library, language).fix(item, path, wanted)
    except _LeftError as reason:
        return f"wrong match left as it is: {reason}"
    except TargetError as error:
        return "" if error.status == HTTPStatus.NOT_FOUND else f"wrong match left as it is: {error}"


def compare(there: Mapping[str, str], wanted: Mapping[str, str]) -> bool | None:
    """Tell whether ids agree: one of a provider that both name suffices. None: no provider is named by both."""
    both = there.keys() & wanted.keys()
    if not both:
        return None
    return any(there[provider].lower() == wanted[provider].lower() for provider in both)


class _Matcher:
    """One repair."""

    def __init__(self, api: PlexApi, library: Library, language: str) -> None:
        self._api = api
        self._library = library
        self._language = language

    def fix(self, item: str, path: str, wanted: Mapping[str, str]) -> str:
        before = self._whole(item)
        if compare(before.ids, wanted) is not False:
            return ""
        guid, name = self._candidate(before, wanted)
        if guid == before.guid:
            raise _LeftError(f"{before} is what Plex finds under {_named(wanted)} as well")
        mine = self._alone(before, path)
        self._api.put(f"/library/metadata/{mine.key}/match", {"guid": guid, "name": name})
        self._api.put(f"/library/metadata/{mine.key}/refresh")
        after = self._read(mine.key)
        split = "" if mine is before else f" after item {before.key} was split"
        text = f"matched item {mine.key} anew{split}: was {before}, is {after}"
        log.warning("%s: %s", path, text, extra={"path": path, "state": "matched"})
        return text

    # ----- reading

    def _read(self, key: str) -> _Item:
        return _item(self._shown(key))

    def _shown(self, key: str) -> Element:
        shown = next(iter(self._api.container(f"/library/metadata/{key}", {"includeGuids": "1"})), None)
        if shown is None:
            raise _LeftError(f"item {key} is gone")
        return shown

    def _whole(self, key: str) -> _Item:
        """Return the movie, or the show that a season or episode belongs to."""
        shown = self._shown(key)
        above = shown.get("grandparentRatingKey") or shown.get("parentRatingKey")
        return self._read(above) if above else _item(shown)

    # ----- what it should be

    def _candidate(self, item: _Item, wanted: Mapping[str, str]) -> tuple[str, str]:
        """Return guid and name of the right match."""
        agent = self._agent()
        if legacy := _LEGACY_AGENT.match(agent):
            provider = _LEGACY.get(legacy[1], "")
            if provider not in wanted:
                raise _LeftError(f"{item} should be {_named(wanted)}, of which its agent {agent} knows none")
            return f"{agent}://{wanted[provider]}?lang={self._language}", item.title
        for provider, value in wanted.items():
            if found := self._search(item, f"{provider}-{value}", agent):
                return found
        raise _LeftError(f"{item} should be {_named(wanted)}, of which Plex finds none")

    def _agent(self) -> str:
        sections = self._api.container("/library/sections").findall("Directory")
        return next((each.get("agent", "") for each in sections if each.get("key") == self._library.id), "")

    def _search(self, item: _Item, title: str, agent: str) -> tuple[str, str] | None:
        """Have the agent search by an id, which its title search understands as `tvdb-121361`."""
        query = {"manual": "1", "title": title, "year": "", "agent": agent, "language": self._language}
        results = self._api.container(f"/library/metadata/{item.key}/matches", query).findall("SearchResult")
        return next(((each.get("guid", ""), each.get("name", "")) for each in results if each.get("guid")), None)

    # ----- taking apart

    def _alone(self, item: _Item, path: str) -> _Item:
        """Return the item that holds nothing but the folder of `path`: this one, or what a split leaves of it."""
        mine = [folder for folder in item.folders if paths.covers(folder, path)]
        others = [folder for folder in item.folders if folder not in mine]
        if not mine:
            raise _LeftError(f"{item} does not hold {path} any more")
        if not others:
            return item
        self._api.put(f"/library/metadata/{item.key}/split")
        key = self._holder(item.title, path)
        left = self._read(key) if key else item
        if not all(paths.covers(folder, path) for folder in left.folders):
            raise _LeftError(f"{item} holds {others[0]} as well, and could not be split; do it in Plex by hand")
        return left

    def _holder(self, title: str, path: str) -> str:
        """Return the movie or show of that title that holds `path` now."""
        scope = "title=" if self._library.type == "movie" else "show.title="
        query = {"type": _LEAVES[self._library.type], scope: title}
        for shown in self._api.container(f"/library/sections/{self._library.id}/all", query):
            if path in {part.get("file", "") for part in shown.iter("Part")}:
                return shown.get("grandparentRatingKey", "") or shown.get("ratingKey", "")
        return ""


def _item(shown: Element) -> _Item:
    places = [each.get("path", "") for each in shown.findall("Location")]
    files = [paths.parent(part.get("file", "")) for part in shown.iter("Part")]
    guid = shown.get("guid", "")
    return _Item(
        key=shown.get("ratingKey", ""),
        title=shown.get("title", ""),
        guid=guid,
        ids=_ids([guid, *(each.get("id", "") for each in shown.findall("Guid"))]),
        folders=tuple(dict.fromkeys(folder for folder in places or files if folder)),
    )


def _ids(guids: Iterable[str]) -> dict[str, str]:
    """Return the ids by provider; of agents of old and of today's."""
    found: dict[str, str] = {}
    for guid in guids:
        if legacy := _LEGACY_GUID.match(guid):
            found[_LEGACY.get(legacy[1], "")] = legacy[2]
        elif new := _NEW_GUID.match(guid):
            found[new[1]] = new[2]
    return {provider: value for provider, value in found.items() if provider in _LEGACY.values()}


def _named(ids: Mapping[str, str]) -> str:
    return ", ".join(f"{provider}://{value}" for provider, value in ids.items())
