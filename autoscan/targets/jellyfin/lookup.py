"""Which paths Jellyfin has as items: `GET /Items?ids=` with computed ids, primary-key look-ups in one request."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autoscan.clock import Clock
from autoscan.targets.jellyfin.ids import FOLDER, item_id

Ask = Callable[[str, Mapping[str, str] | None], Any]

#: Ids in one request: the URL stays below 8 kB.
BATCH = 100
#: A failed self-check is repeated after so many seconds: the first scan of a new library makes its items.
RECHECK_SECONDS = 600
_QUIET = {"fields": "Path", "enableImages": "false", "enableUserData": "false", "enableTotalRecordCount": "false"}


class Lookup:
    """Finds items by computed ids, once it has seen that this server's ids are the computed ones."""

    def __init__(self, ask: Ask, configuration: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        self._ask = ask
        self._configuration = configuration
        self._clock = clock
        self.case_sensitive = True
        self._roots: tuple[str, ...] = ()
        self._works = False
        self._checked_at = 0.0

    def works_for(self, roots: Sequence[str]) -> bool:
        """Tell whether at least one of the libraries' roots has its computed id; if none has, no id can be trusted.

        Ids are others in a migrated database, or where Jellyfin spells its paths in its own way.
        """
        asked = tuple(sorted(roots))
        fresh = self._works or self._clock.monotonic() - self._checked_at < RECHECK_SECONDS
        if asked != self._roots or not fresh:
            self.case_sensitive = self._configuration().get("EnableCaseSensitiveItemIds", True) is True
            self._works = bool(self.find(asked, (FOLDER,)))
            self._roots, self._checked_at = asked, self._clock.monotonic()
        return self._works

    def id(self, kind: str, path: str) -> str:
        """Return the id of an item as this server computes it."""
        return item_id(kind, path, case_sensitive=self.case_sensitive)

    def find(self, folders: Iterable[str], kinds: Sequence[str]) -> dict[str, str]:
        """Return the ids of those of `folders` that are items of one of `kinds`, the narrowest kind where it is two."""
        wanted = {self.id(kind, folder): folder for folder in folders for kind in reversed(kinds)}
        present = self._present(tuple(wanted))
        return {folder: each for each, folder in wanted.items() if each in present}

    def _present(self, ids: Sequence[str]) -> set[str]:
        """Return those of `ids` that the server knows. An empty list would mean "everything", and is never sent."""
        present: set[str] = set()
        for start in range(0, len(ids), BATCH):
            answer = self._ask("/Items", {"ids": ",".join(ids[start : start + BATCH]), **_QUIET})
            present.update(_ids(answer))
        # Unparsable ids are dropped silently and leave no filter: only what was asked for counts.
        return present & set(ids)


def _ids(answer: object) -> Iterator[str]:
    items = answer.get("Items") if isinstance(answer, Mapping) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            yield str(item.get("Id")).replace("-", "").lower()
