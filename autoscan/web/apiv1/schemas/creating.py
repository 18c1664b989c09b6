"""Asking for scans."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from autoscan import triggers
from autoscan.web.apiv1 import fields as field

#: More at once is a mistake: a whole listing pasted, say.
MOST_PATHS = 1000
#: No file system takes a longer path (Windows: 32,767 characters).
LONGEST = 32_767

PATHS = ("paths", "folders", "removed")
#: Somewhere in it: something else than spaces, dots and separators (Python takes more for a space than JavaScript).
NAMED = r"^[\s\S]*[^\s\x1c-\x1f\x85./\\]"

NO_PATH = "Say at least one of paths, folders and removed."


_NAMED = validate.Regexp(NAMED, error="A path has a name in it.")


def _usable(path: str) -> None:
    if not triggers.path(path):
        raise ValidationError("No file system has such a path.")


def _paths(description: str) -> fields.List[Any]:
    return field.list_of(
        fields.String(validate=(validate.Length(min=1, max=LONGEST), _NAMED, _usable)),
        description,
        validate=validate.Length(min=1, max=MOST_PATHS),
    )


class ScansBody(field.Request):
    """What is to be scanned. Paths are full paths, as SERVER_PATH_MAPPINGS and the source's own take them."""

    paths = _paths("Files or folders that are new or changed.")
    folders = _paths("Folders to be scanned whole.")
    removed = _paths("Files or folders that are gone.")
    source = fields.String(
        load_default="api",
        validate=validate.Regexp(r"^[A-Za-z0-9._-]{1,100}\Z"),
        metadata=field.about("Whose rules of SOURCES hold, and who is shown to have asked."),
    )

    at_least_one = PATHS

    @validates_schema
    def _something(self, given: dict[str, Any], **_options: Any) -> None:
        if not any(name in given for name in self.at_least_one):
            raise ValidationError(NO_PATH, "paths")


class CreationHeaders(field.Request):
    """Headers that mean something when scans are asked for."""

    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        validate=validate.Regexp(r"^[!-~]{1,255}\Z", error="1 to 255 characters of ASCII, without spaces."),
        metadata=field.about(
            "Names this request, so that it may be sent again: within 24 hours the same key gives the same answer and "
            "queues nothing twice, whatever happened in between."
        ),
    )


class TakenAnswer(field.Answer):
    """One path that was asked for, and what became of it."""

    path = field.text("As sent, cleaned.")
    mapped = field.text("After SERVER_PATH_MAPPINGS.")
    folder = field.text("What is scanned for it; empty if it is ignored.")
    outcome = field.text("queued, merged (into a scan that was waiting) or ignored.")
    detail = field.text("The pattern of SERVER_IGNORE_LIST that ignored it, else empty.")
    scan_id = field.whole("The scan; null if it is ignored.", allow_none=True)
    due_at = field.moment("When that scan is due; null if it is ignored.", allow_none=True)


class CreatedAnswer(field.Answer):
    """What became of a request for scans, which is safely stored."""

    event_id = field.whole("The event that the request is kept as.")
    paths = field.list_of(TakenAnswer, "Each path.", attribute="taken")
