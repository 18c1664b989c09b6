"""`python -m bench [NAME]...`: run the benchmarks and write their figures to `bench/results/`."""

import json
import sys
from pathlib import Path

from bench import ack, economy, history

BENCHMARKS = {"ack": ack.main, "economy": economy.main, "history": history.main}
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    for name in names or BENCHMARKS:
        print(f"== {name}")
        figures = BENCHMARKS[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
