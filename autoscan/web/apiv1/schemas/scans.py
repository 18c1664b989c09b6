"""Scans: one folder each, with its delivery to every server."""

from marshmallow import fields, validate

from autoscan.model import Change, DeliveryState, Kind, Level, Phase, ScanState
from autoscan.model.views import SEARCH_MATCHES, Stage
from autoscan.verification import ASKED_FOR
from autoscan.web.apiv1 import fields as field
from autoscan.web.apiv1.schemas.events import EventAnswer
from autoscan.web.apiv1.schemas.paging import PageQuery, next_page

#: What SERVER_SCAN_PRIORITIES takes, too.
MOST_URGENT, LEAST_URGENT = -999_999, 999_999


class DeliveryAnswer(field.Answer):
    """One scan at one server."""

    id = field.whole("The delivery.")
    server = field.text("The name of the server.")
    state = field.one_of(DeliveryState, "How it stands, or ended.")
    stage = field.one_of(Stage, "How far it has come.")
    attempts = field.whole("Refusals so far.")
    error = field.text("The last refusal; empty if there was none.")
    evidence = field.text("What showed that it is done, in words.")
    created_at = field.moment("When the scan was handed over.")
    next_try_at = field.moment("When it is tried next.")
    ended_at = field.moment("When it ended; null while it is open.", allow_none=True)
    first_asked_at = field.moment("When the server was asked to scan; null before.", allow_none=True)
    visible_after = field.number(
        "Seconds from the first request until the file was seen in the server; null unless it was.", allow_none=True
    )


class ScanAnswer(field.Answer):
    """One folder to be scanned."""

    id = field.whole("The scan.")
    folder = field.text("The folder, after SERVER_PATH_MAPPINGS.")
    state = field.one_of(ScanState, "How it stands, or ended.")
    stage = field.one_of(Stage, "How far it has come.")
    priority = field.whole("The lower comes first; a level is worth ten minutes of waiting.")
    source = field.text("Who asked last.")
    requested_at = field.moment("When it was asked for first.")
    due_at = field.moment("When it is due.")
    ended_at = field.moment("When it ended; null while it is open.", allow_none=True)
    code = field.text("Why it failed, as a word (file_missing, config_error, refused, unverified ...); else empty.")
    reason = field.text("The same in a sentence.")
    deliveries = field.list_of(DeliveryAnswer, "One for each server, from when its files are there.")


class FindingAnswer(field.Answer):
    """How one path ended at one library."""

    path = field.text("As the server sees it.")
    result = field.one_of(DeliveryState, "How it ended.")
    evidence = field.text(
        "Which look showed it, as the code of what the server was asked for; empty if none did. "
        + "; ".join(f"`{code}`: {asked_for}" for code, asked_for in ASKED_FOR.items())
        + "."
    )
    saw = field.text("What was seen, in a few words.")
    at = field.moment("When.")


class AskAnswer(field.Answer):
    """What was asked of one library, and what came of it. Paths are the server's."""

    library_id = field.text("The library.")
    folder = field.text("The folder that is wanted.")
    phase = field.one_of(Phase, "What is done next.")
    level = field.one_of(Level, "How widely it is asked for.")
    scope = field.text("What was asked for last; empty before.")
    scans = field.whole("Scan requests.")
    looks = field.whole("Looks since the last of them.")
    requests = field.whole("HTTP requests in all.")
    due_at = field.moment("When it is to be asked for, or looked at, next.")
    result = field.one_of(DeliveryState, "How it ended; null while it is open.", allow_none=True)
    evidence = field.text("The same in words.")
    findings = field.list_of(FindingAnswer, "Path by path.")


class OneDeliveryAnswer(DeliveryAnswer):
    """One scan at one server, library by library."""

    asks = field.list_of(AskAnswer, "One for each library.")


class ExpectationAnswer(field.Answer):
    """One path below the folder, and what it should look like."""

    path = field.text("After SERVER_PATH_MAPPINGS.")
    kind = field.one_of(Kind, "What it names.")
    change = field.one_of(Change, "What happened to it.")
    size = field.whole("Bytes, where the event named them.", allow_none=True)


class TransitionAnswer(field.Answer):
    """One step in the history of a scan or of one of its deliveries."""

    at = field.moment("When.")
    server = field.text("The server of the delivery; empty where the scan itself changed.")
    old = field.text("The state before; empty where it came into being.")
    new = field.text("The state after.")
    reason = field.text("Why.")
    request_id = field.text("The id of the request that led to it.")


class OneScanAnswer(ScanAnswer):
    """Everything that is known of one scan."""

    deliveries = field.list_of(OneDeliveryAnswer, "One for each server, from when its files are there.")
    whole = field.flag("The folder itself was asked for, not only something in it.")
    checks = field.whole("Looks at the files so far that count against SERVER_MAX_FILE_CHECKS.")
    expectations = field.list_of(ExpectationAnswer, "What should be there, or be gone, afterwards.")
    transitions = field.list_of(TransitionAnswer, "The history, the oldest first.")
    events = field.list_of(EventAnswer, "The newest fifty events that asked for it, the newest first.")


class ScansAnswer(field.Answer):
    """A page of scans."""

    scans = field.list_of(ScanAnswer, "The scans.", attribute="rows")
    next = next_page()


class ScansQuery(PageQuery):
    """Which scans; everything that is said must hold at once."""

    text = field.bounded(SEARCH_MATCHES, 200)
    source = field.bounded("Who asked last.", 100)
    server = field.bounded("A server that it was handed to.", 100)
    result = field.list_of(
        fields.Enum(DeliveryState, by_value=True), "How it ended at that server, or at any; may be said repeatedly."
    )
    state = field.list_of(fields.Enum(ScanState, by_value=True), "How it stands; may be said repeatedly.")
    code = field.list_of(
        fields.String(validate=validate.Length(max=100)), "Why it failed, as a word; may be said repeatedly."
    )
    since = field.moment("From then on: when it ended, or was asked for first if it is open.")
    until = field.moment("Before then.")
    open = field.flag("Only scans on their way, who comes next first; or only those that ended, the newest first.")


class PriorityBody(field.Request):
    """What may be changed about a scan."""

    priority = field.whole(
        "The lower comes first; a level is worth ten minutes of waiting.",
        required=True,
        validate=validate.Range(min=MOST_URGENT, max=LEAST_URGENT),
    )
