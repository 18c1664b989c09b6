"""The mapping tables of the settings, and which line of them changed a path. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autoscan import paths
from autoscan.explain.offering import SHARED, Site
from autoscan.explain.values import RuleUsed
from autoscan.paths import Mapped, Mappings, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One mapping table, by the name that stands in the settings."""

    setting: str
    mappings: Mappings
    #: The source or the server whose own it is; `""` for all.
    source: str = ""
    server: str = ""

    def uses(self, rule: Rule) -> RuleUsed:
        """Return `rule` with the name of its table."""
        return RuleUsed(setting=self.setting, source=rule.source, to=rule.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Every mapping table there is."""

    shared: Table
    #: By source, and by server.
    sources: Mapping[str, Table]
    servers: Mapping[str, Table]

    @classmethod
    def from_config(
        cls,
        shared: Mapping[str, Sequence[str]],
        sources: Mapping[str, Mapping[str, Sequence[str]]],
        servers: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> "Tables":
        """Make them from `{to: [from, ...]}`."""
        return cls(
            shared=Table(setting=SHARED, mappings=Mappings.from_config(shared)),
            sources={
                name: Table(setting=f"SOURCES.{name}.PATH_MAPPINGS", mappings=Mappings.from_config(table), source=name)
                for name, table in sources.items()
            },
            servers={
                name: Table(setting=f"{name}: PATH_MAPPINGS", mappings=Mappings.from_config(table), server=name)
                for name, table in servers.items()
            },
        )

    def all(self) -> tuple[Table, ...]:
        """Return them in the order in which they are read."""
        return (self.shared, *self.sources.values(), *self.servers.values())

    def received(self, source: str) -> Mappings:
        """Return what holds for the paths of `source`."""
        return self.shared.mappings | self.sources[source].mappings if source in self.sources else self.shared.mappings

    def map_received(self, path: str, source: str) -> tuple[Mapped, RuleUsed | None]:
        """Map a path as it was received; of equal prefixes that of the source counts."""
        mapped = self.received(source).apply(path)
        own = self.sources.get(source)
        table = own if own is not None and mapped.rule in own.mappings.rules else self.shared
        return mapped, None if mapped.rule is None else table.uses(mapped.rule)

    def map_for(self, server: str, mapped: str) -> tuple[str, RuleUsed | None]:
        """Map a mapped path to what `server` calls it."""
        table = self.servers[server]
        seen = table.mappings.apply(mapped)
        return seen.path, None if seen.rule is None else table.uses(seen.rule)


def shadowed(tables: Iterable[Table]) -> list[str]:
    """Say which lines are never reached: the longest prefix wins, and of equal ones the first."""
    return [
        f"{table.setting}: {text(rule)} is never reached, {text(first)} has the same prefix and stands before it: "
        "remove one of them"
        for table in tables
        for number, rule in enumerate(table.mappings.rules)
        if (first := next((each for each in table.mappings.rules[:number] if _same(each, rule)), None)) is not None
    ]


def leading_nowhere(tables: Iterable[Table], sites: Sequence[Site]) -> list[str]:
    """Say which lines lead to no library of any server in `sites`, which must have told their libraries."""
    found = []
    for table in tables:
        concerned = [site for site in sites if table.server in ("", site.name)]
        for rule in table.mappings.rules:
            if concerned and not any(
                _touches(site, site.seen(rule.to) if not table.server else rule.to) for site in concerned
            ):
                where = "any server" if not table.server else table.server
                found.append(f"{table.setting}: {text(rule)} leads to no library of {where}: mend or remove it")
    return found


def text(rule: Rule | RuleUsed) -> str:
    """Return a line as people read it."""
    return f"{rule.source or '(nothing)'} -> {rule.to or '(nothing)'}"


def _same(one: Rule, other: Rule) -> bool:
    """Tell whether two lines match the same paths, in whatever spelling."""
    if not (one.source and other.source):
        return one.source == other.source
    return paths.covers(one.source, other.source) and paths.covers(other.source, one.source)


def _touches(site: Site, path: str) -> bool:
    return any(paths.covers(path, root) or paths.covers(root, path) for root in site.roots)
