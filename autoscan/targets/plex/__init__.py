"""Plex, through `plexapi`."""

from autoscan.targets.plex.target import PlexTarget

__all__ = ["PlexTarget"]
