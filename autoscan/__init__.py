"""Autoscan: webhooks in, partial scans of Plex, Emby and Jellyfin out."""

__version__ = "3.0.0"
