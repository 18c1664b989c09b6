"""What would become of a path."""

from marshmallow import fields, validate

from autoscan.model import Kind
from autoscan.web.apiv1 import fields as field
from autoscan.web.apiv1.schemas.creating import NAMED


class RuleAnswer(field.Answer):
    """The line of a mapping table that changes a path."""

    setting = field.text("Where the line stands.")
    source = field.text("The beginning of the path as it comes.")
    to = field.text("What replaces it.")


class JoinsAnswer(field.Answer):
    """The waiting scan that the path would join."""

    scan_id = field.whole("The scan.")
    folder = field.text("Its folder.")
    due_at = field.moment("When it is due.")


class OfferAnswer(field.Answer):
    """A mapping that is missing."""

    setting = field.text("The key it belongs to.")
    text = field.text("JSON to copy, {to: [from]}.")
    why = field.text("Why there, and what it does.")


class MatchAnswer(field.Answer):
    """A library that would scan the path."""

    id = field.text("The library.")
    title = field.text("Its name.")
    type = field.text("Its kind, in the server's own word.")
    root = field.text("Its folder that holds the path.")


class AtServerAnswer(field.Answer):
    """What one server would do with the path."""

    server = field.text("Its name.")
    type = field.text("plex, jellyfin or emby.")
    path = field.text("The path as the server sees it.")
    folder = field.text("The folder it would be asked to scan.")
    rule = field.nested(RuleAnswer, "The mapping that led there; null if none did.", allow_none=True)
    libraries = field.list_of(MatchAnswer, "The libraries that hold it.")
    state = field.text("ok, paused, held, or unknown.")
    about = field.text("The state in a sentence; empty if it is ok.")
    held_since = field.moment("Since when it is paused by hand; null if it is not.", allow_none=True)
    next_probe_at = field.moment(
        "When it is asked again whether it answers; null if it is not paused.", allow_none=True
    )
    problem = field.text("Why no library holds it, with the nearest; empty if one does.")
    offer = field.nested(OfferAnswer, "The mapping that would help; null if there is none.", allow_none=True)
    told_at = field.moment("When the server named its libraries; null: never.", allow_none=True)
    live = field.flag("It was asked just now.")


class ExplanationAnswer(field.Answer):
    """A path from its reception to the servers; nothing of it is stored or asked for."""

    path = field.text("The path.")
    source = field.text("The source whose rules hold.")
    mapped = field.text("The path after the mappings.")
    rule = field.nested(RuleAnswer, "The mapping that led there; null if none did.", allow_none=True)
    ignored_by = field.text("The pattern of SERVER_IGNORE_LIST that stops it; empty if none does.")
    kind = field.one_of(Kind, "What it names.")
    folder = field.text("The folder that is scanned; empty if the path is ignored.")
    whole = field.flag("All of that folder.")
    priority = field.whole("The lower comes first.")
    delay = field.whole("Seconds until it is due.")
    local = field.text("Where this machine looks for it.")
    exists = field.flag("Whether it is there; null: unknown.", allow_none=True)
    joins = field.nested(JoinsAnswer, "The waiting scan it would join; null if there is none.", allow_none=True)
    servers = field.list_of(AtServerAnswer, "Each server.")


class ExplainQuery(field.Request):
    """Which path."""

    path = fields.String(
        required=True,
        validate=[validate.Length(min=1, max=4096), validate.Regexp(NAMED, error="A path has a name in it.")],
        metadata=field.about("The full path of a file or folder, as an application would send it."),
    )
    source = field.bounded("The name of a source, for its rules in SOURCES.", 100, load_default="")
