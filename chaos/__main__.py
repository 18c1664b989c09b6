"""`python -m chaos`: kill Autoscan at random points and fuzz its webhooks; end with 0 if all is as it should be.

CHAOS_KILLS is how often something is killed (500), CHAOS_SECONDS how long that may take (600), CHAOS_SEED what the
random points follow from (printed), CHAOS_FUZZ how many seconds webhooks are fuzzed (60).
"""

import os
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autoscan.clock import Clock
from chaos import fuzz, verdict
from chaos.faults import Faults
from chaos.traffic import Ledger, Traffic
from chaos.verdict import Verdict
from chaos.world import World, opened
from tests.waiting import wait_until

#: Seconds that Autoscan gets, undisturbed, to see everything through.
QUIET = 420
#: Examples of what is wrong.
EXAMPLES = 10


def main() -> int:
    """Do all of it and return the exit code."""
    seed = _number("CHAOS_SEED", random.SystemRandom().randrange(1_000_000))
    print(f"seed {seed}; CHAOS_SEED={seed} makes the same choices", flush=True)
    good = faults(_number("CHAOS_KILLS", 500), _number("CHAOS_SECONDS", 600), seed)
    return 0 if fuzzing(_number("CHAOS_FUZZ", 60), seed) and good else 1


def faults(kills: int, seconds: float, seed: int) -> bool:
    """Kill so often, within about so many seconds; print what came of it and tell whether all is well."""
    with tempfile.TemporaryDirectory(prefix="autoscan-chaos-") as folder, opened(Path(folder).resolve()) as world:
        traffic = Traffic(world, seed)
        injected = Faults(world, traffic, seed)
        traffic.start()
        try:
            injected.run(kills, seconds)
        finally:
            traffic.stop()
        took = _settle(world)
        found = verdict.judge(world, traffic.ledger)
        _print_faults(injected, traffic.ledger, found, took)
        return found.is_good and injected.kills >= kills


def fuzzing(seconds: float, seed: int) -> bool:
    """Fuzz for so many seconds; print what came of it and tell whether all is well."""
    found = fuzz.run(seconds, seed)
    _line("fuzzed requests", found.requests)
    _line("lines of code reached", found.reached)
    _line("5xx or a trace (must be 0)", len(found.faults))
    _line("grown by, in KiB", found.grown // 1024)
    _line("threads and files more (must be 0)", f"{found.threads}, {found.handles}")
    _examples(found.faults)
    return found.is_good


def _settle(world: World) -> float:
    """Let Autoscan see everything through; return how long it took."""
    world.wait_until_it_leads()
    clock = Clock()
    begun = clock.monotonic()
    with suppress(AssertionError):  # the verdict will name what is left
        wait_until(lambda: verdict.count_open(world.database) == 0, QUIET, "every scan is over")
    return clock.monotonic() - begun


def _print_faults(injected: Faults, ledger: Ledger, found: Verdict, took: float) -> None:
    _line("faults injected", injected.injected.total())
    _line("  of them killed somebody", injected.kills)
    for name, number in sorted(injected.injected.items()):
        _line(f"  {name}", number)
    _line("events sent", ledger.sent)
    _line("acknowledged", len(ledger.acknowledged))
    _line("answered 503, or not at all", sum(ledger.refused.values()))
    _line("seconds until all was seen through", round(took))
    _line("deliveries verified", found.verified)
    for name in ("lost", "twice", "unverified", "damage"):
        _line(f"{LABELS[name]} (must be 0)", len(getattr(found, name)))
        _examples(getattr(found, name))


LABELS = {
    "lost": "acknowledged and lost",
    "twice": "folders scanned twice at once",
    "unverified": "unverified without a reason",
    "damage": "damage to the database",
}


def _line(name: str, value: object) -> None:
    print(f"{name:45} {value!s:>12}", flush=True)


def _examples(texts: Sequence[str]) -> None:
    for text in texts[:EXAMPLES]:
        print(f"    {text[:400]}", flush=True)


def _number(name: str, otherwise: int) -> int:
    return int(os.environ.get(name, otherwise))  # noqa: TID251 - it is no part of Autoscan's settings


if __name__ == "__main__":
    sys.exit(main())
