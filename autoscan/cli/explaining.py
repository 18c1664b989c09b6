"""`explain`: the way of a path, by the rules and by what every server tells now."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from autoscan import wiring
from autoscan.cli import tables
from autoscan.cli.reading import read
from autoscan.clock import Clock
from autoscan.errors import TargetError
from autoscan.explain import Explanation
from autoscan.explain.showing import as_json, in_words, server_in_words
from autoscan.model import LibraryFacts, ServerFacts
from autoscan.targets import Target

HEAD = ("Step", "What happens")


def explain(arguments: Namespace) -> int:
    """Show what would become of a path; 0 if every server would scan it, 1 otherwise, or if it would be ignored."""
    loaded = read(arguments)
    clock = Clock()
    autoscan = wiring.build(loaded.settings, clock, warnings=loaded.warnings)
    try:
        autoscan.store.prepare()
        live = _ask_all(autoscan.targets(), clock)
        told = autoscan.explainer().explain(arguments.path, arguments.source, live=live)
    finally:
        autoscan.close()
    if arguments.json:
        print(json.dumps(as_json(told), indent=2, ensure_ascii=False))
    else:
        _show(told)
    return 0 if told.servers and all(each.libraries for each in told.servers) else 1


def _show(told: Explanation) -> None:
    tables.show("The way of the path", HEAD, in_words(told))
    for each in told.servers:
        print()
        tables.show(f"{each.server} ({each.type})", HEAD, server_in_words(each))


def _ask_all(targets: Sequence[Target], clock: Clock) -> dict[str, ServerFacts]:
    """Return what the servers that answer tell, asked all at once; of the others what is stored will count."""
    with ThreadPoolExecutor(max_workers=max(len(targets), 1)) as pool:
        told = list(pool.map(partial(_ask, clock=clock), targets))
    return {target.name: facts for target, facts in zip(targets, told, strict=True) if facts is not None}


def _ask(target: Target, clock: Clock) -> ServerFacts | None:
    try:
        info = target.info()
        libraries = target.libraries(fresh=True)
    except TargetError as error:
        print(f"{target.name} does not tell its libraries, what it told before counts: {error}", file=sys.stderr)
        return None
    finally:
        target.close()
    known = tuple(LibraryFacts(id=each.id, title=each.title, type=each.type, roots=each.roots) for each in libraries)
    return ServerFacts(at=clock.now(), version=info.version, name=info.name, libraries=known)
