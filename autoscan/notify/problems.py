"""What is wrong now, and in what words people are told of it (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autoscan.model import ServerState
from autoscan.model.drive import DriveState
from autoscan.model.watching import Failure, Notice, Topic

#: What may be over by itself in no time is told only after this.
BLINK = timedelta(minutes=1)
#: Things that one message names; of more it gives the number.
NAMED = 5

_DOWN = {
    Topic.SERVER_DOWN: "{subject} is down",
    Topic.MOUNT_LOST: "{subject} is lost",
    Topic.DRIVE_UNAUTHORIZED: "Google Drive ({subject}) cannot be read",
    Topic.DISK_LOW: "the disk is nearly full",
}
_BACK = {
    Topic.SERVER_DOWN: "{subject} is back",
    Topic.MOUNT_LOST: "{subject} is back",
    Topic.DRIVE_UNAUTHORIZED: "Google Drive ({subject}) is read again",
    Topic.DISK_LOW: "the disk has room again",
}
_FAILED = {
    Topic.SCAN_FAILED: ("a scan failed", "{number} scans failed"),
    Topic.UNVERIFIED: ("a file never showed", "files of {number} scans never showed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong now."""

    topic: Topic
    subject: str
    text: str
    #: Since when, as far as is known.
    since: datetime | None = None
    #: How long it may last before it is told.
    patience: timedelta = BLINK

    @property
    def key(self) -> str:
        """Return what it is known by for as long as it lasts."""
        return f"{self.topic}:{self.subject}"


def of_servers(away: Sequence[ServerState], pending: Mapping[str, int], patience: timedelta) -> list[Problem]:
    """Return what is told of servers that are away; while somebody pauses one by hand, nothing new is."""
    return [
        Problem(
            topic=Topic.SERVER_DOWN,
            subject=state.name,
            text=f"{state.reason or 'it does not answer'}; {_scans(pending.get(state.name, 0))} for it.",
            since=state.since,
            patience=patience if state.held_since is None else timedelta.max,
        )
        for state in away
    ]


def of_mounts(lost_roots: Sequence[str], held: Mapping[str, str]) -> list[Problem]:
    """Return the folders of media that are gone, and what else holds scans; `held` says why, by the place."""
    reasons = dict.fromkeys(lost_roots, "it was there before and is now missing or empty") | dict(held)
    return [
        Problem(topic=Topic.MOUNT_LOST, subject=place or "an anchor", text=f"{reason}.")
        for place, reason in reasons.items()
    ]


def of_drives(states: Sequence[DriveState], patience: timedelta) -> list[Problem]:
    """Return the drives that cannot be read."""
    return [
        Problem(
            topic=Topic.DRIVE_UNAUTHORIZED,
            subject=state.name,
            text=f"{state.problem}.",
            since=state.since,
            patience=patience,
        )
        for state in states
        if not state.ok
    ]


def of_disk(free: int | None, low: int) -> list[Problem]:
    """Return whether the disk is nearly full; `free` and `low` are bytes."""
    if free is None or free >= low:
        return []
    text = f"{free // 1024**2} MiB are free where the database lies. Without room no webhook can be stored."
    return [Problem(topic=Topic.DISK_LOW, subject="disk", text=text)]


def told(problem: Problem, since: datetime, now: datetime) -> tuple[str, str]:
    """Return title and body of the message that tells of `problem`, which lasts since then."""
    title = _DOWN[problem.topic].format(subject=problem.subject)
    return title, f"{title[0].upper()}{title[1:]} for {duration(now - since)}: {problem.text}"


def over(notice: Notice, now: datetime) -> tuple[str, str]:
    """Return title and body of the message that a problem is over."""
    title = _BACK[notice.topic].format(subject=notice.subject)
    return title, f"{title[0].upper()}{title[1:]} after {duration(now - notice.since)}."


def failed(topic: Topic, failures: Sequence[Failure], *, more: bool) -> tuple[str, str]:
    """Return title and body of the message about these failures; with `more` there were further ones."""
    one, many = _FAILED[topic]
    number = len(failures)
    title = one if number == 1 else many.format(number=f"{number}{' or more' if more else ''}")
    lines = [f"{each.folder}: {each.reason}" for each in failures[:NAMED]]
    rest = number - NAMED
    return title, "\n".join([*lines, f"and {rest} more"] if rest > 0 else lines)


def topic_of(failure: Failure) -> Topic:
    """Return what kind of failure it is."""
    return Topic.UNVERIFIED if failure.code == Topic.UNVERIFIED else Topic.SCAN_FAILED


def duration(span: timedelta) -> str:
    """Return `span` in words, to the minute."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 1:
        return "less than a minute"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (rest if not days else 0, "minute")]
    return " ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, word in parts if number)


def _scans(number: int) -> str:
    return f"{number} scan{' waits' if number == 1 else 's wait'}"
