"""What is done at a Plex once a file is seen, or seen gone: analyze, match anew, empty the trash; all by setting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autoscan import paths
from autoscan.clock import Clock
from autoscan.model import Expectation, Sighting
from autoscan.targets.base import Aftercare
from autoscan.targets.plex.actions import analyze
from autoscan.targets.plex.matching import fix_mismatch
from autoscan.targets.plex.target import PlexTarget
from autoscan.targets.plex.trash import TrashRules, empty_trash
from autoscan.targets.values import Library

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlexRules:
    """What the settings want done."""

    #: `PLEX_ANALYZE_TYPE` and `PLEX_ANALYZE_DIRECTORY`.
    analyze: str
    analyze_directory: bool
    #: `PLEX_FIX_MISMATCHED` and `PLEX_FIX_MISMATCHED_LANG`.
    fix_mismatched: bool
    language: str
    #: `PLEX_EMPTY_TRASH` and its guards; None: never.
    trash: TrashRules | None


class PlexCare(Aftercare):
    """Looks after one Plex."""

    def __init__(self, target: PlexTarget, rules: PlexRules, clock: Clock) -> None:
        self._target = target
        self._rules = rules
        self._clock = clock
        self._emptied: dict[str, datetime] = {}

    def tend(self, library: Library, seen: Sequence[tuple[Expectation, Sighting]]) -> list[str]:
        """Analyze what was seen, and match it anew where Plex took it for something else."""
        notes = [self._analyze(seen)]
        if self._rules.fix_mismatched:
            notes += [self._fix(library, each, sighting) for each, sighting in self._one_a_folder(seen)]
        return [note for note in notes if note]

    def tidy(self, library: Library, *, upgrade: bool) -> list[str]:
        """Empty the section's trash, unless a guard holds it."""
        if self._rules.trash is None:
            return []
        now, last = self._clock.now(), self._emptied.get(library.id)
        emptied = empty_trash(self._target, library, self._rules.trash, upgrade=upgrade, now=now, last=last)
        if emptied.done:
            self._emptied[library.id] = now
        return [emptied.text]

    def _analyze(self, seen: Sequence[tuple[Expectation, Sighting]]) -> str:
        """Ask once: for the season or album of each folder, or for all items at once."""
        some = self._one_a_folder(seen) if self._rules.analyze_directory else seen
        kind, directory = self._rules.analyze, self._rules.analyze_directory
        items = list(dict.fromkeys(sighting.item for _, sighting in some if sighting.item))
        if directory:
            return "; ".join(
                filter(None, (analyze(self._target.api, item, kind=kind, directory=True) for item in items))
            )
        return analyze(self._target.api, ",".join(items), kind=kind, directory=False)

    def _fix(self, library: Library, expectation: Expectation, sighting: Sighting) -> str:
        ids, language = expectation.hints.ids, self._rules.language
        return fix_mismatch(self._target.api, library, sighting.item, expectation.path, ids, language=language)

    def _one_a_folder(self, seen: Sequence[tuple[Expectation, Sighting]]) -> list[tuple[Expectation, Sighting]]:
        return list({paths.parent(pair[0].path): pair for pair in seen}.values())
