"""What became of an event, in the words of plex_autoscan, which scripts may look for."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autoscan.errors import AutoscanError
from autoscan.intake import Outcome, Receipt, Taken
from autoscan.web.context import here

logger = logging.getLogger(__name__)

#: Folders of which the form says whether a library has them; each takes a look into the database.
_LOOKED_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the form says of one path."""

    text: str
    #: `good`, or `wait` for what may not be what was meant.
    tone: str
    scan_id: int | None = None
    #: Of each server without a library for the path, why not.
    problems: Sequence[str] = ()


def lines(receipt: Receipt, now: datetime) -> list[str]:
    """Return a sentence for each path of a manual request."""
    return [_sentence(taken, now) for taken in receipt.taken] or [receipt.event.note or "Nothing is to be scanned."]


def detailed(receipt: Receipt, source: str) -> tuple[Answer, ...]:
    """Return the same with what else there is to say of what `source` asked for."""
    now = here().clock.now()
    known: dict[str, list[str]] = {}
    for taken in receipt.taken:
        if taken.folder and taken.folder not in known and len(known) < _LOOKED_UP:
            known[taken.folder] = _no_libraries(taken.path, source)
    found = tuple(_answer(taken, now, known.get(taken.folder, ())) for taken in receipt.taken)
    return found or (Answer(text=lines(receipt, now)[0], tone="wait"),)


def _no_libraries(path: str, source: str) -> list[str]:
    """Return why servers have no library for `path`, by what they told before; nobody is asked."""
    try:
        told = here().explainer().explain(path, source, probe=False)
    except AutoscanError as error:
        logger.warning("the path is queued, but not explained: %s", error)
        return []
    return [server.problem for server in told.servers if server.problem]


def summary(receipt: Receipt) -> str:
    """Return one line for the log."""
    event = receipt.event
    counts = {outcome: sum(taken.outcome is outcome for taken in receipt.taken) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return f"{event.app} {event.type}".strip() + ": " + (told or event.note or "nothing to scan")


def _answer(taken: Taken, now: datetime, problems: Sequence[str]) -> Answer:
    good = taken.outcome in {Outcome.QUEUED, Outcome.MERGED} and not problems
    return Answer(text=_sentence(taken, now), tone="good" if good else "wait", scan_id=taken.scan_id, problems=problems)


def _sentence(taken: Taken, now: datetime) -> str:
    if taken.outcome is Outcome.IGNORED:
        return f"Ignoring scan request because {taken.detail} was matched from your SERVER_IGNORE_LIST: '{taken.path}'."
    if taken.outcome is Outcome.UNMAPPED:
        return f"'{taken.path}' is left out: {taken.detail}."
    said = "was added to scan queue" if taken.outcome is Outcome.QUEUED else "has already been added to the scan queue"
    return f"'{taken.path}' {said}. Its folder '{taken.folder}' is due {_when(taken.due_at, now)}."


def _when(due_at: datetime | None, now: datetime) -> str:
    seconds = 0 if due_at is None else round((due_at - now).total_seconds())
    return f"in {seconds} s" if seconds > 0 else "now"
