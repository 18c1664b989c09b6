"""`python -m bench.demo`: play a season import and an upgrade, show what Autoscan makes of it, and check that.

Ends with 0, with 1 and the reason if something is not as claimed, and with 130 on Ctrl-C; leaves nothing behind.
"""

import sys
from contextlib import closing

from autoscan.clock import Clock
from autoscan.errors import AutoscanError
from bench.demo import screen, stage
from bench.demo.pace import DemoError, EndedError, Pace
from bench.demo.play import Play
from bench.demo.stage import Stage
from bench.demo.watch import Watcher

INTRODUCTION = """\
A season import in Sonarr, and in its midst an upgrade in Radarr. Autoscan runs for real; Plex and Jellyfin are
simulated, and so are the two applications. It takes about half a minute; Ctrl-C ends it.
"""


def main() -> int:
    """Play the demo and return the exit code."""
    print(INTRODUCTION, flush=True)
    pace = Pace(Clock())
    try:
        with stage.opened(pace) as opened:
            summary = _play(opened, pace)
        # Only now is it known that the servers understood everything.
        print(f"\n{summary}")
    except EndedError as error:
        print(f"\n{error}; nothing is left behind", file=sys.stderr)
        return error.code
    except (DemoError, AutoscanError, AssertionError) as error:
        print(f"\nNot as it should be: {error}", file=sys.stderr)
        return 1
    return 0


def _play(opened: Stage, pace: Pace) -> str:
    pace.begin()
    with closing(Watcher(opened, pace)) as watcher, screen.fitting() as shown:
        return Play(opened, pace, watcher, shown).perform()


if __name__ == "__main__":
    sys.exit(main())
