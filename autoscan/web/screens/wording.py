"""Words for people: what states, stages and times are called on a page."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from autoscan.model import Change, DeliveryState, ScanState, Transition
from autoscan.model.drive import DriveState
from autoscan.model.views import DeliveryRow, EventRow, ScanRow, Stage

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_KIB = 1024
#: Names of folders that say little without the one above.
_PART = re.compile(r"(?:season|series|staffel|saison|temporada|specials|extras|cd|dis[ck]|s)[\s._-]*\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What something is called."""

    label: str
    #: `good`, `bad`, `wait`, `busy` or `quiet`: colour and icon; the label says the same to who does not see them.
    tone: str
    #: One sentence for who wants to know more.
    meaning: str


def _word(label: str, tone: str, meaning: str) -> Word:
    return Word(label=label, tone=tone, meaning=meaning)


STAGES = {
    Stage.WAITING: _word("Waiting", "quiet", "Collects further events for the same folder until it is due."),
    Stage.CHECKING: _word("Waiting for the file", "wait", "Due; looks whether the file is there and whole."),
    Stage.QUEUED: _word("Ready to ask", "wait", "Waits until the library of the server is free."),
    Stage.ASKED: _word("Asked", "busy", "The server was asked for a scan of the folder."),
    Stage.LOOKING: _word("Looking", "busy", "Looks in the server whether the file shows."),
    Stage.ESCALATED: _word("Asked more widely", "busy", "The folder alone was not enough; a wider scan was asked for."),
    Stage.PAUSED: _word("Server paused", "wait", "Waits until its server is back; nothing is lost."),
    Stage.ENDED: _word("Ended", "quiet", "Nothing more is done."),
}

SCANS = {
    ScanState.WAITING: STAGES[Stage.WAITING],
    ScanState.CHECKING: STAGES[Stage.CHECKING],
    ScanState.DELIVERING: _word("At the servers", "busy", "Every server is asked, and looked at."),
    ScanState.DONE: _word("Done", "good", "Every server has it, or has no library for it."),
    ScanState.FAILED: _word("Failed", "bad", "At least one server does not show it; the reason is beside it."),
    ScanState.ABSORBED: _word("Merged", "quiet", "A scan of a folder above took over its files."),
    ScanState.CANCELLED: _word("Cancelled", "quiet", "Somebody called it off."),
}

RESULTS = {
    DeliveryState.PENDING: _word("Under way", "busy", "Not over yet."),
    DeliveryState.VERIFIED: _word("Visible", "good", "The server shows every file."),
    DeliveryState.VERIFIED_ABSENT: _word("Gone", "good", "The server no longer lists what was removed."),
    DeliveryState.ALREADY_THERE: _word("Already there", "good", "The server showed everything before it was asked."),
    DeliveryState.ACCEPTED: _word("Accepted", "good", "The server took the request; nobody looks further (VERIFY)."),
    DeliveryState.DONE_UNVERIFIABLE: _word("Done, unseen", "good", "Scanned; nothing of it can be seen in the server."),
    DeliveryState.IGNORED_BY_RULE: _word("Ignored there", "good", "A rule of the server leaves such files out."),
    DeliveryState.NOT_HERE: _word("No library", "quiet", "No library of this server holds the folder."),
    DeliveryState.NOT_VISIBLE: _word("File not seen", "bad", "The server never saw the file on its own disk."),
    DeliveryState.STALE_ENTRY: _word("Still listed", "bad", "The server still lists what is gone."),
    DeliveryState.UNVERIFIED: _word("Never appeared", "bad", "Asked again and again, and the file never showed."),
    DeliveryState.FAILED: _word("Failed", "bad", "The server refused five times, or is not configured any more."),
    DeliveryState.CANCELLED: _word("Cancelled", "quiet", "Somebody called it off."),
}

