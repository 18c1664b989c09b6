"""Whatever a media server answers to a look-up: an error that is known, or a reading, but never a file unseen."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscan.errors import TargetError
from autoscan.model import Change, Expectation, Hints, Kind, Seen
from autoscan.targets.base import Known
from autoscan.targets.values import Scope
from tests.chances import many
from tests.fuzzing import anything, spoilt_body
from tests.servers.wire import Response
from tests.targets import FAKES, LIBRARIES, Pair, media, pair, server, target

SHOW, FILM, TRACKS = "/data/tv/Show", "/data/movies/Alien (1979)", "/data/music/Artist/Album"
#: Listed by every server.
LISTED = (
    f"{SHOW}/Season 01/Show - S01E01.mkv",
    f"{SHOW}/Season 01/Show - S01E02.mkv",
    f"{FILM}/Alien (1979).mkv",
    f"{TRACKS}/01 - Track 1.flac",
    f"{SHOW}/Season 02",
    FILM,
)
#: Listed by none.
GHOSTS = (
    f"{SHOW}/Season 01/Show - S01E07.mkv",
    f"{SHOW}/Season 01/Show - S01E08.mkv",
    f"{SHOW}/Season 01/Show - S01E09.mkv",
    f"{SHOW}/Season 01/Show - S01E10.mkv",
    "/data/movies/Ghost (1990)/Ghost (1990).mkv",
    "/data/movies/Ghost (1990)",
    f"{TRACKS}/07 - Ghost.flac",
    f"{SHOW}/Season 07",
)
SHOWN = {Seen.PRESENT, Seen.OTHER_SIZE}
NAMES = "Items Id Path Type ParentId IsFolder MediaSources Size TotalRecordCount Version Name ItemId Locations"
VERSIONS: dict[str, dict[str, Any]] = {"plex": {}, "emby": {}, "jellyfin": {}, "jellyfin 12": {"version": "12.0.0"}}
PATH = re.compile(rb'"Path": ?"[^"]*"')
LOOKS = st.sampled_from([0, 1, 2, 3, 4, 6])


class Spoiler:
    """Stands between a simulated server and its caller."""

    def __init__(self, pair: Pair) -> None:
        self._trouble = pair.fake._trouble
        self._after = self._trouble.after
        self._trouble.after = self._spoil
        #: Decides what is spoilt; None: nothing.
        self.dice: Random | None = None
        #: Sent in place of everything.
        self.body: bytes | None = None
        #: Written in place of each path in JSON.
        self.path: bytes | None = None
        self.told = b""

    def _spoil(self, response: Response) -> Response:
        response = self._after(response)
        if self.body is not None:
            response = replace(response, status=200, body=self.body)
        elif self.dice is not None and response.body[:1] in {b"{", b"[", b"<"} and self.dice.random() < 0.7:
            response = replace(response, body=spoilt_body(response.body, self.dice))
        elif self.path is not None:
            response = replace(response, body=PATH.sub(b'"Path":' + self.path, response.body))
        self.told += response.body
        return response


@contextmanager
def spoiling(kind: str, folder: Path) -> Iterator[tuple[Pair, Spoiler]]:
    with pair(kind.partition(" ")[0], {"/data": media(folder / "media")}, **VERSIONS[kind]) as it:
        it.filled()
        it.target.info()
        yield it, Spoiler(it)


def wanted(paths: tuple[str, ...], change: Change) -> list[Expectation]:
    hints = Hints(title="Show", season=1)
    kinds = {path: Kind.FILE if path[-4:-3] == "." or path.endswith("flac") else Kind.FOLDER for path in paths}
    return [Expectation(path=path, kind=kinds[path], change=change, size=1000, hints=hints) for path in paths]


def look(it: Pair, paths: tuple[str, ...], change: Change, number: int) -> dict[str, Any]:
    """Look for all the paths, library by library; what raises an error that is known tells nothing."""
    seen: dict[str, Any] = {}
    known = Known()
    for library in it.target.known_libraries:
        mine = tuple(path for path in paths if any(path.startswith(f"{root}/") for root in library.roots))
        for look in (number, number + 1):
            with suppress(TargetError):
                seen |= it.target.look_up(library, wanted(mine, change), look=look, known=known)
    return seen


def mended(it: Pair, spoiler: Spoiler) -> bool:
    """Tell whether, once the server is right again, all is read as it is."""
    spoiler.body = spoiler.dice = None
    it.clock.advance(700)
    return len(it.target.libraries(fresh=True)) == len(LIBRARIES)


@pytest.mark.parametrize("kind", VERSIONS)
def test_a_spoilt_answer_never_shows_what_no_answer_names(kind: str, tmp_path: Path) -> None:
    with spoiling(kind, tmp_path) as (it, spoiler):

        @settings(max_examples=many(150), suppress_health_check=list(HealthCheck), database=None)
        @given(st.integers(0, 2**64), LOOKS, st.sampled_from([Change.ADDED, Change.REMOVED]))
        def ask(seed: int, number: int, change: Change) -> None:
            assert mended(it, spoiler)
            spoiler.dice, spoiler.told = Random(seed), b""
            seen = look(it, GHOSTS + LISTED, change, number)
            assert not [path for path in GHOSTS if path in seen and seen[path].seen in SHOWN]
            # J2 names none: it asks for the item that has a file's own id.
            unnamed = [path for path in LISTED if path.rpartition("/")[2].encode() not in spoiler.told]
            shown = [path for path in unnamed if path in seen and seen[path].seen in SHOWN]
            assert not [path for path in shown if seen[path].evidence != "J2"]

        ask()


@pytest.mark.parametrize("path", ["5", "false", "{}", '["/data"]', "NaN"])
@pytest.mark.parametrize("kind", ["emby", "jellyfin", "jellyfin 12"])
def test_an_item_whose_path_is_no_text_does_not_count_as_gone(kind: str, path: str, tmp_path: Path) -> None:
    with spoiling(kind, tmp_path) as (it, spoiler):
        look(it, LISTED, Change.REMOVED, 1)
        spoiler.path = path.encode()
        for number in (0, 1, 2):
            assert not [each for each in look(it, LISTED, Change.REMOVED, number).values() if each.seen is Seen.ABSENT]
        assert path.encode() in spoiler.told


@pytest.mark.parametrize("kind", VERSIONS)
def test_no_answer_at_all_shows_a_file(kind: str, tmp_path: Path) -> None:
    xml = st.text(max_size=60) | st.sampled_from(ODD_XML)
    body = xml if kind == "plex" else anything(NAMES).map(json.dumps) | st.text(max_size=30)
    with spoiling(kind, tmp_path) as (it, spoiler):

        @settings(max_examples=many(100), suppress_health_check=list(HealthCheck), database=None)
        @given(body, LOOKS, st.sampled_from([Change.ADDED, Change.REMOVED]))
        def ask(body: str, number: int, change: Change) -> None:
            assert mended(it, spoiler)
            spoiler.body = body.encode(errors="replace")
            seen = look(it, LISTED, change, number)
            assert not [path for path, sighting in seen.items() if sighting.seen in SHOWN]

        ask()


#: Documents that parsers disagree about.
ODD_XML = (
    "<MediaContainer/>",
    "<MediaContainer size='x'><Video/></MediaContainer>",
    "<MediaContainer><Video><Media><Part/></Media></Video></MediaContainer>",
    "<MediaContainer><Video ratingKey='&#0;'/></MediaContainer>",
    "<?xml version='1.0' encoding='utf-32'?><MediaContainer/>",
    "<?xml version='1.0' encoding='nonsense'?><MediaContainer/>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><MediaContainer><Video title='&b;'/></MediaContainer>",
    "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><MediaContainer>&b;</MediaContainer>",
    "<MediaContainer xmlns='x'/>",
    "<MediaContainer>" * 3000,
    "<MediaContainer>" * 3000 + "</MediaContainer>" * 3000,
    f"<MediaContainer totalSize='{'9' * 5000}'/>",
    "<Response code='200' status='OK'/>",
)

#: Times that no clock shows.
ODD_DATES = (
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Sat, 01 Jan 0001 00:00:00 +2359",
    "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
    f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT",
    f"Mon, 01 Jan {'9' * 5000} 00:00:00 GMT",
    "Mon, 01 Jan 2024 99:99:99 -0000",
)


def _pauses(it: Any) -> None:
    it._delay = None
    scope = Scope(path=SHOW, label="media updated")
    assert all(timedelta(seconds=each) <= timedelta(days=2) for each in it.look_pauses(scope))


CALLS: dict[str, Callable[[Any], object]] = {
    "probe": lambda it: it.probe(),
    "info": lambda it: it.info(),
    "libraries": lambda it: it.libraries(fresh=True),
    "states": lambda it: it.states(),
    "counts": lambda it: [it.counts(each) for each in it.known_libraries],
    "self check": lambda it: it.self_check(),
    "plan": lambda it: it.plan(it.libraries_for(SHOW)[0], f"{SHOW}/Season 01", wanted(LISTED[:1], Change.REMOVED)),
    "visible": lambda it: it.visible(it.libraries_for(SHOW)[0], wanted(LISTED[:1], Change.ADDED)[0]),
    "sees nothing": lambda it: it.sees_nothing(SHOW),
    "clock": lambda it: it.clock_skew(),
    "pauses": _pauses,
    "sidecars": lambda it: it.refresh_owners(
        it.libraries_for(SHOW)[0], (f"{SHOW}/Season 01/Show - S01E01.en.srt",), known=Known()
    ),
}


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_a_spoilt_answer_to_anything_is_an_error_that_is_known_or_a_value(kind: str, tmp_path: Path) -> None:
    with spoiling(kind, tmp_path) as (it, spoiler):

        @settings(max_examples=many(200), suppress_health_check=list(HealthCheck), database=None)
        @given(st.integers(0, 2**64), st.sampled_from(sorted(CALLS)))
        def ask(seed: int, call: str) -> None:
            assert mended(it, spoiler)
            spoiler.dice = Random(seed)
            with suppress(TargetError):
                CALLS[call](it.target)

        ask()
        assert mended(it, spoiler)


#: What stands beside a version of another item in Jellyfin 12.
HIDDEN = f"{SHOW}/Season 01/Show - S01E09.mkv"


def test_what_does_not_look_like_ancestors_of_a_file_never_shows_it(tmp_path: Path) -> None:
    with spoiling("jellyfin 12", tmp_path) as (it, _):

        @settings(max_examples=many(100), suppress_health_check=list(HealthCheck), database=None)
        @given(anything(NAMES).map(json.dumps), LOOKS, st.sampled_from([Change.ADDED, Change.REMOVED]))
        def ask(body: str, number: int, change: Change) -> None:
            it.fake._trouble._failures.clear()
            it.fake.fail_next("/Ancestors", times=99, status=200, body=body.encode(), type="application/json")
            assert look(it, (HIDDEN,), change, number)[HIDDEN].seen in {Seen.UNKNOWN, Seen.ABSENT}

        ask()
        assert it.asked("/Ancestors")


@given(st.text() | st.sampled_from(ODD_DATES))
def test_no_date_of_a_server_is_more_than_a_skew_or_none(date: str) -> None:
    it = target(server("plex", "http://127.0.0.1:9"))
    it.session.last_date = date
    assert it.clock_skew() is None or abs(it.clock_skew() or 0) < 1e12
    it.close()
