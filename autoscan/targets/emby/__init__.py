"""Emby, which finds items by their path."""

from autoscan.targets.emby.target import EmbyTarget

__all__ = ["EmbyTarget"]