#: Outcomes of one path of an event (`intake.Outcome`); an unknown one is shown as it is.
OUTCOMES = {
    "queued": _word("Queued", "good", "A scan of its folder was queued."),
    "merged": _word("Joined", "good", "It joined a scan that was waiting already."),
    "ignored": _word("Ignored", "quiet", "A rule of the ignore list left it out."),
    "unmapped": _word("Not mapped", "bad", "No mapping made a path of this machine of it."),
}

CHANGES = {
    Change.ADDED: "new or changed",
    Change.RENAMED: "renamed to this",
    Change.REMOVED: "removed",
}

#: What a reason may begin with for programs, e.g. `file_missing: `.
_CODE = re.compile(r"\A[a-z]+(?:_[a-z]+)+: ")

#: As the reason of an absorbed scan ends.
_TAKER = re.compile(r"taken over by scan (\d{1,18})\Z")

#: States of a server; see `explain.AtServer.state`.
SERVERS = {
    "ok": _word("OK", "good", "It answered when it was asked last."),
    "paused": _word("Does not answer", "bad", "It is asked again by itself; nothing is lost."),
    "held": _word("Paused by hand", "wait", "Nothing is asked of it until somebody resumes it."),
    "unknown": _word("Not asked yet", "quiet", "Autoscan has not spoken with it so far."),
}
UNKNOWN = _word("Unknown kind", "wait", "No parser knows this kind of event; nothing was scanned for it.")
NO_LIBRARY = _word("No library", "bad", "No library of this server holds the path.")


def of_scan(row: ScanRow) -> Word:
    """Return what the scan is called: its stage while it is open, its result afterwards."""
    return SCANS[row.state] if row.stage is Stage.ENDED else STAGES[row.stage]


def of_delivery(row: DeliveryRow) -> Word:
    """Return what the delivery is called: its stage while it is open, its result afterwards."""
    return STAGES[row.stage] if row.state is DeliveryState.PENDING else RESULTS[row.state]


def why(row: DeliveryRow) -> str:
    """Return the reason of the state in words: what showed it, what the server said, else what the state means."""
    if row.state is not DeliveryState.PENDING:
        said = row.evidence or row.error or RESULTS[row.state].meaning
        return f"visible after {span(row.visible_after)}: {said}" if row.visible_after is not None else said
    return row.error or STAGES[row.stage].meaning


def plain(reason: str) -> str:
    """Return a reason without the word for programs that it may begin with."""
    return _CODE.sub("", reason)


def change(step: Transition) -> str:
    """Return one step of the history in words: `Waiting → Done`, or the state where only its reason changed."""
    old, new = _named(step, step.old), _named(step, step.new)
    return new if step.old in ("", step.new) else f"{old} → {new}"


def _named(step: Transition, state: str) -> str:
    if step.delivery_id is not None:
        return RESULTS[DeliveryState(state)].label if state in set(DeliveryState) else state
    return SCANS[ScanState(state)].label if state in set(ScanState) else state


def outcome(name: str) -> Word:
    """Return what became of one path of an event."""
    return OUTCOMES.get(name) or _word(name, "quiet", "")


def left_out(row: EventRow) -> list[str]:
    """Return the outcomes of an event's paths for which nothing is scanned, each once."""
    return sorted({path.outcome for path in row.paths} - {"queued", "merged"})


def exists(found: bool | None) -> Word:  # noqa: FBT001 - what a look says
    """Return what a look at the file says; None: there was no answer in time."""
    if found is None:
        return _word("Unknown", "wait", "It was not looked for, or the file system did not answer in time.")
    return _word("There", "good", "The file is there.") if found else _word("Not there", "bad", "Nothing is there.")


def server(state: str) -> Word:
    """Return what the state of a server is called."""
    return SERVERS.get(state, SERVERS["unknown"])


def drive(state: DriveState) -> Word:
    """Return what the state of a watched drive is called."""
    if state.problem:
        return _word("Not read", "bad", "Changes in it are not seen until this is mended; none is lost.")
    if state.walk or state.build_token:
        return _word("Being listed", "busy", f"{number(state.walked or state.built, 'file')} so far.")
    return _word("OK", "good", "Its changes are read.") if state.polled_at else _word("Not read yet", "quiet", "")


