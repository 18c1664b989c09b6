"""What one media server would do with a path, by what is known of it. Pure."""

from dataclasses import dataclass

from autoscan import paths
from autoscan.explain.rules import Tables
from autoscan.explain.values import AtServer, Match, Offer
from autoscan.model import LibraryFacts, NewPath, ServerFacts, ServerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One server, and what is known of it."""

    name: str
    type: str
    state: ServerState
    facts: ServerFacts | None
    #: It told them just now.
    live: bool
    offer: Offer | None


def at_server(known: Known, tables: Tables, planned: NewPath) -> AtServer:
    """Return what the server would do with the path that was `planned`."""
    path, rule = tables.map_for(known.name, planned.mapped)
    folder, _ = tables.map_for(known.name, planned.folder)
    libraries = _matches(known.facts, folder)
    lost = known.facts is not None and not libraries
    state, about = _state(known)
    return AtServer(
        server=known.name,
        type=known.type,
        path=path,
        folder=folder,
        rule=rule,
        libraries=libraries,
        state=state,
        about=about,
        held_since=known.state.held_since,
        next_probe_at=known.state.paused_until if state == "paused" else None,
        problem=paths.no_library(known.name, folder, _roots(known.facts)) if lost else "",
        offer=known.offer if lost else None,
        told_at=None if known.facts is None else known.facts.at,
        live=known.live,
    )


def _matches(facts: ServerFacts | None, folder: str) -> tuple[Match, ...]:
    return tuple(
        Match(id=library.id, title=library.title, type=library.type, root=root)
        for library in (() if facts is None else facts.libraries)
        if (root := _root(library, folder))
    )


def _root(library: LibraryFacts, folder: str) -> str:
    """Return the innermost root that covers `folder`, `""` if none does."""
    covering = [root for root in library.roots if paths.covers(root, folder)]
    return max(covering, key=lambda root: len(paths.components(root)), default="")


def _roots(facts: ServerFacts | None) -> list[str]:
    return [] if facts is None else [root for library in facts.libraries for root in library.roots]


def _state(known: Known) -> tuple[str, str]:
    state = known.state
    if state.held_since is not None:
        return "held", f"paused by hand ({state.held_by}): resume it to have it asked"
    if state.paused_until is not None and not known.live:
        return "paused", state.reason
    if known.facts is None:
        return "unknown", "it has not told its libraries yet: start Autoscan, or look whether the server answers"
    return "ok", ""
