"""`python -m bench [--write] [NAME]...`: run the benchmarks, print their figures, keep them in `bench/results/`.

With `--write` the last figures of all of them go into ARCHITECTURE.md; without a name nothing is run then.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import page, summary
from bench.lines import Line, show

#: Each is a module here whose `main()` prints what it measured and returns the figures.
BENCHMARKS = ("ack", "queue", "reaction", "economy", "weight", "history", "drive", "soak")
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, or all. 2: there is none of that name. A missed goal is printed, and no failure."""
    asked = _parse(arguments)
    if unknown := sorted(set(asked.names) - set(BENCHMARKS)):
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    names = asked.names or ([] if asked.write else BENCHMARKS)
    missed = [line for name in names for line in _run(name) if line.met is False]
    if missed:
        print("== goals that were missed")
        show(missed)
    if asked.write:
        page.write(RESULTS, BENCHMARKS)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what Autoscan costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--write", action="store_true", help="write the last figures into ARCHITECTURE.md")
    return parser.parse_args(arguments)


def _run(name: str) -> list[Line]:
    print(f"== {name}", flush=True)
    began = time.monotonic()
    figures = import_module(f"bench.{name}").main()
    lines = summary.lines(name, figures)
    _keep(name, figures, lines, time.monotonic() - began)
    return lines


def _keep(name: str, figures: Sequence[Any], lines: Sequence[Line], seconds: float) -> None:
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "benchmark": name,
        "seconds": round(seconds, 1),
        "machine": page.machine(),
        "lines": [line.as_json() for line in lines],
        "figures": [each for each in figures if not isinstance(each, Line)],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
