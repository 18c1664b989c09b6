"""Note which mappings are used: once a day, from the paths that came in since, a slice a step."""

import json
from datetime import datetime, timedelta

from autoscan.clock import Clock
from autoscan.explain.rules import Table, Tables
from autoscan.model import PathSeen
from autoscan.paths import Rule
from autoscan.store import Queue

#: A mapping that was not used for so long is worth a word.
UNUSED = timedelta(days=30)
#: Seconds between two rounds.
PAUSE = 24 * 3600
#: Paths of one step.
SLICE = 500


def name_of(table: Table, rule: Rule) -> str:
    """Return by what the database knows a line."""
    return json.dumps([table.setting, rule.source, rule.to], ensure_ascii=False)


class MappingUse:
    """Reads each path that came in once, and writes down when each line was used last."""

    name = "mappings"
    #: Seconds between two steps; most find that it is not time yet.
    calm = 10.0

    def __init__(self, *, queue: Queue, tables: Tables, clock: Clock) -> None:
        self._queue = queue
        self._tables = tables
        self._clock = clock
        self._next = clock.now()

    def step(self) -> bool:
        """Read one slice; rest for a day once there is nothing more to read."""
        now = self._clock.now()
        if now < self._next:
            return False
        seen = self._queue.paths_to_map(SLICE)
        names = [name_of(table, rule) for table in self._tables.all() for rule in table.mappings.rules]
        self._queue.mapped(names, self._used(seen), read_to=seen[-1].id if seen else None)
        if len(seen) < SLICE:
            self._next = now + timedelta(seconds=PAUSE)
        return True

    def close(self) -> None:
        """Hold nothing, give back nothing."""

    def _used(self, seen: list[PathSeen]) -> dict[str, datetime]:
        """Return when each line was used last."""
        used: dict[str, datetime] = {}
        for each in seen:
            for name in self._lines(each):
                used[name] = max(each.at, used.get(name, each.at))
        return used

    def _lines(self, seen: PathSeen) -> list[str]:
        """Return the lines that one path went through."""
        mapped, rule = self._tables.map_received(seen.path, seen.source)
        found = []
        if rule is not None and mapped.rule is not None:
            own = self._tables.sources.get(seen.source)
            table = own if own is not None and own.setting == rule.setting else self._tables.shared
            found.append(name_of(table, mapped.rule))
        for table in self._tables.servers.values():
            at_server = table.mappings.apply(seen.mapped)
            if at_server.rule is not None:
                found.append(name_of(table, at_server.rule))
        return found
