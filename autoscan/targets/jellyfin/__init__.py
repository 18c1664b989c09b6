"""Jellyfin, whose item ids can be computed from paths."""

from autoscan.targets.jellyfin.target import JellyfinTarget

__all__ = ["JellyfinTarget"]
