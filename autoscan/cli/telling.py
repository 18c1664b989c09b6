"""`scan.py notify`: who is told of what, and with `--test` a message to each of them."""

import sys
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor

from autoscan.cli import tables
from autoscan.cli.reading import read
from autoscan.model.watching import Topic
from autoscan.notify import scheme, send
from autoscan.settings import NotifyTarget

NOBODY = "NOTIFY is empty: nobody is told of problems. Put Apprise URLs there, such as ntfys://ntfy.sh/my-topic"
TITLE = "Autoscan: a test"
BODY = "This is how Autoscan will tell of problems."


def notify(arguments: Namespace) -> int:
    """Show the targets, or send each a message; 1 if there is none or one did not take it."""
    targets = read(arguments).settings.notify
    if not targets:
        print(NOBODY, file=sys.stderr)
        return 1
    if not arguments.test:
        rows = [(str(number), scheme(target), _events(target)) for number, target in enumerate(targets, 1)]
        tables.show("Whom Autoscan tells (NOTIFY)", ("No.", "Where", "Events"), rows)
        return 0
    with ThreadPoolExecutor(max_workers=len(targets)) as pool:
        taken = list(pool.map(_test, targets))
    for number, (target, ok) in enumerate(zip(targets, taken, strict=True), 1):
        print(
            f"{number}. {scheme(target)}: {'took the message' if ok else 'did not take the message: look at its URL'}"
        )
    return 0 if all(taken) else 1


def _test(target: NotifyTarget) -> bool:
    return send(target, TITLE, BODY)


def _events(target: NotifyTarget) -> str:
    return "all" if target.topics == frozenset(Topic) else ", ".join(sorted(target.topics))
