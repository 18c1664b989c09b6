"""Find the mapping that is missing where a path leads to no library. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from autoscan import paths
from autoscan.explain.values import Offer
from autoscan.paths import Mapped, Mappings, Rule

SHARED = "SERVER_PATH_MAPPINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One media server: its own mappings and the roots of its libraries."""

    name: str
    roots: tuple[str, ...]
    mappings: Mappings = field(default_factory=Mappings)

    def seen(self, mapped: str) -> str:
        """Return what the server calls a mapped path."""
        return self.mappings.apply(mapped).path

    def holds(self, mapped: str) -> bool:
        """Tell whether a library of the server holds a mapped path."""
        return any(paths.covers(root, self.seen(mapped)) for root in self.roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A folder as it was received, the mappings that hold for its source, and the servers it should reach."""

    folder: str
    mappings: Mappings
    sites: tuple[Site, ...]
    #: This machine finds it at the mapped path: then that is right, and only servers call it otherwise.
    exists: bool = False

    @property
    def mapped(self) -> str:
        """Return the mapped folder."""
        return self.mappings.apply(self.folder).path


def offers(case: Case) -> dict[str, Offer]:
    """Return by server the mapping to add where no library of it holds the folder, if its tail tells which.

    Where no server knows the folder, a line for all of them comes first; a server that it does not help gets a line of
    its own besides. With the offers of all servers in place the folder leads to a library of each.
    """
    lost = [site for site in case.sites if not site.holds(case.mapped)]
    shared = None
    if lost and len(lost) == len(case.sites) and not case.exists:
        shared = next((found for site in lost if (found := _for_all(case, site))), None)
    if shared is None:
        return {site.name: offer for site in lost if (offer := _own(case, site, case.mapped))}
    rule, offer = shared
    mapped = added(case.mappings, rule).apply(case.folder).path
    every = {site.name: offer if site.holds(mapped) else _own(case, site, mapped, besides=offer) for site in lost}
    return {name: each for name, each in every.items() if each is not None}


def added(table: Mappings, rule: Rule) -> Mappings:
    """Return `table` with `rule`, in place of what has the same prefix."""
    others = tuple(each for each in table.rules if paths.key(each.source) != paths.key(rule.source))
    return Mappings(rules=(*others, rule))


def _for_all(case: Case, site: Site) -> tuple[Rule, Offer] | None:
    """Return a line of `SERVER_PATH_MAPPINGS` that leads to a library of `site`."""
    for prefix, root in _tails(case.folder, site.roots):
        for to in unmapped(site, root):
            rule = Rule(to=to, source=prefix)
            new = added(case.mappings, rule).apply(case.folder)
            if new.rule == rule and site.holds(new.path):
                why = (
                    f"no server has a library for {case.mapped}. Write it into {SHARED}, which holds for all servers: "
                    f"what comes as {prefix} is {root} of {site.name}"
                )
                return rule, _offer(SHARED, rule, why, case.mappings.apply(case.folder))
    return None


def _own(case: Case, site: Site, mapped: str, besides: Offer | None = None) -> Offer | None:
    """Return a line of the server's own `PATH_MAPPINGS`."""
    for prefix, root in _tails(mapped, site.roots):
        rule = Rule(to=root, source=prefix)
        table = added(site.mappings, rule)
        if replace(site, mappings=table).holds(mapped) and table.apply(mapped).rule == rule:
            why = f"{_reason(case, site, besides)}: only {site.name} calls {prefix} {root}"
            return _offer("PATH_MAPPINGS", rule, why, site.mappings.apply(mapped))
    return None


def _reason(case: Case, site: Site, besides: Offer | None) -> str:
    where = f"Write it into the PATH_MAPPINGS of {site.name} in MEDIA_SERVERS"
    if besides is not None:
        return f"{where}, besides {besides.text} in {SHARED}"
    if case.exists:
        return f"{case.mapped} is right for this machine, which finds it there. {where}"
    others = any(each.holds(case.mapped) for each in case.sites)
    return f"{case.mapped} is right for other servers. {where}" if others else where


def _offer(setting: str, rule: Rule, why: str, now: Mapped) -> Offer:
    same = now.rule is not None and paths.key(now.rule.source) == paths.key(rule.source)
    instead = f", instead of {_text(now.rule)}" if now.rule is not None and same else ""
    return Offer(setting=setting, text=_text(rule), why=why + instead)


def _text(rule: Rule) -> str:
    return json.dumps({rule.to: [rule.source]}, ensure_ascii=False)


def unmapped(site: Site, root: str) -> Iterator[str]:
    """Yield the mapped paths that `site` may call `root`."""
    yield root
    for rule in site.mappings.rules:
        if paths.covers(rule.to, root):
            below = paths.components(root)[len(paths.components(rule.to)) :]
            yield paths.join(rule.source, "/".join(below))


def _tails(folder: str, roots: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of a beginning of `folder` and a root that end alike, those with more names in common first.

    `/mnt/media/tv` and `/downloads/tv/Show` have `tv` in common; names are compared whatever their case.
    """
    prefixes = [each for each in (paths.clean(folder), *paths.ancestors(folder)) if paths.name(each)]
    pairs = [
        (paths.alike(prefix, root), len(prefix), prefix, paths.clean(root)) for root in roots for prefix in prefixes
    ]
    found = sorted((pair for pair in pairs if pair[0]), key=lambda pair: (-pair[0], pair[1]))
    return [(prefix, root) for _, _, prefix, root in found]
