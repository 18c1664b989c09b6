"""The simulated Google as a process: `python -m tests.servers.google`; prints what leads there as JSON."""

import argparse
import json
import signal
import sys
import threading

from tests.servers.google import FakeGoogle


def main(argv: list[str]) -> int:
    """Serve until SIGTERM; 1 if a request was wrong, with each named on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.google", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--files", type=int, default=0, help="so many files lie in My Drive, in folders of a thousand")
    parser.add_argument("--drive", action="append", default=[], help="a shared drive with as many, repeatable")
    arguments = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    google = FakeGoogle(port=arguments.port)
    google.world.bulk(arguments.files)
    for name in arguments.drive:
        google.world.bulk(arguments.files, google.world.shared_drive(name))
    print(json.dumps({"GOOGLE": google.settings(), "token": google.stored_token()}), flush=True)
    stop.wait()
    google.forgive()
    google.close()
    print("\n".join(google.violations), file=sys.stderr)
    return 1 if google.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
