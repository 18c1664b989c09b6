"""`/servers`: each media server as it was seen last, what waits for it, the folders of media, and Google Drive."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, render_template, url_for

from autoscan.model import ServerFacts, ServerState
from autoscan.settings import MediaServer
from autoscan.web import live
from autoscan.web.context import here
from autoscan.web.screens import base, wording
from autoscan.web.screens.wording import Word

blueprint = base.make("servers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One server on the page."""

    name: str
    type: str
    url: str
    word: Word
    #: Why it is not asked; `""` if it is.
    why: str
    since: datetime | None
    next_probe: datetime | None
    held: bool
    waiting: int
    facts: ServerFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One folder that media lie below."""

    path: str
    word: Word
    seen_at: datetime | None
    anchors: tuple[str, ...]


_THERE = Word(label="There", tone="good", meaning="It was there at the last look.")
_LOST = Word(label="Gone", tone="bad", meaning="It was there before, and is not now: its mount may be lost.")
_UNSEEN = Word(label="Not seen yet", tone="quiet", meaning="Nothing below it was looked for so far.")


@blueprint.get("/servers")
def page() -> Response:
    """Show the servers."""
    return make_response(render_template("servers.html", live=url_for("servers.cards"), notes=_notes(), **_shown()))


@blueprint.get("/servers/cards")
def cards() -> Response:
    """Answer the part of the page that changes."""
    return live.conditional(lambda: render_template("_servers.html", **_shown()), here().queue.change_mark())


def _shown() -> dict[str, Any]:
    return {
        "servers": [_card(server) for server in here().settings.media_servers],
        "roots": list(_roots()),
        "drives": here().queue.drive_states() if here().settings.google_enabled else (),
    }


def _card(server: MediaServer) -> Card:
    queue = here().queue
    known, facts = queue.server(server.name), queue.facts(server.name)
    return Card(
        name=server.name,
        type=server.type,
        url=_address(server.url),
        word=wording.server(_state(known, facts)),
        why=_why(known),
        since=known.held_since or known.since,
        next_probe=known.paused_until,
        held=known.held_since is not None,
        waiting=queue.waiting_for(server.name),
        facts=facts,
    )


def _address(url: str) -> str:
    """Return the address without what may be a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _state(known: ServerState, facts: ServerFacts | None) -> str:
    if known.held_since is not None:
        return "held"
    if known.since is not None:
        return "paused"
    return "ok" if facts is not None else "unknown"


def _why(known: ServerState) -> str:
    held = f"Paused by hand ({known.held_by})." if known.held_since is not None else ""
    return " ".join(filter(None, (held, known.reason)))


def _roots() -> Iterator[Root]:
    known = {root.path: root for root in here().queue.roots()}
    anchors = here().settings.anchors
    for path in sorted(known.keys() | anchors.keys()):
        root = known.get(path)
        word = _UNSEEN if root is None else _LOST if root.lost_since is not None else _THERE
        yield Root(path=path, word=word, seen_at=root.seen_at if root else None, anchors=tuple(anchors.get(path, ())))


def _notes() -> tuple[str, ...]:
    return (*here().warnings(), *here().explainer().mapping_warnings())
