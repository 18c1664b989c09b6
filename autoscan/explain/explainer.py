"""Follow a path through the rules of the settings and what servers told before; nothing is asked of a server."""

from collections.abc import Mapping
from datetime import timedelta

from autoscan import paths, triggers
from autoscan.clock import Clock
from autoscan.errors import BadRequestError
from autoscan.explain import atservers, rules
from autoscan.explain.completing import Places
from autoscan.explain.offering import Case, Site, offers
from autoscan.explain.prober import Prober
from autoscan.explain.rules import Tables
from autoscan.explain.usage import UNUSED, name_of
from autoscan.explain.values import AtServer, Explanation, Joins
from autoscan.intake import Intake, Outcome
from autoscan.model import Kind, NewPath, NewScan, ServerFacts
from autoscan.paths import Mappings
from autoscan.settings import Settings
from autoscan.store import Queue

Facts = Mapping[str, ServerFacts | None]


class Explainer:
    """Answers at once: from the settings, the database, and, if asked to, a look at the media of a second at most."""

    def __init__(self, *, settings: Settings, queue: Queue, intake: Intake, prober: Prober, clock: Clock) -> None:
        self._settings = settings
        self._queue = queue
        self._intake = intake
        self._prober = prober
        self._clock = clock
        self._tables = tables(settings)
        self._local = Mappings.from_config(settings.server_file_exist_path_mappings)

    def explain(self, path: str, source: str = "", *, probe: bool = True, live: Facts | None = None) -> Explanation:
        """Tell what would become of `path` if `source` named it now; nothing of it is stored.

        `probe` looks whether it is there. `live` is what servers told just now, by name; of the others what they told
        before counts. Raises BadRequestError for what is no path.
        """
        planned, scan, delay = self._plan(path, source)
        rule = self._tables.map_received(planned.path, source)
        local = self._local.apply(planned.mapped).path
        exists = self._prober.exists([local])[local] if probe else None
        return Explanation(
            path=planned.path,
            source=source,
            mapped=planned.mapped,
            rule=rule[1] if rule[0].path == planned.mapped else None,
            ignored_by=planned.detail if planned.outcome == Outcome.IGNORED else "",
            kind=paths.kind_by_name(path) if planned.kind is Kind.UNKNOWN else planned.kind,
            folder=planned.folder,
            whole=scan is not None and scan.whole,
            priority=0 if scan is None else scan.priority,
            delay=delay,
            local=local,
            exists=exists,
            joins=self._joins(scan),
            servers=self._servers(planned, source, live or {}, exists=exists is True) if scan else (),
        )

    def complete(self, text: str, limit: int = 20) -> tuple[str, ...]:
        """Return how `text`, the beginning of a path, may go on: inside libraries and mappings, never outside."""
        places = Places(
            tables=self._tables,
            sites=tuple(self._sites({})),
            local=self._local,
            allowed=self._settings.allowed_roots,
        )
        known = places.beginning(text)
        asked = places.to_list(text)
        names: tuple[str, ...] = ()
        if asked is not None and len(known) < limit:
            names = self._prober.names(asked.folder, within=asked.within, prefix=asked.prefix, limit=limit)
        found = [*known, *(f"{asked.typed}{name}" for name in names if asked is not None)]
        return tuple(dict.fromkeys(found))[:limit]

    def mapping_warnings(self) -> tuple[str, ...]:
        """Say which mappings are never reached, lead to no library, or were not used for 30 days."""
        every = self._tables.all()
        nowhere = rules.leading_nowhere(every, list(self._sites({})))
        return (*rules.shadowed(every), *nowhere, *self._unused())

    def _plan(self, path: str, source: str) -> tuple[NewPath, NewScan | None, int]:
        """Return what the rules make of `path`, the scan of it if there is one, and its delay in seconds."""
        event = triggers.manual.from_paths([path], [])
        if not event.requests:
            raise BadRequestError(event.note)
        now = self._clock.now()
        plan = self._intake.plan(event, source, now)
        scan = plan.scans[0] if plan.scans else None
        return plan.paths[0], scan, 0 if scan is None else (scan.due_at - now) // timedelta(seconds=1)

    def _joins(self, scan: NewScan | None) -> Joins | None:
        taker = None if scan is None else self._queue.would_join(scan.folder)
        return None if taker is None else Joins(scan_id=taker.id, folder=taker.folder, due_at=taker.due_at)

    def _servers(self, planned: NewPath, source: str, live: Facts, *, exists: bool) -> tuple[AtServer, ...]:
        case = Case(
            folder=self._received_folder(planned),
            mappings=self._tables.received(source),
            sites=tuple(self._sites(live)),
            exists=exists,
        )
        found = offers(case)
        return tuple(
            atservers.at_server(
                atservers.Known(
                    name=server.name,
                    type=server.type,
                    state=self._queue.server(server.name),
                    facts=live.get(server.name) or self._queue.facts(server.name),
                    live=live.get(server.name) is not None,
                    offer=found.get(server.name),
                ),
                self._tables,
                planned,
            )
            for server in self._settings.media_servers
        )

    def _received_folder(self, planned: NewPath) -> str:
        """Return the folder that is scanned as the application would spell it."""
        above = (planned.path, *paths.ancestors(planned.path))
        depth = len(paths.components(planned.mapped)) - len(paths.components(planned.folder))
        return above[depth] if 0 <= depth < len(above) else planned.path

    def _sites(self, live: Facts) -> list[Site]:
        """Return the servers that told their libraries."""
        known = {
            each.name: live.get(each.name) or self._queue.facts(each.name) for each in self._settings.media_servers
        }
        return [
            Site(
                name=name,
                roots=tuple(root for library in facts.libraries for root in library.roots),
                mappings=self._tables.servers[name].mappings,
            )
            for name, facts in known.items()
            if facts is not None
        ]

    def _unused(self) -> list[str]:
        uses, now = self._queue.mapping_uses(), self._clock.now()
        return [
            f"{table.setting}: {rules.text(rule)} was not used for {UNUSED.days} days: remove it if nothing comes from "
            "there any more"
            for table in self._tables.all()
            for rule in table.mappings.rules
            if (last := uses.get(name_of(table, rule))) is not None and now - last >= UNUSED
        ]


def tables(settings: Settings) -> Tables:
    """Return every mapping table of `settings`."""
    return Tables.from_config(
        settings.server_path_mappings,
        {name: source.path_mappings for name, source in settings.sources.items()},
        {server.name: server.path_mappings for server in settings.media_servers},
    )
