"""Media servers: how they are, and what they said about themselves."""

from enum import StrEnum

from marshmallow import fields

from autoscan.web.apiv1 import fields as field


class Health(StrEnum):
    """How a server is, as far as is known."""

    #: It answers, or was never asked.
    OK = "ok"
    #: It does not answer; it is asked again by and by.
    PAUSED = "paused"
    #: It refuses the token.
    UNAUTHORIZED = "unauthorized"
    #: Somebody paused it.
    HELD = "held"


class LibraryAnswer(field.Answer):
    """One library of a server."""

    id = field.text("The library.")
    title = field.text("Its name.")
    type = field.text("Its kind, in the server's own word.")
    roots = field.list_of(fields.String(), "Its folders, as the server spells them.")


class ServerAnswer(field.Answer):
    """One media server."""

    name = field.text("The name in MEDIA_SERVERS.")
    type = field.text("plex, jellyfin or emby.")
    state = field.one_of(Health, "How it is.")
    reason = field.text("Why it is paused; empty if it is not.")
    since = field.moment("Since when; null if it is ok.", allow_none=True)
    next_probe_at = field.moment("When it is asked again whether it answers; null if it does.", allow_none=True)
    held_by = field.text("Who paused it by hand; empty if nobody did.")
    waiting = field.whole("Scans that wait for it.")
    version = field.text("Its version; empty if it did not say.")
    calls_itself = field.text("Its own name; empty if it did not say.")
    told_at = field.moment("When it said so, and named its libraries; null: never.", allow_none=True)
    libraries = field.list_of(LibraryAnswer, "Its libraries.")


class ServersAnswer(field.Answer):
    """All media servers."""

    servers = field.list_of(ServerAnswer, "The servers, in the order of the settings.")
