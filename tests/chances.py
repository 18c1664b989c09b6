"""How many examples property tests draw, and whether they are the same ones in each run."""

import os

from hypothesis import settings

#: Says how many times as many examples are drawn, new ones in each run: `HYPOTHESIS_TIMES=20 make test`.
VARIABLE = "HYPOTHESIS_TIMES"
#: What a test draws that names no number of its own.
_USUAL = 100

_TIMES = int(os.environ.get(VARIABLE) or "0")  # noqa: TID251 - before anybody reads settings


def load() -> None:
    """Let Hypothesis draw the same examples in each run and take its time, so that no run fails by chance.

    Where the variable is set, it draws others each time, and prints how to repeat a failure.
    """
    settings.register_profile(
        "autoscan", derandomize=not _TIMES, deadline=None, print_blob=bool(_TIMES), max_examples=many(_USUAL)
    )
    settings.load_profile("autoscan")


def many(count: int) -> int:
    """Return how many examples to draw where `count` are enough for every day."""
    return count * max(_TIMES, 1)
