"""What the demo claims in the end, and what of it does not hold."""

from collections import Counter
from collections.abc import Iterator

from autoscan.model import DeliveryState, ScanState
from bench.demo.watch import View

_JELLYFIN = "Jellyfin refreshes the deepest item it knows: for a new season the show, for a movie its library."


def unmet(view: View, sent: int) -> list[str]:
    """Return what is not as claimed, in words; nothing if all is."""
    return [*_in_autoscan(view, sent), *_at_servers(view)]


def summary(view: View, sent: int) -> str:
    """Return in a few lines what came of `sent` webhooks."""
    head = (
        f"{sent} webhooks -> {len(view.folders)} scans at each server, of exactly these folders; nothing asked twice:"
    )
    lines = [
        f"  {each.server:9} {each.asked:36} asked after {each.asked_at:4.1f} s, "
        f"seen in {each.server.capitalize()} after {each.seen_at:4.1f} s ({each.state})"
        for each in view.servers
    ]
    return "\n".join([head, *lines, _JELLYFIN])


def _in_autoscan(view: View, sent: int) -> Iterator[str]:
    taken = sum(each.webhooks for each in view.folders)
    if taken != sent:
        yield f"of {sent} webhooks, {taken} were taken"
    for each in view.folders:
        if each.states != (ScanState.DONE,):
            found = ", ".join(each.states) or "none"
            yield f"{each.folder} should have one scan that is done, but has: {found} {each.reason}".rstrip()


def _at_servers(view: View) -> Iterator[str]:
    expected = Counter((each.server, each.scope) for each in view.servers)
    asked = Counter(view.asked)
    for server, path in expected | asked:
        times, wanted = asked[server, path], expected[server, path]
        if times != wanted:
            yield f"{server} was asked {times} times to scan {path or 'everything'}, not {wanted}"
    for each in view.servers:
        if each.shown_at is None:
            yield f"{each.server} does not show {each.folder} as it is on disk"
        if each.state != DeliveryState.VERIFIED:
            yield f"{each.folder} should be verified at {each.server}, but is {each.state or 'not there'}"