def sentence(text: str) -> str:
    """Return `text` as a sentence: with a full stop, and a capital unless it begins with a name or a path."""
    first = text.partition(" ")[0]
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun if begun.endswith((".", "!", "?")) or not begun else f"{begun}."


def pretty(body: str) -> str:
    """Return JSON text with a line for each value; anything else as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


def size(octets: int) -> str:
    """Return a length in bytes for people: `700 B`, `1.4 GiB`."""
    figure, unit = float(octets), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if figure < _KIB or unit == "TiB":
            break
        figure /= _KIB
    return f"{figure:.0f} {unit}" if unit == "B" else f"{figure:.1f} {unit}"


def span(seconds: float) -> str:
    """Return a length of time in its two largest units: `42 s`, `1 min 50 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _pair(whole, _MINUTE, "min", 1, "s")
    return _pair(whole, _HOUR, "h", _MINUTE, "min") if whole < _DAY else _pair(whole, _DAY, "d", _HOUR, "h")


def _pair(whole: int, large: int, name: str, small: int, minor: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {name}" + (f" {rest} {minor}" if rest else "")


def until(moment: datetime, now: datetime) -> str:
    """Return how far off a moment is: `in 1 min 20 s`, or `now` where it has come."""
    left = (moment - now) / timedelta(seconds=1)
    return f"in {span(left)}" if left >= 1 else "now"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was: `5 min ago`, or `just now`."""
    passed = (now - moment) / timedelta(seconds=1)
    return f"{span(passed)} ago" if passed >= 1 else "just now"


def progress(row: ScanRow) -> str:
    """Return how far a scan is in one line: what each server has come to, else what it waits for, or why it ended."""
    if not row.deliveries:
        return plain(row.reason) or of_scan(row).meaning
    rest = [each for each in row.deliveries if each.visible_after is None]
    if row.ended_at is not None and row.state is not ScanState.CANCELLED:
        rest = [each for each in rest if of_delivery(each).tone != "good"] or ([] if visible(row.deliveries) else rest)
    return "; ".join(filter(None, (*map(_at, rest), visible(row.deliveries))))


def _at(row: DeliveryRow) -> str:
    return f"{title(row.server)}: {of_delivery(row).label.lower()}"


def parts(path: str) -> tuple[str, str]:
    """Return a path in two: what leads to it, and its name, with the folder above where the name says little."""
    ends = [match.end() for match in re.finditer(r"[/\\](?=.)", path)]
    if not ends:
        return "", path
    first = ends[-1]
    if len(ends) > 1 and _PART.fullmatch(path[first:].rstrip("/\\")):
        first = ends[-2]
    return path[:first], path[first:]


def pieces(path: str) -> list[str]:
    """Return a path in pieces, each with the separator it ends with: between them a line may break."""
    return re.findall(r"[/\\]*[^/\\]+[/\\]?|[/\\]+", path)


def taker(row: ScanRow) -> int | None:
    """Return the scan that took over an absorbed one."""
    found = _TAKER.search(row.reason) if row.state is ScanState.ABSORBED else None
    return int(found[1]) if found else None


def visible(deliveries: Iterable[DeliveryRow]) -> str:
    """Return when it showed where: `visible in Plex after 42 s, in Jellyfin after 1 min 50 s`; `""` if nowhere yet."""
    shown = [row for row in deliveries if row.visible_after is not None]
    shown.sort(key=lambda row: row.visible_after or 0.0)
    parts = [f"in {title(row.server)} after {span(row.visible_after or 0.0)}" for row in shown]
    return f"visible {', '.join(parts)}" if parts else ""


def title(name: str) -> str:
    """Return a server's name as a page shows it: one that was given no name of its own gets a capital letter."""
    return name.capitalize() if name in {"plex", "jellyfin", "emby"} else name


def number(count: int, one: str, many: str = "") -> str:
    """Return `1 scan`, `3 scans`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
