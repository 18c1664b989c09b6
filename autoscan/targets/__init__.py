"""Speak to media servers: each a `Target`, made from its settings."""

from collections.abc import Callable, Iterable

from autoscan.clock import Clock
from autoscan.settings import MediaServer
from autoscan.targets.base import Target
from autoscan.targets.emby import EmbyTarget
from autoscan.targets.jellyfin import JellyfinTarget
from autoscan.targets.plex import PlexTarget
from autoscan.targets.values import Library, LibraryState, Scope, ServerInfo, Surroundings

__all__ = ["TYPES", "Library", "LibraryState", "Scope", "ServerInfo", "Target", "from_settings"]

#: Every media server there is, by the word of `MEDIA_SERVERS[].TYPE`.
TYPES: dict[str, type[Target]] = {each.type: each for each in (PlexTarget, JellyfinTarget, EmbyTarget)}


def from_settings(
    servers: Iterable[MediaServer],
    *,
    clock: Clock,
    client_id: Callable[[], str],
    prefix: Callable[[str], str | None] = lambda _: None,
    remember: Callable[[str, str], None] = lambda _, __: None,
    heartbeat: Callable[[], None] = lambda: None,
) -> tuple[Target, ...]:
    """Make a target for each server, in order; nothing is asked yet. The arguments are those of `Surroundings`."""
    around = Surroundings(clock=clock, client_id=client_id, prefix=prefix, remember=remember, heartbeat=heartbeat)
    return tuple(TYPES[server.type](server, around) for server in servers)
