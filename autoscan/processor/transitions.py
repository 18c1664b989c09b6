"""The one log line of each transition, always with the same keys."""

import logging

from autoscan.model import Delivery, Scan

log = logging.getLogger("autoscan.processor")


def say(about: Scan | Delivery, state: str, reason: str, *, level: int = logging.INFO, attempt: int = 0) -> None:
    """Write the one log line of a transition."""
    extra = {"path": about.folder, "state": state, "attempt": attempt, "request_id": about.request_id}
    if isinstance(about, Delivery):
        extra |= {"scan": about.scan_id, "server": about.server}
    else:
        extra |= {"scan": about.id}
    log.log(level, "%s: %s%s", about.folder, state, f" ({reason})" if reason else "", extra=extra)
