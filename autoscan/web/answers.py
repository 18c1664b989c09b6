"""What became of an event, in the words of plex_autoscan, which scripts may look for."""

from datetime import datetime

from autoscan.intake import Outcome, Receipt, Taken


def lines(receipt: Receipt, now: datetime) -> list[str]:
    """Return a sentence for each path of a manual request."""
    return [_sentence(taken, now) for taken in receipt.taken] or [receipt.event.note or "Nothing is to be scanned."]


def summary(receipt: Receipt) -> str:
    """Return one line for the log."""
    event = receipt.event
    counts = {outcome: sum(taken.outcome is outcome for taken in receipt.taken) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return f"{event.app} {event.type}".strip() + ": " + (told or event.note or "nothing to scan")


def _sentence(taken: Taken, now: datetime) -> str:
    if taken.outcome is Outcome.IGNORED:
        return f"Ignoring scan request because {taken.detail} was matched from your SERVER_IGNORE_LIST: '{taken.path}'."
    said = "was added to scan queue" if taken.outcome is Outcome.QUEUED else "has already been added to the scan queue"
    return f"'{taken.path}' {said}. Its folder '{taken.folder}' is due {_when(taken.due_at, now)}."


def _when(due_at: datetime | None, now: datetime) -> str:
    seconds = 0 if due_at is None else round((due_at - now).total_seconds())
    return f"in {seconds} s" if seconds > 0 else "now"
